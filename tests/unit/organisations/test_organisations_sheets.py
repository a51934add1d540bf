"""Tables that somebody sent: read as they are, or refused before they do harm."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from docsvc.organisations.errors import SheetUnreadableError
from docsvc.organisations.inventory import sheets
from docsvc.organisations.inventory.sheets import read

NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
WORKBOOK = f'<workbook {NS} {R}><sheets><sheet name="a" r:id="rId1"/></sheets></workbook>'
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="x" Target="{}"/></Relationships>'
)


def package(sheet: str, *, target: str = "sheet.xml", **parts: str) -> bytes:
    held = {
        "xl/workbook.xml": WORKBOOK,
        "xl/_rels/workbook.xml.rels": RELATIONS.format(target),
        "xl/sheet.xml": f"<worksheet {NS}><sheetData>{sheet}</sheetData></worksheet>",
    } | {f"xl/{name}.xml": text for name, text in parts.items()}
    target_file = io.BytesIO()
    with zipfile.ZipFile(target_file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in held.items():
            made.writestr(name, text)
    return target_file.getvalue()


def reason_of(data: bytes) -> object:
    with pytest.raises(SheetUnreadableError) as caught:
        read(data)
    return caught.value.facts["reason"]


def test_what_openpyxl_writes_is_read() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Mã đơn vị", "Người giữ"])
    sheet.append([])
    sheet.append(["H99", "Nguyễn Văn An", None, 12345, date(2026, 11, 25)])
    file = io.BytesIO()
    book.save(file)
    found = read(file.getvalue())
    assert found.rows == (
        (1, ("Mã đơn vị", "Người giữ")),
        (3, ("H99", "Nguyễn Văn An", "", "12345", "46351")),
    )


def test_what_xlsxwriter_writes_is_read_and_counts_from_1904() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"date_1904": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "b"])
        bold = book.add_format({"bold": True})
        sheet.write_rich_string(1, 1, "Uỷ ", bold, "ban")
    found = read(file.getvalue())
    assert found.counts_from_1904
    assert found.rows == ((1, ("a", "b")), (2, ("", "Uỷ ban")))


def test_cells_and_rows_without_an_address_follow_each_other() -> None:
    data = package(
        "<row><c t='inlineStr'><is><t>a</t></is></c><c><v>2</v></c></row>"
        "<row><c t='e'><v>#N/A</v></c><c t='str'><v>b</v></c><c t='s'><v>9</v></c></row>"
    )
    assert read(data).rows == ((1, ("a", "2")), (2, ("", "b", "")))


def test_columns_far_away_are_left_out() -> None:
    assert read(
        package("<row r='5'><c r='XFD5'><v>1</v></c><c r='B5'><v>2</v></c></row>")
    ).rows == ((5, ("", "2")),)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_read_with_the_delimiter_that_it_has(delimiter: str) -> None:
    text = delimiter.join(["Mã", "Người giữ"]) + "\r\n" + delimiter.join(["H99", '"A ""B"""'])
    assert read("\ufeff".encode() + text.encode()).rows == (
        (1, ("Mã", "Người giữ")),
        (2, ("H99", 'A "B"')),
    )


def test_a_document_type_is_refused_and_no_entity_is_read() -> None:
    bomb = f'<!DOCTYPE x [<!ENTITY a "aaaa">]><sst {NS}><si><t>&a;</t></si></sst>'
    assert reason_of(package("", sharedStrings=bomb)) == "document-type"


def test_what_unpacks_to_far_more_than_it_is_is_refused() -> None:
    data = package("", sharedStrings=f"<sst {NS}>{' ' * (8 * 1024 * 1024)}</sst>")
    assert len(data) < 20_000
    assert reason_of(data) == "too-large"


def test_a_package_of_too_many_parts_is_refused() -> None:
    assert reason_of(package("", **{f"part{n}": "" for n in range(600)})) == "too-large"


def test_deep_nesting_is_refused() -> None:
    assert reason_of(package("<a>" * 100 + "</a>" * 100)) == "not-a-table"


@pytest.mark.parametrize(
    "target", ["../../../etc/passwd", "missing.xml", "/xl/missing.xml", "http://host/sheet.xml"]
)
def test_a_sheet_that_is_elsewhere_is_refused(target: str) -> None:
    assert reason_of(package("", target=target)) == "not-a-table"


def test_an_absolute_place_in_the_package_is_found() -> None:
    assert read(package("<row><c><v>1</v></c></row>", target="/xl/sheet.xml")).rows


def test_a_workbook_without_a_sheet_is_refused() -> None:
    assert reason_of(package("", workbook=f"<workbook {NS}/>")) == "not-a-table"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04 nothing more", "not-a-table"),
        (package("")[:200], "not-a-table"),
        (package("<row"), "not-a-table"),
        ("Mã đơn vị".encode("utf-16"), "not-utf-8"),
        (b"a,b\0", "not-a-table"),
        (b'a,"b\n' + b"c" * 200_000, "not-a-table"),
        (b"a" * 501, "too-large"),
        (b"a\n" * 5001, "too-large"),
        (b" " * (sheets.MAX_BYTES + 1), "too-large"),
    ],
)
def test_what_is_no_table_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    assert reason_of(data) == reason


@given(st.binary(max_size=400))
def test_nothing_that_is_sent_breaks_the_reader(data: bytes) -> None:
    for sent in (data, b"PK\x03\x04" + data):
        try:
            read(sent)
        except SheetUnreadableError:
            continue


@given(st.integers(0, 700), st.integers(0, 255))
def test_no_byte_of_an_xlsx_that_is_changed_breaks_the_reader(at: int, byte: int) -> None:
    data = bytearray(package("<row r='1'><c r='A1'><v>1</v></c></row>"))
    data[at % len(data)] = byte
    try:
        read(bytes(data))
    except SheetUnreadableError:
        return
