from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pytest
from verification_files import (
    CONTENTS,
    NUMBER,
    PAGE,
    Plan,
    base,
    base_objects,
    by,
    check,
    sign,
    stream,
    text_field,
    update,
    update_by_stream,
)

from verification import changes
from verification._pdf.document import open_document
from verification._pdf.objects import PdfSyntaxError, Stream
from verification._pdf.xref import Entry
from verification.model import Indication, Modification
from verification.steps import Forms

if TYPE_CHECKING:
    from verification_pki import Pki

    from verification.trust import Trust

from verification_change_cases import leader


def test_update_by_stream_is_read_the_same(led: bytes, trust: Trust) -> None:
    fill = {NUMBER: text_field(b"docsvc.number", b"/V(05)/AP<</N 11 0 R>>")}

    packed = leader(update_by_stream(led, {40: stream(b"")}, packed=fill), trust)
    replaced = leader(update_by_stream(led, {CONTENTS: stream(b"BT ET")}), trust)

    assert packed.modification is Modification.FORM_FILLING
    assert packed.indication is Indication.TOTAL_PASSED
    assert replaced.modification is Modification.OTHER


def test_section_that_takes_an_old_number_is_refused(led: bytes, trust: Trust) -> None:
    one = leader(update_by_stream(led, {}, number=CONTENTS), trust)

    assert "verification.object-replaced" in one.reasons


def test_object_freed_is_refused(led: bytes, trust: Trust) -> None:
    assert "verification.object-removed" in leader(update(led, {}, free=(4,)), trust).reasons


@pytest.mark.parametrize(
    "reference", [b"%x\r 77 0 R", b"77 % and so on, for long, to 12\n0 R"], ids=["before", "inside"]
)
def test_reference_to_nowhere_may_not_be_filled_later(
    reference: bytes, pki: Pki, trust: Trust
) -> None:
    objects = base_objects()
    objects[PAGE] = objects[PAGE].replace(b"/F1<<", b"/F2 " + reference + b"/F1<<")
    pdf = sign(base(objects), by(pki.leader))

    one = leader(update(pdf, {77: b"<</Type/Font>>"}), trust)

    assert one.reasons == ("verification.dangling-reference-filled",)


def test_reference_from_an_object_stream_counts(pki: Pki, trust: Trust) -> None:
    pdf = update_by_stream(base(), {}, packed={70: b"[77 0 R]"}, number=73)
    pdf = sign(pdf, by(pki.leader))

    one = leader(update(pdf, {77: b"<</Type/Font>>"}), trust)

    assert one.reasons == ("verification.dangling-reference-filled",)


@pytest.mark.parametrize("entry", [b"/Foo 1", b"/Foo[4 0 R]"])
def test_trailer_entry_is_refused(entry: bytes, led: bytes, trust: Trust) -> None:
    one = leader(update(led, {}, trailer=entry), trust)

    assert one.reasons == ("verification.trailer-changed",)


def test_counter_that_office_tools_leave_in_trailers_is_harmless(pki: Pki, trust: Trust) -> None:
    pdf = sign(
        update(base(), {}, trailer=b"/AdditionalStreams[/x 77 0 R]"),
        by(pki.leader),
        Plan(trailer=b"/AdditionalStreams[/x 78 0 R]"),
    )

    harmless = leader(update(pdf, {78: b"<<>>"}, trailer=b"/AdditionalStreams[/x 79 0 R]"), trust)
    met = leader(update(pdf, {78: b"<<>>"}, trailer=b"/AdditionalStreams[/x 78 0 R]"), trust)
    filled = leader(
        update(pdf, {78: stream(b"x")}, trailer=b"/AdditionalStreams[/x 78 0 R]"), trust
    )

    assert harmless.indication is met.indication is Indication.TOTAL_PASSED
    assert filled.reasons == ("verification.dangling-reference-filled",)


def test_catalog_may_move_but_not_change(led: bytes, trust: Trust) -> None:
    same = b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>"
    other = b"<</Type/Catalog/Pages 40 0 R/AcroForm 5 0 R>>"

    moved = leader(update(led, {41: same}, root=41), trust)
    changed = leader(update(led, {41: other}, root=41), trust)

    assert moved.indication is Indication.TOTAL_PASSED
    assert "verification.catalog-changed" in changed.reasons


def test_catalog_may_not_be_an_object_that_was_there(pki: Pki, trust: Trust) -> None:
    objects = base_objects() | {41: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>"}
    pdf = sign(base(objects), by(pki.leader))

    assert "verification.trailer-changed" in leader(update(pdf, {}, root=41), trust).reasons


def test_signature_dictionary_written_again_is_no_signature(led: bytes, trust: Trust) -> None:
    one = leader(update(led, {20: b"<</Type/Sig/Reason(x)>>"}), trust)

    assert one.reasons == ("verification.no-contents",)


def test_bytes_hidden_in_an_update_are_refused(led: bytes, trust: Trust) -> None:
    one = leader(update(led + b"9 0 obj<<>>endobj\n", {40: b"<<>>"}), trust)

    assert one.reasons == ("verification.bytes-between-objects",)


def test_comment_in_an_update_is_harmless(led: bytes, trust: Trust) -> None:
    assert leader(update(led + b"% a comment\n", {40: b"<<>>"}), trust).reasons == ()


def test_update_that_points_back_into_signed_bytes_is_refused(led: bytes, trust: Trust) -> None:
    pdf = update(led, {4: b"<<>>"})
    at = pdf.rindex(b"4 0 obj")

    one = leader(
        pdf.replace(b"%010d 00000 n" % at, b"%010d 00000 n" % pdf.index(b"1 0 obj")), trust
    )

    assert "verification.update-out-of-order" in one.reasons


def test_update_that_names_unchanged_objects_again_is_harmless(led: bytes, trust: Trust) -> None:
    pdf = update(led, {40: b"<<>>"})
    at, old = pdf.rindex(b"40 0 obj"), pdf.index(b"4 0 obj")
    pdf = pdf.replace(b"40 1\n%010d" % at, b" 4 1\n%010d" % old).replace(b"40 0 obj", b"%0 0 obj")

    assert leader(pdf, trust).modification is Modification.OTHER  # left-over bytes of the object


def test_update_without_its_end_is_refused(led: bytes, trust: Trust) -> None:
    first = update(led, {40: b"<<>>"})
    pdf = update(
        first.replace(b"%%EOF", b"%%EOX").replace(b"%%EOX", b"%%EOF", led.count(b"%%EOF")),
        {41: b"<<>>"},
    )

    assert "verification.update-without-end" in leader(pdf, trust).reasons


def test_broken_update_is_refused(led: bytes, trust: Trust) -> None:
    pdf = update(led, {40: stream(b"xx")}).replace(b"/Length 2>>", b"/Length 9>>")

    assert "verification.update-unreadable" in leader(pdf, trust).reasons


def test_hidden_objects_of_a_hybrid_update_are_compared(led: bytes, trust: Trust) -> None:
    fill = {NUMBER: text_field(b"docsvc.number", b"/V(05)/AP<</N 11 0 R>>")}
    packed = update_by_stream(led, {}, packed=fill)
    body = packed[: packed.rindex(b"startxref")]
    offset = int(packed[packed.rindex(b"startxref") :].split()[1])
    hybrid = update(body, {41: b"<<>>"}, trailer=b"/XRefStm %d" % offset)

    one = leader(hybrid, trust)

    assert one.modification is Modification.FORM_FILLING, one.findings
    # Allowed, but older programs show the field as it was.
    assert one.reasons == ("verification.field-filled", "verification.hidden-objects-shown")


def test_updates_in_another_order_than_their_bytes_are_refused(led: bytes, trust: Trust) -> None:
    first = update(led, {40: b"<<>>"})
    second = update(first, {41: b"<<>>"})
    old, middle, last = (int(part.split()[0]) for part in second.split(b"startxref\n")[-3:])
    turned = (
        second.replace(b"/Prev %d" % middle, b"/Prev @")
        .replace(b"/Prev %d" % old, b"/Prev %d" % last)
        .replace(b"/Prev @", b"/Prev %d" % old)
    )

    one = leader(turned + b"startxref\n%d\n%%%%EOF\n" % middle, trust)

    assert "verification.update-out-of-order" in one.reasons


def test_bytes_hidden_twice_are_said_once(led: bytes, trust: Trust) -> None:
    pdf = update(led + b"x\n", {40: b"<<>>\nendobj\ny"})

    assert leader(pdf, trust).reasons == ("verification.bytes-between-objects",)


def test_objects_that_overlap_are_refused(led: bytes, trust: Trust) -> None:
    inner = b"41 0 obj\n<<>>\nendobj\n"
    pdf = update(led, {40: stream(inner), 41: b"<<>>"})
    at = pdf.rindex(b"41 0 obj")
    inside = pdf.index(inner)
    hidden = pdf.replace(b"%010d 00000 n" % at, b"%010d 00000 n" % inside)

    assert "verification.objects-overlap" in leader(hidden, trust).reasons


def test_object_of_another_generation_is_refused(led: bytes, trust: Trust) -> None:
    pdf = update(led, {40: b"<<>>"}).replace(b"40 0 obj", b"40 1 obj")

    assert "verification.object-misnamed" in leader(pdf, trust).reasons


@pytest.mark.parametrize("size", [b"40", b"/x"])
def test_objects_beyond_the_stated_size_are_refused(size: bytes, led: bytes, trust: Trust) -> None:
    pdf = update(led, {40: b"<<>>"})
    at = pdf.rindex(b"/Size 90")

    one = leader(pdf[:at] + b"/Size " + size + pdf[at + 8 :], trust)

    assert one.reasons == ("verification.objects-beyond-size",)


def test_place_in_an_object_stream_has_to_be_the_stated_one(led: bytes) -> None:
    fill = {NUMBER: text_field(b"docsvc.number", b"/V(05)")}
    pdf = update_by_stream(led, {}, packed={40: b"<<>>", **fill})
    document = open_document(pdf)
    entry = document.locate(NUMBER, 2)

    assert entry is not None
    assert document.is_packed_at(NUMBER, entry, 2)
    assert not document.is_packed_at(NUMBER, entry._replace(offset=0), 2)
    assert not document.is_packed_at(NUMBER, entry._replace(offset=9), 2)
    assert not document.is_packed_at(NUMBER, entry._replace(container=None), 2)
    document.history[2].entries[NUMBER] = entry._replace(offset=0)
    step = changes.analyse(document, 2, Forms(document, 1))
    assert step.reasons == [("verification.object-misnamed", NUMBER)]


def test_object_twice_in_a_stream_is_no_structure(led: bytes, trust: Trust) -> None:
    fill = {NUMBER: text_field(b"docsvc.number", b"/V(05)"), 40: b"<<>>"}
    document = open_document(update_by_stream(led, {}, packed=fill))
    box = document.locate(NUMBER, 2)
    assert box is not None
    raw = document.get(box.container or 0, 2)
    assert isinstance(raw, Stream)
    plain = document.plain(raw, 2).replace(b" 40 ", b" %02d " % NUMBER, 1)
    packed = zlib.compress(plain)
    twice = stream(packed, b"/Type/ObjStm/N 2/First %d/Filter/FlateDecode" % plain.index(b"<<"))

    report = check(update(led, {79: twice}), trust)

    assert report.indication is Indication.TOTAL_PASSED
    with pytest.raises(PdfSyntaxError, match="twice"):
        open_document(update(led, {79: twice})).is_packed_at(6, Entry(0, 0, 79), 2)
