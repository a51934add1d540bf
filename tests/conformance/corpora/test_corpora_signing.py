"""Real documents of the state, signed by other tools, get the seal in a field of its own.

Ten of them are hybrid-reference files as Word writes them, signed later: with readers of both kinds
each shows the same pages and bears the same signatures.
"""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from signing_foreign import LINES, sealing_plan
from signing_stand_ins import Pki, seal_png
from signing_steps import sign
from support.hybrids import for_old_readers
from support.pdfsig import valid_for_pdfsig

from docsvc.steps.classify.model import mark_of
from docsvc.steps.classify.places import CAPTION_SIZE
from docsvc.steps.classify.reading import read
from signing.errors import ChangesForbiddenError
from signing.layouts import seal_with_caption
from signing.model import ADDED_FIELD, Appearance, Box
from signing.placing import caption_box
from signing.prepare import prepare
from verification.model import Indication, Modification
from verification.policy import DEFAULT_POLICY
from verification.revocation import signers
from verification.trust import Anchor, AnchorKind, Trust
from verification.verify import verify

CORPORA = Path(__file__).parents[3].parent / "shared" / "corpora" / "vn-official"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
FILES = sorted(CORPORA.glob("gazette-signed/*.pdf")) + sorted(CORPORA.glob("ministry-*/*.pdf"))

pytestmark = pytest.mark.skipif(
    not FILES, reason="the corpora lie beside the checkout on development machines only"
)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


def first_signed_field(pdf: bytes) -> str:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        form = document.Root.AcroForm
        return next(str(field.T) for field in form.Fields if "/V" in field and "/T" in field)


def is_certified(pdf: bytes) -> bool:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return "/DocMDP" in document.Root.get("/Perms", {})


def on_free_paper(pdf: bytes) -> Appearance:
    """Return the seal in the middle of page 1, number and date where the page is free."""
    first = read(pdf).pages[0]
    seal = Box(page=0, x0=300, y0=300, x1=402, y1=402)
    texts = [mark_of(line.box) for line in first.lines]
    caption = caption_box(seal, CAPTION_SIZE, sheet=first.sheet, texts=texts)
    assert caption is not None
    return seal_with_caption(seal_png(), seal, lines=LINES, caption=caption, size=10)


def sealed(pki: Pki, pdf: bytes) -> bytes:
    plan = sealing_plan(pki, leader_field=first_signed_field(pdf))
    plan = replace(plan, after_certification=is_certified(pdf), appearance=on_free_paper(pdf))
    return sign(pdf, plan, pki.organisation, None)


def first_page(pdf: bytes) -> bytes:
    document = pypdfium2.PdfDocument(pdf)
    try:
        document.init_forms()
        return document[0].render(scale=1).to_pil().tobytes()
    finally:
        document.close()


def signatures(pdf: bytes) -> list[tuple[str, bytes]]:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return [
            (str(field.T), bytes(field.V.Contents))
            for field in document.Root.AcroForm.Fields
            if "/V" in field
        ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem[:30])
def test_a_real_document_is_sealed_and_nothing_else_changes(
    pki: Pki, path: Path, tmp_path: Path
) -> None:
    pdf = path.read_bytes()
    done = sealed(pki, pdf)
    assert done.startswith(pdf)
    ders = signers(done)
    anchors = tuple(Anchor(certificate=der, name="signer", kind=AnchorKind.PUBLIC) for der in ders)
    report = verify(done, policy=DEFAULT_POLICY, trust=Trust(anchors=anchors), at=NOW)
    *others, seal = report.signatures
    assert seal.field == ADDED_FIELD
    assert seal.indication is Indication.TOTAL_PASSED
    assert {one.indication for one in others} == {Indication.TOTAL_PASSED}
    assert {one.modification for one in others} == {Modification.FORM_FILLING}
    written = tmp_path / "sealed.pdf"
    written.write_bytes(done)
    assert valid_for_pdfsig(written) == len(report.signatures)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem[:30])
def test_readers_of_both_kinds_see_the_same(pki: Pki, path: Path) -> None:
    done = sealed(pki, path.read_bytes())
    old = for_old_readers(done)
    assert (old != done) is (b"/XRefStm" in done)
    assert first_page(old) == first_page(done)
    assert signatures(old) == signatures(done)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem[:30])
def test_a_certified_document_is_left_as_it_is_unless_asked(pki: Pki, path: Path) -> None:
    pdf = path.read_bytes()
    plan = sealing_plan(pki, leader_field=first_signed_field(pdf))
    if is_certified(pdf):
        with pytest.raises(ChangesForbiddenError):
            prepare(pdf, plan=plan, at=NOW)
    else:
        assert prepare(pdf, plan=plan, at=NOW).pdf.startswith(pdf)


def test_there_are_hybrid_files_of_both_kinds() -> None:
    hybrid = [path for path in FILES if b"/XRefStm" in path.read_bytes()]
    assert len(hybrid) == 10
    assert {is_certified(path.read_bytes()) for path in hybrid} == {True, False}
