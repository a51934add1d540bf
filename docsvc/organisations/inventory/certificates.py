"""A certificate out of a file that an office has: PEM or DER, its issuers after it."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from docsvc.organisations.errors import CertificateUnreadableError
from docsvc.organisations.service import CertificateEntry
from verification.model import Role

# A certificate and its issuers have some kilobytes.
MAX_BYTES = 256 * 1024
_MAX_CERTIFICATES = 10
_PEM = b"-----BEGIN CERTIFICATE-----"


def read(data: bytes) -> tuple[bytes, ...]:
    """Return the certificates of a file in DER: the holder's, then its issuers without a root.

    Raises:
        CertificateUnreadableError: there is none, too many of them, or an authority's first.
    """
    try:
        if len(data) > MAX_BYTES:
            raise CertificateUnreadableError
        if _PEM in data:
            found = x509.load_pem_x509_certificates(data)
        else:
            found = [x509.load_der_x509_certificate(data)]
    except ValueError as error:
        raise CertificateUnreadableError from error
    if len(found) > _MAX_CERTIFICATES or _is_authority(found[0]):
        raise CertificateUnreadableError
    kept = [found[0], *(one for one in found[1:] if one.subject != one.issuer)]
    return tuple(one.public_bytes(Encoding.DER) for one in kept)


def entry_of(data: bytes, *, unit: str, officer: int | None, **device: Any) -> CertificateEntry:
    """Return what the inventory takes: an officer's certificate, or a body's own.

    Args:
        data: the file.
        unit: code of the body.
        officer: number of the officer; None: it is the body's seal.
        device: further fields of `CertificateEntry`, about the device.

    Raises:
        CertificateUnreadableError: as `read`.
    """
    leaf, *issuers = read(data)
    role = Role.ORGANISATION if officer is None else Role.LEADER
    return CertificateEntry(
        der=leaf, role=role, unit=unit, officer=officer, issuers=tuple(issuers), **device
    )


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False
