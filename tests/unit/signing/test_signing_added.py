"""Signatures without a reserved field: on files of other tools, on copies and appendices."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import MDPPerm
from signing_foreign import (
    CAPTION,
    FOREIGN_FIELD,
    LINES,
    SEAL,
    added_plan,
    changed,
    foreign,
    sealing_plan,
)
from signing_stand_ins import NOW, Pki, Tsa, blank_pdf
from signing_steps import archived, sign, statuses
from support.pdfsig import valid_for_pdfsig

from signing.errors import ChangesForbiddenError
from signing.model import ADDED_FIELD
from signing.prepare import prepare
from verification.model import Modification
from verification.policy import ISSUED_POLICY
from verification.trust import Anchor, AnchorKind, Trust
from verification.verify import verify

SAMPLE = Path(__file__).parents[3] / "sample_docs/signed/37-quyet-dinh-ky-bang-phan-mem-khac.pdf"


def test_a_foreign_file_gets_seal_number_and_date_in_one_revision(
    pki: Pki, tsa: Tsa, theirs: bytes
) -> None:
    sealed = sign(theirs, sealing_plan(pki), pki.organisation, tsa)
    assert sealed.startswith(theirs)
    assert sealed[len(theirs) :].count(b"startxref") == 1
    with pikepdf.open(io.BytesIO(sealed)) as document:
        names = [str(field.T) for field in document.Root.AcroForm.Fields]
        assert names == [FOREIGN_FIELD, ADDED_FIELD]
        widget = document.Root.AcroForm.Fields[1]
        assert int(widget.F) == 132
        assert widget.P.objgen == document.pages[0].objgen
        assert [float(edge) for edge in widget.Rect] == [
            CAPTION.x0,
            CAPTION.y0,
            CAPTION.x1,
            SEAL.y1,
        ]


def test_nothing_but_the_new_field_changes_in_a_foreign_file(
    pki: Pki, tsa: Tsa, theirs: bytes
) -> None:
    sealed = sign(theirs, sealing_plan(pki), pki.organisation, tsa)
    anchor = Anchor(certificate=pki.root.der, name="root", kind=AnchorKind.PUBLIC)
    trust = Trust(anchors=(anchor,), intermediates=(pki.ca.der,), crls=pki.crls)
    report = verify(sealed, policy=ISSUED_POLICY, trust=trust, at=NOW)
    leader, organisation = report.signatures
    assert leader.modification is Modification.FORM_FILLING
    assert organisation.modification is Modification.NONE
    # Of all that was found, only that a signature came later concerns a change.
    assert "verification.signature-added" in leader.reasons
    codes = ("changed", "replaced", "removed", "hides", "mark")
    assert [one for one in (*leader.reasons, *report.reasons) if any(c in one for c in codes)] == []
    with (
        pikepdf.open(io.BytesIO(theirs)) as before,
        pikepdf.open(io.BytesIO(sealed)) as after,
    ):
        for old, new in zip(before.pages, after.pages, strict=True):
            assert old.Contents.read_raw_bytes() == new.Contents.read_raw_bytes()


def test_a_foreign_signature_stays_valid_for_pyhanko_and_pdfsig(
    pki: Pki, tsa: Tsa, theirs: bytes, tmp_path: Path
) -> None:
    done = archived(sign(theirs, sealing_plan(pki), pki.organisation, tsa), pki, tsa)
    leader, organisation = statuses(done, pki)
    assert leader.bottom_line
    assert organisation.bottom_line
    assert leader.modification_level is ModificationLevel.FORM_FILLING
    path = tmp_path / "sealed.pdf"
    path.write_bytes(done)
    assert valid_for_pdfsig(path) == 2


def test_the_sample_of_another_tool_is_sealed(pki: Pki, tsa: Tsa) -> None:
    theirs = SAMPLE.read_bytes()
    sealed = sign(theirs, sealing_plan(pki), pki.organisation, tsa)
    assert sealed.startswith(theirs)
    assert [status.intact for status in statuses(sealed, pki)] == [True, True]


def test_number_and_date_can_be_read_in_the_seals_appearance(pki: Pki, theirs: bytes) -> None:
    sealed = sign(theirs, sealing_plan(pki), pki.organisation, None)
    document = pypdfium2.PdfDocument(sealed)
    document.init_forms()
    pypdfium2.raw.FPDFPage_Flatten(document[0], pypdfium2.raw.FLAT_NORMALDISPLAY)
    text = document[0].get_textpage().get_text_range()
    document.close()
    assert all(line in text for line in LINES)


@pytest.mark.parametrize("level", [MDPPerm.NO_CHANGES, MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE])
def test_a_certified_file_gets_no_new_field(pki: Pki, level: MDPPerm) -> None:
    certified = foreign(blank_pdf(), pki.leader, certify=level)
    with pytest.raises(ChangesForbiddenError) as caught:
        prepare(certified, plan=sealing_plan(pki), at=NOW)
    assert caught.value.facts == {"level": level.value}


def test_a_certified_file_is_sealed_on_demand_where_form_filling_is_allowed(
    pki: Pki, tsa: Tsa
) -> None:
    plan = replace(sealing_plan(pki), after_certification=True)
    sealed = sign(
        foreign(blank_pdf(), pki.leader, certify=MDPPerm.FILL_FORMS), plan, pki.organisation, tsa
    )
    # pyHanko is strict: both are intact, but the certification is called broken.
    leader, organisation = statuses(sealed, pki)
    assert leader.intact
    assert not leader.docmdp_ok
    assert organisation.bottom_line
    locked = foreign(blank_pdf(), pki.leader, certify=MDPPerm.NO_CHANGES)
    with pytest.raises(ChangesForbiddenError):
        prepare(locked, plan=plan, at=NOW)


def test_usage_rights_forbid_nothing(pki: Pki) -> None:
    def grant(document: pikepdf.Pdf) -> None:
        document.Root.Perms = pikepdf.Dictionary(UR3=pikepdf.Dictionary())

    assert prepare(changed(blank_pdf(), grant), plan=added_plan(pki), at=NOW)


@pytest.mark.parametrize(
    "reference",
    [
        {"/TransformMethod": pikepdf.Name.FieldMDP},
        {"/TransformMethod": pikepdf.Name.DocMDP},
        {"/TransformMethod": pikepdf.Name.DocMDP, "/TransformParams": pikepdf.Dictionary()},
    ],
)
def test_a_certification_that_tells_no_level_allows_form_filling(
    pki: Pki, reference: dict[str, pikepdf.Object]
) -> None:
    def certify(document: pikepdf.Pdf) -> None:
        signature = pikepdf.Dictionary(Reference=pikepdf.Array([pikepdf.Dictionary(reference)]))
        document.Root.Perms = pikepdf.Dictionary(DocMDP=document.make_indirect(signature))

    with pytest.raises(ChangesForbiddenError) as caught:
        prepare(changed(blank_pdf(), certify), plan=added_plan(pki), at=NOW)
    assert caught.value.facts == {"level": 2}
