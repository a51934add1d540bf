from __future__ import annotations

import mmap
from typing import TYPE_CHECKING

import pytest
from verification_files import (
    DAY,
    FORM,
    LEADER,
    MONTH,
    NUMBER,
    PAGE,
    PAGE_BODY,
    SEAL,
    base,
    base_objects,
    by,
    check,
    refs,
    sections,
    sign,
    signature_field,
    stream,
    update,
    update_by_stream,
)

from verification import views
from verification._pdf.document import open_document
from verification._pdf.objects import Ref
from verification.model import Indication

if TYPE_CHECKING:
    from pathlib import Path

    from verification_pki import Pki

    from verification.trust import Trust


def hybrid(pdf: bytes, hidden: dict[int, bytes]) -> bytes:
    """Append a revision whose objects only readers of cross-reference streams find."""
    packed = update_by_stream(pdf, {}, packed=hidden)
    offset = sections(packed)
    return update(
        packed[: packed.rindex(b"startxref")], {88: b"null"}, trailer=b"/XRefStm %d" % offset
    )


def shown_through(page: bytes) -> dict[int, bytes]:
    objects = base_objects()
    return objects | {PAGE: objects[PAGE].replace(b"/Contents 4 0 R", page)}


def test_plain_file_is_not_looked_at_twice(led: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "_difference", None)

    assert views.compare(open_document(led)) == []


def test_hybrid_file_that_hides_nothing_shown_is_a_remark(pki: Pki, trust: Trust) -> None:
    pdf = sign(hybrid(base(), {70: b"<</Type/StructElem>>"}), by(pki.leader))

    report = check(pdf, trust)

    assert report.indication is Indication.TOTAL_PASSED, report
    assert report.reasons == ("verification.hybrid-reference",)


def test_hybrid_file_that_lists_everything_twice_hides_nothing(led: bytes) -> None:
    document = open_document(led)
    entry = document.locate(PAGE, 1)
    assert entry is not None
    rows = document.history[1]
    rows.hybrid_offset, rows.hidden = 0, frozenset({PAGE})
    rows.entries[PAGE] = entry

    assert views.compare(document) == []


@pytest.mark.parametrize("page", [b"/Contents[4 0 R 70 0 R]", b"/Metadata 70 0 R"])
def test_what_is_hidden_and_shown_leaves_the_signature_open(
    page: bytes, pki: Pki, trust: Trust
) -> None:
    pdf = sign(hybrid(base(shown_through(page)), {70: b"<<>>"}), by(pki.leader))

    report = check(pdf, trust)

    assert report.indication is Indication.INDETERMINATE
    assert "verification.hidden-objects-shown" in report.reasons
    assert report.signatures[0].indication is Indication.INDETERMINATE


def test_hidden_object_that_cannot_be_read_counts_as_shown(pki: Pki, trust: Trust) -> None:
    pdf = sign(hybrid(base(shown_through(b"/Contents[4 0 R 70 0 R]")), {70: b"(x"}), by(pki.leader))

    assert "verification.hidden-objects-shown" in check(pdf, trust).reasons


def test_signature_in_an_update_that_is_hybrid_is_seen_by_all_that_matter(
    pki: Pki, trust: Trust
) -> None:
    packed = {
        FORM: b"<</SigFlags 3/Fields[%s 70 0 R]>>" % refs(NUMBER, DAY, MONTH, LEADER, SEAL),
        PAGE: PAGE_BODY % refs(NUMBER, DAY, MONTH, LEADER, SEAL, 70),
        70: signature_field(b"more"),
    }
    pdf = hybrid(sign(base(), by(pki.leader)), packed)

    report = check(pdf, trust)

    assert report.indication is Indication.TOTAL_PASSED, report
    assert report.reasons[-1] == "verification.hybrid-reference"


def test_unsigned_hybrid_file_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "_difference", None)

    found = views.compare(open_document(hybrid(base(), {70: b"<<>>"})))

    assert [one.code for one in found] == ["verification.hybrid-reference"]


def test_unsigned_hybrid_file_that_hides_what_it_shows_stays_unsigned(trust: Trust) -> None:
    report = check(hybrid(base(shown_through(b"/Contents[4 0 R 70 0 R]")), {70: b"<<>>"}), trust)

    assert report.indication is None
    assert report.reasons == ("verification.hybrid-reference",)


def test_bytes_in_front_make_a_second_reader_look(pki: Pki, trust: Trust) -> None:
    pdf = sign(update(b"\n\n%PDF-1.7\n", base_objects()), by(pki.leader))

    report = check(pdf, trust)

    # qpdf counts from behind the bytes, and has to rebuild what we found at once.
    assert report.signatures[0].indication in set(Indication)
    assert {one.check for one in report.findings} <= {"V-18"}


def test_readers_that_differ_leave_the_signature_open(
    pki: Pki, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "_agrees", lambda *_: False)
    pdf = sign(hybrid(base(), {70: b"<<>>"}), by(pki.leader))

    report = check(pdf, trust)

    assert report.indication is Indication.INDETERMINATE
    assert report.findings[-1].facts == {"cause": "object 1"}


def test_reader_that_falls_over_leaves_the_signature_open(
    pki: Pki, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "_MAX_OBJECTS", 2)
    pdf = sign(hybrid(base(), {70: b"<<>>"}), by(pki.leader))

    assert "verification.views-differ" in check(pdf, trust).reasons


def test_catalog_that_differs_is_told(led: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    document = open_document(led)
    monkeypatch.setattr(type(document), "root", lambda *_: Ref(3, 0))

    assert views._difference(document) == "catalog"


def test_objects_of_all_kinds_are_compared() -> None:
    objects = base_objects() | {
        70: b"[1.5 true null/N(x)[]]",
        71: b"2.5",
        72: b"7",
        73: b"null",
        74: stream(b"x", b"/Type/Metadata/Metadata 75 0 R"),
        75: b"<<>>",
    }
    objects[PAGE] = objects[PAGE].replace(
        b"/Contents", b"/Foo[70 0 R 71 0 R 72 0 R 73 0 R 74 0 R 77 0 R]/Contents"
    )
    document = open_document(base(objects))

    assert views._difference(document) == ""
    assert 75 not in views._shown(document)


@pytest.mark.parametrize("ours", [b"<<>>", b"[]", b"<</A 1>>"])
def test_stream_and_dictionary_differ(ours: bytes) -> None:
    theirs = base(base_objects() | {4: stream(b"x")})
    document = open_document(base(base_objects() | {4: ours}))
    mixed = open_document(theirs)
    entry = mixed.history[0].entries[4]
    mixed._parsed[entry.offset] = document.parsed(document.history[0].entries[4].offset)

    assert views._difference(mixed) == "object 4"


def test_objects_that_no_section_names_are_a_remark(pki: Pki, trust: Trust) -> None:
    pdf = sign(base().replace(b"xref\n", b"xref\n", 1), by(pki.leader))
    left = sign(base() + b"9 0 obj\n<<>>\nendobj\n" + base()[:0], by(pki.leader))

    report = check(left, trust)

    assert check(pdf, trust).reasons == ()
    assert "verification.objects-unnamed" in report.reasons


@pytest.mark.parametrize("chunk", [3, 4, 5, 7, 64, 1 << 18])
def test_words_are_counted_wherever_a_chunk_ends(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "_CHUNK", chunk)
    data = b" obj" + b"1 0 obj<<>>endobj\n2 0  obj j bj obj" * 9 + b" ob"

    assert views._count(data, b" obj") == data.count(b" obj")
    assert views._count(b"", b" obj") == views._count(b"obj", b" obj") == 0


def test_words_are_counted_in_a_mapped_file(tmp_path: Path) -> None:
    path = tmp_path / "mapped.pdf"
    path.write_bytes(b"1 0 obj 2 0 obj")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        assert views._count(data, b" obj") == 2
