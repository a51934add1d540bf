from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from docsvc.access import passwords
from docsvc.audit import tables as _audit
from docsvc.db.base import Base
from docsvc.db.engine import open_engine
from docsvc.db.transactions import Transactions, transactions_of
from docsvc.documents import tables as _documents
from docsvc.organisations.tables import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TABLES = (_audit, _documents)


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
    monkeypatch.setattr(passwords, "_hasher", lambda: quick)
    passwords._nobody.cache_clear()
    yield
    passwords._nobody.cache_clear()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables and one unit; making them takes longer than most tests."""
    path = tmp_path_factory.mktemp("access") / "template.sqlite"
    engine = open_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    with transactions_of(engine)() as tx:
        tx.add(
            Unit(
                code="H99.12.05",
                name="Ủy ban nhân dân xã Suối Trúc",
                short_name="UBND xã Suối Trúc",
                symbol="UBND",
                tier="commune",
                kind="state",
                number_form="state",
                place="Suối Trúc",
                seal_mm=36,
            )
        )
    engine.dispose()
    return path


@pytest.fixture
def transactions(template: Path, tmp_path: Path) -> Iterator[Transactions]:
    path = tmp_path / "access.sqlite"
    shutil.copyfile(template, path)
    engine = open_engine(f"sqlite:///{path}")
    yield transactions_of(engine)
    engine.dispose()
