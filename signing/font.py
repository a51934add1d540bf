"""The reserved fonts: Tinos subsets for numbers, dates and names, made once per process.

Tinos has the metrics of Times New Roman, so that a value looks typed where it is filled in. The
character codes are the UTF-16 code units themselves (CID = code point), so that a value can be
written into a file without knowing which glyphs the subset of that file was given.
"""

from __future__ import annotations

import io
import struct
import unicodedata
import zlib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files

from fontTools import subset
from fontTools.ttLib import TTFont

from signing.errors import CharacterNotInFontError

_FONTS = files("signing") / "fonts"
_PUNCTUATION = " /-.,:;()&+–…'\"“”‘’—"
_BEST = 9  # of zlib: packed once, written a million times
_ASCII = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_MARKS = "\u0300\u0309\u0303\u0301\u0323"  # grave, hook above, tilde, acute, dot below
_VOWELS = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
_VIETNAMESE = "".join(
    unicodedata.normalize("NFC", vowel + mark) for vowel in _VOWELS for mark in ("", *_MARKS)
)
CHARACTERS = frozenset(_ASCII + _PUNCTUATION + _VIETNAMESE + "Đđ")


class Face(StrEnum):
    """The faces there are; the value names the font in the resources of form and appearance."""

    UPRIGHT = "DocsvcTinos"
    ITALIC = "DocsvcTinosItalic"


_FILES = {Face.UPRIGHT: "Tinos-Regular.ttf", Face.ITALIC: "Tinos-Italic.ttf"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedFont:
    """A subset as a CIDFontType2 with identity encoding; measures in 1/1000 of the font size.

    The streams are deflated already: they go into every file, and are the same in each.

    Attributes:
        program: the TrueType file of the subset.
        program_bytes: its length before it was deflated.
        widths: advance of each character.
        glyphs: glyph id of each character within the subset.
        to_glyph: /CIDToGIDMap, two bytes a code point.
        to_unicode: /ToUnicode CMap.
        cid_set: /CIDSet bits, wanted by PDF/A-1 only.
        angle: of the italics, in degrees counter-clockwise from upright.
    """

    face: Face
    program: bytes
    program_bytes: int
    widths: dict[str, int]
    glyphs: dict[str, int]
    to_glyph: bytes
    to_unicode: bytes
    cid_set: bytes
    ascent: int
    descent: int
    cap_height: int
    angle: float
    bounds: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A stream that is deflated already."""

    data: bytes
    entries: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """A dictionary that is an object of its own."""

    entries: dict[str, Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """An array of numbers, some in arrays of their own: hundreds, and the same in every file.

    Attributes:
        values: the array.
        written: the same as a file spells it, which is taken in faster than one by one.
    """

    values: list[Part]
    written: bytes


# What a font is made of, for the two writers there are: names begin with a slash.
Scalar = str | bytes | int | float
Part = Scalar | list["Part"] | Packed | Apart | Numbers | dict[str, "Part"]


def encode(value: str) -> bytes:
    """Encode text as codes of a reserved font.

    Raises:
        CharacterNotInFontError: a character has no glyph in the subset.
    """
    text = unicodedata.normalize("NFC", value)
    missing = sorted(set(text) - CHARACTERS)
    if missing:
        raise CharacterNotInFontError(character=f"U+{ord(missing[0]):04X}")
    return text.encode("utf-16-be")


def width_of(value: str, *, size: float, face: Face = Face.UPRIGHT) -> float:
    """Return the advance of encodable text, in points."""
    widths = reserved_font(face).widths
    return sum(widths[char] for char in unicodedata.normalize("NFC", value)) * size / 1000


@cache
def font_parts(face: Face, *, with_cid_set: bool) -> Apart:
    """Describe a reserved font as the dictionaries and streams of a PDF (ISO 32000-1 §9.7).

    Args:
        face: which of them.
        with_cid_set: add the list of its glyphs, which PDF/A-1 wants and later parts do not.
    """
    font = reserved_font(face)
    name = f"/DOCSVC+{face}"
    descriptor: dict[str, Part] = {
        "/Type": "/FontDescriptor",
        "/FontName": name,
        "/Flags": 4,  # symbolic: the codes are not those of a standard Latin font
        "/FontBBox": list(font.bounds),
        "/ItalicAngle": font.angle,
        "/Ascent": font.ascent,
        "/Descent": font.descent,
        "/CapHeight": font.cap_height,
        "/StemV": 80,
        "/FontFile2": Packed(data=font.program, entries={"/Length1": font.program_bytes}),
    }
    if with_cid_set:
        descriptor["/CIDSet"] = Packed(data=font.cid_set)
    descendant: dict[str, Part] = {
        "/Type": "/Font",
        "/Subtype": "/CIDFontType2",
        "/BaseFont": name,
        "/CIDSystemInfo": {"/Registry": b"Adobe", "/Ordering": b"Identity", "/Supplement": 0},
        "/FontDescriptor": Apart(entries=descriptor),
        "/W": _advances(font.widths),
        "/CIDToGIDMap": Packed(data=font.to_glyph),
    }
    return Apart(
        entries={
            "/Type": "/Font",
            "/Subtype": "/Type0",
            "/BaseFont": name,
            "/Encoding": "/Identity-H",
            "/DescendantFonts": [Apart(entries=descendant)],
            "/ToUnicode": Packed(data=font.to_unicode),
        }
    )


def _advances(widths: dict[str, int]) -> Numbers:
    """Return /W: the first code of each stretch without a gap, and the advances in it."""
    found: list[Part] = []
    stretch: list[Part] = []
    last = -1
    for code, advance in sorted((ord(char), width) for char, width in widths.items()):
        if code != last + 1:
            stretch = []
            found += [code, stretch]
        stretch.append(advance)
        last = code
    return Numbers(values=found, written=str(found).replace(",", "").encode("ascii"))


@cache
def reserved_font(face: Face = Face.UPRIGHT) -> ReservedFont:
    """Cut the subset out of the vendored font; costs about a tenth of a second, once."""
    with (_FONTS / _FILES[face]).open("rb") as stream:
        font = TTFont(stream, recalcTimestamp=False)
        options = subset.Options(
            layout_features=[],
            hinting=False,
            notdef_outline=True,
            name_IDs=[],
            drop_tables=["DSIG", "GDEF", "GPOS", "GSUB", "gasp", "kern", "OS/2", "meta"],
        )
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=[ord(char) for char in CHARACTERS])
        cutter.subset(font)
        return _described(face, font)


def _described(face: Face, font: TTFont) -> ReservedFont:
    names = font.getBestCmap()
    glyphs = {char: font.getGlyphID(names[ord(char)]) for char in sorted(CHARACTERS)}
    scale = 1000 / font["head"].unitsPerEm
    widths = {char: round(font["hmtx"][names[ord(char)]][0] * scale) for char in sorted(CHARACTERS)}
    angle = font["post"].italicAngle
    head, hhea, capital = font["head"], font["hhea"], font["glyf"][names[ord("H")]]
    # A CIDFontType2 is reached by glyph ids alone (ISO 32000-1 §9.9): these tables only add weight.
    del font["cmap"], font["name"], font["post"]
    program = io.BytesIO()
    font.save(program, reorderTables=False)
    return ReservedFont(
        face=face,
        program=zlib.compress(program.getvalue(), _BEST),
        program_bytes=program.tell(),
        widths=widths,
        glyphs=glyphs,
        to_glyph=zlib.compress(_to_glyph(glyphs), _BEST),
        to_unicode=zlib.compress(_to_unicode(sorted(CHARACTERS)), _BEST),
        cid_set=zlib.compress(_cid_set(glyphs), _BEST),
        ascent=round(hhea.ascent * scale),
        descent=round(hhea.descent * scale),
        cap_height=round(capital.yMax * scale),
        angle=round(float(angle), 2),
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
