"""The outcome of a batch as an Excel workbook: one line a document, every cell plain text."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import xlsxwriter

from docsvc.catalog import messages
from docsvc.clock import VIETNAM

if TYPE_CHECKING:
    from datetime import datetime

    from docsvc.steps.sign.batch import Batch, Line

# Subjects come from strangers' files: nothing of them may become a formula, a number or a link.
_WORKBOOK = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_COLUMNS = (
    ("ordinal", 6),
    ("number", 22),
    ("subject", 60),
    ("unit", 16),
    ("outcome", 20),
    ("reason", 60),
    ("ended", 22),
    ("document", 38),
)
_TOP = 4


def write_xlsx(batch: Batch, file: IO[bytes], *, lang: str, at: datetime, notice: str = "") -> None:
    """Write the outcome sheet.

    Args:
        batch: as it stands; one that is under way says so.
        file: open for writing bytes.
        lang: ``vi`` or ``en``.
        at: when the sheet was made.
        notice: said above it, such as that this is a demonstration.
    """
    with xlsxwriter.Workbook(file, _WORKBOOK) as book:
        book.set_properties({"created": at.replace(tzinfo=None)})
        sheet = book.add_worksheet(_said("sheet-title", lang)[:31])
        strong = book.add_format({"bold": True, "text_wrap": True, "border": 1})
        plain = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
        heads = (_said("sheet-title", lang), _summary(batch, lang, at), notice)
        for line, text in enumerate(heads):
            sheet.write_string(line, 0, text, book.add_format({"bold": line != 1}))
        for column, (name, width) in enumerate(_COLUMNS):
            sheet.set_column(column, column, width)
            sheet.write_string(_TOP, column, _said(f"sheet-{name}", lang), strong)
        for row, line_ in enumerate(batch.lines, start=1):
            _write(sheet, _TOP + row, (str(row), *_cells(line_, lang)), plain)
        sheet.freeze_panes(_TOP + 1, 3)


def _write(sheet: Any, row: int, cells: tuple[str, ...], form: Any) -> None:
    for column, cell in enumerate(cells):
        sheet.write_string(row, column, cell, form)


def _cells(line: Line, lang: str) -> tuple[str, ...]:
    return (
        line.number_text or "",
        line.title,
        line.unit_code,
        _said(f"progress-{line.progress}", lang),
        _reason(line, lang),
        _moment(line.ended_at),
        str(line.document_id),
    )


def _reason(line: Line, lang: str) -> str:
    if line.code is None:
        return ""
    if line.code not in messages.codes():
        return line.code
    facts = {k: v for k, v in line.facts.items() if k not in {"code", "lang"}}
    said = messages.sentence(line.code, lang, **facts), messages.action(line.code, lang, **facts)
    return " ".join(part for part in said if part)


def _summary(batch: Batch, lang: str, at: datetime) -> str:
    counts = "; ".join(
        f"{_said(f'progress-{progress}', lang)}: {number}"
        for progress, number in batch.counts.items()
        if number
    )
    return f"{counts} ({_moment(at)})"


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(VIETNAM):%d/%m/%Y %H:%M:%S}" if at else ""


def _said(name: str, lang: str) -> str:
    return messages.sentence(f"sign.{name}", lang)
