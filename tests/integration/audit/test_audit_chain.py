"""The log of acts: appended to by many, changed by nobody unnoticed."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, func, select, update
from support.databases import KINDS, address

from docsvc.audit import service as audit
from docsvc.audit.tables import AuditEntry, AuditHead
from docsvc.clock import VIETNAM
from docsvc.db.base import Base
from docsvc.db.engine import open_engine
from docsvc.db.transactions import transactions_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Update

    from docsvc.db.transactions import Transactions, Tx

AT = datetime(2026, 11, 22, 2, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture(params=KINDS)
def log(request: pytest.FixtureRequest) -> Iterator[Transactions]:
    """An empty log on a database of its own: a chain that a test breaks stays broken."""
    engine = open_engine(address(request.param, request))
    Base.metadata.create_all(engine)
    yield transactions_of(engine)
    engine.dispose()


def write(log: Transactions, number: int = 1, at: datetime = AT) -> None:
    for n in range(number):
        with log() as tx:
            audit.append(
                tx, at=at, actor="vanthu", act="document.sign", subject=f"d{n}", n=n, when=at
            )


def broken(log: Transactions) -> int | None:
    with log() as tx:
        return audit.first_broken(tx)


def test_an_empty_log_is_whole(log: Transactions) -> None:
    assert broken(log) is None


def test_a_log_that_was_only_appended_to_is_whole(log: Transactions) -> None:
    write(log, 5)
    assert broken(log) is None
    with log() as tx:
        entries = list(tx.scalars(select(AuditEntry).order_by(AuditEntry.sequence)))
    assert [e.sequence for e in entries] == [1, 2, 3, 4, 5]
    assert entries[0].at == AT
    assert entries[0].facts == {"n": 0, "when": str(AT)}


def test_the_zone_of_the_caller_does_not_break_the_chain(log: Transactions) -> None:
    write(log, 2, at=AT.astimezone(VIETNAM))
    assert broken(log) is None


def test_what_a_rolled_back_act_wrote_is_not_in_the_log(log: Transactions) -> None:
    write(log)
    with contextlib.suppress(RuntimeError), log() as tx:
        audit.append(tx, at=AT, actor="a", act="b", subject="c")
        raise RuntimeError
    write(log)
    assert broken(log) is None


TAMPERINGS: dict[str, Callable[[Tx], object]] = {
    "actor": lambda tx: tx.execute(_third(actor="somebody")),
    "act": lambda tx: tx.execute(_third(act="other")),
    "subject": lambda tx: tx.execute(_third(subject="d9")),
    "facts": lambda tx: tx.execute(_third(facts={"n": 3})),
    "moment": lambda tx: tx.execute(_third(at=AT + timedelta(microseconds=1))),
    "chain": lambda tx: tx.execute(_third(chain="f" * 64)),
    "removal": lambda tx: tx.execute(delete(AuditEntry).where(AuditEntry.sequence == 3)),
}


@pytest.mark.parametrize("what", sorted(TAMPERINGS))
def test_a_changed_entry_is_found(log: Transactions, what: str) -> None:
    write(log, 5)
    with log() as tx:
        TAMPERINGS[what](tx)
    assert broken(log) == (4 if what == "removal" else 3)


def test_an_end_that_was_cut_off_is_found(log: Transactions) -> None:
    write(log, 5)
    with log() as tx:
        tx.execute(delete(AuditEntry).where(AuditEntry.sequence > 3))
    assert broken(log) == 4


def test_an_entry_that_was_smuggled_in_is_found(log: Transactions) -> None:
    write(log, 2)
    with log() as tx:
        tx.add(
            AuditEntry(sequence=3, at=AT, actor="a", act="b", subject="c", facts={}, chain="e" * 64)
        )
    assert broken(log) == 3


def test_a_head_that_was_set_back_is_found(log: Transactions) -> None:
    write(log, 3)
    with log() as tx:
        tx.execute(update(AuditHead).values(sequence=2))
    assert broken(log) == 4


def test_many_writers_make_one_chain(log: Transactions) -> None:
    ready = Barrier(8, timeout=60)

    def work(_: int) -> None:
        ready.wait()
        write(log, 10)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert broken(log) is None
    with log() as tx:
        assert tx.scalar(select(func.count()).select_from(AuditEntry)) == 80


def _third(**values: object) -> Update:
    return update(AuditEntry).where(AuditEntry.sequence == 3).values(**values)
