"""Certificates of the demonstration PKI: what each kind of holder's certificate says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509.oid import AuthorityInformationAccessOID as AccessMethod
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from docsvc.clock import VIETNAM

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from docsvc.demo.organisations import Officer, Unit

    PrivateKey: TypeAlias = RSAPrivateKey | EllipticCurvePrivateKey

# Said by every certificate, so that no reader can take one for a real one.
TEST_MARK = "THỬ NGHIỆM"

# Before every date that occurs in the sample documents.
NOT_BEFORE = datetime(2024, 1, 1, tzinfo=VIETNAM)
END_OF_ROOT = datetime(2049, 1, 1, tzinfo=VIETNAM)
END_OF_CA = datetime(2044, 1, 1, tzinfo=VIETNAM)
END_OF_SERVICE = datetime(2039, 1, 1, tzinfo=VIETNAM)
END_OF_HOLDER = datetime(2036, 1, 1, tzinfo=VIETNAM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who signs certificates: its own certificate, its key, and where its answers are found."""

    certificate: x509.Certificate
    key: RSAPrivateKey
    crl_url: str
    certificate_url: str
    ocsp_url: str | None


def authority_name(common_name: str) -> x509.Name:
    """Return the subject of an authority of the demonstration."""
    return _name(
        (NameOID.COUNTRY_NAME, "VN"),
        (NameOID.ORGANIZATION_NAME, "docsvc"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, TEST_MARK),
        (NameOID.COMMON_NAME, common_name),
    )


def officer_name(officer: Officer, *, unit: Unit, superior: Unit) -> x509.Name:
    """Return the subject of a person's certificate: superior body, unit, title and full name."""
    return _name(
        (NameOID.COUNTRY_NAME, "VN"),
        (NameOID.LOCALITY_NAME, superior.place),
        (NameOID.ORGANIZATION_NAME, superior.name),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, unit.name),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, TEST_MARK),
        (NameOID.TITLE, officer.title),
        (NameOID.COMMON_NAME, officer.full_name),
    )


def seal_name(*, unit: Unit, superior: Unit) -> x509.Name:
    """Return the subject of an organisation's certificate: its name in capitals, as on a seal."""
    return _name(
        (NameOID.COUNTRY_NAME, "VN"),
        (NameOID.LOCALITY_NAME, superior.place),
        (NameOID.ORGANIZATION_NAME, superior.name),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, TEST_MARK),
        (NameOID.COMMON_NAME, unit.name.upper()),
    )


def issue_root(subject: x509.Name, key: RSAPrivateKey) -> x509.Certificate:
    """Sign the root's own certificate."""
    return (
        _builder(subject, key, until=END_OF_ROOT)
        .issuer_name(subject)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def issue_ca(subject: x509.Name, key: RSAPrivateKey, *, issuer: Issuer) -> x509.Certificate:
    """Sign the certificate of a CA that issues to holders only."""
    builder = _issued(_builder(subject, key, until=END_OF_CA), issuer)
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .sign(issuer.key, hashes.SHA256())
    )


def issue_tsa(
    subject: x509.Name, key: EllipticCurvePrivateKey, *, issuer: Issuer
) -> x509.Certificate:
    """Sign the certificate of the timestamp authority."""
    # RFC 3161 §2.3: exactly one extended key usage, timeStamping, and critical.
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    return (
        _end_entity(subject, key, issuer=issuer, until=END_OF_SERVICE)
        .add_extension(usage, critical=True)
        .sign(issuer.key, hashes.SHA256())
    )


def issue_responder(
    subject: x509.Name, key: EllipticCurvePrivateKey, *, issuer: Issuer
) -> x509.Certificate:
    """Sign the certificate of an OCSP responder."""
    # RFC 6960 §4.2.2.2: delegated by OCSPSigning; with nocheck nobody asks it about itself.
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
    return (
        _end_entity(subject, key, issuer=issuer, until=END_OF_SERVICE)
        .add_extension(usage, critical=False)
        .add_extension(x509.OCSPNoCheck(), critical=False)
        .sign(issuer.key, hashes.SHA256())
    )


def issue_holder(subject: x509.Name, key: PrivateKey, *, issuer: Issuer) -> x509.Certificate:
    """Sign the certificate of an officer or of a seal."""
    builder = _end_entity(subject, key, issuer=issuer, until=END_OF_HOLDER)
    return builder.sign(issuer.key, hashes.SHA256())


def _name(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def _builder(subject: x509.Name, key: PrivateKey, *, until: datetime) -> x509.CertificateBuilder:
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _issued(builder: x509.CertificateBuilder, issuer: Issuer) -> x509.CertificateBuilder:
    """Add what every certificate but the root's says about its issuer."""
    access = [_access(AccessMethod.CA_ISSUERS, issuer.certificate_url)]
    if issuer.ocsp_url is not None:
        access.insert(0, _access(AccessMethod.OCSP, issuer.ocsp_url))
    point = x509.DistributionPoint(
        full_name=[x509.UniformResourceIdentifier(issuer.crl_url)],
        relative_name=None,
        reasons=None,
        crl_issuer=None,
    )
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    return (
        builder.issuer_name(issuer.certificate.subject)
        .add_extension(identifier, critical=False)
        .add_extension(x509.CRLDistributionPoints([point]), critical=False)
        .add_extension(x509.AuthorityInformationAccess(access), critical=False)
    )


def _end_entity(
    subject: x509.Name, key: PrivateKey, *, issuer: Issuer, until: datetime
) -> x509.CertificateBuilder:
    return (
        _issued(_builder(subject, key, until=until), issuer)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
    )


def _access(method: x509.ObjectIdentifier, url: str) -> x509.AccessDescription:
    return x509.AccessDescription(method, x509.UniformResourceIdentifier(url))


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=not ca,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
