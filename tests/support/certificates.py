"""Certificates that nobody has issued: for an inventory it is enough that they can be read."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

KEY = ec.generate_private_key(ec.SECP256R1())
_FROM, _TO = datetime(2025, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)


def certificate(
    name: str,
    *,
    valid_from: datetime = _FROM,
    valid_to: datetime = _TO,
    usage: x509.KeyUsage | None = None,
    extended: x509.ExtendedKeyUsage | None = None,
) -> bytes:
    """Make a certificate of a name, signed by itself, in DER."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid_from)
        .not_valid_after(valid_to)
    )
    for extension in (usage, extended):
        if extension is not None:
            builder = builder.add_extension(extension, critical=True)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
