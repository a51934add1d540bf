"""Counts requests to authorities that give a limited number of timestamps a day."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from docsvc.clock import VIETNAM, Clock
from docsvc.db.transactions import Transactions
from docsvc.timestamps.tables import TimestampDay


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Counted in the database, for all processes of a service."""

    transactions: Transactions
    clock: Clock

    def take(self, url: str, limit: int) -> bool:
        """Count one more request today; False if there have been ``limit`` already."""
        if not limit:
            return True
        key, day = _key(url), self.clock.now().astimezone(VIETNAM).date()
        # Another process may begin the day at the same moment.
        with contextlib.suppress(IntegrityError), self.transactions() as tx:
            if tx.get(TimestampDay, (key, day)) is None:
                tx.add(TimestampDay(authority=key, day=day, asked=0))
        counted = (
            update(TimestampDay)
            .where(
                TimestampDay.authority == key, TimestampDay.day == day, TimestampDay.asked < limit
            )
            .values(asked=TimestampDay.asked + 1)
            .returning(TimestampDay.asked)
        )
        with self.transactions() as tx:
            return tx.scalar(counted) is not None


def _key(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()
