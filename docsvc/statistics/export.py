"""Reports as files: an Excel workbook, and CSV for programs."""

from __future__ import annotations

import csv
from typing import IO, TYPE_CHECKING, Any

import xlsxwriter

from docsvc.statistics.measures import NO_RATE, Rate
from docsvc.statistics.rendering import Cell, Layout, layout, measures_layout

if TYPE_CHECKING:
    from datetime import datetime

    from docsvc.statistics.report import StatisticsReport

# A spreadsheet takes a text that begins like this for a formula, and runs it.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_WIDE, _NARROW, _ORDINAL = 44, 14, 8
_WORKBOOK = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


def write_xlsx(
    report: StatisticsReport, file: IO[bytes], *, lang: str, at: datetime, notice: str = ""
) -> None:
    """Write the report and its measures as a workbook with two sheets.

    Args:
        report: what was counted.
        file: open for writing bytes.
        lang: ``vi`` or ``en``.
        at: when the report was made; kept in the properties of the file.
        notice: said on every sheet, such as that this is a demonstration.
    """
    with xlsxwriter.Workbook(file, _WORKBOOK) as book:
        book.set_properties({"created": at.replace(tzinfo=None)})
        for table in (layout(report, lang), measures_layout(report, lang)):
            _write_sheet(book, table, notice)


def write_csv(report: StatisticsReport, file: IO[str], *, lang: str) -> None:
    """Write the rows of the report as CSV, headings first, the line of totals last.

    Numbers are bare and rates have a decimal point, so that programs can read them; a file for
    people is the workbook. The file is to be opened with ``newline=""`` and ``utf-8-sig``.
    """
    table = layout(report, lang)
    writer = csv.writer(file)
    writer.writerow([_harmless(heading) for heading in table.headings])
    for row in table.rows:
        writer.writerow([_plain(cell) for cell in row])


def _plain(cell: Cell) -> str | int:
    match cell:
        case str():
            return _harmless(cell)
        case int():
            return cell
        case Rate():  # pragma: no branch  # the last of a closed set
            percent = cell.percent()
            return NO_RATE if percent is None else f"{percent:f}"


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _write_sheet(book: Any, table: Layout, notice: str) -> None:
    sheet = book.add_worksheet(table.title[:31])
    strong = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1})
    formats = {
        str: book.add_format({"border": 1, "text_wrap": True}),
        int: book.add_format({"border": 1, "num_format": "#,##0"}),
        Rate: book.add_format({"border": 1, "num_format": "0.0", "align": "right"}),
    }
    for line, text in enumerate((table.title, table.subtitle, notice)):
        sheet.write_string(line, 0, text, book.add_format({"bold": line != 1}))
    top = 4
    for column, heading in enumerate(table.headings):
        sheet.write_string(top, column, heading, strong)
    for line, row in enumerate(table.rows, start=top + 1):
        for column, cell in enumerate(row):
            _write_cell(sheet, (line, column), cell, formats)
    sheet.set_column(0, 0, _ORDINAL)
    sheet.set_column(1, 1, _WIDE)
    sheet.set_column(2, len(table.headings) - 1, _NARROW)
    sheet.freeze_panes(top + 1, 2)


def _write_cell(sheet: Any, place: tuple[int, int], cell: Cell, formats: dict[type, Any]) -> None:
    match cell:
        case str():
            sheet.write_string(*place, cell, formats[str])
        case int():
            sheet.write_number(*place, cell, formats[int])
        case Rate():  # pragma: no branch  # the last of a closed set
            percent = cell.percent()
            if percent is None:
                sheet.write_string(*place, NO_RATE, formats[Rate])
            else:
                sheet.write_number(*place, float(percent), formats[Rate])
