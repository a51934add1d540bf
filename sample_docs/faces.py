"""The typefaces: Tinos (metrically Times New Roman), and the same letters spoken in TCVN3 codes.

Until about 2005 most offices wrote in fonts named ``.Vn…``: one byte a letter, by the table TCVN3
(ABC). They have no capitals with tones; a second face, ``.VnTimeH``, draws the codes of the small
letters as capitals. Such a page looks right and extracts as "Sè:" and "QuyÕt ®Þnh".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reportlab.lib.fonts import addMapping
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FOLDER = "/usr/share/fonts/truetype/croscore"

# NORM: TCVN 5712:1993 as the ABC fonts use it. Letter -> code.
TCVN3 = {
    **dict(zip("ĂÂÊÔƠƯĐăâêôơưđ", range(0xA1, 0xAF), strict=True)),
    **dict(zip("àảãáạ", range(0xB5, 0xBA), strict=True)),
    **dict(zip("ằẳẵắ", range(0xBB, 0xBF), strict=True)),
    **dict(zip("ặầẩẫấậè", range(0xC6, 0xCD), strict=True)),
    **dict(zip("ẻẽéẹềểễếệìỉ", range(0xCE, 0xD9), strict=True)),
    **dict(zip("ĩíịò", range(0xDC, 0xE0), strict=True)),
    **dict(zip("ỏõóọồổỗốộờởỡớợù", range(0xE1, 0xF0), strict=True)),
    **dict(zip("ủũúụừửữứựỳỷỹýỵ", range(0xF1, 0xFF), strict=True)),
    "–": 0x96,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Font names by use; the two last are for lines that are all capitals.

    ``codes`` gives, for fonts with a code table of their own, the code of each character.
    """

    regular: str
    bold: str
    italic: str
    bold_italic: str
    caps: str
    caps_bold: str
    codes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


UNICODE = Face(
    regular="Tinos",
    bold="Tinos-Bold",
    italic="Tinos-Italic",
    bold_italic="Tinos-BoldItalic",
    caps="Tinos",
    caps_bold="Tinos-Bold",
)


def _capitals(*, typed_small: bool) -> dict[str, int]:
    """Return the codes of a capitals face: toned capitals at the codes of the small letters.

    Args:
        typed_small: the typist left caps lock off, so that plain letters have small codes too.
    """
    codes = {letter.upper(): code for letter, code in TCVN3.items()}
    codes |= {letter: code for letter, code in TCVN3.items() if letter in "ĂÂÊÔƠƯĐ"}
    if typed_small:
        codes |= {letter.upper(): code for letter, code in TCVN3.items() if letter in "ăâêôơưđ"}
        codes |= {chr(code): code + 32 for code in range(ord("A"), ord("Z") + 1)}
    return codes


def legacy(*, typed_small: bool) -> Face:
    """Return the TCVN3 face; see the module for what it is."""
    capitals = _capitals(typed_small=typed_small)
    small = (".VnTime", ".VnTime-Bold", ".VnTime-Italic", ".VnTime-BoldItalic")
    return Face(
        regular=small[0],
        bold=small[1],
        italic=small[2],
        bold_italic=small[3],
        caps=".VnTimeH",
        caps_bold=".VnTimeH-Bold",
        codes={**dict.fromkeys(small, TCVN3), ".VnTimeH": capitals, ".VnTimeH-Bold": capitals},
    )


def register(face: Face) -> Face:
    """Register the fonts of a face with reportlab; a subset belongs to a document, not to them."""
    names = {face.regular, face.bold, face.italic, face.bold_italic, face.caps, face.caps_bold}
    for name in sorted(names - set(pdfmetrics.getRegisteredFontNames())):
        style = name.partition("-")[2] or "Regular"
        font: Any = TTFont(name, f"{FOLDER}/Tinos-{style}.ttf", asciiReadable=True, shapable=False)
        if name in face.codes:
            font.face.name = name.replace("-", ",").encode()  # ".VnTime,Bold" as Word names it
        pdfmetrics.registerFont(font)
    for family, regular, bold in (
        (face.regular, face.regular, face.bold),
        (face.bold, face.bold, face.bold),
    ):
        addMapping(family, 0, 0, regular)
        addMapping(family, 1, 0, bold)
        addMapping(family, 0, 1, face.italic)
        addMapping(family, 1, 1, face.bold_italic)
    return face


def assign(face: Face, document: Any) -> None:
    """Give each letter of a face its own code in this document, and no other letter any code.

    Args:
        face: the face of the document.
        document: reportlab's document, before anything is drawn.
    """
    for name, codes in face.codes.items():
        font: Any = pdfmetrics.getFont(name)
        state = font._assignState(document)  # noqa: SLF001  # reportlab's own way to preset codes
        subset = state.subsets[0] + [0] * (256 - len(state.subsets[0]))
        for letter, code in codes.items():
            subset[code] = ord(letter)
            state.assignments[ord(letter)] = code
        state.subsets[0] = subset
        state.frozen = 1  # a letter outside the table is an error of the source
