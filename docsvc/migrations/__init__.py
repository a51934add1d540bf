"""The schema and its history: Alembic for our tables, DBOS for its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from docsvc.jobs import engine as jobs

if TYPE_CHECKING:
    from sqlalchemy import Engine


def config_for(engine: Engine) -> Config:
    """Return Alembic's configuration for a database, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine) -> str:
    """Bring both schemas up to date; run it in one process before any worker starts.

    Returns:
        The revision that our schema has now.
    """
    command.upgrade(config_for(engine), "head")
    jobs.migrate(engine)
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""
