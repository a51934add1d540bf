"""What a certificate says of itself, and where it belongs in the trust store."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from docsvc.trust.errors import (
    FingerprintMismatchError,
    FingerprintNeededError,
    NotACertificateError,
    NotAnAuthorityError,
)
from verification import certificates
from verification.certificates import CertificateError
from verification.masking import masked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from verification.anchors import AnchorKind

# Nobody compares more by hand; the certificates of all CAs of Vietnam are some thirty.
MAX_CERTIFICATES = 64
# A certificate has a few kB.
MAX_BYTES = 1 << 20
INTERMEDIATES = "intermediates"
_GROUP = 4
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_SEPARATORS = re.compile(r"[\s:.-]+")
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A certificate as a person compares it; the texts are safe to print."""

    der: bytes
    subject: str
    issuer: str
    common_name: str
    serial: str
    valid_from: datetime
    valid_to: datetime
    key: str
    signed_with: str
    is_self_signed: bool
    is_ca: bool

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the DER, in hex."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def sha1(self) -> str:
        """Return the SHA-1 of the DER, which older publications give; nothing relies on it."""
        return hashlib.sha1(self.der, usedforsecurity=False).hexdigest()


def read(data: bytes, *, file: str) -> tuple[Candidate, ...]:
    """Read the certificates of a file, DER or PEM.

    Raises:
        NotACertificateError: it holds none, or something else, or too many.
    """
    if len(data) > MAX_BYTES:
        raise NotACertificateError(file=file)
    parts = [found.group() for found in _PEM.finditer(data)]
    if len(parts) > MAX_CERTIFICATES:
        raise NotACertificateError(file=file)
    try:
        return tuple(map(candidate, map(_der, parts or [data])))
    except (ValueError, CertificateError) as e:
        raise NotACertificateError(file=file) from e


def _der(part: bytes) -> bytes:
    if part.startswith(b"-----"):
        return x509.load_pem_x509_certificate(part).public_bytes(Encoding.DER)
    return part


def candidate(der: bytes) -> Candidate:
    """Describe a certificate.

    Raises:
        CertificateError: it cannot be read.
    """
    one = certificates.load(der)
    certificate = x509.load_der_x509_certificate(der)
    return Candidate(
        der=der,
        subject=masked(printable(certificate.subject.rfc4514_string())),
        issuer=masked(printable(certificate.issuer.rfc4514_string())),
        common_name=masked(printable(one.common_name)) if one.common_name else one.sha256,
        serial=f"{one.serial:X}",
        valid_from=one.valid_from,
        valid_to=one.valid_to,
        key=_key(certificate),
        signed_with=one.hash_name or "",
        is_self_signed=certificates.is_issued_by(one, one),
        is_ca=one.is_ca,
    )


def _key(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    kind = type(key).__name__.removesuffix("PublicKey")
    size = getattr(key, "key_size", None)
    return f"{kind} {size}" if size else kind


def printable(text: str) -> str:
    """Replace what could move the cursor or turn the direction of a line: names are hostile."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text)


def place_of(one: Candidate, kind: AnchorKind, *, as_anchor: bool) -> str:
    """Return the folder of the trust store for a certificate.

    Args:
        one: the certificate.
        kind: of the anchors that are imported.
        as_anchor: whether it was asked for as an anchor, whatever it is.

    Returns:
        The kind for an anchor: a certificate that signed itself, or one that was asked for as
        an anchor; else ``intermediates``, where it helps to find chains and is not trusted.

    Raises:
        NotAnAuthorityError: it could be neither.
    """
    if as_anchor or one.is_self_signed:
        return str(kind)
    if not one.is_ca:
        raise NotAnAuthorityError(subject=one.subject, sha256=one.sha256)
    return INTERMEDIATES


def grouped(fingerprint: str) -> str:
    """Write a fingerprint in groups of four, as people compare it."""
    upper = fingerprint.upper()
    return " ".join(upper[at : at + _GROUP] for at in range(0, len(upper), _GROUP))


def plain(fingerprint: str) -> str:
    """Read a fingerprint that was written with colons, blanks, points or capitals."""
    return _SEPARATORS.sub("", fingerprint).lower()


def require_named(candidates: Iterable[Candidate], fingerprints: Iterable[str]) -> None:
    """Check that the SHA-256 fingerprints are those of the certificates, of all and no others.

    Raises:
        FingerprintNeededError: none was named.
        FingerprintMismatchError: a certificate is not among them, or one of them is not SHA-256
            or is nobody's.
    """
    named = {plain(one) for one in fingerprints}
    found = {one.sha256 for one in candidates}
    if not named:
        raise FingerprintNeededError
    wrong = sorted((named ^ found) | {one for one in named if not _SHA256.fullmatch(one)})
    if wrong:
        raise FingerprintMismatchError(fingerprints=", ".join(map(printable, wrong)))
