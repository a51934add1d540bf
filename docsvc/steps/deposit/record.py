"""What the database knows of a document, as data that rebuilds it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from sqlalchemy import inspect, select

from docsvc.db.base import Base
from docsvc.documents.tables import Document, Event, Revision

if TYPE_CHECKING:
    from docsvc.db.transactions import Tx

T = TypeVar("T", bound=Base)
SCHEMA = "docsvc.document/1"


def describe(tx: Tx, document_id: UUID) -> dict[str, Any]:
    """Return a document, its revisions and events as JSON-able data."""
    document = tx.get_one(Document, document_id)
    revisions = tx.scalars(
        select(Revision).where(Revision.document_id == document_id).order_by(Revision.ordinal)
    )
    events = tx.scalars(select(Event).where(Event.document_id == document_id).order_by(Event.id))
    return {
        "schema": SCHEMA,
        "document": columns(document),
        "revisions": [columns(r) for r in revisions],
        "events": [columns(e) for e in events],
    }


def columns(row: Base) -> dict[str, Any]:
    """Return the columns of a row as JSON-able data."""
    mapper = inspect(type(row))
    return {c.key: _plain(getattr(row, c.key)) for c in mapper.column_attrs}


def restore(table: type[T], data: dict[str, Any]) -> T:
    """Return a row made of what `columns` gave."""
    mapper = inspect(table)
    values = {}
    for column in mapper.column_attrs:
        if column.key in data:
            values[column.key] = _typed(column.columns[0].type.python_type, data[column.key])
    return table(**values)


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _typed(kind: type, value: Any) -> Any:
    if value is None or not isinstance(value, str):
        return value
    if kind is UUID:
        return UUID(value)
    if kind is datetime:
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if kind is date else value
