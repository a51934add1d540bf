from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from verification_files import (
    FORM,
    LEADER,
    PAGE,
    PAGES,
    SEAL,
    Plan,
    base,
    base_objects,
    by,
    check,
    refs,
    sign,
    signature_field,
    stream,
    update,
)

from verification import ink, marks
from verification._pdf.document import open_document
from verification.inspect import Limits
from verification.model import Indication, SignatureReport

if TYPE_CHECKING:
    from verification_pki import Pki

    from verification.trust import Trust


FIELDS = refs(6, 7, 8, LEADER, SEAL)


OVER_TEXT, ON_BLANK = b"90 690 220 725", b"300 300 400 350"


LOOK = b"/Type/XObject/Subtype/Form/BBox[0 0 100 100]"


WHITE = b"1 1 1 rg 0 0 100 100 re f"


IMAGE = b"/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8"


SHOWS = stream(b"q 100 0 0 100 0 0 cm /X Do Q", LOOK + b"/Resources<</XObject<</X 43 0 R>>>>")


def leader(pdf: bytes, trust: Trust) -> SignatureReport:
    return next(one for one in check(pdf, trust).signatures if one.field == "docsvc.leader")


def marked(
    pdf: bytes,
    pki: Pki,
    look: bytes,
    *,
    box: bytes = OVER_TEXT,
    more: dict[int, bytes] | None = None,
    page: bytes | None = None,
) -> bytes:
    """Append a signature in a new field with a mark."""
    objects = base_objects()
    plan = Plan(
        field_number=40,
        value_number=41,
        name=b"more",
        box=box,
        objects={
            FORM: b"<</SigFlags 3/Fields[%s 40 0 R]>>" % FIELDS,
            PAGE: (page or objects[PAGE]).replace(FIELDS, FIELDS + b" 40 0 R"),
            42: look,
            **(more or {}),
        },
        field_more=b"/AP<</N 42 0 R>>",
    )
    return sign(pdf, by(pki.organisation), plan)


def form(data: bytes, more: bytes = b"") -> bytes:
    return stream(data, LOOK + more)


HIDING = {
    "white area": (form(WHITE), {}),
    "black area": (form(b"0 g 0 0 100 100 re f"), {}),
    "image": (SHOWS, {43: stream(b"\xff", IMAGE)}),
    "image whose mask hides": (
        SHOWS,
        {43: stream(b"\xff", IMAGE + b"/SMask 44 0 R"), 44: stream(b"\xff", IMAGE)},
    ),
    "image whose stencil hides": (
        SHOWS,
        {
            43: stream(b"\xff", IMAGE + b"/Mask 44 0 R"),
            44: stream(b"\x00", b"/Subtype/Image/ImageMask true/Width 1/Height 1"),
        },
    ),
}


@pytest.mark.parametrize("name", list(HIDING))
def test_mark_that_hides_text_is_refused(name: str, led: bytes, pki: Pki, trust: Trust) -> None:
    look, more = HIDING[name]

    one = leader(marked(led, pki, look, more=more), trust)

    assert one.indication is Indication.TOTAL_FAILED
    found = next(each for each in one.findings if each.code == "verification.text-covered")
    assert found.facts["page"] == "1"
    assert found.facts["field"] == "more"


@pytest.mark.parametrize("name", list(HIDING))
def test_mark_on_blank_paper_may_hide_the_paper(
    name: str, led: bytes, pki: Pki, trust: Trust
) -> None:
    look, more = HIDING[name]

    one = leader(marked(led, pki, look, box=ON_BLANK, more=more), trust)

    assert one.indication is Indication.TOTAL_PASSED, one.findings


def test_seal_that_lets_text_through_passes(led: bytes, pki: Pki, trust: Trust) -> None:
    seal = {43: stream(b"\x80", IMAGE + b"/SMask 44 0 R"), 44: stream(b"\x10", IMAGE)}

    one = leader(marked(led, pki, SHOWS, more=seal), trust)

    added = [each for each in one.findings if each.code == "verification.signature-added"]
    assert one.indication is Indication.TOTAL_PASSED, one.findings
    assert added[0].facts == {
        "field": "more",
        "page": "1",
        "kind": "image",
        "place": "new",
        "signer": "UBND xã Suối Trúc",
    }


def test_dot_is_too_small_to_hide_anything(led: bytes, pki: Pki, trust: Trust) -> None:
    one = leader(marked(led, pki, form(WHITE), box=b"100 700 101 701"), trust)

    assert one.indication is Indication.TOTAL_PASSED


def test_mark_on_a_turned_page_is_looked_at(pki: Pki, trust: Trust) -> None:
    objects = base_objects()
    objects[PAGE] = objects[PAGE].replace(b"/Contents", b"/Rotate 90/Contents")
    pdf = sign(base(objects), by(pki.leader))

    one = leader(marked(pdf, pki, form(WHITE), page=objects[PAGE]), trust)

    assert "verification.text-covered" in one.reasons


def test_many_marks_cover_a_page_together(led: bytes, pki: Pki, trust: Trust) -> None:
    pdf, objects = led, base_objects()
    for n in range(3):
        number, known = 40 + 10 * n, refs(*(40 + 10 * each for each in range(n + 1)))
        plan = Plan(
            field_number=number,
            value_number=number + 1,
            name=b"more%d" % n,
            box=b"0 %d 595 %d" % (200 * n, 200 * n + 200),
            objects={
                FORM: b"<</SigFlags 3/Fields[%s %s]>>" % (FIELDS, known),
                PAGE: objects[PAGE].replace(FIELDS, FIELDS + b" " + known),
                number + 2: form(b"0 0 100 100 re S"),
            },
            field_more=b"/AP<</N %d 0 R>>" % (number + 2),
        )
        pdf = sign(pdf, by(pki.organisation), plan)

    one = leader(pdf, trust)

    assert "verification.page-covered" in one.reasons
    assert "verification.appearance-too-large" not in one.reasons


def test_mark_that_cannot_be_drawn_leaves_the_signature_open(
    led: bytes, pki: Pki, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ink.Pair, "compare", lambda *_, **__: None)

    one = leader(marked(led, pki, form(WHITE)), trust)

    assert one.indication is Indication.INDETERMINATE
    assert "verification.mark-not-drawn" in one.reasons


def test_field_drawn_before_gives_way_to_its_own_mark(pki: Pki, trust: Trust) -> None:
    objects = base_objects()
    objects[SEAL] = signature_field(b"docsvc.organisation", b"/AP<</N 42 0 R>>", ON_BLANK)
    objects[42] = form(b"BT /F1 30 Tf 0 40 Td (SIGN HERE) Tj ET")
    pdf = sign(base(objects), by(pki.leader))
    plan = Plan(
        field_number=SEAL,
        value_number=30,
        name=b"docsvc.organisation",
        box=ON_BLANK,
        objects={43: form(WHITE)},
        field_more=b"/AP<</N 43 0 R>>",
    )

    one = leader(sign(pdf, by(pki.organisation), plan), trust)

    assert one.indication is Indication.TOTAL_PASSED, one.findings


def looks(data: dict[int, bytes]) -> list[marks.Mark]:
    """Return the mark of widget 40 of a file with these objects."""
    objects = base_objects() | data
    objects[PAGE] = objects[PAGE].replace(FIELDS, FIELDS + b" 40 0 R")
    document = open_document(update(base(objects), {45: b"null"}))
    return marks.Marker(document, 1, (0, 0)).marks("more", 40, reserved=True)


def nested(depth: int) -> dict[int, bytes]:
    more = b"/Resources<</XObject<</X %d 0 R>>>>"
    inner = {50 + n: form(b"/X Do", more % (51 + n)) for n in range(depth)}
    return {40: field(50), **inner, 50 + depth: form(b"")}


def field(look: int) -> bytes:
    return signature_field(b"more", b"/AP<</N %d 0 R>>" % look, OVER_TEXT)


TYPE3 = b"/Resources<</Font<</F<</Type/Font/Subtype/Type3>>>>>>"


@pytest.mark.parametrize(
    ("objects", "kind", "hides"),
    [
        ({40: field(50), 50: form(b"")}, "none", False),
        ({40: field(50), 50: b"7"}, "none", False),
        ({40: field(50), 50: form(b"BT (x) Tj ET")}, "text", False),
        ({40: field(50), 50: form(b"BT (x) Tj ET", TYPE3)}, "text", None),
        ({40: field(50), 50: form(b"x", b"/Filter/LZWDecode")}, "drawing", None),
        (nested(9), "none", False),
        (
            {40: signature_field(b"more", b"/AP<</N<</On 50 0 R>>>>", OVER_TEXT), 50: form(WHITE)},
            "drawing",
            None,
        ),
    ],
)
def test_kind_of_a_mark_is_told(
    objects: dict[int, bytes], kind: str, *, hides: bool | None
) -> None:
    mark = looks(objects)[0]

    assert (mark.kind, mark.hides) == (kind, hides)


MASKS = [
    (stream(b"\xff", IMAGE.replace(b"8", b"1")), b"SMask", True),
    (stream(b"\xff", IMAGE + b"/Decode[1 0]"), b"SMask", True),
    (stream(b"x", IMAGE + b"/Filter/LZWDecode"), b"SMask", True),
    (stream(b"\x00", IMAGE), b"SMask", False),
    (stream(b"\xff", b"/ImageMask true"), b"Mask", False),
    (stream(b"\x00", b"/ImageMask true"), b"Mask", True),
    (b"[0 0]", b"Mask", True),
]


@pytest.mark.parametrize(("mask", "key", "opaque"), MASKS)
def test_image_is_as_opaque_as_its_mask(mask: bytes, key: bytes, *, opaque: bool) -> None:
    image = stream(b"\xff", IMAGE + b"/%s 51 0 R" % key)

    mark = looks({40: field(50), 50: image, 51: mask})[0]

    assert (mark.hides is None) is opaque


def test_share_is_that_of_what_the_page_shows() -> None:
    objects = base_objects()
    cropped = objects[PAGE].replace(b"/MediaBox", b"/CropBox[0 0 200 400]/MediaBox")

    mark = looks({PAGE: cropped, 40: signature_field(b"m", b"", b"100 200 900 900")})[0]

    assert mark.share == pytest.approx(0.25)


def test_mark_without_a_rectangle_may_take_the_page() -> None:
    assert looks({40: signature_field(b"m", b"", b"1 2 3")})[0].share == 1


def test_mark_on_a_page_outside_of_the_tree_is_not_looked_at() -> None:
    objects = {PAGES: b"<</Type/Pages/Kids[]/Count 0>>", 40: field(50), 50: form(WHITE)}

    assert looks(objects)[0].hides is None


def test_mark_is_looked_at_on_each_page_that_shows_it() -> None:
    objects = {
        PAGES: b"<</Type/Pages/Kids[3 0 R 53 0 R]/Count 2>>",
        53: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[40 0 R]>>",
        40: field(50),
        50: form(WHITE),
    }

    assert [(one.page, one.hides) for one in looks(objects)] == [(1, None), (2, None)]


def grey(*rows: tuple[int, int]) -> ink.Picture:
    """Return a picture of squares: two grey levels, side by side, in each."""
    cells = [np.repeat([[left, right]], 16, axis=0).repeat(8, axis=1) for left, right in rows]
    return np.concatenate(cells).astype(np.uint8)


@pytest.mark.parametrize(
    ("before", "after", "letters", "hidden"),
    [
        ((0, 255), (255, 255), False, True),
        ((0, 255), (0, 0), False, True),
        ((0, 255), (0, 76), False, False),
        ((255, 255), (0, 0), True, False),
        ((0, 255), (0, 255), True, False),
    ],
)
def test_ink_that_is_gone_or_blackened_is_hidden(
    before: tuple[int, int],
    after: tuple[int, int],
    *,
    letters: bool,
    hidden: bool,
) -> None:
    assert ink.hides(grey(before), grey(after), letters=letters) is hidden


@pytest.mark.parametrize("letters", [True, False])
def test_text_across_text_is_hidden_and_a_seal_across_it_is_not(*, letters: bool) -> None:
    before, after = grey(*[(0, 255)] * 9), grey(*[(0, 76)] * 9)

    assert ink.hides(before, after, letters=letters) is letters


def test_pictures_that_cannot_be_compared_say_nothing(led: bytes) -> None:
    place = ink.Place(page=0, part=(0, 0, 100, 100), sheet=(0, 0, 595, 842))
    wider = led.replace(b"/MediaBox[0 0 595 842]", b"/MediaBox[0 0 700 900]")

    beyond = ink.Place(page=0, part=(0, 0, 1, 1), sheet=(0, 0, 9, 9999))

    assert ink.Pair(b"", led).compare(place, letters=False) is None
    assert ink.Pair(led, wider).compare(place, letters=False) is None
    assert ink.Pair(led, led).compare(beyond, letters=False) is None


def test_bomb_is_not_drawn(led: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ink, "Limits", lambda: Limits(max_stream_bytes=99))
    place = ink.Place(page=0, part=(0, 0, 100, 100), sheet=(0, 0, 595, 842))
    bomb = stream(zlib.compress(bytes(100)), b"/Filter/FlateDecode")

    assert ink.Pair(led, led + b"1 0 obj " + bomb).compare(place, letters=False) is None
