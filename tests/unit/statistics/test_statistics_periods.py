from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docsvc.clock import VIETNAM
from docsvc.statistics import periods
from docsvc.statistics.errors import PeriodReversedError, PeriodUnreadableError
from docsvc.statistics.periods import Span


@pytest.mark.parametrize(
    ("text", "span", "first", "last"),
    [
        ("2026", Span.YEAR, date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-Q1", Span.QUARTER, date(2026, 1, 1), date(2026, 3, 31)),
        ("2026-Q3", Span.QUARTER, date(2026, 7, 1), date(2026, 9, 30)),
        ("2026-Q4", Span.QUARTER, date(2026, 10, 1), date(2026, 12, 31)),
        ("2026-11", Span.MONTH, date(2026, 11, 1), date(2026, 11, 30)),
        ("2024-02", Span.MONTH, date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-6M", Span.SIX_MONTHS, date(2026, 1, 1), date(2026, 6, 30)),
        ("2026-9M", Span.NINE_MONTHS, date(2026, 1, 1), date(2026, 9, 30)),
        ("2025-12-15..2026-12-14", Span.RANGE, date(2025, 12, 15), date(2026, 12, 14)),
        ("2026-03-01..2026-03-01", Span.RANGE, date(2026, 3, 1), date(2026, 3, 1)),
    ],
)
def test_period_is_read_and_written_the_same(
    text: str, span: Span, first: date, last: date
) -> None:
    period = periods.parse(f" {text} ")
    assert (period.span, period.first, period.last) == (span, first, last)
    assert period.text == text


@pytest.mark.parametrize(
    "text",
    ["", "26", "2026-Q5", "2026-13", "2026-00", "2026-3M", "2026-02-30..2026-03-01", "2026..2027",
     "0000", "9999", "9999-12-30..9999-12-31", "2026-Q3x", "năm 2026", "2026-02-01"],
)  # fmt: skip
def test_what_names_no_period_is_refused(text: str) -> None:
    with pytest.raises(PeriodUnreadableError):
        periods.parse(text)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(PeriodReversedError):
        periods.parse("2026-12-14..2025-12-15")


@pytest.mark.parametrize(
    ("text", "vi", "en"),
    [
        ("2026", "Năm 2026", "2026"),
        ("2026-Q3", "Quý III năm 2026", "Quarter 3 of 2026"),
        ("2026-01", "Tháng 1 năm 2026", "2026-01"),
        ("2026-6M", "6 tháng đầu năm 2026", "First six months of 2026"),
        ("2026-9M", "9 tháng đầu năm 2026", "First nine months of 2026"),
        (
            "2025-12-15..2026-12-14",
            "Từ ngày 15/12/2025 đến ngày 14/12/2026",
            "From 15/12/2025 to 14/12/2026",
        ),
    ],
)
def test_period_is_named_in_both_languages(text: str, vi: str, en: str) -> None:
    period = periods.parse(text)
    assert (period.label("vi"), period.label("en")) == (vi, en)


def test_a_period_begins_and_ends_at_midnight_in_vietnam() -> None:
    begin, end = periods.parse("2026-11").moments()
    assert begin == datetime(2026, 10, 31, 17, tzinfo=UTC)
    assert end == datetime(2026, 11, 30, 17, tzinfo=UTC)


def test_the_year_changes_at_midnight_in_vietnam() -> None:
    before = datetime(2026, 12, 31, 16, 59, tzinfo=UTC)
    assert periods.year_of(before).text == "2026"
    assert periods.year_of(datetime(2026, 12, 31, 17, tzinfo=UTC)).text == "2027"


def test_a_reporting_year_has_13_months_the_ends_in_part() -> None:
    months = periods.parse("2025-12-15..2026-12-14").months()
    assert len(months) == 13
    assert (months[0].first, months[0].last) == (date(2025, 12, 15), date(2025, 12, 31))
    assert (months[-1].first, months[-1].last) == (date(2026, 12, 1), date(2026, 12, 14))
    assert months[0].text == "2025-12"


days = st.dates(date(1990, 1, 1), date(2100, 12, 31))


@given(days, st.integers(0, 800))
def test_months_cover_a_range_without_gap_or_overlap(first: date, length: int) -> None:
    last = date.fromordinal(first.toordinal() + length)
    period = periods.between(first, last)
    covered = [
        day
        for month in period.months()
        for day in range(month.first.toordinal(), month.last.toordinal() + 1)
    ]
    assert covered == list(range(first.toordinal(), last.toordinal() + 1))
    assert periods.parse(period.text) == period


def test_moments_have_the_zone_of_vietnam() -> None:
    assert periods.parse("2026").moments()[0].tzinfo is VIETNAM
