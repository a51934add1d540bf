"""What a child process reads from an archived file: how long its timestamps can be verified."""

from __future__ import annotations

import io

import pikepdf
from cryptography import x509
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates
from cryptography.x509.oid import ExtendedKeyUsageOID

from docsvc.confined import Answer


def expiries(pdf: bytes) -> Answer:
    """Return when the certificate of each document timestamp ends, ISO 8601."""
    found = []
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for field in document.Root.AcroForm.Fields:
            value = field.get("/V")
            if value is not None and value.get("/Type") == "/DocTimeStamp":
                found += _ends(bytes(value.Contents))
    return Answer(facts={"valid_until": found})


def _ends(token: bytes) -> list[str]:
    certificates = load_der_pkcs7_certificates(token.rstrip(b"\x00"))
    return [c.not_valid_after_utc.isoformat() for c in certificates if _stamps(c)]


def _stamps(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.TIME_STAMPING in usage
