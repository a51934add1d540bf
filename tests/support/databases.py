"""A migrated database of each kind; a test that needs one asks for ``engine`` or ``transactions``.

A module's ``conftest.py`` imports the fixtures. Each engine is made once a test process: tests
use ids of their own and leave their rows behind, as documents do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from alembic import command

from docsvc.db.engine import open_engine
from docsvc.db.transactions import Transactions, transactions_of
from docsvc.migrations import config_for
from docsvc.organisations.tables import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

KINDS = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))


def address(kind: str, request: pytest.FixtureRequest) -> str:
    """Return the address of a new, empty database."""
    if kind == "sqlite":
        factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
        return f"sqlite:///{factory.mktemp('database')}/docsvc.sqlite"
    name = f"test_{uuid4().hex}"
    return str(request.getfixturevalue("postgres_cluster").create_database(name))


@pytest.fixture(scope="session", params=KINDS)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database with our schema."""
    opened = open_engine(address(request.param, request))
    command.upgrade(config_for(opened), "head")
    yield opened
    opened.dispose()


@pytest.fixture
def transactions(engine: Engine) -> Transactions:
    """What opens a transaction of it."""
    return transactions_of(engine)


def add_unit(transactions: Transactions, *, number_form: str = "state", term: str = "") -> str:
    """Add a body that no other test knows; return its code."""
    code = f"T{uuid4().hex[:12]}"
    with transactions() as tx:
        tx.add(
            Unit(
                code=code,
                name=f"Đơn vị {code}",
                short_name=code,
                symbol="UBND",
                tier="commune",
                kind="party" if number_form == "party" else "state",
                number_form=number_form,
                place="Lâm An",
                seal_mm=36,
                term=term or None,
            )
        )
    return code
