"""Which book a document belongs to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class BookKey:
    """What names a book: its body, its series and its period."""

    unit_code: str
    series: str
    period: str


# NĐ 30/2020 Đ22: one sequence for everything that comes in, through the year.
INCOMING_SERIES = "incoming"


def incoming_book(unit_code: str, arrived_on: date) -> BookKey:
    """Return the book that an incoming document gets its number from."""
    return BookKey(unit_code=unit_code, series=INCOMING_SERIES, period=str(arrived_on.year))


def book_for(
    *, unit_code: str, number_form: str, term: str | None, series: str, issued_on: date
) -> BookKey:
    """Return the book that a document is numbered in.

    NĐ 30/2020 Đ15 counts by year; the Party counts through the term of the committee, and its
    catalogue gives every kind a series of its own.
    """
    period = (term or "") if number_form == "party" else str(issued_on.year)
    return BookKey(unit_code=unit_code, series=series, period=period)
