"""The CMS of a PAdES signature, from a template made once for each certificate chain.

Only the digest, the signature value and the timestamp token change from document to document;
everything else is the same bytes. The signed attributes are content-type, message-digest and
signing-certificate-v2; PAdES forbids signing-time (EN 319 142-1 clause 6.3), /M carries it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from signing._pades import der
from signing.errors import UnusableCertificateError, ValueDoesNotVerifyError

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_MIN_RSA_BITS = 2048
_CURVES = (ec.SECP256R1, ec.SECP384R1)
_DIGEST_ALGORITHM = der.sequence(der.ID_SHA256)
_FIXED_BYTES = 2048  # more than the structure around certificates, value and token takes
_TOKEN_BYTES = 16 * 1024  # tokens of real authorities, with their chain, take 4 to 9 KiB
_CACHED_CHAINS = 256  # signers of a province; a template takes a few KiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The fixed bytes of every signature with one chain."""

    public_key: PublicKey
    before_digest: bytes
    after_digest: bytes
    signed_data_head: bytes
    signer_info_head: bytes
    signature_algorithm: bytes

    @property
    def reserved_bytes(self) -> int:
        """Return how many bytes to keep for the whole CMS with its timestamp token."""
        value = self.public_key.key_size // 4  # an ECDSA value is two integers
        return len(self.signed_data_head) + value + _FIXED_BYTES + _TOKEN_BYTES

    def signed_attributes(self, digest: bytes) -> bytes:
        """Return the DER of the signed attributes as a SET OF: what the signer signs.

        Args:
            digest: SHA-256 of the byte range.
        """
        return der.tlv(der.SET, self.before_digest, digest, self.after_digest)

    def assemble(self, *, digest: bytes, value: bytes, timestamp_token: bytes | None) -> bytes:
        """Return the DER of the finished CMS over our own signed attributes."""
        return self.wrap(
            attributes=b"".join((self.before_digest, digest, self.after_digest)),
            algorithm=self.signature_algorithm,
            value=value,
            timestamp_token=timestamp_token,
        )

    def wrap(
        self, *, attributes: bytes, algorithm: bytes, value: bytes, timestamp_token: bytes | None
    ) -> bytes:
        """Return the DER of a CMS whose signer is named as readers know to find it.

        Args:
            attributes: the encoded signed attributes, joined, in their order.
            algorithm: AlgorithmIdentifier of the signature.
            value: over the attributes as a SET OF.
            timestamp_token: becomes the only unsigned attribute.
        """
        unsigned = b""
        if timestamp_token is not None:
            attribute = der.sequence(der.ID_SIGNATURE_TIMESTAMP, der.tlv(der.SET, timestamp_token))
            unsigned = der.tlv(0xA1, attribute)
        signer_info = der.sequence(
            self.signer_info_head,
            der.tlv(0xA0, attributes),
            algorithm,
            der.tlv(der.OCTET_STRING, value),
            unsigned,
        )
        signed_data = der.sequence(self.signed_data_head, der.tlv(der.SET, signer_info))
        return der.sequence(der.ID_SIGNED_DATA, der.tlv(0xA0, signed_data))


@lru_cache(maxsize=_CACHED_CHAINS)
def template_of(chain: tuple[bytes, ...]) -> Template:
    """Make, or recall, the template of a chain.

    Args:
        chain: certificates in DER, the signer's first.

    Raises:
        UnusableCertificateError: no certificate, one that can't be read, or an unwanted key.
    """
    if not chain:
        raise UnusableCertificateError(reason="no-certificate")
    key = _public_key(chain[0])
    issuer, serial = issuer_and_serial(chain[0])
    attributes = _attributes(chain[0], issuer=issuer, serial=serial)
    start = attributes.index(_MARK)
    return Template(
        public_key=key,
        before_digest=attributes[:start],
        after_digest=attributes[start + len(_MARK) :],
        signed_data_head=b"".join(
            (
                der.integer(1),
                der.set_of(_DIGEST_ALGORITHM),
                der.sequence(der.ID_DATA),
                der.tlv(0xA0, *sorted(set(chain))),
            )
        ),
        signer_info_head=der.integer(1) + der.sequence(issuer, serial) + _DIGEST_ALGORITHM,
        signature_algorithm=_signature_algorithm(key),
    )


def issuer_and_serial(leaf: bytes) -> tuple[bytes, bytes]:
    """Return the DER of a certificate's issuer and of its serial number.

    The issuer as it is written, not as somebody would write it again: verifiers compare bytes.
    """
    certificate = asn1_x509.Certificate.load(leaf)
    serial: bytes = certificate["tbs_certificate"]["serial_number"].dump()
    return certificate.issuer.dump(), serial


def key_identifier(leaf: bytes) -> bytes | None:
    """Return a certificate's subject key identifier; None where it has none."""
    found: bytes | None = asn1_x509.Certificate.load(leaf).key_identifier
    return found


def require_value(public_key: PublicKey, *, value: bytes, digest: bytes, pss: bool = False) -> None:
    """Check a signature value against the key that is said to have made it.

    Args:
        public_key: of the certificate.
        value: PKCS #1 v1.5 or PSS for RSA, the DER of (r, s) for ECDSA; each over SHA-256.
        digest: SHA-256 of what was signed.
        pss: the value is RSASSA-PSS with MGF1 over SHA-256 and 32 bytes of salt.

    Raises:
        ValueDoesNotVerifyError: it was made by another key or over other bytes.
    """
    hashed = utils.Prehashed(hashes.SHA256())
    try:
        if isinstance(public_key, rsa.RSAPublicKey):
            filling = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if pss else padding.PKCS1v15()
            public_key.verify(value, digest, filling, hashed)
        else:
            public_key.verify(value, digest, ec.ECDSA(hashed))
    except InvalidSignature as error:
        raise ValueDoesNotVerifyError from error


_MARK = hashlib.sha256(b"where the digest goes").digest()


def _attributes(leaf: bytes, *, issuer: bytes, serial: bytes) -> bytes:
    directory_name = der.tlv(0xA4, issuer)
    # The hash algorithm is left out: SHA-256 is the default of ESSCertIDv2 (RFC 5035 §4).
    certificate_id = der.sequence(
        der.tlv(der.OCTET_STRING, hashlib.sha256(leaf).digest()),
        der.sequence(der.sequence(directory_name), serial),
    )
    values = (
        (der.ID_CONTENT_TYPE, der.ID_DATA),
        (der.ID_MESSAGE_DIGEST, der.tlv(der.OCTET_STRING, _MARK)),
        (der.ID_SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(certificate_id))),
    )
    return b"".join(sorted(der.sequence(name, der.tlv(der.SET, value)) for name, value in values))


def _public_key(leaf: bytes) -> PublicKey:
    try:
        key = x509.load_der_x509_certificate(leaf).public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnusableCertificateError(reason="unreadable") from error
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _MIN_RSA_BITS:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES):
        return key
    raise UnusableCertificateError(reason="key-kind")


def _signature_algorithm(key: PublicKey) -> bytes:
    if isinstance(key, rsa.RSAPublicKey):
        return der.sequence(der.ID_SHA256_WITH_RSA, der.NULL)
    return der.sequence(der.ID_ECDSA_WITH_SHA256)
