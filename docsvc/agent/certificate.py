"""The TLS certificate of this PC: made at the first start, for the loopback address alone.

It is no authority: whoever trusts it trusts this PC's own address and nothing else.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# The longest that every platform accepts of a certificate that was trusted by hand.
_VALID = timedelta(days=825)
_RENEW_BEFORE = timedelta(days=30)
_GRACE = timedelta(minutes=10)
_PRIVATE = 0o600
_NAMES = (
    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    x509.DNSName("localhost"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCertificate:
    """Where certificate and key are; ``fresh`` tells that they were made just now."""

    certificate: Path
    key: Path
    fresh: bool

    def context(self) -> ssl.SSLContext:
        """Return what a server needs to speak TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.key)
        return context

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 as browsers show it, in pairs."""
        loaded = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        return loaded.fingerprint(hashes.SHA256()).hex(":").upper()


def local_certificate(folder: Path, *, now: datetime) -> LocalCertificate:
    """Return the certificate of this PC; it is made anew shortly before it runs out.

    Args:
        folder: of the agent, readable by its owner alone.
        now: the present moment.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    certificate, key = folder / "agent.crt", folder / "agent.key"
    fresh = not _is_usable(certificate, key, now)
    if fresh:
        _make(certificate, key, now)
    return LocalCertificate(certificate=certificate, key=key, fresh=fresh)


def _is_usable(certificate: Path, key: Path, now: datetime) -> bool:
    try:
        known = x509.load_pem_x509_certificate(certificate.read_bytes())
        serialization.load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError):
        return False
    return known.not_valid_after_utc - _RENEW_BEFORE > now


def _make(certificate: Path, key: Path, now: datetime) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "docsvc agent 127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _GRACE)
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName(_NAMES), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    _write_private(
        key,
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))


def _write_private(path: Path, data: bytes) -> None:
    """Write a file that its owner alone can read, from its first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "wb") as file:
        file.write(data)
