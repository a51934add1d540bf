"""Files that are small and made to be costly: each ends in a verdict or a named error."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pytest
from verification_change_cases import FORM_OBJECT, leader
from verification_files import (
    CATALOG,
    CONTENTS,
    FORM,
    NUMBER,
    PAGE,
    base,
    base_objects,
    by,
    check,
    sections,
    sign,
    stream,
    text_field,
    update,
    update_by_stream,
)

from verification import inspect as inspection
from verification import revisions
from verification._pdf import document as documents
from verification._pdf import filters, xref
from verification._pdf.objects import Name, PdfSyntaxError
from verification._pdf.scattered import scattered
from verification.inspect import inspect
from verification.model import Indication

if TYPE_CHECKING:
    from verification_pki import Pki

    from verification.trust import Trust


def test_comment_of_many_signs_behind_an_update_has_one_reading(led: bytes, trust: Trust) -> None:
    pdf = update(led, {40: b"<<>>"})
    at = pdf.rindex(b"startxref")

    one = leader(pdf[:at] + b"%" * 60 + b"x\n(\n" + pdf[at:], trust)

    assert "verification.update-without-end" in one.reasons


def test_looks_that_hold_each_other_are_looked_at_once(led: bytes, trust: Trust) -> None:
    held = b"".join(b"/X%d 45 0 R" % number for number in range(40))
    looks = {
        NUMBER: text_field(b"docsvc.number", b"/V(05)/AP<</N 45 0 R>>"),
        45: stream(b"/X1 Do", FORM_OBJECT + b"/Resources<</XObject 46 0 R>>"),
        46: b"<<%s>>" % held,
    }

    assert leader(update(led, looks), trust).reasons


def test_fonts_of_forms_that_hold_each_other_are_found() -> None:
    held = b"".join(b"/X%d 45 0 R" % number for number in range(400))
    objects = base_objects()
    objects[PAGE] = objects[PAGE].replace(b"/Resources<<", b"/Resources<</XObject 46 0 R")
    objects[45] = stream(b"", FORM_OBJECT + b"/Resources<</XObject 46 0 R>>")

    assert inspect(base(objects | {46: b"<<%s>>" % held})).fonts == ("Times-Roman",)


def test_content_that_is_named_again_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[bytes] = []

    class Search:
        def search(self, text: bytes) -> None:
            searched.append(text)

    objects = base_objects() | {CONTENTS: stream(b"no text")}
    objects[PAGE] = objects[PAGE].replace(b"/Contents 4 0 R", b"/Contents[%s]" % (b"4 0 R " * 300))
    monkeypatch.setattr(inspection, "_SHOW_TEXT", Search())

    assert not inspect(base(objects)).has_text_layer
    assert searched == [b"no text"]


def test_fields_that_share_their_kids_are_too_many(
    trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revisions, "_MAX_KIDS", 50)
    monkeypatch.setattr(inspection, "_MAX_KIDS", 50)
    fields = {100 + number: b"<</T(a)/FT/Sig/Kids 50 0 R>>" for number in range(20)}
    objects = base_objects() | fields | {50: b"[%s]" % (b"51 0 R " * 9), 51: b"<</A 1>>"}
    objects[FORM] = b"<</Fields[%s]>>" % b" ".join(b"%d 0 R" % number for number in fields)

    assert check(base(objects), trust).reasons == ("verification.structure-repaired",)
    assert len(inspect(base(objects)).signatures.empty_fields) < len(fields)


def test_object_stream_is_searched_once_for_all_updates(
    pki: Pki, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[int] = []
    search = documents.Document._container_references

    def counted(self: documents.Document, box: int, *more: object) -> None:
        searched.append(box)
        search(self, box, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(documents.Document, "_container_references", counted)
    pdf = sign(update_by_stream(base(), {}, packed={70: b"[71 0 R]"}), by(pki.leader))
    for number in range(5):
        pdf = update(pdf, {81 + number: b"<<>>"})

    assert leader(pdf, trust).indication is Indication.TOTAL_PASSED
    assert searched == [79]


@pytest.mark.parametrize("close", [b")", b" "], ids=["closed", "open"])
def test_objects_inside_of_each_other_are_not_read_for_ever(
    close: bytes, led: bytes, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "_MIN_READ", 0)
    out, places = bytearray(led), []
    for number in range(300):
        places.append(len(out))
        out += b"%d 0 obj(" % (1000 + number)
    out += close * 300 + b"\n"
    offset = len(out)
    out += b"xref\n1000 300\n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size 2000/Root 1 0 R/Info 12 0 R/Prev %d>>\n" % sections(led)
    out += b"startxref\n%d\n%%%%EOF\n" % offset

    assert "verification.update-unreadable" in leader(bytes(out), trust).reasons
    document = documents.open_document(bytes(out))
    with pytest.raises(PdfSyntaxError, match="inside of each other"):
        _read_all(document, places)


def _read_all(document: documents.Document, places: list[int]) -> None:
    for place in places:
        try:
            document.parsed(place)
        except PdfSyntaxError as e:
            if "inside" in str(e):
                raise


def _with_stream(rows: bytes, more: bytes) -> bytes:
    pdf = base()
    data = zlib.compress(rows)
    head = b"/Type/XRef/Size 90/Root 1 0 R/W[1 1 1]/Filter/FlateDecode/Prev %d" % sections(pdf)
    body = b"80 0 obj\n%s\nendobj\n" % stream(data, head + more)
    return pdf + body + b"startxref\n%d\n%%%%EOF\n" % len(pdf)


@pytest.mark.parametrize(
    ("rows", "more"),
    [(bytes(600), b"/Index[0 200]"), (bytes(3000), b"/Index[]")],
    ids=["entries", "bytes"],
)
def test_sections_without_end_are_refused(
    rows: bytes, more: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert xref.read_chain(_with_stream(rows, more))
    monkeypatch.setattr(xref, "_MAX_ENTRIES", 210)
    monkeypatch.setattr(xref, "_MAX_UNFOLDED", 3000)

    with pytest.raises(PdfSyntaxError):
        xref.read_chain(_with_stream(rows * 2, more.replace(b"200", b"211")))
    with pytest.raises(PdfSyntaxError, match="all sections"):
        _chain_of_two(rows, more)


def _chain_of_two(rows: bytes, more: bytes) -> None:
    pdf = _with_stream(rows, more)
    data = zlib.compress(rows)
    head = b"/Type/XRef/Size 90/Root 1 0 R/W[1 1 1]/Filter/FlateDecode/Prev %d" % sections(pdf)
    body = b"80 0 obj\n%s\nendobj\n" % stream(data, head + more)
    xref.read_chain(pdf + body + b"startxref\n%d\n%%%%EOF\n" % len(pdf))


def test_table_of_too_many_entries_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xref, "_MAX_ENTRIES", 5)

    with pytest.raises(PdfSyntaxError):
        xref.read_chain(base())


def test_rows_that_change_their_kind_without_end_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filters, "_MAX_RUNS", 3)
    head = {"Filter": Name("FlateDecode"), "DecodeParms": {"Predictor": 15, "Columns": 1}}

    with pytest.raises(PdfSyntaxError, match="row filters"):
        filters.decoded(zlib.compress(b"\x00a\x01a" * 4), head)  # type: ignore[arg-type]


def test_stream_of_a_broken_file_is_unfolded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    data = zlib.compress(b"inside")
    one = b"\n1 0 obj<</Kinds[/ObjStm/ObjStm]/Type/ObjStm/Filter/FlateDecode>>stream\n%s\nendstream"
    pdf = one % data

    assert list(scattered(pdf)) == [b"inside"]
    assert list(scattered(pdf * 2)) == [b"inside", b"inside"]
    monkeypatch.setattr("verification._pdf.scattered.MAX_UNFOLDED", 6)
    assert list(scattered(pdf * 2)) == [b"inside"]


def test_streams_without_end_are_searched_for_it_once() -> None:
    pdf = base() + b"/FlateDecode stream\n" * 20_000 + b"\n%%EOF"

    assert inspect(pdf).pages == 1


def test_fonts_are_looked_for_in_forms_to_a_depth() -> None:
    font = b"/Font<</F<</Type/Font/BaseFont/Deep%d>>>>"
    objects = base_objects()
    objects[PAGE] = objects[PAGE].replace(b"/Resources<<", b"/Resources<</XObject<</X 45 0 R>>")
    for level in range(5):
        inner = font % level + b"/XObject<</X %d 0 R>>" % (46 + level)
        objects[45 + level] = stream(b"", FORM_OBJECT + b"/Resources<<%s>>" % inner)
    objects[50] = stream(b"", FORM_OBJECT)

    assert inspect(base(objects)).fonts == ("Deep0", "Deep1", "Deep2", "Times-Roman")


def test_rights_that_cannot_be_read_are_a_finding(pki: Pki, trust: Trust) -> None:
    objects = base_objects()
    objects[CATALOG] = objects[CATALOG].replace(b">>", b"/Perms 40 0 R>>")
    pdf = sign(base(objects | {40: b"(x"}), by(pki.leader))

    report = check(pdf, trust)

    assert report.indication is Indication.TOTAL_FAILED
    assert report.reasons == ("verification.structure-broken",)
