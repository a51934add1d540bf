"""How long a document is kept, and from which day it may be destroyed. Pure; tables handed in.

A period is counted in whole calendar years from the year in which the work ended, as TT
10/2022/TT-BNV does: ten years from any day of 2026 end with 2036-12-31.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from archive.errors import InvalidDepositError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Maintenance(StrEnum):
    """The code list of TT 05/2025: how long a file is kept."""

    PERMANENT = "01"
    YEARS_70 = "02"
    YEARS_50 = "03"
    YEARS_30 = "04"
    YEARS_20 = "05"
    YEARS_10 = "06"
    OTHER = "07"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A retention period; None years: for ever."""

    years: int | None

    def __post_init__(self) -> None:
        """Refuse a period that is over before it begins."""
        if self.years is not None and self.years < 1:
            raise InvalidDepositError(years=self.years)

    @property
    def maintenance(self) -> Maintenance:
        """Give the code of the period."""
        return _CODES.get(self.years, Maintenance.OTHER)

    def destroyable_from(self, ended: date) -> date | None:
        """Return the first day on which it may be destroyed, None: never.

        Args:
            ended: when the work ended; for a single document the day of issue.
        """
        if self.years is None or ended.year + self.years + 1 > date.max.year:
            return None
        return date(ended.year + self.years + 1, 1, 1)


PERMANENT = Period(years=None)

_CODES: Mapping[int | None, Maintenance] = {
    None: Maintenance.PERMANENT,
    70: Maintenance.YEARS_70,
    50: Maintenance.YEARS_50,
    30: Maintenance.YEARS_30,
    20: Maintenance.YEARS_20,
    10: Maintenance.YEARS_10,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Retention periods of a body, by kind of document; what is not listed is kept for ever."""

    periods: Mapping[str, Period]
    otherwise: Period = PERMANENT

    def period(self, kind: str) -> Period:
        """Give the period of a kind."""
        return self.periods.get(kind, self.otherwise)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One object as the retention rules see it.

    Attributes:
        ended: when the work ended; for a single document the day of issue.
        is_held: a dispute, an inspection or a decision forbids its destruction.
    """

    object_id: str
    kind: str
    ended: date
    is_held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposable:
    """An object that may be destroyed, and since when."""

    holding: Holding
    since: date


def disposable(holdings: Iterable[Holding], table: Table, *, on: date) -> Iterator[Disposable]:
    """Yield what may be destroyed on a day; the decision stays with people."""
    for holding in holdings:
        since = table.period(holding.kind).destroyable_from(holding.ended)
        if since is not None and since <= on and not holding.is_held:
            yield Disposable(holding=holding, since=since)
