"""One holder a token: a lease with a fence number, in the database that all workers share."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import or_, update
from sqlalchemy.exc import IntegrityError

from docsvc.errors import DocsvcError
from docsvc.steps.sign.tables import TokenLease

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from docsvc.db.transactions import Tx
    from docsvc.documents.stores import Stores

# Longer than the slowest token signs, so that only a dead holder loses its lease.
_LEASE = timedelta(seconds=30)
_PATIENCE_S = 60.0
_PAUSE_S = 0.01


class TokenBusyError(DocsvcError):
    """Other workers have held the token for too long; nothing was signed."""

    code = "sign.token-busy"
    retryable = True


class LeaseLostError(DocsvcError):
    """The lease ran out while the token worked and somebody else has it; nothing was stored."""

    code = "sign.lease-lost"
    retryable = True


def acquire(
    stores: Stores, token: str, holder: str, *, also: Callable[[Tx, int], None] | None = None
) -> int:
    """Wait for the token and take it.

    Args:
        stores: where the leases are.
        token: label of the token.
        holder: who takes it.
        also: what is written with the fence number, in the same transaction.

    Returns:
        The fence number of this holding.

    Raises:
        TokenBusyError: it did not become free.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        with stores.transactions() as tx:
            fence = _take(tx, stores, token, holder)
            if fence is not None and also is not None:
                also(tx, fence)
        if fence is not None:
            return fence
        time.sleep(_PAUSE_S)
    raise TokenBusyError(token=token)


def release(tx: Tx, token: str, holder: str, fence: int) -> None:
    """Give the token back, in the transaction that stores what it signed.

    Raises:
        LeaseLostError: the lease was no longer this holder's.
    """
    done = tx.execute(
        update(TokenLease)
        .where(TokenLease.token == token, TokenLease.holder == holder, TokenLease.fence == fence)
        .values(holder=None)
        .returning(TokenLease.token)
    ).one_or_none()
    if done is None:
        raise LeaseLostError(token=token)


def queue_up(tx: Tx, name: str) -> None:
    """Let nobody else pass here under this name until ``tx`` ends; taken before any other row."""
    through = update(TokenLease).where(TokenLease.token == name)
    through = through.values(fence=TokenLease.fence + 1).returning(TokenLease.token)
    if tx.execute(through).one_or_none() is not None:
        return
    long_ago = datetime.fromtimestamp(0, UTC)
    try:
        with tx.begin_nested():
            tx.add(TokenLease(token=name, holder=None, fence=1, expires_at=long_ago))
    except IntegrityError:
        tx.execute(through)


def forget(tx: Tx, holders: Collection[str]) -> None:
    """Take the tokens from holders that are dead; a late one of them finds its fence outgrown."""
    tx.execute(update(TokenLease).where(TokenLease.holder.in_(holders)).values(holder=None))


def _take(tx: Tx, stores: Stores, token: str, holder: str) -> int | None:
    now = stores.clock.now()
    taken = tx.execute(
        update(TokenLease)
        .where(
            TokenLease.token == token,
            or_(TokenLease.holder.is_(None), TokenLease.expires_at < now),
        )
        .values(holder=holder, fence=TokenLease.fence + 1, expires_at=now + _LEASE)
        .returning(TokenLease.fence)
    ).scalar_one_or_none()
    if taken is None and tx.get(TokenLease, token) is None:
        try:
            with tx.begin_nested():
                tx.add(TokenLease(token=token, holder=None, fence=0, expires_at=now))
        except IntegrityError:
            # Another worker was the first to use this token; the next turn finds the row.
            return None
    return taken
