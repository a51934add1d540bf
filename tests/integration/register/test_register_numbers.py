"""Numbers on real databases: gapless, once, whoever draws them and however many at a time."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from support import drawing
from support.databases import add_unit
from support.drawing import AT, DAY, draw_one

from docsvc.steps.register import service as register
from docsvc.steps.register.rules import BookKey
from docsvc.steps.register.service import NumberTakenError
from docsvc.steps.register.tables import Book, BookEntry

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from docsvc.db.transactions import Transactions


@pytest.fixture
def unit(transactions: Transactions) -> str:
    return add_unit(transactions)


def numbers(transactions: Transactions, unit: str) -> list[int]:
    """Return every number of the body's book, in order."""
    with transactions() as tx:
        query = select(BookEntry.number).join(Book).where(Book.unit_code == unit)
        return list(tx.scalars(query.order_by(BookEntry.number)))


def test_numbers_count_from_one(transactions: Transactions, unit: str) -> None:
    assert [draw_one(transactions, unit) for _ in range(3)] == [1, 2, 3]


def test_a_number_that_came_printed_is_kept_and_stepped_over(
    transactions: Transactions, unit: str
) -> None:
    assert draw_one(transactions, unit, printed=2) == 2
    assert draw_one(transactions, unit, printed=3) == 3
    assert [draw_one(transactions, unit) for _ in range(3)] == [1, 4, 5]


def test_a_printed_number_that_is_taken_is_refused(transactions: Transactions, unit: str) -> None:
    draw_one(transactions, unit)
    with pytest.raises(NumberTakenError) as caught:
        draw_one(transactions, unit, printed=1)
    assert caught.value.facts["number"] == 1
    assert draw_one(transactions, unit) == 2


def test_a_registration_that_fails_gives_its_number_back(
    transactions: Transactions, unit: str
) -> None:
    for _ in range(3):
        with pytest.raises(InterruptedError):
            draw_one(transactions, unit, fail=True)
    assert [draw_one(transactions, unit) for _ in range(2)] == [1, 2]


def test_a_void_number_stays_with_its_reason(transactions: Transactions, unit: str) -> None:
    draw_one(transactions, unit)
    with transactions() as tx:
        entry = tx.scalars(select(BookEntry).join(Book).where(Book.unit_code == unit)).one()
        document = entry.document_id
        assert document is not None
        register.void(tx, document, reason="nhầm thể thức")
    assert draw_one(transactions, unit) == 2
    with transactions() as tx:
        entry = tx.scalars(
            select(BookEntry).join(Book).where(Book.unit_code == unit, BookEntry.number == 1)
        ).one()
        assert (entry.document_id, entry.void_reason) == (None, "nhầm thể thức")
    with pytest.raises(NumberTakenError):
        draw_one(transactions, unit, printed=1)


def test_bodies_and_years_count_each_for_themselves(transactions: Transactions, unit: str) -> None:
    other = add_unit(transactions)
    assert [draw_one(transactions, unit), draw_one(transactions, other)] == [1, 1]
    with transactions() as tx:
        books = {
            period: register._book(
                tx, BookKey(unit_code=unit, series="administrative", period=period)
            )
            for period in ("2026", "2027", "2026")
        }
    assert len(set(books.values())) == 2


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.one_of(st.none(), st.integers(1, 12), st.just(-1)), max_size=14))
def test_whatever_happens_the_drawn_numbers_have_no_gap(
    transactions: Transactions, wishes: list[int | None]
) -> None:
    """None draws, a number comes printed, -1 fails in the middle."""
    unit, printed = add_unit(transactions), set()
    for wish in wishes:
        try:
            kept = wish if wish is None or wish > 0 else None
            number = draw_one(transactions, unit, printed=kept, fail=wish == -1)
        except (NumberTakenError, InterruptedError):
            continue
        if wish is not None:
            printed.add(number)
    entered = numbers(transactions, unit)
    drawn = [n for n in entered if n not in printed]
    upto = max(drawn, default=0)
    assert set(range(1, upto + 1)) <= set(entered)


@pytest.mark.timeout(300)
def test_eight_threads_and_two_processes_draw_two_hundred_numbers_without_a_gap(
    engine: Engine, transactions: Transactions, unit: str
) -> None:
    for number in (7, 50):
        draw_one(transactions, unit, printed=number)
    address = engine.url.render_as_string(hide_password=False)
    others = [
        subprocess.Popen([sys.executable, drawing.__file__, address, unit, "50"]) for _ in range(2)
    ]

    def work(turn: int) -> int:
        try:
            return draw_one(transactions, unit, fail=turn % 10 == 0)
        except InterruptedError:
            return draw_one(transactions, unit)

    with ThreadPoolExecutor(8) as pool:
        mine = list(pool.map(work, range(98)))
    assert [process.wait(240) for process in others] == [0, 0]
    assert len(set(mine)) == 98
    assert numbers(transactions, unit) == list(range(1, 201))


def test_two_that_open_a_book_at_once_share_it(transactions: Transactions) -> None:
    for _ in range(5):
        unit = add_unit(transactions)
        with ThreadPoolExecutor(4) as pool:
            drawn = list(pool.map(lambda _, u=unit: draw_one(transactions, u), range(4)))
        assert sorted(drawn) == [1, 2, 3, 4]
        with transactions() as tx:
            query = select(func.count()).select_from(Book).where(Book.unit_code == unit)
            assert tx.scalar(query) == 1


def test_a_document_stands_in_a_book_once(transactions: Transactions, unit: str) -> None:
    draw_one(transactions, unit)
    with transactions() as tx:
        entry = tx.scalars(select(BookEntry).join(Book).where(Book.unit_code == unit)).one()
        assert (entry.drawn_at, entry.issued_on) == (AT, DAY)
