"""The reserved font: a Tinos subset for numbers, dates and names, made once per process.

Its character codes are the UTF-16 code units themselves (CID = code point), so that a value can
be written into a file without knowing which glyphs the subset of that file was given.
"""

from __future__ import annotations

import io
import struct
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fontTools import subset
from fontTools.ttLib import TTFont

from signing.errors import CharacterNotInFontError

# Names in /AcroForm /DR; the second is the same font, drawn slanted, for the date line.
UPRIGHT_NAME = "DocsvcTinos"
SLANTED_NAME = "DocsvcTinosSlanted"

_FONT = files("signing") / "fonts" / "Tinos-Regular.ttf"
_PUNCTUATION = " /-.,:;()&+–…"
_ASCII = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_MARKS = "\u0300\u0309\u0303\u0301\u0323"  # grave, hook above, tilde, acute, dot below
_VOWELS = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
_VIETNAMESE = "".join(
    unicodedata.normalize("NFC", vowel + mark) for vowel in _VOWELS for mark in ("", *_MARKS)
)
CHARACTERS = frozenset(_ASCII + _PUNCTUATION + _VIETNAMESE + "Đđ")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedFont:
    """The subset as a CIDFontType2 with identity encoding; measures in 1/1000 of the font size.

    Attributes:
        program: the TrueType file of the subset.
        widths: advance of each character.
        glyphs: glyph id of each character within the subset.
        to_glyph: /CIDToGIDMap, two bytes a code point.
        to_unicode: /ToUnicode CMap.
        cid_set: /CIDSet bits, wanted by PDF/A-1 only.
    """

    program: bytes
    widths: dict[str, int]
    glyphs: dict[str, int]
    to_glyph: bytes
    to_unicode: bytes
    cid_set: bytes
    ascent: int
    descent: int
    cap_height: int
    bounds: tuple[int, int, int, int]


def encode(value: str) -> bytes:
    """Encode text as codes of the reserved font.

    Raises:
        CharacterNotInFontError: a character has no glyph in the subset.
    """
    text = unicodedata.normalize("NFC", value)
    missing = sorted(set(text) - CHARACTERS)
    if missing:
        raise CharacterNotInFontError(character=f"U+{ord(missing[0]):04X}")
    return text.encode("utf-16-be")


def width_of(value: str, *, size: float) -> float:
    """Return the advance of encodable text, in points."""
    widths = reserved_font().widths
    return sum(widths[char] for char in unicodedata.normalize("NFC", value)) * size / 1000


@cache
def reserved_font() -> ReservedFont:
    """Cut the subset out of the vendored font; costs about a tenth of a second, once."""
    with _FONT.open("rb") as stream:
        font = TTFont(stream, recalcTimestamp=False)
        options = subset.Options(
            layout_features=[],
            hinting=False,
            notdef_outline=True,
            name_IDs=[],
            drop_tables=["DSIG", "GDEF", "GPOS", "GSUB", "gasp", "kern", "OS/2", "post", "meta"],
        )
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=[ord(char) for char in CHARACTERS])
        cutter.subset(font)
        return _described(font)


def _described(font: TTFont) -> ReservedFont:
    names = font.getBestCmap()
    glyphs = {char: font.getGlyphID(names[ord(char)]) for char in sorted(CHARACTERS)}
    scale = 1000 / font["head"].unitsPerEm
    widths = {char: round(font["hmtx"][names[ord(char)]][0] * scale) for char in sorted(CHARACTERS)}
    head, hhea, capital = font["head"], font["hhea"], font["glyf"][names[ord("H")]]
    # A CIDFontType2 is reached by glyph ids alone (ISO 32000-1 §9.9): these tables only add weight.
    del font["cmap"], font["name"]
    program = io.BytesIO()
    font.save(program, reorderTables=False)
    return ReservedFont(
        program=program.getvalue(),
        widths=widths,
        glyphs=glyphs,
        to_glyph=_to_glyph(glyphs),
        to_unicode=_to_unicode(sorted(CHARACTERS)),
        cid_set=_cid_set(glyphs),
        ascent=round(hhea.ascent * scale),
        descent=round(hhea.descent * scale),
        cap_height=round(capital.yMax * scale),
        bounds=(
            round(head.xMin * scale),
            round(head.yMin * scale),
            round(head.xMax * scale),
            round(head.yMax * scale),
        ),
    )


def _to_glyph(glyphs: dict[str, int]) -> bytes:
    table = [0] * (max(map(ord, glyphs)) + 1)
    for char, glyph in glyphs.items():
        table[ord(char)] = glyph
    return struct.pack(f">{len(table)}H", *table)


def _cid_set(glyphs: dict[str, int]) -> bytes:
    bits = bytearray(max(map(ord, glyphs)) // 8 + 1)
    for code in (0, *map(ord, glyphs)):
        bits[code // 8] |= 0x80 >> code % 8
    return bytes(bits)


def _to_unicode(characters: list[str]) -> bytes:
    blocks = []
    for start in range(0, len(characters), 100):  # a bfchar block holds 100 entries at most
        block = characters[start : start + 100]
        lines = "\n".join(f"<{ord(char):04X}> <{ord(char):04X}>" for char in block)
        blocks.append(f"{len(block)} beginbfchar\n{lines}\nendbfchar\n")
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{''.join(blocks)}"
        "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode("ascii")
