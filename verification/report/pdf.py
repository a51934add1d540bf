"""The report as PDF/A-2b, tagged; who seals it, and whether, is the caller's to decide.

Call it where a crash does no harm: the text comes from hostile files.
"""

import json
import re
from dataclasses import asdict
from datetime import datetime
from importlib import resources

import typst

from verification.report.sheet import Sheet
from verification.report.words import word

# What the fonts inside typst can draw: Latin, Greek, Cyrillic, Vietnamese, punctuation. PDF/A
# forbids the box for a missing glyph, and typst refuses it; a name in another script must not cost
# the report.
_UNDRAWABLE = re.compile(
    "[^\x20-\x7e\xa0-\u024f\u0300-\u04ff\u1e00-\u1eff\u2010-\u2027\u20a0-\u20bf\u2116\u2122\ufffd]"
)
_TITLES = (
    "report",
    "lamps",
    "reasons",
    "actions",
    "signatures",
    "stamps",
    "expert",
    "file",
    "check",
    "finding",
)


def to_pdf(sheet: Sheet, *, at: datetime) -> bytes:
    """Return the report as a PDF.

    Args:
        sheet: the report in words; it goes in as data and is never read as markup.
        at: the date of the PDF; the same sheet and date give the same bytes.
    """
    titles = {key: word(f"title.{key}", sheet.lang) for key in _TITLES}
    made = typst.compile(
        resources.files(__package__).joinpath("sheet.typ").read_bytes(),
        sys_inputs={
            "sheet": _UNDRAWABLE.sub("\ufffd", json.dumps(asdict(sheet), ensure_ascii=False)),
            "words": json.dumps(titles, ensure_ascii=False),
        },
        ignore_system_fonts=True,
        pdf_standards="a-2b",
        timestamp=int(at.timestamp()),
    )
    if not isinstance(made, bytes):  # pragma: no cover -- a list only for images of several pages
        raise TypeError
    return made
