"""The report as text for people."""

from collections.abc import Iterable, Iterator

from verification.report.sheet import Row, Sheet, SignatureLines
from verification.report.summary import Colour
from verification.report.words import word

_SHAPES = {Colour.GREEN: "[v]", Colour.GREY: "[?]", Colour.RED: "[x]"}


def to_text(sheet: Sheet) -> str:
    """Return the report as lines of text; the verdict comes first.

    Returns:
        Lines without a line break at the end; colours are told by a shape and a word.
    """
    return "\n".join(_lines(sheet))


def _lines(sheet: Sheet) -> Iterator[str]:
    yield f"{_SHAPES[sheet.colour]} {sheet.verdict}: {sheet.sentence}"
    if sheet.banner:
        yield sheet.banner
    yield from _titled("lamps", sheet, _lamps(sheet))
    yield from _titled("reasons", sheet, _reasons(sheet))
    yield from _titled("actions", sheet, (f"  - {each}" for each in sheet.actions))
    yield from _titled("signatures", sheet, _parts(sheet.signatures))
    yield from _titled("stamps", sheet, _parts(sheet.stamps))
    yield from _titled("expert", sheet, _expert(sheet))
    yield ""
    yield from sheet.notes


def _titled(key: str, sheet: Sheet, lines: Iterable[str]) -> Iterator[str]:
    """Put a title over lines, unless there are none."""
    kept = list(lines)
    if kept:
        yield ""
        yield word(f"title.{key}", sheet.lang).upper()
    yield from kept


def _lamps(sheet: Sheet) -> Iterator[str]:
    for lamp in sheet.lamps:
        yield f"  {_SHAPES[lamp.colour]} {lamp.title} {lamp.word}: {lamp.answer}"
        yield from (f"      {each}" for each in lamp.details)


def _reasons(sheet: Sheet) -> Iterator[str]:
    for reason in sheet.reasons:
        yield f"  {_SHAPES[reason.colour]} {reason.sentence} {reason.reason} ({reason.code})"


def _parts(parts: Iterable[SignatureLines]) -> Iterator[str]:
    for part in parts:
        yield from _part(part)


def _expert(sheet: Sheet) -> Iterator[str]:
    yield from _rows(sheet.facts)
    for part in (*sheet.signatures, *sheet.stamps):
        yield f"  {part.title}"
        yield from _rows((*part.facts, *part.checks, *part.findings), "    ")


def _part(part: SignatureLines) -> Iterator[str]:
    yield f"  {_SHAPES[part.colour]} {part.title}: {part.verdict}"
    yield from _rows(part.fields, "      ")
    if part.later:
        yield f"      {part.later}"


def _rows(rows: Iterable[Row], indent: str = "  ") -> Iterator[str]:
    for row in rows:
        shape = "" if row.colour is None else f"{_SHAPES[row.colour]} "
        yield f"{indent}{row.label}: {shape}{row.value}"
