"""The certificate of the stand-in's connection: made once for a folder, for this machine alone."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from docsvc.demo.folder import write_private, write_whole

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "SIM PKI THỬ NGHIỆM docsvc"
_FROM, _TO = datetime(2024, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
_FILE = "mobile-tls.pem"
_CERTIFICATE = "mobile-tls.crt"


def create(folder: Path) -> Path:
    """Return the file with the certificate (PEM) that callers have to trust."""
    certificate = folder / _CERTIFICATE
    if not (folder / _FILE).exists():
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(key).public_bytes(serialization.Encoding.PEM)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        write_whole(certificate, made)
        write_private(folder / _FILE, private + made)
    return certificate


def context(folder: Path) -> ssl.SSLContext:
    """Return what the server speaks TLS with."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(folder / _FILE)
    return made


def _certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    names = x509.SubjectAlternativeName(
        [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_TO)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
