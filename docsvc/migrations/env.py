"""Alembic's entrance."""

from typing import Any, Literal

from alembic import context

from docsvc.db.base import Choice, Json, Moment
from docsvc.migrations.models import METADATA

engine = context.config.attributes["engine"]
# DBOS keeps its tables in the same SQLite file; they are none of ours.
OURS = frozenset(METADATA.tables)


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name in OURS


def _render(kind: str, value: Any, script: Any) -> str | Literal[False]:
    """Write our column types by the names they have in the tables."""
    if kind == "type" and isinstance(value, Moment):
        script.imports.add("from docsvc.db.base import Moment")
        return "Moment()"
    if kind == "type" and isinstance(value, Choice):
        return "sa.String(length=40)"
    if kind == "type" and value is Json:
        script.imports.add("from docsvc.db.base import Json")
        return "Json"
    return False


with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        include_name=_is_ours,
        render_item=_render,
        render_as_batch=engine.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
