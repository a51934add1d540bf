"""Requests to an authority are counted by the day, for all processes at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from docsvc.timestamps.usage import Usage

if TYPE_CHECKING:
    from docsvc.db.transactions import Transactions

EVENING = datetime(2026, 11, 26, 16, 30, tzinfo=UTC)  # 23:30 in Vietnam


@dataclass(slots=True)
class Hand:
    """A clock whose hand the test moves."""

    at: datetime = EVENING

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def url() -> str:
    """Return an address that no other test counts."""
    return f"https://user:secret@tsa.example/{uuid4()}"


def test_no_more_are_given_than_the_limit_however_many_ask_at_once(
    transactions: Transactions, url: str
) -> None:
    usage = Usage(transactions=transactions, clock=Hand())
    with ThreadPoolExecutor(6) as pool:
        given = list(pool.map(lambda _: usage.take(url, 7), range(20)))
    assert sum(given) == 7


def test_each_day_of_vietnam_begins_anew(transactions: Transactions, url: str) -> None:
    clock = Hand()
    usage = Usage(transactions=transactions, clock=clock)
    assert [usage.take(url, 1) for _ in range(2)] == [True, False]
    clock.at += timedelta(minutes=31)
    assert usage.take(url, 1)


def test_without_a_limit_nothing_is_counted(transactions: Transactions, url: str) -> None:
    usage = Usage(transactions=transactions, clock=Hand())
    assert all(usage.take(url, 0) for _ in range(3))
    assert usage.take(url, 1)
