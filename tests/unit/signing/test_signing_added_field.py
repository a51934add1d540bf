"""The field that a signature without a reserved one gets: its page, its box, its form."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pikepdf
import pytest
from signing_foreign import added_plan, changed, sealing_plan
from signing_stand_ins import NOW, Pki, Tsa, blank_pdf
from signing_steps import sign, statuses

from signing._pades import fields
from signing.errors import (
    BoxOutsidePageError,
    FieldFilledError,
    FieldMissingError,
    PageMissingError,
    UnreadablePdfError,
)
from signing.layouts import block
from signing.model import ADDED_FIELD, Box, SignaturePlan
from signing.prepare import prepare

if TYPE_CHECKING:
    from collections.abc import Callable


def with_box(pki: Pki, box: Box) -> SignaturePlan:
    return replace(added_plan(pki), appearance=block(("a",), box, size=1))


@pytest.mark.parametrize("page", [-1, 2])
def test_a_page_that_is_missing_is_named(pki: Pki, page: int) -> None:
    plan = with_box(pki, Box(page=page, x0=0, y0=0, x1=10, y1=10))
    with pytest.raises(PageMissingError) as caught:
        prepare(blank_pdf(), plan=plan, at=NOW)
    assert caught.value.facts == {"page": page + 1, "pages": 2}


@pytest.mark.parametrize("edges", [(590, 10, 610, 20), (10, -9, 20, 9), (10, 10, 20, 900)])
def test_a_box_beyond_its_page_is_refused(pki: Pki, edges: tuple[float, ...]) -> None:
    box = Box(page=0, x0=edges[0], y0=edges[1], x1=edges[2], y1=edges[3])
    with pytest.raises(BoxOutsidePageError):
        prepare(blank_pdf(), plan=with_box(pki, box), at=NOW)


def test_a_field_is_added_and_signed_once(pki: Pki, tsa: Tsa) -> None:
    signed = sign(blank_pdf(), added_plan(pki), pki.organisation, tsa)
    with pytest.raises(FieldFilledError):
        prepare(signed, plan=added_plan(pki), at=NOW)


def test_an_empty_field_of_that_name_is_used(pki: Pki, tsa: Tsa) -> None:
    plan = added_plan(pki)
    assert plan.appearance
    box = plan.appearance.box

    def add(document: pikepdf.Pdf) -> None:
        widget = document.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Widget,
                FT=pikepdf.Name.Sig,
                T=ADDED_FIELD,
                Rect=[box.x0, box.y0, box.x1, box.y1],
                P=document.pages[0].obj,
            )
        )
        document.pages[0].Annots = document.make_indirect(pikepdf.Array([widget]))
        document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([widget]))

    signed = sign(changed(blank_pdf(), add), plan, pki.organisation, tsa)
    with pikepdf.open(io.BytesIO(signed)) as document:
        assert len(document.Root.AcroForm.Fields) == 1
        assert len(document.pages[0].Annots) == 1


def test_a_name_with_a_full_stop_is_none_for_a_new_field(pki: Pki) -> None:
    with pytest.raises(FieldMissingError):
        prepare(blank_pdf(), plan=replace(added_plan(pki), field_name="docsvc.x"), at=NOW)


def broken_forms() -> dict[str, Callable[[pikepdf.Pdf], None]]:
    def without_fields(document: pikepdf.Pdf) -> None:
        document.Root.AcroForm = pikepdf.Dictionary(DA="/Helv 0 Tf")

    def apart(document: pikepdf.Pdf) -> None:
        fields = document.make_indirect(pikepdf.Array())
        form = pikepdf.Dictionary(Fields=fields, SigFlags=3)
        document.Root.AcroForm = document.make_indirect(form)

    def annotated(document: pikepdf.Pdf) -> None:
        link = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9]
        )
        document.pages[0].Annots = pikepdf.Array([document.make_indirect(link)])

    return {"without-fields": without_fields, "apart": apart, "annotated": annotated}


@pytest.mark.parametrize("kind", sorted(broken_forms()))
def test_a_field_fits_into_whatever_form_there_is(pki: Pki, tsa: Tsa, kind: str) -> None:
    pdf = changed(blank_pdf(), broken_forms()[kind])
    signed = sign(pdf, added_plan(pki), pki.organisation, tsa)
    (status,) = statuses(signed, pki)
    assert status.bottom_line
    with pikepdf.open(io.BytesIO(signed)) as document:
        assert int(document.Root.AcroForm.SigFlags) == 3
        widget = document.Root.AcroForm.Fields[-1]
        assert document.pages[0].Annots[-1].objgen == widget.objgen


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_a_new_mark_stands_upright_on_a_turned_page(pki: Pki, rotate: int) -> None:
    signed = sign(blank_pdf(rotate=rotate), added_plan(pki), pki.organisation, None)
    with pikepdf.open(io.BytesIO(signed)) as document:
        widget = document.Root.AcroForm.Fields[0]
        assert int(widget.get("/MK", {}).get("/R", 0)) == rotate
        matrix = [int(n) for n in widget.AP.N.Matrix]
        assert (matrix == [1, 0, 0, 1, 0, 0]) is (rotate == 0)


def test_a_page_inherits_its_size_from_the_tree(pki: Pki, tsa: Tsa) -> None:
    def lift(document: pikepdf.Pdf) -> None:
        document.Root.Pages.MediaBox = document.pages[0].MediaBox
        for page in document.pages:
            del page.MediaBox

    signed = sign(changed(blank_pdf(), lift), added_plan(pki), pki.organisation, tsa)
    assert [status.bottom_line for status in statuses(signed, pki)] == [True]


@pytest.mark.parametrize("size", [None, [0, 0, 9]])
def test_a_page_without_a_size_is_refused(pki: Pki, size: list[int] | None) -> None:
    def drop(document: pikepdf.Pdf) -> None:
        del document.pages[0].MediaBox
        if size:
            document.pages[0].obj["/MediaBox"] = pikepdf.Array(size)

    with pytest.raises(UnreadablePdfError) as caught:
        prepare(changed(blank_pdf(), drop), plan=added_plan(pki), at=NOW)
    assert caught.value.facts == {"reason": "page-size"}


def test_a_page_tree_without_end_is_not_climbed_forever(
    pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fields, "_MAX_ANCESTORS", 1)
    with pytest.raises(UnreadablePdfError) as caught:
        prepare(blank_pdf(), plan=added_plan(pki), at=NOW)
    assert caught.value.facts == {"reason": "page-tree"}


def test_preparing_a_new_field_twice_gives_the_same_bytes(pki: Pki, theirs: bytes) -> None:
    plan = sealing_plan(pki)
    one, two = (prepare(theirs, plan=plan, at=NOW) for _ in range(2))
    assert one == two
    start, end = one.hole
    assert hashlib.sha256(one.pdf[:start] + one.pdf[end:]).digest() == one.digest
