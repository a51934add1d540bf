"""What is known of revocation, written down in the database."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from docsvc.revocation.indexes import MAX_ENTRIES, Index
from docsvc.revocation.rules import Entry
from docsvc.revocation.tables import RevocationAnswer

if TYPE_CHECKING:
    from docsvc.db.transactions import Transactions

_NAMES = tuple(one.name for one in fields(Entry))


class TableIndex(Index):
    """In the database, for all processes of a service."""

    def __init__(self, transactions: Transactions, *, max_entries: int = MAX_ENTRIES) -> None:
        """Write through ``transactions``, each on its own."""
        self._transactions = transactions
        self._max_entries = max_entries

    @override
    def find(self, key: str) -> Entry | None:
        """Return what is known of a request."""
        with self._transactions() as tx:
            row = tx.get(RevocationAnswer, key)
            return None if row is None else Entry(**{n: getattr(row, n) for n in _NAMES})

    @override
    def put(self, entry: Entry) -> None:
        """Write down what is known of a request."""
        try:
            self._put(entry)
        except IntegrityError:
            # Somebody else has asked the same for the first time, and was there a moment before.
            self._put(entry)

    def _put(self, entry: Entry) -> None:
        with self._transactions() as tx:
            tx.merge(RevocationAnswer(**asdict(entry)))
            tx.flush()
            count = tx.scalar(select(func.count()).select_from(RevocationAnswer)) or 0
            if count > self._max_entries:
                oldest = (
                    select(RevocationAnswer.key)
                    .where(RevocationAnswer.key != entry.key)
                    .order_by(RevocationAnswer.fetched_at)
                    .limit(count - self._max_entries)
                )
                keys = tx.scalars(oldest).all()
                tx.execute(delete(RevocationAnswer).where(RevocationAnswer.key.in_(keys)))
