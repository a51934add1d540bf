"""Reads a CMS that a signer answered with, to the letter, before a part of it is embedded.

1. A-01 one SignedData in DER with definite lengths, detached, of type id-data (RFC 5652 §5.1).
2. A-02 exactly one SignerInfo.
3. A-03 SHA-256, and a signature algorithm over SHA-256.
4. A-04 the signer is named by the expected certificate's issuer and number, or key identifier.
5. A-05 the signed attributes are sorted and each occurs once (RFC 5652 §5.3).
6. A-06 content-type is id-data (§11.1), message-digest that of our byte range (§11.2).
7. A-07 signing-certificate or -v2 names the expected certificate first (RFC 5035 §5.4).
8. A-08 the signature value verifies with the certificate's key over the signed attributes.

A CMS over exactly our own signed attributes is taken for the value that it carries: A-06 and A-07
hold by construction.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import rsa

from signing._pades import der
from signing._pades.cms import PublicKey, issuer_and_serial, key_identifier, require_value
from signing.errors import (
    AnswerAlgorithmError,
    AnswerOfAnotherKeyError,
    AnswerOverOtherContentError,
    AnswerUnreadableError,
)

_SEQUENCE, _SET, _OCTETS = der.SEQUENCE, der.SET, der.OCTET_STRING
_VERSION_1, _VERSION_3 = der.integer(1), der.integer(3)
_SHA256 = (der.sequence(der.ID_SHA256), der.sequence(der.ID_SHA256, der.NULL))
_PKCS1 = tuple(
    der.sequence(name, parameters)
    for name in (der.ID_SHA256_WITH_RSA, der.ID_RSA)
    for parameters in (der.NULL, b"")
)
_ECDSA = (der.sequence(der.ID_ECDSA_WITH_SHA256),)
_PSS = tuple(
    der.sequence(
        der.ID_RSA_PSS,
        der.sequence(
            der.tlv(0xA0, hashed),
            der.tlv(0xA1, der.sequence(der.ID_MGF1, masked)),
            der.tlv(0xA2, der.integer(32)),
        ),
    )
    for hashed in _SHA256
    for masked in _SHA256
)
_SIGNER_FIELDS = 6  # version, sid, digest algorithm, signed attributes, algorithm, value


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerInfo:
    """What a checked SignerInfo signs with and over; how it names its signer is no part of it.

    Attributes:
        attributes: the encoded signed attributes, joined.
        algorithm: AlgorithmIdentifier of the signature.
        value: the raw signature value.
        is_ours: the signed attributes are exactly those that were to be signed, and the value is
            of a kind that our own CMS carries.
    """

    attributes: bytes
    algorithm: bytes
    value: bytes
    is_ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What an answer has to fit: the signer's certificate and key, and the two digests."""

    leaf: bytes
    public_key: PublicKey
    attributes_digest: bytes
    content_digest: bytes


def is_signed_data(answer: bytes) -> bool:
    """Tell whether bytes claim to be a CMS SignedData: a raw value never begins so."""
    if len(answer) < 2 or answer[0] != _SEQUENCE:  # noqa: PLR2004  # tag and length
        return False
    octets = answer[1] & 0x7F if answer[1] & 0x80 else 0
    return answer.startswith(der.ID_SIGNED_DATA, 2 + octets)


def read_signer_info(answer: bytes, expected: Expected) -> SignerInfo:
    """Return the only SignerInfo of a CMS, checked (A-01 to A-08).

    Raises:
        AnswerUnreadableError: A-01, A-02 or A-05 fails.
        AnswerAlgorithmError: A-03 fails.
        AnswerOfAnotherKeyError: A-04 or A-07 fails.
        AnswerOverOtherContentError: A-06 fails.
        ValueDoesNotVerifyError: A-08 fails.
    """
    try:
        return _signer_info(_only_signer(answer), expected)
    except der.NotDerError as error:
        raise AnswerUnreadableError(reason=error.reason) from error


def _only_signer(answer: bytes) -> list[der.Value]:
    name, wrapped = _members(der.parse(answer), _SEQUENCE, at_least=2, at_most=2)
    if name.whole != der.ID_SIGNED_DATA or wrapped.tag != 0xA0:  # noqa: PLR2004  # [0] EXPLICIT
        raise AnswerUnreadableError(reason="not-signed-data")
    signed_data = _members(der.parse(wrapped.content), _SEQUENCE, at_least=4, at_most=6)
    if signed_data[2].whole != der.sequence(der.ID_DATA):
        raise AnswerUnreadableError(reason="not-detached")
    signers = _members(signed_data[-1], _SET, at_least=0, at_most=1_000)
    if len(signers) != 1:
        raise AnswerUnreadableError(reason="signers")
    fields = _members(signers[0], _SEQUENCE, at_least=5, at_most=7)
    if len(fields) < _SIGNER_FIELDS or fields[3].tag != 0xA0:  # noqa: PLR2004  # [0] IMPLICIT
        raise AnswerUnreadableError(reason="no-signed-attributes")
    return fields[:_SIGNER_FIELDS]


def _signer_info(fields: list[der.Value], expected: Expected) -> SignerInfo:
    version, sid, digest_algorithm, attributes, algorithm, value = fields
    pss = _require_algorithms(digest_algorithm, algorithm, expected.public_key)
    if (version.whole, sid.whole) not in _names(expected.leaf):
        raise AnswerOfAnotherKeyError
    if value.tag != _OCTETS:
        raise AnswerUnreadableError(reason="value")
    # RFC 5652 §5.4: the value is over the attributes with the tag of a SET OF.
    digest = hashlib.sha256(der.tlv(_SET, attributes.content)).digest()
    is_ours = digest == expected.attributes_digest
    if not is_ours:
        _require_attributes(attributes, expected)
    require_value(expected.public_key, value=value.content, digest=digest, pss=pss)
    return SignerInfo(
        attributes=attributes.content,
        algorithm=algorithm.whole,
        value=value.content,
        is_ours=is_ours and not pss,
    )


def _require_algorithms(digest: der.Value, signature: der.Value, key: PublicKey) -> bool:
    """Check both algorithms (A-03) and tell whether the signature is RSASSA-PSS."""
    if digest.whole not in _SHA256:
        raise AnswerAlgorithmError(part="digest")
    fitting = (*_PKCS1, *_PSS) if isinstance(key, rsa.RSAPublicKey) else _ECDSA
    if signature.whole not in fitting:
        raise AnswerAlgorithmError(part="signature")
    return signature.whole in _PSS


def _names(leaf: bytes) -> list[tuple[bytes, bytes]]:
    """Return the ways to name a certificate's key, each with the version that goes with it."""
    names = [(_VERSION_1, der.sequence(*issuer_and_serial(leaf)))]
    identifier = key_identifier(leaf)
    return [*names, (_VERSION_3, der.tlv(0x80, identifier))] if identifier else names


def _require_attributes(attributes: der.Value, expected: Expected) -> None:
    found = der.children(attributes.content)
    if [one.whole for one in found] != sorted(one.whole for one in found):
        raise AnswerUnreadableError(reason="attributes-order")
    held: dict[bytes, der.Value] = {}
    for one in found:
        der.require_deep(one)
        name, values = _members(one, _SEQUENCE, at_least=2, at_most=2)
        if name.whole in held:
            raise AnswerUnreadableError(reason="attribute-twice")
        held[name.whole] = values
    if _single(held, der.ID_CONTENT_TYPE).whole != der.ID_DATA:
        raise AnswerOverOtherContentError(reason="content-type")
    digest = der.tlv(_OCTETS, expected.content_digest)
    if _single(held, der.ID_MESSAGE_DIGEST).whole != digest:
        raise AnswerOverOtherContentError(reason="message-digest")
    _require_signing_certificate(held, expected.leaf)


def _require_signing_certificate(held: dict[bytes, der.Value], leaf: bytes) -> None:
    present = [name for name in _FINGERPRINTS if name in held]
    if not present:
        raise AnswerUnreadableError(reason="no-signing-certificate")
    issuer_serial = _issuer_serial(leaf)
    for name in present:
        certificates = _members(_single(held, name), _SEQUENCE, at_least=1, at_most=2)[0]
        first = _members(certificates, _SEQUENCE, at_least=1, at_most=100)[0]
        parts = [one.whole for one in _members(first, _SEQUENCE, at_least=1, at_most=3)]
        if parts[-1] == issuer_serial:
            parts.pop()
        if parts not in _FINGERPRINTS[name](leaf):
            raise AnswerOfAnotherKeyError


def _issuer_serial(leaf: bytes) -> bytes:
    issuer, serial = issuer_and_serial(leaf)
    return der.sequence(der.sequence(der.tlv(0xA4, issuer)), serial)


def _by_sha1(leaf: bytes) -> list[list[bytes]]:
    # RFC 2634 §5.4 knows SHA-1 alone; the certificate itself is compared as well, in A-04.
    return [[der.tlv(_OCTETS, hashlib.sha1(leaf).digest())]]  # noqa: S324


def _by_sha256(leaf: bytes) -> list[list[bytes]]:
    """Return the forms of an ESSCertIDv2: DER leaves its default out, some write it anyway."""
    hashed = der.tlv(_OCTETS, hashlib.sha256(leaf).digest())
    return [[hashed], *([algorithm, hashed] for algorithm in _SHA256)]


_FINGERPRINTS = {
    der.ID_SIGNING_CERTIFICATE: _by_sha1,
    der.ID_SIGNING_CERTIFICATE_V2: _by_sha256,
}


def _single(held: dict[bytes, der.Value], name: bytes) -> der.Value:
    if name not in held:
        raise AnswerUnreadableError(reason="attribute-missing")
    return _members(held[name], _SET, at_least=1, at_most=1)[0]


def _members(value: der.Value, tag: int, *, at_least: int, at_most: int) -> list[der.Value]:
    if value.tag != tag:
        raise AnswerUnreadableError(reason="structure")
    found = der.children(value.content)
    if not at_least <= len(found) <= at_most:
        raise AnswerUnreadableError(reason="structure")
    return found
