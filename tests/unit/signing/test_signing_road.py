from __future__ import annotations

import hashlib
import io
import subprocess
from typing import TYPE_CHECKING

import pytest
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.status import SignatureCoverageLevel
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
    from pathlib import Path

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


@pytest.fixture(scope="module")
def finished(reserved: bytes, pki: Pki) -> bytes:
    tsa = Tsa(pki.tsa)
    leader = sign(reserved, leader_plan(pki), pki.leader, tsa)
    both = sign(leader, organisation_plan(pki), pki.organisation, tsa)
    return archived(both, pki, tsa)


def context(pki: Pki) -> ValidationContext:
    return ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(pki.root.der)],
        other_certs=[asn1_x509.Certificate.load(pki.ca.der)],
        moment=NOW,
    )


def statuses(pdf: bytes, pki: Pki) -> list[PdfSignatureStatus]:
    reader = PdfFileReader(io.BytesIO(pdf))
    return [
        validate_pdf_signature(found, context(pki), context(pki))
        for found in reader.embedded_regular_signatures
    ]


def test_both_signatures_are_valid_for_pyhanko_after_b_lta(finished: bytes, pki: Pki) -> None:
    leader, organisation = statuses(finished, pki)
    assert leader.bottom_line
    assert organisation.bottom_line
    assert leader.docmdp_ok
    assert leader.modification_level is ModificationLevel.FORM_FILLING
    assert organisation.modification_level is ModificationLevel.LTA_UPDATES
    assert leader.timestamp_validity.valid
    assert organisation.timestamp_validity.valid


def test_the_document_timestamp_covers_the_whole_file(finished: bytes, pki: Pki) -> None:
    (found,) = PdfFileReader(io.BytesIO(finished)).embedded_timestamp_signatures
    status = validate_pdf_timestamp(found, context(pki))
    assert status.valid
    assert status.intact
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE


def test_both_signatures_are_valid_for_pdfsig_after_b_lta(finished: bytes, tmp_path: Path) -> None:
    path = tmp_path / "signed.pdf"
    path.write_bytes(finished)
    said = subprocess.run(["pdfsig", path], capture_output=True, text=True, check=False).stdout
    leader, organisation, timestamp = said.split("Signature #")[1:]
    assert "Signature is Valid." in leader
    assert "Signature is Valid." in organisation
    assert "Total document signed" in timestamp
