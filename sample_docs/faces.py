"""The typefaces: Tinos (metrically Times New Roman), and the same face spoken in TCVN3 codes."""

from dataclasses import dataclass
from typing import Any

from reportlab.lib.fonts import addMapping
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FOLDER = "/usr/share/fonts/truetype/croscore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Font names by use; the two last are for lines that are all capitals."""

    regular: str
    bold: str
    italic: str
    bold_italic: str
    caps: str
    caps_bold: str


UNICODE = Face(
    regular="Tinos",
    bold="Tinos-Bold",
    italic="Tinos-Italic",
    bold_italic="Tinos-BoldItalic",
    caps="Tinos",
    caps_bold="Tinos-Bold",
)


def register() -> Face:
    """Register the four Tinos faces with reportlab, afresh so that no document sees another."""
    for name in ("Tinos-Regular", "Tinos-Bold", "Tinos-Italic", "Tinos-BoldItalic"):
        plain = name.removesuffix("-Regular")
        font: Any = TTFont(plain, f"{FOLDER}/{name}.ttf", asciiReadable=True, shapable=False)
        pdfmetrics.registerFont(font)
    for bold, italic, name in (
        (0, 0, UNICODE.regular),
        (1, 0, UNICODE.bold),
        (0, 1, UNICODE.italic),
        (1, 1, UNICODE.bold_italic),
    ):
        addMapping(UNICODE.regular, bold, italic, name)
    return UNICODE
