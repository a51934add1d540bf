"""A page without blanks bears number and date beside its seal, on free paper."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from signing_stand_ins import NOW, Pki, Tsa, seal_png
from signing_steps import leader_plan, sign
from support.pdfa import pdfa_letter
from support.pdfsig import valid_for_pdfsig

from docsvc.steps.classify.model import Hints
from docsvc.steps.classify.tasks import classify
from docsvc.steps.sign.rules import places_of, sealed_with_caption
from docsvc.steps.sign.tasks import reserved
from signing.model import ORGANISATION_FIELD, Role, SignaturePlan
from verification.model import Indication, Modification
from verification.policy import ISSUED_POLICY
from verification.trust import Anchor, AnchorKind, Trust
from verification.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

LINES = ("Số: 125/UBND-VP", "ngày 20 tháng 11 năm 2026")


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture(scope="module")
def sealed(pki: Pki) -> bytes:
    letter = pdfa_letter(blanks=False)
    facts = classify(letter, Hints(seal_mm=36)).facts
    assert facts["places"]["number"] is facts["places"]["day"] is None
    tsa, image = Tsa(pki.tsa), seal_png((20, 40, 200))
    led = sign(reserved(letter, places_of(facts), image), leader_plan(pki), pki.leader, tsa)
    look = sealed_with_caption(
        facts, seal_png(), number_line="125/UBND-VP", issued_on=date(2026, 11, 20)
    )
    assert look
    plan = SignaturePlan(
        role=Role.ORGANISATION,
        field_name=ORGANISATION_FIELD,
        chain=pki.chain(pki.organisation),
        appearance=look,
    )
    return sign(led, plan, pki.organisation, tsa)


def test_number_and_date_can_be_read(sealed: bytes) -> None:
    document = pypdfium2.PdfDocument(sealed)
    document.init_forms()
    pypdfium2.raw.FPDFPage_Flatten(document[0], pypdfium2.raw.FLAT_NORMALDISPLAY)
    text = document[0].get_textpage().get_text_range()
    document.close()
    assert all(line in text for line in LINES)


def test_our_verification_finds_nothing_but_a_filled_form(pki: Pki, sealed: bytes) -> None:
    anchor = Anchor(certificate=pki.root.der, name="root", kind=AnchorKind.PUBLIC)
    trust = Trust(anchors=(anchor,), intermediates=(pki.ca.der,), crls=pki.crls)
    report = verify(sealed, policy=ISSUED_POLICY, trust=trust, at=NOW)
    leader, seal = report.signatures
    assert leader.modification is Modification.FORM_FILLING
    assert seal.modification is Modification.NONE
    # Covered text, a field that grew or a page that changed would end in a failure.
    assert Indication.TOTAL_FAILED not in {leader.indication, seal.indication}


def test_both_signatures_are_valid_for_pdfsig(sealed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed)
    assert valid_for_pdfsig(path) == 2
