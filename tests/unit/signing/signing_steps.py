"""The steps of the road as tests take them, and pyHanko's own verdict on the result."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from signing_stand_ins import NOW, Pki, Tsa, seal_png

from signing.augment import add_validation_data, complete_timestamp, prepare_timestamp
from signing.complete import complete
from signing.model import (
    DAY_FIELD,
    LEADER_FIELD,
    MONTH_FIELD,
    NUMBER_FIELD,
    ORGANISATION_FIELD,
    Role,
    SignaturePlan,
    ValidationData,
)
from signing.prepare import prepare
from signing.timestamp import Timestamper

if TYPE_CHECKING:
    from pyhanko.sign.validation.status import PdfSignatureStatus
    from signing_stand_ins import Party


def leader_plan(pki: Pki) -> SignaturePlan:
    return SignaturePlan(
        role=Role.LEADER,
        field_name=LEADER_FIELD,
        chain=pki.chain(pki.leader),
        image=seal_png((20, 40, 200)),
        certify=True,
    )


def organisation_plan(pki: Pki) -> SignaturePlan:
    return SignaturePlan(
        role=Role.ORGANISATION,
        field_name=ORGANISATION_FIELD,
        chain=pki.chain(pki.organisation),
        image=seal_png(),
        fills={NUMBER_FIELD: "05", DAY_FIELD: "07", MONTH_FIELD: "11"},
    )


def sign(pdf: bytes, plan: SignaturePlan, party: Party, tsa: Tsa | None) -> bytes:
    prepared = prepare(pdf, plan=plan, at=NOW)
    assert prepared.pdf.startswith(pdf)
    value = party.sign(prepared.to_be_signed)
    token = None
    if tsa is not None:
        stamper = Timestamper("http://tsa.invalid", tsa.transport)
        token = stamper.stamp(hashlib.sha256(value).digest())
    return complete(prepared, plan=plan, value=value, timestamp_token=token)


def archived(pdf: bytes, pki: Pki, tsa: Tsa) -> bytes:
    certificates = (pki.leader, pki.organisation, pki.ca, pki.root, pki.tsa)
    data = ValidationData(certificates=tuple(p.der for p in certificates), crls=pki.crls)
    with_data = add_validation_data(pdf, data)
    assert with_data.startswith(pdf)
    prepared = prepare_timestamp(with_data)
    assert prepared.pdf.startswith(with_data)
    token = Timestamper("http://tsa.invalid", tsa.transport).stamp(prepared.digest)
    return complete_timestamp(prepared, token)


def context(pki: Pki) -> ValidationContext:
    return ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(pki.root.der)],
        other_certs=[asn1_x509.Certificate.load(pki.ca.der)],
        moment=NOW,
    )


def statuses(pdf: bytes, pki: Pki, *, strict: bool = True) -> list[PdfSignatureStatus]:
    """Ask pyHanko, whose strict reader refuses hybrid-reference files."""
    reader = PdfFileReader(io.BytesIO(pdf), strict=strict)
    return [
        validate_pdf_signature(found, context(pki), context(pki))
        for found in reader.embedded_regular_signatures
    ]
