"""What happens to documents; every change of state passes through here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm.attributes import set_committed_value

from docsvc.audit import service as audit
from docsvc.documents import revisions
from docsvc.documents.errors import (
    DocumentMissingError,
    IdempotencyConflictError,
    NotWaitingError,
    RevisionConflictError,
)
from docsvc.documents.tables import (
    Confirmation,
    Document,
    Event,
    IdempotencyKey,
    Revision,
)
from docsvc.workflow import ENDED, Leg, RouteName, State, Step, next_leg

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from docsvc.db.transactions import Tx


# Every step moves a document and records it: statements that are made once cost a third.
_DOCUMENTS = Document.metadata.tables[Document.__tablename__]
_EVENTS = Event.metadata.tables[Event.__tablename__]
_MOVE = (
    update(_DOCUMENTS)
    .where(_DOCUMENTS.c.id == bindparam("the_id"), _DOCUMENTS.c.state == bindparam("the_state"))
    .values(
        state=bindparam("state"),
        waiting_code=bindparam("waiting_code"),
        waits_for=bindparam("waits_for"),
    )
)
_EVENT = insert(_EVENTS)
# Why an appendix ends: the document that it belongs to has.
ALONE_CODE = "register.appendix-alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What is known about an upload before anything has opened it.

    ``sha256`` is of the bytes that came; a document made of bytes that are here already has
    ``copied`` instead.
    """

    unit_code: str
    sha256: str | None
    size: int
    file_name: str | None
    source: str
    actor: str
    declared_not_secret: bool
    route: RouteName = RouteName.OUTGOING
    paper_only: bool = False
    copied: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Why a road ends before its goal."""

    state: State
    step: Step
    code: str
    facts: Mapping[str, object] = field(default_factory=dict)
    actor: str = "system"


def get(tx: Tx, document_id: UUID) -> Document:
    """Return the document.

    Raises:
        DocumentMissingError: there is none.
    """
    found = tx.get(Document, document_id)
    if found is None:
        raise DocumentMissingError(document=str(document_id))
    return found


def by_digest(tx: Tx, sha256: str) -> Document | None:
    """Return the document that began with these bytes, if there is one."""
    return tx.scalars(select(Document).where(Document.sha256 == sha256)).one_or_none()


def add(tx: Tx, document_id: UUID, arrival: Arrival, *, at: datetime) -> Document:
    """Add a document in the state *received*."""
    document = Document(
        id=document_id,
        unit_code=arrival.unit_code,
        route=arrival.route,
        state=State.RECEIVED,
        received_at=at,
        received_by=arrival.actor,
        source=arrival.source,
        declared_not_secret=arrival.declared_not_secret,
        paper_only=arrival.paper_only,
        sha256=arrival.sha256,
        file_name=arrival.file_name,
    )
    tx.add(document)
    tx.flush()
    digest = arrival.sha256 or arrival.copied
    if digest is not None:
        tx.add(
            Revision(
                document_id=document.id,
                ordinal=1,
                step=Step.RECEIVE,
                digest=digest,
                size=arrival.size,
                created_at=at,
            )
        )
        revisions.settle_claim(tx, document.id, digest, Step.RECEIVE)
    _record(tx, document, Step.RECEIVE, at=at, actor=arrival.actor)
    return document


def remember_key(
    tx: Tx, *, account: str, key: str, sha256: str, document_id: UUID, at: datetime
) -> None:
    """Remember an upload's ``Idempotency-Key``."""
    tx.add(IdempotencyKey(account=account, key=key, sha256=sha256, document_id=document_id, at=at))


def by_key(tx: Tx, *, account: str, key: str, sha256: str) -> UUID | None:
    """Return the document that this key made before; None if the key is new.

    Raises:
        IdempotencyConflictError: the key made another document.
    """
    known = tx.get(IdempotencyKey, (account, key))
    if known is None:
        return None
    if known.sha256 != sha256:
        raise IdempotencyConflictError(key=key)
    return known.document_id


def pending_leg(tx: Tx, document_id: UUID) -> Leg | None:
    """Return the leg that can be taken now; None if the road has ended or waits for a person."""
    document = get(tx, document_id)
    leg = next_leg(document.route, document.state)
    if leg is None or (leg.waits_for and not _confirmed(tx, document_id, leg.step)):
        return None
    return leg


def require_next(tx: Tx, document_id: UUID, step: Step) -> Leg:
    """Return the leg of ``step``, which must be the next one.

    Raises:
        NotWaitingError: it was taken already, or the road ended.
    """
    document = get(tx, document_id)
    leg = next_leg(document.route, document.state)
    if leg is None or leg.step is not step:
        raise NotWaitingError(document=str(document_id), step=step, state=document.state)
    return leg


def still_before(tx: Tx, document_id: UUID, leg: Leg) -> bool:
    """Say whether ``leg`` is still the one to take; until ``tx`` ends nobody else takes it."""
    tx.get(Document, document_id, with_for_update=True)
    return pending_leg(tx, document_id) == leg


def waiting_leg(tx: Tx, document_id: UUID) -> Leg:
    """Return the leg for which the document waits for a person.

    Raises:
        NotWaitingError: it waits for nobody.
    """
    document = get(tx, document_id)
    leg = next_leg(document.route, document.state)
    if leg is None or leg.waits_for is None or _confirmed(tx, document_id, leg.step):
        raise NotWaitingError(document=str(document_id), state=document.state)
    return leg


def confirm(
    tx: Tx,
    document_id: UUID,
    step: Step,
    *,
    account: str,
    at: datetime,
    facts: Mapping[str, object] | None = None,
) -> None:
    """Record that a person says yes to ``step``, which the document must be waiting for.

    Raises:
        NotWaitingError: it waits for something else, or for nothing.
    """
    document = get(tx, document_id)
    leg = next_leg(document.route, document.state)
    if leg is None or leg.step is not step or leg.waits_for is None:
        raise NotWaitingError(document=str(document_id), step=step, state=document.state)
    # The document's row is taken before the audit chain's, as everywhere: no deadlock.
    document.waits_for = document.waiting_code = None
    tx.flush()
    allow(tx, document_id, step, account=account, at=at, facts=facts)


def allow(
    tx: Tx,
    document_id: UUID,
    step: Step,
    *,
    account: str,
    at: datetime,
    facts: Mapping[str, object] | None = None,
) -> None:
    """Record a confirmation, if need be before the document waits for it."""
    if _confirmed(tx, document_id, step):
        return
    tx.add(
        Confirmation(
            document_id=document_id, step=step, account=account, at=at, facts=dict(facts or {})
        )
    )
    audit.append(tx, at=at, actor=account, act=f"confirm.{step}", subject=str(document_id))


def hold(tx: Tx, document_ids: Iterable[UUID]) -> None:
    """Hold several documents until ``tx`` ends: before the audit chain, as everywhere."""
    tx.execute(
        select(Document.id)
        .where(Document.id.in_(list(document_ids)))
        .order_by(Document.id)
        .with_for_update()
    )


def withdraw(
    tx: Tx, document_id: UUID, step: Step, *, code: str, at: datetime, actor: str = "system"
) -> bool:
    """Take the yes to ``step`` back, so that its person is asked again, and show why.

    Returns:
        False if ``step`` is not the next one any more, or nobody had said yes.
    """
    document = tx.get(Document, document_id, with_for_update=True)
    given = tx.get(Confirmation, (document_id, step))
    leg = next_leg(document.route, document.state) if document else None
    if document is None or given is None or leg is None or leg.step is not step:
        return False
    tx.delete(given)
    document.waits_for, document.waiting_code = leg.waits_for, code
    tx.flush()
    audit.append(
        tx, at=at, actor=actor, act=f"withdraw.{step}", subject=str(document_id), code=code
    )
    return True


def confirmation(tx: Tx, document_id: UUID, step: Step) -> Confirmation:
    """Return the confirmation of ``step``.

    Raises:
        NotWaitingError: nobody has confirmed it.
    """
    found = tx.get(Confirmation, (document_id, step))
    if found is None:
        raise NotWaitingError(document=str(document_id), step=step)
    return found


def advance(
    tx: Tx,
    document_id: UUID,
    step: Step,
    *,
    at: datetime,
    actor: str = "system",
    facts: Mapping[str, object] | None = None,
) -> None:
    """Move the document to the state that ``step`` reaches.

    Raises:
        NotWaitingError: ``step`` is not the next one: it was taken already, or the road ended.
    """
    leg = require_next(tx, document_id, step)
    document = get(tx, document_id)
    # The condition on the old state makes a second worker's move fail, not repeat.
    after = next_leg(document.route, leg.reaches)
    waits = after is not None and after.waits_for and not _confirmed(tx, document_id, after.step)
    values = {
        "state": leg.reaches,
        "waiting_code": None,
        "waits_for": after.waits_for if after is not None and waits else None,
    }
    moved = tx.connection().execute(
        _MOVE, {"the_id": document_id, "the_state": document.state} | values
    )
    if moved.rowcount != 1:
        raise RevisionConflictError(document=str(document_id), step=step)
    for name, value in values.items():
        set_committed_value(document, name, value)
    _record(tx, document, step, at=at, actor=actor, facts=facts)


def wait(tx: Tx, document_id: UUID, code: str) -> None:
    """Show that the document waits for something outside, such as the timestamp authority."""
    get(tx, document_id).waiting_code = code


def end(tx: Tx, document_id: UUID, ending: Ending, *, at: datetime) -> None:
    """End the road: refused, quarantined or rejected, with the reason; its appendices' too."""
    document = get(tx, document_id)
    if document.state in ENDED:
        return
    document.state = ending.state
    document.waits_for = None
    document.waiting_code = None
    document.ended_code = ending.code
    document.ended_facts = dict(ending.facts)
    _record(tx, document, ending.step, at=at, actor=ending.actor, facts={"code": ending.code})
    alone = replace(ending, state=State.REJECTED, step=Step.REGISTER, code=ALONE_CODE, facts={})
    for appendix in tx.scalars(
        select(Document.id).where(
            Document.original_id == document_id,
            Document.route == RouteName.APPENDIX,
            Document.state.not_in({State.DEPOSITED, State.PUBLISHED}),
        )
    ):
        end(tx, appendix, alone, at=at)


def forget_content(tx: Tx, document_id: UUID) -> list[str]:
    """Empty everything that describes the content of a secret document.

    Returns:
        The digests of the blobs that must be destroyed once this is committed; they stay
        claimed until then, so that a crash in between is made good by the sweep.
    """
    document = get(tx, document_id)
    kept = list(tx.scalars(select(Revision).where(Revision.document_id == document_id)))
    for one in kept:
        revisions.claim_blob(tx, document_id, Step.CLASSIFY, one.digest, at=one.created_at)
        tx.delete(one)
    document.sha256 = document.file_name = None
    document.inspection = {}
    document.classification = {}
    document.ended_facts = {}
    tx.execute(delete(IdempotencyKey).where(IdempotencyKey.document_id == document_id))
    return [one.digest for one in kept]


def _confirmed(tx: Tx, document_id: UUID, step: Step) -> bool:
    return tx.get(Confirmation, (document_id, step)) is not None


def _record(
    tx: Tx,
    document: Document,
    step: Step,
    *,
    at: datetime,
    actor: str,
    facts: Mapping[str, object] | None = None,
) -> None:
    values = {
        "document_id": document.id,
        "at": at,
        "step": step,
        "state": document.state,
        "actor": actor,
        "facts": dict(facts or {}),
    }
    tx.connection().execute(_EVENT, values)
    audit.append(
        tx,
        at=at,
        actor=actor,
        act=f"document.{step}",
        subject=str(document.id),
        state=document.state,
    )
