"""Append to the log, and check that nobody changed it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from docsvc.audit.tables import AuditEntry, AuditHead

if TYPE_CHECKING:
    from datetime import datetime

    from docsvc.db.transactions import Tx

_START = "0" * 64
_HEAD = 1
# Made once: this runs with every step of every document.
_HEADS = AuditHead.metadata.tables[AuditHead.__tablename__]
_TAKE = (
    update(_HEADS)
    .where(_HEADS.c.id == _HEAD)
    .values(sequence=_HEADS.c.sequence + 1)
    .returning(_HEADS.c.sequence, _HEADS.c.chain)
)
_ENTER = insert(AuditEntry.metadata.tables[AuditEntry.__tablename__])
_LEAVE = update(_HEADS).where(_HEADS.c.id == _HEAD).values(chain=bindparam("chain"))


def append(tx: Tx, *, at: datetime, actor: str, act: str, subject: str, **facts: object) -> None:
    """Add an entry to the chain, in the transaction of the act itself.

    The head row is taken by an UPDATE first, so that appenders queue on both databases.
    """
    connection = tx.connection()
    taken = connection.execute(_TAKE).one_or_none()
    if taken is None:
        _begin(tx)
        append(tx, at=at, actor=actor, act=act, subject=subject, **facts)
        return
    sequence, before = taken
    # Both databases give moments back in UTC: the chain must not depend on the caller's zone.
    at = at.astimezone(UTC)
    clean: dict[str, Any] = json.loads(json.dumps(facts, default=str))
    content = _content(sequence, at, actor, act, subject, clean)
    chain = _link(before, content)
    entry = {
        "sequence": sequence,
        "at": at,
        "actor": actor,
        "act": act,
        "subject": subject,
        "facts": clean,
        "chain": chain,
    }
    connection.execute(_ENTER, entry)
    connection.execute(_LEAVE, {"chain": chain})


def first_broken(tx: Tx) -> int | None:
    """Return the sequence of the first entry that does not fit the chain; None if all do."""
    chain, expected = _START, 1
    for entry in tx.scalars(select(AuditEntry).order_by(AuditEntry.sequence)).yield_per(500):
        content = _content(
            entry.sequence, entry.at, entry.actor, entry.act, entry.subject, entry.facts
        )
        chain = _link(chain, content)
        if entry.sequence != expected or entry.chain != chain:
            return entry.sequence
        expected += 1
    head = tx.get(AuditHead, _HEAD)
    if head is not None and (head.sequence, head.chain) != (expected - 1, chain):
        return expected
    return None


def _begin(tx: Tx) -> None:
    """Write the head of an empty log; somebody else may do so at the same moment."""
    try:
        with tx.begin_nested():
            tx.add(AuditHead(id=_HEAD, sequence=0, chain=_START))
    except IntegrityError:
        return


def _content(  # the six columns that the chain protects
    sequence: int, at: datetime, actor: str, act: str, subject: str, facts: dict[str, Any]
) -> bytes:
    fields = [sequence, at.isoformat(), actor, act, subject, facts]
    return json.dumps(fields, sort_keys=True, ensure_ascii=False).encode()


def _link(before: str, content: bytes) -> str:
    return hashlib.sha256(before.encode() + b"\n" + content).hexdigest()
