"""Periods of reports: whole days in Vietnam, both ends included."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from docsvc.catalog.messages import sentence
from docsvc.clock import VIETNAM
from docsvc.statistics.errors import PeriodReversedError, PeriodUnreadableError

_YEAR = r"[12][0-9]{3}"
_DAY = rf"{_YEAR}-[0-9]{{2}}-[0-9]{{2}}"
_RANGE = re.compile(rf"({_DAY})\.\.({_DAY})")
_PART = re.compile(rf"({_YEAR})(?:-(?:Q([1-4])|([0-9]{{2}})|([69])M))?")
_ROMAN = {1: "I", 4: "II", 7: "III", 10: "IV"}


class Span(StrEnum):
    """How a period is named."""

    YEAR = "year"
    SIX_MONTHS = "six-months"
    NINE_MONTHS = "nine-months"
    QUARTER = "quarter"
    MONTH = "month"
    RANGE = "range"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days from ``first`` to ``last``, both included."""

    span: Span
    first: date
    last: date

    @property
    def text(self) -> str:
        """Return what :func:`parse` reads as this period."""
        year = f"{self.first.year:04}"
        match self.span:
            case Span.YEAR:
                return year
            case Span.SIX_MONTHS:
                return f"{year}-6M"
            case Span.NINE_MONTHS:
                return f"{year}-9M"
            case Span.QUARTER:
                return f"{year}-Q{self.last.month // 3}"
            case Span.MONTH:
                return f"{year}-{self.first.month:02}"
            case Span.RANGE:  # pragma: no branch  # the last of a closed set
                return f"{self.first.isoformat()}..{self.last.isoformat()}"

    def label(self, lang: str) -> str:
        """Name the period as a heading does: ``Quý III năm 2026``."""
        return sentence(
            f"statistics.period.{self.span}",
            lang,
            year=self.first.year,
            month=self.first.month,
            quarter=self.last.month // 3,
            roman=_ROMAN.get(self.first.month),
            first=f"{self.first:%d/%m/%Y}",
            last=f"{self.last:%d/%m/%Y}",
        )

    def moments(self) -> tuple[datetime, datetime]:
        """Return the moment it begins with and the one it ends before."""
        midnight = time(tzinfo=VIETNAM)
        return (
            datetime.combine(self.first, midnight),
            datetime.combine(self.last, midnight) + timedelta(days=1),
        )

    def months(self) -> tuple[Period, ...]:
        """Split into calendar months; the first and the last may be parts of one."""
        found = []
        day = self.first
        while day <= self.last:
            end = min(self.last, _end_of_month(day.year, day.month))
            found.append(Period(span=Span.MONTH, first=day, last=end))
            day = end + timedelta(days=1)
        return tuple(found)


def parse(text: str) -> Period:
    """Read ``2026``, ``2026-Q3``, ``2026-11``, ``2026-6M``, ``2026-9M`` or ``FROM..TO`` (ISO days).

    Raises:
        PeriodUnreadableError: it is none of these, or there is no such day.
        PeriodReversedError: ``TO`` lies before ``FROM``.
    """
    wanted = text.strip()
    try:
        if (days := _RANGE.fullmatch(wanted)) is not None:
            return between(date.fromisoformat(days[1]), date.fromisoformat(days[2]))
        if (part := _PART.fullmatch(wanted)) is not None:
            return _part(part)
    except ValueError as e:
        raise PeriodUnreadableError(text=wanted) from e
    raise PeriodUnreadableError(text=wanted)


def between(first: date, last: date) -> Period:
    """Return the days from ``first`` to ``last``, as in "từ 15/12 đến 14/12".

    Raises:
        PeriodReversedError: ``last`` lies before ``first``.
    """
    if last < first:
        raise PeriodReversedError(first=first.isoformat(), last=last.isoformat())
    return Period(span=Span.RANGE, first=first, last=last)


def year_of(at: datetime) -> Period:
    """Return the year that it is in Vietnam at a moment."""
    return _of(Span.YEAR, at.astimezone(VIETNAM).year, 1, 12)


def _part(found: re.Match[str]) -> Period:
    year = int(found[1])
    _, quarter, month, months = (int(group or 0) for group in found.groups())
    if quarter:
        return _of(Span.QUARTER, year, 3 * quarter - 2, 3 * quarter)
    if months:
        span = {6: Span.SIX_MONTHS, 9: Span.NINE_MONTHS}[months]
        return _of(span, year, 1, months)
    if found[3] is not None:
        return _of(Span.MONTH, year, month, month)
    return _of(Span.YEAR, year, 1, 12)


def _of(span: Span, year: int, first_month: int, last_month: int) -> Period:
    first, last = date(year, first_month, 1), _end_of_month(year, last_month)
    return Period(span=span, first=first, last=last)


def _end_of_month(year: int, month: int) -> date:
    return (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
