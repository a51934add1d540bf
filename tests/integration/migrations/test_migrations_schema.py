"""The schema and its history: head is what the models say, and every step can be taken back."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Date, Engine, LargeBinary, Table, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from support.databases import KINDS, address

from docsvc.db.base import Choice, Moment
from docsvc.db.engine import open_engine
from docsvc.migrations import config_for, upgrade
from docsvc.migrations.models import METADATA

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = datetime(2026, 11, 22, 2, tzinfo=UTC)


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine = open_engine(address(request.param, request))
    yield engine
    engine.dispose()


def ours(_name: object, kind: str, *_: object) -> bool:
    return kind != "table" or str(_name) in METADATA.tables


def steps(engine: Engine) -> list[str]:
    """Return the revisions, the oldest first."""
    script = ScriptDirectory.from_config(config_for(engine))
    return [revision.revision for revision in script.walk_revisions()][::-1]


def test_head_is_what_the_models_say(empty: Engine) -> None:
    command.upgrade(config_for(empty), "head")
    with empty.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_object": lambda _o, name, kind, *_: ours(name, kind),
            },
        )
        assert compare_metadata(context, METADATA) == []


def test_the_history_has_one_head(empty: Engine) -> None:
    script = ScriptDirectory.from_config(config_for(empty))
    assert len(script.get_heads()) == 1


def test_each_step_goes_up_with_data_down_and_up_again(empty: Engine) -> None:
    config = config_for(empty)
    for revision in steps(empty):
        command.upgrade(config, revision)
        fill(empty)
        before = counts(empty)
        assert all(before.values()), before
        command.downgrade(config, "-1")
        command.upgrade(config, revision)
        wipe(empty)
    command.downgrade(config, "base")
    assert set(inspect(empty).get_table_names()) <= {"alembic_version"}


def test_upgrading_twice_changes_nothing_and_keeps_the_data(empty: Engine) -> None:
    first = upgrade(empty)
    fill(empty)
    before = counts(empty)
    assert upgrade(empty) == first == steps(empty)[-1]
    assert counts(empty) == before


def test_a_reference_to_nothing_is_refused_on_both_databases(empty: Engine) -> None:
    command.upgrade(config_for(empty), "head")
    table = METADATA.tables["revisions"]
    with pytest.raises(SQLAlchemyError), empty.begin() as connection:
        connection.execute(table.insert(), [row_of(table)])


def fill(engine: Engine) -> None:
    """Write a row into every table, parents first."""
    with engine.begin() as connection:
        for table in tables(engine):
            there = {column["name"] for column in inspect(connection).get_columns(table.name)}
            row = {name: value for name, value in row_of(table).items() if name in there}
            connection.execute(table.insert(), [row])


def wipe(engine: Engine) -> None:
    with engine.begin() as connection:
        for table in reversed(tables(engine)):
            connection.execute(table.delete())


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables(engine)
        }


def tables(engine: Engine) -> list[Table]:
    """Return our tables that a revision has, parents first."""
    there = set(inspect(engine).get_table_names())
    return [table for table in METADATA.sorted_tables if table.name in there]


def row_of(table: Table) -> dict[str, Any]:
    """Return values that fit every column; keys are alike, so references hold."""
    return {column.name: value_of(column.type) for column in table.columns}


def value_of(kind: Any) -> Any:
    if isinstance(kind, Moment):
        return AT
    if isinstance(kind, Choice):
        return next(iter(kind.choices))
    if isinstance(kind, Date):
        return date(2026, 11, 22)
    if isinstance(kind, LargeBinary):
        return b"\x00\xff"
    python = kind.python_type
    known: dict[type, Any] = {
        UUID: UUID(int=7),
        int: 1,
        float: 1.5,
        bool: True,
        dict: json.loads('{"a": [1, "ệ"]}'),
        list: ["a"],
    }
    return known.get(python, "x")
