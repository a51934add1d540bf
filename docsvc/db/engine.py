"""One engine a process, for our tables and for the job engine alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url

# Long enough for a queue of writers behind one fsync each, short enough to be noticed.
_SQLITE_BUSY_TIMEOUT_MS = 30_000
_POOL_SIZE = 20


def open_engine(url: str) -> Engine:
    """Open the engine for ``url``: SQLite (one process) or PostgreSQL (many)."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_size=_POOL_SIZE, max_overflow=10, pool_pre_ping=True)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        parsed, pool_size=_POOL_SIZE, max_overflow=20, connect_args={"check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # Writers queue at BEGIN instead of failing in the middle (DBOS sets none of these).
        connection.isolation_level = "IMMEDIATE"
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA busy_timeout={_SQLITE_BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine
