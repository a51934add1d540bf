from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from PIL import Image
from signing_stand_ins import Pki, Tsa, blank_pdf, places, seal_png
from signing_steps import leader_plan, sign

from signing import appearance
from signing.appearance import Frame, image_mark, ink_of, picture_of, text_mark
from signing.errors import CharacterNotInFontError, UnusableImageError
from signing.font import CHARACTERS, Face, encode, reserved_font, width_of
from signing.model import NUMBER_FIELD, Box, ReservedPlaces, SignaturePlan, TextPlace
from signing.profiles import Colour
from signing.stamp import reserve

if TYPE_CHECKING:
    from collections.abc import Mapping

A4 = (595.28, 841.89)
FRAME = Frame(width=100, height=20, rotation=0)


def two_colours() -> bytes:
    image = Image.new("RGBA", (100, 50), (220, 0, 0, 255))
    image.paste((0, 0, 220, 255), (50, 0, 100, 50))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def seen(pdf: bytes) -> Image.Image:
    """Return the first page as a reader sees it, a pixel for each point."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        document.init_forms()
        return document[0].render(scale=1).to_pil().convert("RGB")
    finally:
        document.close()


def user_box(rotation: int, shown: tuple[float, float, float, float]) -> Box:
    """Turn a box as seen (points from the upper left) into the user space of its page."""
    x0, y0, x1, y1 = shown
    width, height = A4
    match rotation:
        case 90:
            box = (y0, x0, y1, x1)
        case 180:
            box = (width - x1, y0, width - x0, y1)
        case 270:
            box = (width - y1, height - x1, width - y0, height - x0)
        case _:
            box = (x0, height - y1, x1, height - y0)
    return Box(page=0, x0=box[0], y0=box[1], x1=box[2], y1=box[3])


def signed(
    pki: Pki, rotation: int, *, image: bytes | None, fills: Mapping[str, str]
) -> Image.Image:
    reserved = reserve(
        blank_pdf(rotate=rotation),
        ReservedPlaces(
            texts=(
                TextPlace(
                    name=NUMBER_FIELD, box=user_box(rotation, (100, 200, 220, 220)), font_size=16
                ),
            ),
            leader=user_box(rotation, (100, 300, 300, 400)),
        ),
    )
    template = leader_plan(pki)
    plan = SignaturePlan(
        role=template.role,
        field_name=template.field_name,
        chain=template.chain,
        image=image,
        fills=fills,
    )
    return seen(sign(reserved, plan, pki.leader, None))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_an_image_stands_upright_however_the_page_is_turned(pki: Pki, rotation: int) -> None:
    page = signed(pki, rotation, image=two_colours(), fills={})
    red, green, blue = page.getpixel((150, 350))
    assert red > 150 > green
    red, green, blue = page.getpixel((250, 350))
    assert blue > 150 > green


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_text_reads_the_same_however_the_page_is_turned(pki: Pki, rotation: int) -> None:
    fills = {NUMBER_FIELD: "12/QĐ-UBND"}
    area = (100, 195, 220, 225)
    straight = signed(pki, 0, image=None, fills=fills).crop(area).convert("L")
    turned = signed(pki, rotation, image=None, fills=fills).crop(area).convert("L")
    ink = [(level < 128) for level in straight.tobytes()]
    same = [(level < 128) for level in turned.tobytes()]
    assert sum(ink) > 100
    assert sum(a == b for a, b in zip(ink, same, strict=True)) / len(ink) > 0.9


def test_a_transparent_image_lets_the_text_below_shine_through(pki: Pki) -> None:
    stream = io.BytesIO()
    Image.new("RGBA", (20, 10), (255, 0, 0, 0)).save(stream, "PNG")
    page = signed(pki, 0, image=stream.getvalue(), fills={})
    assert page.getpixel((200, 350)) == (255, 255, 255)


def test_an_image_keeps_its_proportions() -> None:
    mark = image_mark(two_colours(), Frame(width=200, height=20, rotation=0))
    assert mark.content == b"q 40 0 0 20 80 0 cm /Im Do Q"


def test_an_image_is_decoded_once() -> None:
    assert picture_of(two_colours()) is picture_of(two_colours())


@pytest.mark.parametrize("png", [b"", b"no image", two_colours()[:60]])
def test_what_is_no_png_is_refused(png: bytes) -> None:
    with pytest.raises(UnusableImageError) as caught:
        picture_of(png)
    assert caught.value.facts == {"reason": "unreadable"}


@pytest.mark.parametrize(
    ("colour", "ink"),
    [
        ((22, 48, 150), Colour.BLUE),
        ((206, 22, 30), Colour.RED),
        ((20, 20, 20), None),
        ((20, 140, 30), None),
        ((150, 20, 150), None),
    ],
)
def test_the_ink_of_an_image_is_blue_or_red_or_neither(
    colour: tuple[int, int, int], ink: Colour | None
) -> None:
    assert ink_of(seal_png(colour)) is ink


def test_an_image_of_nothing_has_no_ink() -> None:
    stream = io.BytesIO()
    Image.new("RGBA", (9, 9), (255, 0, 0, 0)).save(stream, "PNG")
    assert ink_of(stream.getvalue()) is None


def test_transparent_margins_are_cut_off() -> None:
    stream = io.BytesIO()
    image = Image.new("RGBA", (90, 60), (0, 0, 0, 0))
    image.paste((200, 0, 0, 255), (10, 20, 40, 50))
    image.save(stream, "PNG")
    picture = picture_of(stream.getvalue())
    assert (picture.width, picture.height) == (30, 30)


def test_another_format_is_refused() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "GIF")
    with pytest.raises(UnusableImageError):
        picture_of(stream.getvalue())


def test_an_image_beyond_all_measure_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appearance, "_MAX_PIXELS", 100)
    stream = io.BytesIO()
    Image.new("RGBA", (11, 10)).save(stream, "PNG")
    with pytest.raises(UnusableImageError) as caught:
        picture_of(stream.getvalue())
    assert caught.value.facts == {"reason": "too-large", "width": 11, "height": 10}


def test_text_that_is_too_wide_is_set_smaller() -> None:
    text = "1234567890/QĐ-UBND-VHXH"
    mark = text_mark(text, FRAME, font=Face.UPRIGHT, size=20)
    size = float(mark.content.split(b" Tf")[0].split()[-1])
    assert width_of(text, size=size) == pytest.approx(100, abs=0.1)


def test_the_date_line_is_set_in_the_italic_face() -> None:
    assert b"/DocsvcTinosItalic 13 Tf" in text_mark("11", FRAME, font=Face.ITALIC, size=13).content
    assert b"/DocsvcTinos 13 Tf" in text_mark("11", FRAME, font=Face.UPRIGHT, size=13).content


def test_text_in_parts_is_drawn_as_one() -> None:
    assert encode("Đa\u0309ng") == encode("Đảng")


def test_the_font_has_the_vietnamese_alphabet() -> None:
    wanted = "ĂÂĐÊÔƠƯăâđêôơưẮẰẲẴẶỆỘỢỰỹỷỵ0123456789/-.,:"
    assert set(wanted) <= CHARACTERS
    assert all(reserved_font().glyphs[char] for char in wanted)


def test_a_character_without_a_glyph_is_named() -> None:
    with pytest.raises(CharacterNotInFontError) as caught:
        encode("5\u20ac")
    assert caught.value.facts == {"character": "U+20AC"}


def test_what_was_filled_in_can_be_searched(pki: Pki, tsa: Tsa) -> None:
    fills = {NUMBER_FIELD: "05/QĐ-UBND"}
    plan = leader_plan(pki)
    plan = SignaturePlan(
        role=plan.role, field_name=plan.field_name, chain=plan.chain, fills=fills, certify=True
    )
    wide = ReservedPlaces(
        texts=(
            TextPlace(
                name=NUMBER_FIELD, box=Box(page=0, x0=90, y0=700, x1=250, y1=716), font_size=13
            ),
        ),
        leader=places().leader,
    )
    pdf = sign(reserve(blank_pdf(), wide), plan, pki.leader, tsa)
    document = pypdfium2.PdfDocument(pdf)
    document.init_forms()
    pypdfium2.raw.FPDFPage_Flatten(document[0], pypdfium2.raw.FLAT_NORMALDISPLAY)
    page = document[0]
    text = page.get_textpage().get_text_range()
    document.close()
    assert "05/QĐ-UBND" in text
