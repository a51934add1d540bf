"""Column types that behave alike on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from docsvc.clock import VIETNAM
from docsvc.db.base import Choice, Moment

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

SQLITE: Dialect = sqlite.dialect()
POSTGRES: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own gap
NOON = datetime(2026, 11, 22, 12, tzinfo=VIETNAM)


class Fruit(StrEnum):
    PLUM = "plum"


def test_a_moment_is_stored_in_utc() -> None:
    stored = Moment().process_bind_param(NOON, SQLITE)
    assert stored == NOON
    assert stored is not None
    assert stored.utcoffset() == timedelta(0)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        Moment().process_bind_param(NOON.replace(tzinfo=None), SQLITE)


def test_the_zone_that_sqlite_forgets_is_put_back() -> None:
    read = Moment().process_result_value(datetime(2026, 1, 1, 5), SQLITE)  # noqa: DTZ001  # as SQLite gives it
    assert read == datetime(2026, 1, 1, 5, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(VIETNAM), min_value=datetime(1900, 1, 1)))  # noqa: DTZ001  # hypothesis adds the zone
def test_a_moment_is_read_back_as_it_was(at: datetime) -> None:
    for dialect in (SQLITE, POSTGRES):
        stored = Moment().process_bind_param(at, dialect)
        read = Moment().process_result_value(stored, dialect)
        assert read == at
        assert read is not None
        assert read.utcoffset() == timedelta(0)


def test_a_choice_is_stored_as_its_word_and_read_as_its_member() -> None:
    column = Choice(Fruit)
    assert column.process_bind_param(Fruit.PLUM, SQLITE) == "plum"
    assert column.process_result_value("plum", SQLITE) is Fruit.PLUM


def test_a_word_that_is_no_member_is_refused_both_ways() -> None:
    column = Choice(Fruit)
    with pytest.raises(ValueError, match="pear"):
        column.process_bind_param("pear", SQLITE)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="pear"):
        column.process_result_value("pear", SQLITE)


@pytest.mark.parametrize("column", [Moment(), Choice(Fruit)])
def test_nothing_stays_nothing(column: Moment | Choice) -> None:
    assert column.process_bind_param(None, SQLITE) is None
    assert column.process_result_value(None, SQLITE) is None
