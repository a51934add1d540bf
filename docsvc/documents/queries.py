"""Reads of documents, for people: always within the units that may be seen."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, not_, or_, select

from docsvc.documents.errors import DocumentMissingError
from docsvc.documents.tables import Document, Event, Revision
from docsvc.errors import DocsvcError
from docsvc.workflow import Person, RouteName, State, Step

if TYPE_CHECKING:
    from docsvc.db.transactions import Tx


class CursorError(DocsvcError):
    """The cursor of a listing is not one that was given out."""

    code = "documents.cursor"


class RevisionMissingError(DocsvcError):
    """The document has no revision with this number."""

    code = "documents.revision-missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which documents are looked for; ``units`` are those that may be seen.

    ``arrived``: whether it came from elsewhere and is at the end of its road.
    """

    units: Collection[str]
    states: Collection[State] | None = None
    waits_for: Person | None = None
    waits_for_nobody: bool = False
    paper_only: bool | None = None
    waits_before: Step | None = None
    text: str | None = None
    arrived: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A piece of a listing, the newest first; ``after`` leads to the next piece."""

    documents: tuple[Document, ...]
    after: str | None


# What a document that waits for a person has reached; whom it waits for tells the rest.
REACHED_BEFORE = {
    Step.CONFIRM: (State.CLASSIFIED, State.VERIFIED),
    Step.SIGN_LEADER: (State.CONFIRMED, State.REGISTERED),
    Step.SIGN_ORGANISATION: (State.REGISTERED, State.LEADER_SIGNED),
}
WAITS_FOR = {
    Step.CONFIRM: Person.CLERK,
    Step.SIGN_LEADER: Person.LEADER,
    Step.SIGN_ORGANISATION: Person.CLERK,
}


def find(tx: Tx, wanted: Wanted, *, after: str | None = None, limit: int = 50) -> Found:
    """Return the documents that are wanted, a piece at a time.

    Raises:
        CursorError: ``after`` is not a cursor.
    """
    query = select(Document).where(*_conditions(wanted))
    if after is not None:
        received_at, document_id = _parse(after)
        query = query.where(
            or_(
                Document.received_at < received_at,
                and_(Document.received_at == received_at, Document.id < document_id),
            )
        )
    newest = query.order_by(Document.received_at.desc(), Document.id.desc()).limit(limit + 1)
    rows = list(tx.scalars(newest))
    more = len(rows) > limit
    rows = rows[:limit]
    return Found(documents=tuple(rows), after=_cursor(rows[-1]) if more else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where documents stand that are alike for a list of folders."""

    state: State
    waits_for: Person | None
    paper_only: bool
    incoming: bool = False


def standings(tx: Tx, units: Collection[str]) -> dict[Standing, int]:
    """Count the documents of the units by where they stand."""
    columns = (Document.state, Document.waits_for, Document.paper_only, Document.route)
    query = select(*columns, func.count()).where(Document.unit_code.in_(units)).group_by(*columns)
    found: Counter[Standing] = Counter()
    for state, waits_for, paper_only, route, number in tx.execute(query):
        standing = Standing(
            state=State(state),
            waits_for=Person(waits_for) if waits_for else None,
            paper_only=paper_only,
            incoming=route is RouteName.INCOMING,
        )
        found[standing] += number
    return found


def one(tx: Tx, document_id: UUID, *, units: Collection[str]) -> Document:
    """Return a document of one of the units.

    Raises:
        DocumentMissingError: there is none there; whether it exists elsewhere is not said.
    """
    found = tx.get(Document, document_id)
    if found is None or found.unit_code not in units:
        raise DocumentMissingError(document=str(document_id))
    return found


def published(tx: Tx, public_code: str) -> Document:
    """Return the document that was published under a code.

    Raises:
        DocumentMissingError: none was.
    """
    query = select(Document).where(
        Document.public_code == public_code, Document.state == State.PUBLISHED
    )
    found = tx.scalars(query).one_or_none()
    if found is None:
        raise DocumentMissingError
    return found


def by_any_digest(tx: Tx, digest: str) -> Document | None:
    """Return the published document one of whose revisions has these bytes.

    A copy begins with the bytes of its original, which came first.
    """
    query = (
        select(Document)
        .join(Revision, Revision.document_id == Document.id)
        .where(Revision.digest == digest, Document.state == State.PUBLISHED)
        .order_by(Document.received_at)
        .limit(1)
    )
    return tx.scalars(query).one_or_none()


def copies(tx: Tx, original_id: UUID) -> list[Document]:
    """Return the copies that were made of a document, the first one first."""
    return _of(tx, original_id, RouteName.COPY)


def appendices(tx: Tx, document_id: UUID) -> list[Document]:
    """Return the appendices in files of their own, the first one first."""
    return _of(tx, document_id, RouteName.APPENDIX)


def _of(tx: Tx, document_id: UUID, route: RouteName) -> list[Document]:
    query = select(Document).where(Document.original_id == document_id, Document.route == route)
    return list(tx.scalars(query.order_by(Document.received_at, Document.id)))


def revisions(tx: Tx, document_id: UUID) -> list[Revision]:
    """Return the revisions of a document, the first one first."""
    query = select(Revision).where(Revision.document_id == document_id).order_by(Revision.ordinal)
    return list(tx.scalars(query))


def revision(tx: Tx, document_id: UUID, ordinal: int) -> Revision:
    """Return one revision.

    Raises:
        RevisionMissingError: the document has none with this number.
    """
    found = tx.get(Revision, (document_id, ordinal))
    if found is None:
        raise RevisionMissingError(document=str(document_id), revision=ordinal)
    return found


def events(tx: Tx, document_id: UUID) -> list[Event]:
    """Return what happened to a document, in order."""
    return list(
        tx.scalars(select(Event).where(Event.document_id == document_id).order_by(Event.id))
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Document.unit_code.in_(wanted.units)]
    if wanted.states is not None:
        conditions.append(Document.state.in_(wanted.states))
    if wanted.paper_only is not None:
        conditions.append(Document.paper_only.is_(wanted.paper_only))
    if wanted.arrived is not None:
        there = and_(Document.route == RouteName.INCOMING, Document.state == State.DEPOSITED)
        conditions.append(there if wanted.arrived else not_(there))
    if wanted.waits_for_nobody:
        conditions.append(Document.waits_for.is_(None))
    if wanted.waits_for is not None:
        conditions.append(Document.waits_for == wanted.waits_for)
    if wanted.waits_before is not None:
        conditions.append(Document.state.in_(REACHED_BEFORE[wanted.waits_before]))
        conditions.append(Document.waits_for == WAITS_FOR[wanted.waits_before])
    if wanted.text:
        columns = (
            Document.subject,
            Document.number_text,
            Document.symbol,
            Document.file_name,
            Document.signer,
        )
        conditions.append(or_(*(c.icontains(wanted.text, autoescape=True) for c in columns)))
    return conditions


def _cursor(document: Document) -> str:
    plain = f"{document.received_at.astimezone(UTC).isoformat()} {document.id}"
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def _parse(cursor: str) -> tuple[datetime, UUID]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        moment, document_id = base64.urlsafe_b64decode(padded.encode()).decode().split(" ")
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None:
            raise CursorError
        return at, UUID(document_id)
    except (ValueError, binascii.Error) as e:
        raise CursorError from e
