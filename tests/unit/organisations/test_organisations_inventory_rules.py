"""What a list of devices says, row by row, and what runs out when."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from docsvc.organisations.inventory import rules
from docsvc.organisations.inventory.rules import (
    Column,
    DeviceEntry,
    Lifetime,
    Owner,
    ReadRows,
    State,
    day_in,
    notice_on,
    plain,
    read_rows,
    state_on,
)
from docsvc.organisations.inventory.sheets import Sheet
from docsvc.organisations.rules import Device

HEAD = (
    "STT", "Mã đơn vị", "Họ và tên", "Loại thuê bao", "Loại thiết bị", "Số sê-ri",
    "Hiệu lực từ", "Hiệu lực đến", "Ngày cấp", "Ngày mất", "Ngày thu hồi",
)  # fmt: skip
ROW = (
    "1", "H99.12.05", "Nguyễn Văn An", "Cá nhân", "USB Token", "0A1B",
    "01/03/2025", "2028-02-29", "46000", "", "",
)  # fmt: skip
DAY = date(2026, 11, 25)


def sheet(*rows: tuple[str, ...], head: tuple[str, ...] = HEAD, **more: bool) -> Sheet:
    lines = [(1, ("DANH SÁCH THIẾT BỊ",)), (3, head)]
    lines += [(number, row) for number, row in enumerate(rows, 4)]
    return Sheet(rows=tuple(lines), **more)


def changed(**cells: str) -> tuple[str, ...]:
    places = {
        "unit": 1, "holder": 2, "owner": 3, "kind": 4, "serial": 5, "first": 6, "last": 7,
        "issued": 8, "lost": 9, "revoked": 10,
    }  # fmt: skip
    row = list(ROW)
    for name, text in cells.items():
        row[places[name]] = text
    return tuple(row)


def fault_of(found: ReadRows) -> tuple[int, Column | None, str]:
    (fault,) = found.faults
    return fault.row, fault.column, fault.code


def test_a_row_is_read_under_its_headings() -> None:
    found = read_rows(sheet(ROW))
    assert found.faults == ()
    assert found.entries == (
        (
            4,
            DeviceEntry(
                unit="H99.12.05", holder="Nguyễn Văn An", owner=Owner.PERSONAL,
                kind=Device.USB_TOKEN, serial="0A1B", valid_from=date(2025, 3, 1),
                valid_to=date(2028, 2, 29), issued_on=date(2025, 12, 9),
            ),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"unit": ""}, Column.UNIT, "devices.cell-empty"),
        ({"holder": ""}, Column.HOLDER, "devices.cell-empty"),
        ({"holder": "a\tb"}, Column.HOLDER, "devices.cell-unusable"),
        ({"holder": "a" * 201}, Column.HOLDER, "devices.cell-unusable"),
        ({"serial": ""}, Column.SERIAL, "devices.cell-empty"),
        ({"serial": "1.23456789012345E+17"}, Column.SERIAL, "devices.serial-cut"),
        ({"serial": "123456789012345000"}, Column.SERIAL, "devices.serial-cut"),
        ({"owner": ""}, Column.OWNER, "devices.cell-empty"),
        ({"owner": "máy"}, Column.OWNER, "devices.owner-unknown"),
        ({"kind": "bút"}, Column.KIND, "devices.kind-unknown"),
        ({"first": "31/02/2026"}, Column.VALID_FROM, "devices.day-unreadable"),
        ({"last": "năm sau"}, Column.VALID_TO, "devices.day-unreadable"),
        ({"last": "01/01/2025"}, Column.VALID_TO, "devices.days-reversed"),
        ({"issued": "01/01/1975"}, Column.ISSUED_ON, "devices.day-unreadable"),
        ({"lost": "01/01/2025"}, Column.LOST_ON, "devices.days-reversed"),
        ({"revoked": "?"}, Column.REVOKED_ON, "devices.day-unreadable"),
    ],
)
def test_what_is_wrong_with_a_cell_is_named(
    cells: dict[str, str], column: Column, code: str
) -> None:
    found = read_rows(sheet(changed(**cells)))
    assert found.entries == ()
    assert fault_of(found) == (4, column, code)


def test_no_fault_hides_another() -> None:
    found = read_rows(sheet(changed(unit="", kind="bút"), changed(serial=""), ROW))
    assert [(one.row, one.column) for one in found.faults] == [
        (4, Column.UNIT),
        (4, Column.KIND),
        (5, Column.SERIAL),
    ]
    assert len(found.entries) == 1


def test_a_serial_that_stands_twice_is_a_fault_of_the_second_row() -> None:
    found = read_rows(sheet(ROW, changed(kind="HSM"), ROW))
    assert fault_of(found) == (6, Column.SERIAL, "devices.serial-twice")


@pytest.mark.parametrize(
    ("written", "serial"), [("12345.0", "12345"), ("54E10", "54E10"), ("0012", "0012")]
)
def test_a_serial_is_taken_as_it_is_written(written: str, serial: str) -> None:
    ((_, entry),) = read_rows(sheet(changed(serial=written))).entries
    assert entry.serial == serial


def test_a_short_row_has_empty_cells() -> None:
    found = read_rows(sheet(ROW[:6]))
    assert found.faults == ()
    assert found.entries[0][1].valid_to is None


def test_a_list_needs_headings_all_of_them_and_rows() -> None:
    assert fault_of(read_rows(Sheet(rows=()))) == (0, None, "devices.no-headings")
    assert fault_of(read_rows(sheet(head=("a", "Mã đơn vị")))) == (0, None, "devices.no-headings")
    assert fault_of(read_rows(sheet())) == (0, None, "devices.nothing-in-it")
    head = tuple(word for word in HEAD if word != "Số sê-ri")
    assert fault_of(read_rows(sheet(ROW, head=head))) == (
        3,
        Column.SERIAL,
        "devices.column-missing",
    )


def test_of_two_columns_with_one_heading_the_first_counts() -> None:
    found = read_rows(sheet((*ROW, "H98"), head=(*HEAD, "Mã đơn vị")))
    assert found.entries[0][1].unit == "H99.12.05"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("", None),
        ("25/11/2026", DAY),
        ("25.11.2026", DAY),
        ("2026-11-25T00:00:00", DAY),
        ("46351", DAY),
        ("46351.5", DAY),
    ],
)
def test_a_day_is_read_in_each_of_its_forms(text: str, day: date | None) -> None:
    assert day_in(text) == day


def test_a_day_may_be_counted_from_1904() -> None:
    assert day_in("44889", counts_from_1904=True) == DAY
    found = read_rows(sheet(changed(issued="44889"), counts_from_1904=True))
    assert found.entries[0][1].issued_on == DAY


def test_words_are_compared_without_accents() -> None:
    assert plain("  Số   Sê-ri: ") == "so se-ri"
    assert plain("Cá nhân / Tổ chức") == "ca nhan/to chuc"
    assert plain("ĐƠN VỊ") == "don vi"


def life(
    first: date | None = None,
    last: date | None = None,
    lost: date | None = None,
    revoked: date | None = None,
) -> Lifetime:
    return Lifetime(valid_from=first, valid_to=last, lost_on=lost, revoked_on=revoked)


@pytest.mark.parametrize(
    ("days", "state"),
    [
        (life(), State.VALID),
        (life(first=DAY, last=DAY, lost=DAY + timedelta(1)), State.VALID),
        (life(first=DAY + timedelta(1)), State.NOT_YET),
        (life(last=DAY - timedelta(1)), State.EXPIRED),
        (life(last=DAY - timedelta(1), lost=DAY), State.LOST),
        (life(lost=DAY, revoked=DAY), State.REVOKED),
        (life(revoked=DAY + timedelta(1)), State.VALID),
    ],
)
def test_a_device_is_one_thing_on_a_day(days: Lifetime, state: State) -> None:
    assert state_on(days, DAY) is state


@pytest.mark.parametrize(
    ("left", "notice"),
    [(91, None), (90, 90), (61, 90), (60, 60), (30, 30), (8, 30), (7, 7), (0, 7), (-1, 0)],
)
def test_notices_are_due_90_60_30_and_7_days_before(left: int, notice: int | None) -> None:
    assert notice_on(life(last=DAY + timedelta(days=left)), DAY) == notice


def test_what_is_lost_or_endless_needs_no_notice() -> None:
    soon = DAY + timedelta(days=5)
    assert notice_on(life(last=soon, lost=DAY), DAY) is None
    assert notice_on(life(last=soon, revoked=DAY), DAY) is None
    assert notice_on(life(), DAY) is None
    assert min(rules.NOTICES) == 7
