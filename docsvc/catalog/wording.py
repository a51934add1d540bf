"""How number and date are written on a document (NĐ 30/2020 PL I; NORMS 1.5, 2.1). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

_LAST_PADDED_MONTH = 2


def number_text(number: int) -> str:
    """Write a number: 01 to 09 with a leading zero, no other padding."""
    return f"{number:02d}"


def number_line(number: int, symbol: str, *, number_form: str) -> str:
    """Return number and symbol: ``15/QĐ-UBND`` of the State, ``66-KH/HU`` of the Party."""
    joint = "-" if number_form == "party" else "/"
    return f"{number_text(number)}{joint}{symbol}"


def day_text(day: date) -> str:
    """Write the day of a date line: two digits."""
    return f"{day.day:02d}"


def month_text(day: date) -> str:
    """Write the month of a date line: a zero before 1 and 2 only."""
    return f"{day.month:02d}" if day.month <= _LAST_PADDED_MONTH else str(day.month)


def date_text(day: date) -> str:
    """Write a whole date as a date line does: ``ngày 05 tháng 01 năm 2020``."""
    return f"ngày {day_text(day)} tháng {month_text(day)} năm {day.year}"
