"""Every index remembers alike: in files and in the database."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING, TypeAlias

import pytest
from alembic import command
from support.databases import KINDS, address

from docsvc.db.engine import open_engine
from docsvc.db.transactions import transactions_of
from docsvc.migrations import config_for
from docsvc.revocation.indexes import FolderIndex, Index
from docsvc.revocation.rules import Entry
from docsvc.revocation.table_index import TableIndex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
Open: TypeAlias = Callable[..., Index]

WHOLE = Entry(
    key="a" * 64,
    url="http://crl.example/" + "x" * 1500,
    sha256="b" * 64,
    this_update=NOW - timedelta(days=1),
    next_update=NOW + timedelta(days=1),
    fetched_at=NOW,
    fresh_until=NOW + timedelta(hours=1),
    error=None,
)
EMPTY = replace(
    WHOLE, key="c" * 64, sha256=None, this_update=None, next_update=None, error="http.refused"
)


@pytest.fixture(params=["folder", *KINDS])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Open an index that is empty at first; a second time as another process would."""
    if request.param == "folder":
        yield lambda **limits: FolderIndex(tmp_path / "index", **limits)
        return
    engine = open_engine(address(request.param, request))
    command.upgrade(config_for(engine), "head")
    yield lambda **limits: TableIndex(transactions_of(engine), **limits)
    engine.dispose()


@pytest.mark.parametrize("entry", [WHOLE, EMPTY])
def test_what_was_put_is_found_by_others(opened: Open, entry: Entry) -> None:
    opened().put(entry)

    assert opened().find(entry.key) == entry


def test_what_nobody_put_is_not_known(opened: Open) -> None:
    assert opened().find("0" * 64) is None


def test_many_may_learn_the_same_at_one_moment(opened: Open) -> None:
    barrier = Barrier(4)

    def put(_: int) -> None:
        index = opened()
        for number in range(25):
            barrier.wait(30)
            index.put(replace(WHOLE, key=f"{number:064}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, range(4)))

    assert all(opened().find(f"{number:064}") for number in range(25))


def test_newer_takes_the_place_of_the_older(opened: Open) -> None:
    index = opened()
    index.put(WHOLE)
    index.put(replace(WHOLE, error="timeout"))

    found = index.find(WHOLE.key)
    assert found is not None
    assert found.error == "timeout"


def test_of_too_many_the_oldest_are_forgotten(opened: Open, tmp_path: Path) -> None:
    index = opened(max_entries=2)
    for number in range(4):
        at = NOW + timedelta(minutes=number)
        index.put(replace(WHOLE, key=f"{number:064}", fetched_at=at))
        for path in tmp_path.glob(f"index/{number:064}.json"):
            os.utime(path, (number, number))

    known = [number for number in range(4) if index.find(f"{number:064}")]
    assert known == [2, 3]


@pytest.mark.parametrize("text", ["", "{}", "[]", "7", '{"this_update": "x"}'])
def test_file_that_cannot_be_read_is_not_known(tmp_path: Path, text: str) -> None:
    (tmp_path / "k.json").write_text(text)

    assert FolderIndex(tmp_path).find("k") is None
