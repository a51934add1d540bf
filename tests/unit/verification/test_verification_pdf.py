from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verification_files import base, base_objects, sections, stream, update, update_by_stream

from verification._pdf import document as documents
from verification._pdf import filters, objects, xref
from verification._pdf.objects import Name, PdfSyntaxError, Ref, Stream
from verification._pdf.scattered import scattered

if TYPE_CHECKING:
    from verification._pdf.document import Document


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"true", True),
        (b"false", False),
        (b"null", None),
        (b"-12", -12),
        (b"+3", 3),
        (b".5", 0.5),
        (b"-7.", -7.0),
        (b"/A#20b", Name("A b")),
        (b"/", Name("")),
        (b"(plain)", b"plain"),
        (rb"(a(b)\)\(\n\r\t\b\f\101\7\\x)", b"a(b))(\n\r\t\b\fA\x07\\x"),
        (b"(a\\\r\nb\\\nc\\\rd\r\ne\rf)", b"abcd\ne\nf"),
        (b"<4 1 4>", b"A@"),
        (b"<>", b""),
        (b"12 0 R", Ref(12, 0)),
        (b"[1 0 R 2 0 Rx]", PdfSyntaxError),
        (b"[1 2 R]", [Ref(1, 2)]),
        (b"[1 2 3]", [1, 2, 3]),
        (b"<</A null/B[%c\n1]/C<</D 1>>>>", {"B": [1], "C": {"D": 1}}),
        (b"9" * 90, int(b"9" * 40)),
        (b"<<1 2>>", PdfSyntaxError),
        (b"(open", PdfSyntaxError),
        (b"[1", PdfSyntaxError),
        (b"]", PdfSyntaxError),
        (b"foo", PdfSyntaxError),
        (b"", PdfSyntaxError),
        (b"[" * 200, PdfSyntaxError),
    ],
)
def test_values_are_read(text: bytes, value: object) -> None:
    if value is PdfSyntaxError:
        with pytest.raises(PdfSyntaxError):
            objects.read_value(text, 0)
    else:
        assert objects.read_value(text, 0)[0] == value


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_foreign(data: bytes) -> None:
    for read in (
        lambda: objects.read_value(data, 0),
        lambda: documents.open_document(b"%PDF-1.7\n" + data),
        lambda: list(scattered(b"1 0 obj<</Type/ObjStm>>stream\n" + data)),
    ):
        try:
            read()
        except PdfSyntaxError:
            continue


def test_indirect_object_tells_its_places() -> None:
    data = b" 7 0 obj <</Contents <41>/Contents(x)>> endobj"

    found = objects.read_indirect(data, 0)

    assert (found.number, found.start, found.duplicate_keys) == (7, 1, True)
    assert data[slice(*found.spans["Contents"])] == b"(x)"
    assert isinstance(objects.read_indirect(b"1 0 obj <<>>stream\nx", 0).value, Stream)
    with pytest.raises(PdfSyntaxError):
        objects.read_indirect(b"obj", 0)


def document(data: bytes) -> Document:
    return documents.open_document(data)


@pytest.mark.parametrize(
    "broken",
    [
        b"%PDF-1.7",
        base().replace(b"trailer", b"trolley"),
        base().replace(b"trailer\n<<", b"trailer\n[]<<"),
        base().replace(b"0000000000 65535 f", b"0000000000 65535 x"),
        base().replace(b"xref\n0 1\n", b"xref\n0 9999999\n"),
        base().replace(b"xref\n0 1\n", b"xref\n9999999 1\n"),
        update(base(), {}, trailer=b"/Prev 1"),
        update(base(), {}).replace(b"/Prev", b"/Prev (x)/Q"),
        update(base(), {}, trailer=b"/XRefStm 99999999"),
        update(base(), {}, trailer=b"/XRefStm 17"),
        base().replace(b"startxref\n%d" % sections(base()), b"startxref\n99999999"),
        base().replace(b"/Root 1 0 R", b"/Toor 1 0 R"),
    ],
)
def test_broken_sections_are_told(broken: bytes) -> None:
    with pytest.raises(PdfSyntaxError):
        document(broken).root(0)


def test_sections_that_go_in_a_circle_end() -> None:
    first = base()
    data = first.replace(b"/Info 12 0 R", b"/Info 12 0 R/Prev %d" % sections(first))

    with pytest.raises(PdfSyntaxError):
        document(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"/Type/XRef", b"/Type/Xxxx"),
        (b"/W[1 4 2]", b"/W[1 4]  "),
        (b"/W[1 4 2]", b"/W[1 4 9]"),
        (b"/W[1 4 2]", b"/W(1 4 2)"),
        (b"/W[1 4 2]", b"/W[1 4/x]"),
        (b"/Index[", b"/Index[1 "),
        (b"/Index[", b"/Index[0 9 "),
        (b"/Filter/FlateDecode/Prev", b"/Filter/LZWDecode  /Prev"),
        (b"/Filter/FlateDecode/Prev", b"/Filter[/A/B]     /Prev"),
    ],
)
def test_broken_section_streams_are_told(old: bytes, new: bytes) -> None:
    data = update_by_stream(base(), {40: b"<<>>"})
    start = data.rindex(b"80 0 obj")

    with pytest.raises(PdfSyntaxError):
        document(data[:start] + data[start:].replace(old, new))


def test_section_stream_without_its_length_is_told() -> None:
    data = update_by_stream(base(), {40: b"<<>>"})
    start = data.rindex(b"80 0 obj")

    for length in (b"/Length(x)", b"/Length 999999"):
        with pytest.raises(PdfSyntaxError):
            document(data[:start] + data[start:].replace(b"/Length ", length + b"/L ", 1))


def test_section_stream_with_free_and_unnumbered_rows() -> None:
    rows = b"\x00\x00\x00\x05" + b"\x00\x10\x00\x00"
    head = b"/Type/XRef/Size 2/W[0 2 2]/Root 1 0 R"
    data = b"%%PDF-1.7\n1 0 obj\n%s\nendobj\nstartxref\n9\n%%%%EOF" % stream(rows, head)

    found = document(data)

    assert found.history[0].entries == {0: xref.Entry(0, 5), 1: xref.Entry(16, 0)}
    assert found.root(0) == Ref(1, 0)


def test_hybrid_sections_show_what_they_hide() -> None:
    first = update_by_stream(base(), {}, packed={70: b"(hidden)"})
    at = sections(first)
    body = first[: first.rindex(b"startxref")]
    pdf = update(body, {40: b"<<>>"}, trailer=b"/XRefStm %d" % at)
    found = document(pdf.replace(b"/Prev 0", b""))

    assert found.get(70, found.newest) == b"hidden"
    assert 70 in found.history[-1].hidden


def test_table_that_counts_from_one_is_put_right() -> None:
    data = base()
    start = data.index(b"xref\n0 1\n")
    table = data[start:].replace(b"0 1\n0000000000", b"1 1\n0000000000", 1)

    assert document(data[:start] + table).get(1, 0) == {
        "Type": "Catalog",
        "Pages": Ref(2, 0),
        "AcroForm": Ref(5, 0),
    }


def test_missing_wrong_and_circular_objects() -> None:
    loop = base(base_objects() | {41: b"42 0 R", 42: b"41 0 R", 43: b"(x)"})
    found = document(loop)
    place = found.history[0].entries[43].offset
    moved = document(loop.replace(b"%010d" % place, b"%010d" % (loop.index(b"42 0 obj"))))

    assert found.get(99, 0) is None
    assert found.dictionary(Ref(43, 0), 0) == {}
    assert found.array(Ref(43, 0), 0) == []
    with pytest.raises(PdfSyntaxError):
        found.resolve(Ref(41, 0), 0)
    with pytest.raises(PdfSyntaxError):
        moved.get(43, 0)


@pytest.mark.parametrize(
    "packed",
    [
        stream(zlib.compress(b"x"), b"/Type/Foo/N 1/First 0/Filter/FlateDecode"),
        stream(b"70 0 (a)", b"/Type/ObjStm/N(x)/First 5"),
        stream(b"70 0 (a)", b"/Type/ObjStm/N 9/First 5"),
        stream(b"ab 0 (a)", b"/Type/ObjStm/N 1/First 5"),
        stream(b"70 0 (a)", b"/Type/ObjStm/N 1/First 5").replace(b"/Length 8", b"/Length(8)"),
        stream(b"70 0 (a)", b"/Type/ObjStm/N 1/First 5").replace(b"/Length 8", b"/Length 2"),
        b"(no stream)",
    ],
)
def test_broken_object_streams_are_told(packed: bytes) -> None:
    data = update_by_stream(base(), {}, packed={70: b"(a)"})
    whole = update(data, {79: packed})
    found = document(whole)

    with pytest.raises(PdfSyntaxError):
        found.get(70, found.newest)
    with pytest.raises(PdfSyntaxError):
        found.referrers(4, found.newest)
    assert list(found.packed())


def test_object_that_its_stream_does_not_hold_is_missing() -> None:
    data = update_by_stream(base(), {}, packed={70: b"(a)", 71: b"(b)"})
    plain = b"70 0 72 4 (a) (b)"
    moved = update(data, {79: stream(plain, b"/Type/ObjStm/N 2/First 10")})
    gone = update(data, {}, free=(79,))

    found, lost = document(moved), document(gone)
    assert found.get(71, found.newest) is None
    assert found.get(70, found.newest) == b"a"
    with pytest.raises(PdfSyntaxError):
        lost.get(70, lost.newest)
    assert lost.referrers(3, lost.newest)


def test_unfolded_bytes_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    found = document(update_by_stream(base(), {}, packed={70: b"(a)"}))
    monkeypatch.setattr(documents, "_MAX_UNFOLDED", 3)

    with pytest.raises(PdfSyntaxError):
        found.get(70, found.newest)


def test_deflated_data_is_limited() -> None:
    bomb = zlib.compress(bytes(100_000))

    with pytest.raises(PdfSyntaxError):
        filters.decoded(bomb, {"Filter": Name("FlateDecode")}, limit=1000)
    with pytest.raises(PdfSyntaxError):
        filters.decoded(b"junk", {"Filter": Name("Fl")})
    assert filters.decoded(b"as it is", {"Filter": []}) == b"as it is"


@pytest.mark.parametrize("kinds", [*zip(*[range(5)] * 4, strict=True), (2, 1, 2, 4), (0, 3, 3, 2)])
def test_predictors_are_undone(kinds: tuple[int, ...]) -> None:
    plain = [bytes((7, 200, 30)), bytes((9, 201, 33)), bytes((9, 9, 9)), bytes((255, 0, 1))]
    rows, above = b"", bytes(3)
    for kind, row in zip(kinds, plain, strict=True):
        rows += bytes((kind,)) + _predicted(kind, row, above)
        above = row
    head = {
        "Filter": [Name("FlateDecode")],
        "DecodeParms": [{"Predictor": 12, "Columns": 3}],
    }

    assert filters.decoded(zlib.compress(rows), head) == b"".join(plain)


def _predicted(kind: int, row: bytes, above: bytes) -> bytes:
    out = bytearray()
    for at, value in enumerate(row):
        left = row[at - 1] if at else 0
        corner = above[at - 1] if at else 0
        guess = left + above[at] - corner
        paeth = min((left, above[at], corner), key=lambda one: abs(guess - one))
        guesses = (0, left, above[at], (left + above[at]) // 2, paeth)
        out.append((value - guesses[kind]) & 255)
    return bytes(out)


@pytest.mark.parametrize(
    ("parameters", "rows"),
    [
        ({"Predictor": 2}, b"\x00a"),
        ({"Predictor": 12, "Columns": 0}, b"\x00a"),
        ({"Predictor": 12, "Columns": Name("x")}, b"\x00a"),
        ({"Predictor": 12, "Columns": 1}, b"\x09a"),
    ],
)
def test_predictors_that_are_none_are_told(parameters: dict[str, object], rows: bytes) -> None:
    head = {"Filter": Name("FlateDecode"), "DecodeParms": parameters}

    with pytest.raises(PdfSyntaxError):
        filters.decoded(zlib.compress(rows), head)  # type: ignore[arg-type]


def test_references_are_found_with_comments_between() -> None:
    found = document(base(base_objects() | {41: b"[42 %c\n0 R(R x R y) 43 0 Rx]", 42: b"<<>>"}))

    assert found.referrers(42, 0) == {41}
    assert found.referrers(43, 0) == set()
    assert found.referrers(1, 0) == {0}


def test_object_stream_that_is_none_is_passed_over() -> None:
    data = update_by_stream(base(), {}, packed={70: b"(a)"}).replace(b"/ObjStm", b"/ObjXxx")
    found = document(data)

    assert list(found.packed()) == []
    references: dict[int, set[tuple[int, int]]] = {}
    found._container_references(999, 0, references)
    assert references == {}


def test_reference_in_the_head_of_an_object_stream_belongs_to_nobody() -> None:
    plain = zlib.compress(b"70 20 4 0 R          (a) 5 0 R")
    head = stream(plain, b"/Type/ObjStm/N 1/First 6/Filter/FlateDecode")
    data = update(update_by_stream(base(), {}, packed={70: b"(a)"}), {79: head})

    assert document(data).referrers(4, 2) == {3}


def test_scattered_streams_are_found_without_sections() -> None:
    good = b"1 0 obj\n" + stream(zlib.compress(b"inside"), b"/Type/ObjStm/Filter/FlateDecode")
    bad = b"\n2 0 obj\n<</Type/ObjStm>>\n3 0 obj <</Type /ObjStm /N (x"

    assert list(scattered(good + bad)) == [b"inside"]
