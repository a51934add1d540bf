from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import InvalidDepositError
from archive.retention import PERMANENT, Holding, Maintenance, Period, Table, disposable

TABLE = Table(periods={"GM": Period(years=10), "CV": Period(years=50)})


@given(st.dates(max_value=date(9000, 1, 1)), st.integers(min_value=1, max_value=100))
def test_period_covers_whole_years_and_not_a_day_less(ended: date, years: int) -> None:
    first = Period(years=years).destroyable_from(ended)
    assert first == date(ended.year + years + 1, 1, 1)
    assert (first.year - ended.year) > years


def test_ten_years_from_any_day_of_2026_end_with_2036() -> None:
    assert Period(years=10).destroyable_from(date(2026, 11, 20)) == date(2037, 1, 1)


def test_permanent_never_ends() -> None:
    assert PERMANENT.destroyable_from(date(1945, 9, 2)) is None


def test_period_beyond_the_calendar_never_ends() -> None:
    assert Period(years=10).destroyable_from(date(9995, 1, 1)) is None


@pytest.mark.parametrize("years", [0, -1])
def test_period_that_is_over_at_once_is_refused(years: int) -> None:
    with pytest.raises(InvalidDepositError):
        Period(years=years)


@pytest.mark.parametrize(
    ("years", "code"),
    [(None, "01"), (70, "02"), (50, "03"), (30, "04"), (20, "05"), (10, "06"), (5, "07")],
)
def test_period_has_the_code_of_the_circular(years: int | None, code: str) -> None:
    assert Period(years=years).maintenance is Maintenance(code)


def test_only_what_is_over_and_not_held_may_be_destroyed() -> None:
    ended = date(2020, 5, 1)
    holdings = [
        Holding(object_id="over", kind="GM", ended=ended),
        Holding(object_id="held", kind="GM", ended=ended, is_held=True),
        Holding(object_id="running", kind="CV", ended=ended),
        Holding(object_id="kind-unknown", kind="?", ended=ended),
    ]
    assert list(disposable(holdings, TABLE, on=date(2030, 12, 31))) == []
    [found] = disposable(holdings, TABLE, on=date(2031, 1, 1))
    assert (found.holding.object_id, found.since) == ("over", date(2031, 1, 1))
