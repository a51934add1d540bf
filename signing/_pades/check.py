"""A short look at somebody's CMS: is it whole, and made by the certificate it carries?

This is the bouncer at our own door, not the verifier: trust, revocation and time are decided in
`verification`. It keeps a broken timestamp or a broken leader signature from being built upon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asn1crypto import cms, core
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

if TYPE_CHECKING:
    from collections.abc import Callable

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class BrokenCmsError(Exception):
    """The CMS is not what it has to be; ``reason`` says in which way."""

    def __init__(self, *, reason: str) -> None:
        """Keep the reason: it becomes a fact of the error that is raised instead."""
        super().__init__(reason)
        self.reason = reason


def signed_data(encoded: bytes) -> cms.SignedData:
    """Read a SignedData that has exactly one signer.

    Raises:
        BrokenCmsError: it is something else.
    """
    try:
        info = cms.ContentInfo.load(encoded)
        if info["content_type"].native != "signed_data":
            raise BrokenCmsError(reason="not-signed-data")
        data = info["content"]
        if len(data["signer_infos"]) != 1:
            raise BrokenCmsError(reason="signers")
    except (ValueError, TypeError, KeyError) as error:
        raise BrokenCmsError(reason="unreadable") from error
    return data


def signer_certificate(data: cms.SignedData) -> bytes:
    """Return the signer's certificate (DER) of what `require_intact` has let pass."""
    return _signer_certificate(data, data["signer_infos"][0])


def require_intact(data: cms.SignedData, digest_with: Callable[[str], bytes]) -> None:
    """Check the message digest and the signature value of the only signer.

    Args:
        data: what `signed_data` returned.
        digest_with: gives the content's digest for the name of a hash, such as ``sha256``.

    Raises:
        BrokenCmsError: a part is missing or does not fit.
    """
    try:
        _require_intact(data, digest_with)
    except (ValueError, TypeError, KeyError, UnsupportedAlgorithm) as error:
        raise BrokenCmsError(reason="unreadable") from error


def _require_intact(data: cms.SignedData, digest_with: Callable[[str], bytes]) -> None:
    signer = data["signer_infos"][0]
    algorithm = signer["digest_algorithm"]["algorithm"].native
    if algorithm not in _HASHES:
        raise BrokenCmsError(reason="digest-algorithm")
    attributes = signer["signed_attrs"]
    digests = [
        attribute["values"][0].native
        for attribute in attributes
        if attribute["type"].native == "message_digest"
    ]
    if digests != [digest_with(algorithm)]:
        raise BrokenCmsError(reason="message-digest")
    _require_value(
        x509.load_der_x509_certificate(_signer_certificate(data, signer)).public_key(),
        value=signer["signature"].native,
        signed=attributes.untag().dump(),
        signer=signer,
    )


def _signer_certificate(data: cms.SignedData, signer: cms.SignerInfo) -> bytes:
    wanted = signer["sid"].chosen
    for choice in data["certificates"]:
        certificate = choice.chosen
        if isinstance(wanted, core.OctetString):
            found = certificate.key_identifier == wanted.native
        else:
            found = (
                certificate["tbs_certificate"]["serial_number"].native
                == wanted["serial_number"].native
                and certificate.issuer.dump() == wanted["issuer"].dump()
            )
        if found:
            encoded: bytes = certificate.dump()
            return encoded
    raise BrokenCmsError(reason="no-certificate")


def _require_value(key: Any, *, value: bytes, signed: bytes, signer: cms.SignerInfo) -> None:
    algorithm = signer["signature_algorithm"]
    # Plain rsaEncryption does not name the hash: then it is that of the digest.
    plain = algorithm["algorithm"].native == "rsassa_pkcs1v15"
    named = signer["digest_algorithm"]["algorithm"].native if plain else algorithm.hash_algo
    hashing = _HASHES[named]()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(value, signed, ec.ECDSA(hashing))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(value, signed, _padding(algorithm, hashing), hashing)
        else:
            raise BrokenCmsError(reason="key-kind")
    except InvalidSignature as error:
        raise BrokenCmsError(reason="value") from error


def _padding(algorithm: Any, hashing: hashes.HashAlgorithm) -> padding.AsymmetricPadding:
    if algorithm.signature_algo == "rsassa_pss":
        return padding.PSS(padding.MGF1(hashing), padding.PSS.AUTO)
    return padding.PKCS1v15()
