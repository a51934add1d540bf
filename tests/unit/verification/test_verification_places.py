from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from verification_files import (
    LEADER,
    PAGE,
    PAGES,
    SEAL,
    base,
    base_objects,
    check,
    refs,
    stream,
    text_field,
    update,
)

from verification._pdf.document import open_document
from verification.places import facts, page_number

if TYPE_CHECKING:
    from verification.model import Finding, SignatureReport
    from verification.trust import Trust


FIELDS = refs(6, 7, 8, LEADER, SEAL)


def leader(pdf: bytes, trust: Trust) -> SignatureReport:
    return next(one for one in check(pdf, trust).signatures if one.field == "docsvc.leader")


def tree(kids: bytes, count: bytes, *pages: bytes) -> bytes:
    objects = base_objects() | {PAGES: b"<</Type/Pages/Kids[%s]/Count %s>>" % (kids, count)}
    return base(objects | {50 + n: page for n, page in enumerate(pages)})


@pytest.mark.parametrize(
    ("kids", "count", "number"),
    [
        (b"3 0 R", b"1", 1),
        (b"50 0 R 3 0 R", b"2", 2),
        (b"51 0 R 3 0 R", b"6", 6),
        (b"52 0 R 3 0 R", b"9", 2),
        (b"<<>> 3 0 R", b"2", 2),
        (b"50 0 R", b"1", 0),
    ],
)
def test_number_of_a_page_is_counted(kids: bytes, count: bytes, number: int) -> None:
    more = (b"<</Type/Page/Parent 2 0 R>>", b"<</Type/Pages/Count 5>>", b"<</Count/x>>")

    assert page_number(open_document(tree(kids, count, *more)), PAGE, 0) == number


def test_page_without_a_tree_and_in_an_endless_one_has_no_number() -> None:
    alone = base(base_objects() | {PAGE: b"<</Type/Page>>"})
    endless = b"<</Type/Pages/Kids[3 0 R 2 0 R]/Count 2/Parent 2 0 R>>"

    assert page_number(open_document(alone), PAGE, 0) == 0
    assert page_number(open_document(base(base_objects() | {PAGES: endless})), PAGE, 0) == 0


KINDS = {
    "image": stream(b"", b"/Subtype/Image"),
    "annotation": b"<</Subtype/FreeText/Rect[0 0 1 1]>>",
    "font": b"<</Type/Font>>",
    "content": stream(b"BT ET"),
    "object": b"[]",
    "page": b"<</Type/Page>>",
    "field": text_field(b"x"),
}


@pytest.mark.parametrize("kind", list(KINDS))
def test_kind_of_an_object_is_told(kind: str) -> None:
    assert facts(open_document(base(base_objects() | {50: KINDS[kind]})), 50, 0)["kind"] == kind


def test_page_that_shows_an_object_is_told() -> None:
    objects = base_objects()
    objects[PAGE] = objects[PAGE].replace(b"/Font<<", b"/XObject<</X 50 0 R>>/Font<<")
    objects |= {
        50: stream(b"/Y Do", b"/Resources<</XObject<</Y 51 0 R>>>>"),
        51: stream(b"", b"/Subtype/Image"),
        52: b"<<>>",
    }
    document = open_document(base(objects))

    assert facts(document, 51, 0) == {"kind": "image", "page": "1"}
    assert facts(document, 52, 0) == {"kind": "object"}


def test_object_that_cannot_be_read_is_an_object() -> None:
    assert facts(open_document(base(base_objects() | {50: b"(x"})), 50, 0) == {"kind": "object"}


def test_refusal_names_page_and_kind(led: bytes, trust: Trust) -> None:
    def found(pdf: bytes) -> Finding:
        return next(one for one in leader(pdf, trust).findings if one.indication is not None)

    font = found(update(led, {4: stream(b"BT ET")}))
    note = {40: b"<</Subtype/FreeText>>", PAGE: base_objects()[PAGE].replace(FIELDS, b"40 0 R")}

    assert (font.facts["page"], font.facts["kind"]) == ("1", "content")
    assert found(update(led, note)).facts["page"] == "1"
