"""What a row of a list means, what is wrong with it, what runs out when. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from docsvc.organisations.rules import Device

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from docsvc.organisations.inventory.sheets import Sheet

# Titles of a list stand above its headings, never more than a page of them.
_HEAD_WITHIN = 30
# Days before the end on which somebody should act: order, chase, warn, stop.
NOTICES = (90, 60, 30, 7)
_MAX_SERIAL, _MAX_HOLDER = 80, 200
# A number that a spreadsheet has cut to 15 digits, or writes as a power of ten.
_CUT = re.compile(r"[0-9]+\.[0-9]+[eE]\+?[0-9]+|[0-9]+[eE]\+[0-9]+|[0-9]{16,}\.0*|[0-9]{15}0{3,}")
_WHOLE = re.compile(r"([0-9]+)\.0+")
_DAY = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})")
_SERIAL_DAY = re.compile(r"([0-9]{4,6})(\.[0-9]+)?")
# Day 0 of the two ways in which spreadsheets count; the first knows a 29 February 1900.
_EPOCH_1900, _EPOCH_1904 = date(1899, 12, 30), date(1904, 1, 1)
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)


_Word = TypeVar("_Word", bound=StrEnum)


class Owner(StrEnum):
    """Whose key it is."""

    PERSONAL = "personal"
    ORGANISATION = "organisation"


class Column(StrEnum):
    """What a list says of a device."""

    UNIT = "unit"
    HOLDER = "holder"
    OWNER = "owner"
    KIND = "kind"
    SERIAL = "serial"
    VALID_FROM = "valid-from"
    VALID_TO = "valid-to"
    ISSUED_ON = "issued-on"
    LOST_ON = "lost-on"
    REVOKED_ON = "revoked-on"


REQUIRED = frozenset({Column.UNIT, Column.HOLDER, Column.OWNER, Column.KIND, Column.SERIAL})

# As lists write them, without accents and in lower case.
_HEADINGS: Mapping[str, Column] = {
    "ma don vi": Column.UNIT, "ma dinh danh": Column.UNIT, "ma co quan": Column.UNIT,
    "unit": Column.UNIT, "unit code": Column.UNIT,
    "nguoi giu": Column.HOLDER, "ho va ten": Column.HOLDER, "ho ten": Column.HOLDER,
    "thue bao": Column.HOLDER, "ten thue bao": Column.HOLDER, "nguoi giu thiet bi": Column.HOLDER,
    "holder": Column.HOLDER,
    "loai thue bao": Column.OWNER, "ca nhan/to chuc": Column.OWNER, "chu the": Column.OWNER,
    "owner": Column.OWNER,
    "loai thiet bi": Column.KIND, "thiet bi": Column.KIND, "device": Column.KIND,
    "kind": Column.KIND,
    "so se-ri": Column.SERIAL, "so seri": Column.SERIAL, "so hieu": Column.SERIAL,
    "so hieu thiet bi": Column.SERIAL, "serial": Column.SERIAL, "so serial": Column.SERIAL,
    "hieu luc tu": Column.VALID_FROM, "tu ngay": Column.VALID_FROM,
    "valid from": Column.VALID_FROM, "from": Column.VALID_FROM,
    "hieu luc den": Column.VALID_TO, "den ngay": Column.VALID_TO, "ngay het han": Column.VALID_TO,
    "valid to": Column.VALID_TO, "to": Column.VALID_TO,
    "ngay cap": Column.ISSUED_ON, "ngay ban giao": Column.ISSUED_ON, "issued on": Column.ISSUED_ON,
    "ngay mat": Column.LOST_ON, "ngay bao mat": Column.LOST_ON, "lost on": Column.LOST_ON,
    "ngay thu hoi": Column.REVOKED_ON, "revoked on": Column.REVOKED_ON,
}  # fmt: skip
_OWNERS: Mapping[str, Owner] = {
    "ca nhan": Owner.PERSONAL, "personal": Owner.PERSONAL,
    "to chuc": Owner.ORGANISATION, "co quan": Owner.ORGANISATION,
    "organisation": Owner.ORGANISATION, "organization": Owner.ORGANISATION,
}  # fmt: skip
_KINDS: Mapping[str, Device] = {
    "usb token": Device.USB_TOKEN, "usb-token": Device.USB_TOKEN, "token": Device.USB_TOKEN,
    "sim pki": Device.SIM_PKI, "sim-pki": Device.SIM_PKI, "sim": Device.SIM_PKI,
    "hsm": Device.HSM,
    "ky so tu xa": Device.REMOTE, "tu xa": Device.REMOTE, "remote": Device.REMOTE,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEntry:
    """A device as a list or a form has it."""

    unit: str
    holder: str
    owner: Owner
    kind: Device
    serial: str
    valid_from: date | None = None
    valid_to: date | None = None
    issued_on: date | None = None
    lost_on: date | None = None
    revoked_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a row; ``value`` is what stands there, cut short.

    Attributes:
        row: its number, as the program that wrote the list counts; 0: the list as a whole.
        code: in the message catalogue.
    """

    row: int
    column: Column | None
    code: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRows:
    """What a list holds, by the number of its row, and everything that is wrong with it."""

    entries: tuple[tuple[int, DeviceEntry], ...]
    faults: tuple[Fault, ...]


def read_rows(sheet: Sheet) -> ReadRows:
    """Read every row below the headings; no fault hides another."""
    found = _headings(sheet)
    if found is None:
        return ReadRows(entries=(), faults=(_whole("devices.no-headings"),))
    start, places = found
    if missing := sorted(REQUIRED - set(places)):
        head = sheet.rows[start][0]
        return ReadRows(
            entries=(),
            faults=tuple(
                Fault(row=head, column=one, code="devices.column-missing", value=one)
                for one in missing
            ),
        )
    below = sheet.rows[start + 1 :]
    if not below:
        return ReadRows(entries=(), faults=(_whole("devices.nothing-in-it"),))
    lines = [
        _Line(number, _cells(cells, places), counts_from_1904=sheet.counts_from_1904)
        for number, cells in below
    ]
    entries = [(line.number, entry) for line in lines if (entry := line.entry()) is not None]
    faults = [fault for line in lines for fault in line.faults] + _twice(entries)
    return ReadRows(entries=tuple(entries), faults=tuple(sorted(faults, key=lambda f: f.row)))


def plain(text: str) -> str:
    """Return a heading or a word of a list without accents, case and needless blanks."""
    parts = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    bare = "".join(one for one in parts if not unicodedata.combining(one))
    return re.sub(r"\s*/\s*", "/", " ".join(bare.split())).rstrip(" .:*")


def day_in(text: str, *, counts_from_1904: bool = False) -> date | None:
    """Read a day: ISO 8601, day/month/year, or the number a spreadsheet keeps it as.

    Raises:
        ValueError: it is none, or one that no device can have.
    """
    if not text:
        return None
    found = _DAY.fullmatch(text)
    number = _SERIAL_DAY.fullmatch(text)
    if found:
        read = date(int(found[3]), int(found[2]), int(found[1]))
    elif number:
        epoch = _EPOCH_1904 if counts_from_1904 else _EPOCH_1900
        read = epoch + timedelta(days=int(number[1]))
    else:
        # A day with a time of day is what some programs write for a day.
        read = date.fromisoformat(text[: len("2026-11-25")])
    if not _EARLIEST <= read < _LATEST:
        raise ValueError(text)
    return read


class _Line:
    """One row while it is read: each cell that can't be gives a fault."""

    def __init__(self, number: int, cells: Mapping[Column, str], *, counts_from_1904: bool) -> None:
        self.number = number
        self.faults: list[Fault] = []
        self._cells = cells
        self._old = counts_from_1904

    def entry(self) -> DeviceEntry | None:
        unit = self._text(Column.UNIT, longest=_MAX_SERIAL)
        holder = self._text(Column.HOLDER, longest=_MAX_HOLDER)
        serial = self._serial()
        owner = self._word(Column.OWNER, _OWNERS)
        kind = self._word(Column.KIND, _KINDS)
        first, last = self._day(Column.VALID_FROM), self._day(Column.VALID_TO)
        issued, lost = self._day(Column.ISSUED_ON), self._day(Column.LOST_ON)
        revoked = self._day(Column.REVOKED_ON)
        self._in_order(first, last, Column.VALID_TO)
        self._in_order(issued, lost, Column.LOST_ON)
        if self.faults or owner is None or kind is None:
            return None
        return DeviceEntry(
            unit=unit, holder=holder, owner=owner, kind=kind, serial=serial, valid_from=first,
            valid_to=last, issued_on=issued, lost_on=lost, revoked_on=revoked,
        )  # fmt: skip

    def _fault(self, column: Column, code: str) -> None:
        value = self._cells.get(column, "")[:60]
        self.faults.append(Fault(row=self.number, column=column, code=code, value=value))

    def _text(self, column: Column, *, longest: int) -> str:
        text = unicodedata.normalize("NFC", self._cells.get(column, ""))
        if not text:
            self._fault(column, "devices.cell-empty")
        elif len(text) > longest or not text.isprintable():
            self._fault(column, "devices.cell-unusable")
        return text

    def _serial(self) -> str:
        text = self._text(Column.SERIAL, longest=_MAX_SERIAL)
        if _CUT.fullmatch(text):
            self._fault(Column.SERIAL, "devices.serial-cut")
        whole = _WHOLE.fullmatch(text)
        return whole[1] if whole else text

    def _word(self, column: Column, words: Mapping[str, _Word]) -> _Word | None:
        text = self._text(column, longest=_MAX_SERIAL)
        found = words.get(plain(text))
        if text and found is None:
            self._fault(column, f"devices.{column}-unknown")
        return found

    def _day(self, column: Column) -> date | None:
        try:
            return day_in(self._cells.get(column, ""), counts_from_1904=self._old)
        except ValueError:
            self._fault(column, "devices.day-unreadable")
            return None

    def _in_order(self, first: date | None, last: date | None, column: Column) -> None:
        if first is not None and last is not None and last < first:
            self._fault(column, "devices.days-reversed")


def _headings(sheet: Sheet) -> tuple[int, dict[Column, int]] | None:
    """Find the row of headings: the one in which most words are known, two at least."""
    best: tuple[int, dict[Column, int]] | None = None
    for index, (_, cells) in enumerate(sheet.rows[:_HEAD_WITHIN]):
        places: dict[Column, int] = {}
        for place, cell in enumerate(cells):
            column = _HEADINGS.get(plain(cell))
            if column is not None:
                places.setdefault(column, place)
        if len(places) > max(1, len(best[1]) if best else 1):
            best = (index, places)
    return best


def _cells(cells: Sequence[str], places: Mapping[Column, int]) -> dict[Column, str]:
    return {c: cells[place] if place < len(cells) else "" for c, place in places.items()}


def _twice(entries: Iterable[tuple[int, DeviceEntry]]) -> list[Fault]:
    seen: set[tuple[Device, str]] = set()
    faults = []
    for number, entry in entries:
        if (entry.kind, entry.serial) in seen:
            faults.append(
                Fault(row=number, column=Column.SERIAL, code="devices.serial-twice",
                      value=entry.serial)
            )  # fmt: skip
        seen.add((entry.kind, entry.serial))
    return faults


def _whole(code: str) -> Fault:
    return Fault(row=0, column=None, code=code)


class State(StrEnum):
    """What a device is good for on a day."""

    VALID = "valid"
    NOT_YET = "not-yet"
    EXPIRED = "expired"
    LOST = "lost"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """The days of a device; None is open or has not happened."""

    valid_from: date | None
    valid_to: date | None
    lost_on: date | None
    revoked_on: date | None


def state_on(life: Lifetime, day: date) -> State:
    """Say what a device is on a day; lost and revoked come before its own days."""
    if life.revoked_on is not None and life.revoked_on <= day:
        return State.REVOKED
    if life.lost_on is not None and life.lost_on <= day:
        return State.LOST
    if life.valid_to is not None and life.valid_to < day:
        return State.EXPIRED
    if life.valid_from is not None and day < life.valid_from:
        return State.NOT_YET
    return State.VALID


def notice_on(life: Lifetime, day: date) -> int | None:
    """Return which notice is due: 90, 60, 30 or 7 days, 0 once it is over; None: none yet.

    What is lost or revoked needs no renewal.
    """
    state = state_on(life, day)
    if life.valid_to is None or state in {State.LOST, State.REVOKED}:
        return None
    if state is State.EXPIRED:
        return 0
    left = (life.valid_to - day).days
    return min((notice for notice in NOTICES if left <= notice), default=None)
