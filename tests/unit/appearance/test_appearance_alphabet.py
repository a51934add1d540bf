"""Every Vietnamese letter with every tone can be written in each face, and read again."""

from __future__ import annotations

import io
import unicodedata
import zlib
from itertools import product

import pypdfium2
import pytest
from fontTools.ttLib import TTFont
from signing_foreign import added_plan
from signing_stand_ins import NOW, Pki, blank_pdf
from signing_steps import leader_plan

from signing import font
from signing.appearance import Frame, text_mark
from signing.font import CHARACTERS, Face, encode, reserved_font
from signing.layouts import ASCENT, DESCENT
from signing.model import NUMBER_FIELD, Appearance, Box, PlacedLine, ReservedPlaces, TextPlace
from signing.prepare import prepare
from signing.stamp import reserve

# Built here from the grammar, and not from the list that the product cuts its subset by.
VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
CONSONANTS = "bcdđghklmnpqrstvxfjwz"
ALPHABET = tuple(
    unicodedata.normalize("NFC", case(letter + tone))
    for case, (letter, tone) in product(
        (str.lower, str.upper), [*product(VOWELS, TONES), *product(CONSONANTS, ("",))]
    )
)
ROWS = [ALPHABET[start : start + 30] for start in range(0, len(ALPHABET), 30)]


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


def test_the_alphabet_is_whole() -> None:
    # 12 vowels with 6 tones, and 21 consonants with the four of foreign words, in both cases.
    assert len(set(ALPHABET)) == 2 * (72 + 21)
    assert {"ẵ", "Ỹ", "đ", "Ự"} <= set(ALPHABET)
    assert all(len(letter) == 1 for letter in ALPHABET)


@pytest.mark.parametrize("face", Face)
def test_the_font_has_a_glyph_with_an_outline_for_each_letter(face: Face) -> None:
    whole = TTFont(io.BytesIO((font._FONTS / font._FILES[face]).read_bytes()))
    assert set(map(ord, ALPHABET)) <= set(whole.getBestCmap())
    reserved = reserved_font(face)
    subset = TTFont(io.BytesIO(zlib.decompress(reserved.program)))
    order = subset.getGlyphOrder()
    for letter in ALPHABET:
        glyph = subset["glyf"][order[reserved.glyphs[letter]]]
        assert reserved.glyphs[letter] != 0
        assert glyph.numberOfContours != 0
        assert reserved.widths[letter] > 0


@pytest.mark.parametrize("face", Face)
def test_each_code_of_the_font_leads_to_its_own_glyph(face: Face) -> None:
    reserved = reserved_font(face)
    table = zlib.decompress(reserved.to_glyph)
    found = {
        letter: int.from_bytes(table[2 * ord(letter) : 2 * ord(letter) + 2]) for letter in ALPHABET
    }
    assert found == {letter: reserved.glyphs[letter] for letter in ALPHABET}
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("face", Face)
def test_parts_and_wholes_are_written_alike(face: Face, form: str) -> None:
    frame = Frame(width=500, height=20, rotation=0)
    composed = "".join(ROWS[0])
    given = unicodedata.normalize(form, composed)
    assert encode(given) == composed.encode("utf-16-be")
    assert text_mark(given, frame, font=face, size=12) == text_mark(
        composed, frame, font=face, size=12
    )


def rows() -> list[tuple[str, Box]]:
    """Return the alphabet in lines, and where each stands on the page."""
    height = (ASCENT + DESCENT) * 12
    return [
        ("".join(row), Box(page=0, x0=60, y0=700 - 20 * n, x1=560, y1=700 - 20 * n + height))
        for n, row in enumerate(ROWS)
    ]


def filled(pki: Pki, face: Face, form: str) -> bytes:
    """Fill the alphabet into fields that were reserved."""
    texts = tuple(
        TextPlace(name=f"{NUMBER_FIELD}{n}", box=box, font_size=12, italic=face is Face.ITALIC)
        for n, (_, box) in enumerate(rows())
    )
    plan = leader_plan(pki)
    fills = {
        f"{NUMBER_FIELD}{n}": unicodedata.normalize(form, text)
        for n, (text, _) in enumerate(rows())
    }
    plan = type(plan)(role=plan.role, field_name=plan.field_name, chain=plan.chain, fills=fills)
    return prepare(reserve(blank_pdf(), ReservedPlaces(texts=texts)), plan=plan, at=NOW).pdf


def shown(pki: Pki, face: Face, form: str) -> bytes:
    """Show the alphabet in the appearance of a signature."""
    lines = tuple(
        PlacedLine(
            text=unicodedata.normalize(form, text), box=box, size=12, italic=face is Face.ITALIC
        )
        for text, box in rows()
    )
    look = Appearance(box=Box(page=0, x0=50, y0=500, x1=570, y1=720), lines=lines)
    plan = added_plan(pki)
    plan = type(plan)(
        role=plan.role,
        field_name=plan.field_name,
        chain=plan.chain,
        requires_leader=False,
        appearance=look,
    )
    return prepare(blank_pdf(), plan=plan, at=NOW).pdf


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("face", Face)
@pytest.mark.parametrize("make", [filled, shown])
def test_every_letter_can_be_read_and_searched(
    pki: Pki, make: object, face: Face, form: str
) -> None:
    document = pypdfium2.PdfDocument(make(pki, face, form))
    document.init_forms()
    pypdfium2.raw.FPDFPage_Flatten(document[0], pypdfium2.raw.FLAT_NORMALDISPLAY)
    text = document[0].get_textpage().get_text_range()
    document.close()
    for row in ROWS:
        assert "".join(row) in text


@pytest.mark.parametrize("face", Face)
def test_no_letter_is_drawn_as_the_box_of_a_missing_glyph(face: Face) -> None:
    subset = TTFont(io.BytesIO(zlib.decompress(reserved_font(face).program)))
    glyphs, order = subset["glyf"], subset.getGlyphOrder()
    missing = list(glyphs[".notdef"].getCoordinates(glyphs)[0])
    for letter in CHARACTERS - {" "}:
        name = order[reserved_font(face).glyphs[letter]]
        assert list(glyphs[name].getCoordinates(glyphs)[0]) != missing
