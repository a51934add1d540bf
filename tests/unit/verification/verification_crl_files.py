from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from verification_pki import DAY, NOW, Party

from verification import certificates, crls, statuses
from verification.policy import DEFAULT_POLICY
from verification.statuses import Question, Revocation

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.x509 import ReasonFlags

    from verification.crls import Crl


Extension = tuple[x509.ExtensionType, bool]


def listing(
    signer: Party,
    *entries: x509.RevokedCertificate,
    extensions: tuple[Extension, ...] = (),
    issuer: x509.Name | None = None,
    at: datetime = NOW - DAY,
    until: datetime = NOW + 30 * DAY,
) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer or signer.certificate.subject)
        .last_update(at)
        .next_update(until)
    )
    for entry in entries:
        builder = builder.add_revoked_certificate(entry)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def entry(
    party: Party | int, *extensions: Extension, since: datetime = NOW - DAY
) -> x509.RevokedCertificate:
    serial = party if isinstance(party, int) else party.certificate.serial_number
    builder = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.build()


def reason(flag: ReasonFlags) -> Extension:
    return x509.CRLReason(flag), False


def scope(**more: object) -> Extension:
    plain = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**{**plain, **more}), True  # type: ignore[arg-type]


def uri(text: str) -> list[x509.GeneralName]:
    return [x509.UniformResourceIdentifier(text)]


def points(*found: x509.DistributionPoint) -> tuple[Extension, ...]:
    return ((x509.CRLDistributionPoints(found), False),)


def point(
    full: list[x509.GeneralName] | None = None,
    *,
    relative: x509.RelativeDistinguishedName | None = None,
    reasons: frozenset[ReasonFlags] | None = None,
    issuer: Party | None = None,
) -> x509.DistributionPoint:
    issuers = None if issuer is None else [x509.DirectoryName(issuer.certificate.subject)]
    return x509.DistributionPoint(full, relative, reasons, issuers)


def asked(party: Party, issuer: Party, *lists: bytes, at: datetime = NOW) -> Revocation:
    question = Question(at=at, known=(statuses.sources(lists, ()),), policy=DEFAULT_POLICY)
    return statuses.status(certificates.load(party.der), certificates.load(issuer.der), question)


def read(data: bytes) -> Crl:
    found = crls.load(data)
    assert found is not None
    return found


# -- changes to lists


def number(value: int) -> Extension:
    return x509.CRLNumber(value), False
