"""Draw numbers from a process of its own: ``python drawing.py DATABASE UNIT HOW_MANY``."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from uuid import uuid4

from docsvc.db.engine import open_engine
from docsvc.db.transactions import Transactions, transactions_of
from docsvc.documents.tables import Document
from docsvc.steps.register.rules import BookKey
from docsvc.steps.register.service import draw
from docsvc.workflow import RouteName, State

AT = datetime(2026, 11, 22, 2, tzinfo=UTC)
DAY = date(2026, 11, 22)


def draw_one(
    transactions: Transactions, unit: str, *, printed: int | None = None, fail: bool = False
) -> int:
    """Register a new document of the body; return its number."""
    key = BookKey(unit_code=unit, series="administrative", period="2026")
    with transactions() as tx:
        document = Document(
            id=uuid4(),
            unit_code=unit,
            route=RouteName.OUTGOING,
            state=State.LEADER_SIGNED,
            received_at=AT,
            received_by="test",
            source="test",
        )
        tx.add(document)
        tx.flush()
        number = draw(tx, key, document_id=document.id, printed=printed, issued_on=DAY, at=AT)
        if fail:
            raise InterruptedError
    return number


if __name__ == "__main__":
    address, code, how_many = sys.argv[1:]
    opened = open_engine(address)
    for _ in range(int(how_many)):
        draw_one(transactions_of(opened), code)
    opened.dispose()
