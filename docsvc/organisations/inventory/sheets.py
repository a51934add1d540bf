"""Rows of text out of a table that somebody sent: XLSX or CSV.

The file is hostile: no more of an XLSX is unpacked than the limits say, whatever its directory
claims; only the parts that hold the first sheet are opened; a document type declaration, and with
it every entity, is refused.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from posixpath import join, normpath
from typing import TYPE_CHECKING, NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from docsvc.organisations.errors import SheetUnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# A list of all devices of a province has some thousand lines.
MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 5_000
_MAX_COLUMNS = 64
_MAX_CELL = 500
_MAX_PARTS = 500
_MAX_PART = 64 * 1024 * 1024
# What Excel writes compresses well; what unpacks to a thousand times its size is no table.
_MAX_RATIO = 200
_RATIO_FROM = 1024 * 1024

_MAX_DEPTH = 64
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_R_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_WORKBOOK = "xl/workbook.xml"
_WORKBOOK_RELATIONS = "xl/_rels/workbook.xml.rels"
_STRINGS = "xl/sharedStrings.xml"
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_TRUE = frozenset({"1", "true"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The rows of a table that hold anything.

    Attributes:
        rows: the number of each row, as the program that wrote it counts, and its cells.
        counts_from_1904: whether a number that stands for a day counts from 1904.
    """

    rows: tuple[tuple[int, tuple[str, ...]], ...]
    counts_from_1904: bool = False


def read(data: bytes) -> Sheet:
    """Read the first sheet of an XLSX, or a CSV with commas, semicolons or tabs.

    Raises:
        SheetUnreadableError: it is neither, or larger than any list of devices.
    """
    if len(data) > MAX_BYTES:
        raise SheetUnreadableError(reason="too-large")
    if data.startswith(b"PK\x03\x04"):
        return _xlsx(data)
    return _csv(data)


def _csv(data: bytes) -> Sheet:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SheetUnreadableError(reason="not-utf-8") from error
    if "\0" in text:
        raise SheetUnreadableError(reason="not-a-table")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows: list[tuple[int, tuple[str, ...]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            _take(rows, reader.line_num, [cell.strip() for cell in cells])
    except csv.Error as error:
        raise SheetUnreadableError(reason="not-a-table") from error
    return Sheet(rows=tuple(rows))


def _xlsx(data: bytes) -> Sheet:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if len(package.infolist()) > _MAX_PARTS:
                raise SheetUnreadableError(reason="too-large")
            parts = _Parts(package)
            workbook = parts.tree(_WORKBOOK)
            strings = _strings(parts)
            sheet = parts.tree(_first_sheet(workbook, parts))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise SheetUnreadableError(reason="not-a-table") from error
    properties = workbook.find(f"{_MAIN}workbookPr")
    old = properties is not None and properties.get("date1904", "") in _TRUE
    rows: list[tuple[int, tuple[str, ...]]] = []
    for number, cells in _rows(sheet, strings):
        _take(rows, number, cells)
    return Sheet(rows=tuple(rows), counts_from_1904=old)


class _Parts:
    """The parts of a package, unpacked within limits."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self._package = package
        self._left = _MAX_PART

    def __contains__(self, name: str) -> bool:
        return name in self._package.namelist()

    def tree(self, name: str) -> Element:
        """Return the root of a part.

        Raises:
            SheetUnreadableError: it is missing, too large or no plain XML.
        """
        return _parsed(self._unpacked(name))

    def _unpacked(self, name: str) -> bytes:
        try:
            entry = self._package.getinfo(name)
        except KeyError as error:
            raise SheetUnreadableError(reason="not-a-table") from error
        # The directory may lie about sizes: one byte more than what is left is never read.
        limit = min(self._left, max(_RATIO_FROM, entry.compress_size * _MAX_RATIO))
        with self._package.open(entry) as part:
            data = part.read(limit + 1)
        if len(data) > limit:
            raise SheetUnreadableError(reason="too-large")
        self._left -= len(data)
        return data


def _parsed(raw: bytes) -> Element:
    builder, depth = TreeBuilder(), 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH:
            raise SheetUnreadableError(reason="not-a-table")
        builder.start(_qualified(name), {_qualified(k): v for k, v in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_qualified(name))

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(raw, True)  # noqa: FBT003  # expat takes the flag by position only
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise SheetUnreadableError(reason="not-a-table") from error
    return builder.close()


def _qualified(name: str) -> str:
    return f"{{{name}" if "}" in name else name


def _refuse(*_: object) -> NoReturn:
    """Refuse a document type: nothing is then left that an entity could do."""
    raise SheetUnreadableError(reason="document-type")


def _first_sheet(workbook: Element, parts: _Parts) -> str:
    first = workbook.find(f"{_MAIN}sheets/{_MAIN}sheet")
    wanted = "" if first is None else first.get(_R_ID, "")
    for relation in parts.tree(_WORKBOOK_RELATIONS).iter(f"{_RELATIONS}Relationship"):
        if relation.get("Id") == wanted and relation.get("TargetMode") != "External":
            target = str(relation.get("Target", ""))
            return target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))
    raise SheetUnreadableError(reason="not-a-table")


def _strings(parts: _Parts) -> tuple[str, ...]:
    if _STRINGS not in parts:
        return ()
    return tuple(_text(one) for one in parts.tree(_STRINGS).iter(f"{_MAIN}si"))


def _text(element: Element) -> str:
    """Join the runs of a text."""
    return "".join(run.text or "" for run in element.iter(f"{_MAIN}t"))


def _rows(sheet: Element, strings: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    number = 0
    for row in sheet.iter(f"{_MAIN}row"):
        number = _number_of(row.get("r"), number + 1)
        cells: dict[int, str] = {}
        for cell in row.iter(f"{_MAIN}c"):
            column = _column_of(cell.get("r"), max(cells, default=-1) + 1)
            if column < _MAX_COLUMNS:
                cells[column] = _value(cell, strings).strip()
        yield number, _filled(cells)


def _filled(cells: Mapping[int, str]) -> list[str]:
    return [cells.get(column, "") for column in range(max(cells, default=-1) + 1)]


def _number_of(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() else otherwise


def _column_of(reference: str | None, otherwise: int) -> int:
    found = _REFERENCE.fullmatch(reference or "")
    if found is None:
        return otherwise
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1


def _value(cell: Element, strings: tuple[str, ...]) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _text(cell)
    value = cell.find(f"{_MAIN}v")
    text = "" if value is None else str(value.text or "")
    if kind == "s":
        index = _number_of(text, len(strings))
        return strings[index] if index < len(strings) else ""
    return "" if kind == "e" else text


def _take(rows: list[tuple[int, tuple[str, ...]]], number: int, cells: list[str]) -> None:
    if not any(cells):
        return
    if len(rows) == MAX_ROWS or any(len(cell) > _MAX_CELL for cell in cells):
        raise SheetUnreadableError(reason="too-large")
    rows.append((number, tuple(cells[:_MAX_COLUMNS])))
