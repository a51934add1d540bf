"""What the demonstration CAs say of their certificates: OCSP answers and CRLs, made on request."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509 import ocsp

if TYPE_CHECKING:
    from collections.abc import Mapping

CRL_LIFE = timedelta(days=7)
OCSP_LIFE = timedelta(days=1)

_DER = serialization.Encoding.DER


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """A certificate that is revoked: since when, and why (a reason of RFC 5280 §5.3.1)."""

    since: datetime
    reason: x509.ReasonFlags


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """Makes the CRLs of one CA, whose certificate and key these are."""

    certificate: x509.Certificate
    key: RSAPrivateKey

    def answer(self, revoked: Mapping[int, Revocation], *, at: datetime) -> bytes:
        """Return the CRL (DER) of this moment; ``revoked`` is by serial number."""
        at = at.replace(microsecond=0)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(at)
            .next_update(at + CRL_LIFE)
            # RFC 5280 §5.2.3 wants numbers that grow; seconds do, across restarts too.
            .add_extension(x509.CRLNumber(int(at.timestamp())), critical=False)
            .add_extension(identifier, critical=False)
        )
        for serial, mark in revoked.items():
            builder = builder.add_revoked_certificate(_entry(serial, mark))
        return builder.sign(self.key, hashes.SHA256()).public_bytes(_DER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """Answers OCSP requests about the certificates of one CA.

    Args:
        certificate: of the responder, issued by the CA.
        key: of the responder.
        issuer: the CA's certificate.
        serials: of the certificates that the CA has issued.
    """

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey
    issuer: x509.Certificate
    serials: frozenset[int]

    def answer(self, request: bytes, revoked: Mapping[int, Revocation], *, at: datetime) -> bytes:
        """Return the answer (DER) to a request (DER) about one certificate.

        A request that can't be read, or asks about several certificates, gets an error answer;
        so does one about another CA's certificates. ``revoked`` is by serial number.
        """
        try:
            asked = ocsp.load_der_ocsp_request(request)
            ours = self._issued(asked)
        except (ValueError, NotImplementedError):
            return _refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        if not ours:
            # RFC 6960 §2.3: the responder may not speak for other CAs.
            return _refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        mark = revoked.get(asked.serial_number)
        return self._granted(asked, mark, at=at.replace(microsecond=0))

    def _issued(self, asked: ocsp.OCSPRequest) -> bool:
        algorithm = asked.hash_algorithm.name
        name = self.issuer.subject.public_bytes()
        key = self.issuer.public_key().public_bytes(_DER, serialization.PublicFormat.PKCS1)
        return (
            asked.issuer_name_hash == hashlib.new(algorithm, name).digest()
            and asked.issuer_key_hash == hashlib.new(algorithm, key).digest()
        )

    def _granted(self, asked: ocsp.OCSPRequest, mark: Revocation | None, *, at: datetime) -> bytes:
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                asked.issuer_name_hash,
                asked.issuer_key_hash,
                asked.serial_number,
                asked.hash_algorithm,
                self._status(asked.serial_number, mark),
                at,
                at + OCSP_LIFE,
                None if mark is None else mark.since,
                None if mark is None else mark.reason,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, self.certificate)
            .certificates([self.certificate])
        )
        for extension in asked.extensions:
            if isinstance(extension.value, x509.OCSPNonce):
                builder = builder.add_extension(extension.value, critical=False)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(_DER)

    def _status(self, serial: int, mark: Revocation | None) -> ocsp.OCSPCertStatus:
        if mark is not None:
            return ocsp.OCSPCertStatus.REVOKED
        known = serial in self.serials
        return ocsp.OCSPCertStatus.GOOD if known else ocsp.OCSPCertStatus.UNKNOWN


def _entry(serial: int, mark: Revocation) -> x509.RevokedCertificate:
    return (
        x509.RevokedCertificateBuilder()
        .serial_number(serial)
        .revocation_date(mark.since)
        .add_extension(x509.CRLReason(mark.reason), critical=False)
        .build()
    )


def _refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(_DER)
