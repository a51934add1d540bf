"""Take an upload in: declaration, digest, secrecy gate, write-once blob, the road begins."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError

from docsvc.catalog.secrecy import mark_of
from docsvc.documents import service as documents
from docsvc.documents.errors import SecretDocumentError
from docsvc.documents.service import Arrival, Ending
from docsvc.documents.stores import Stores
from docsvc.errors import DocsvcError
from docsvc.jobs.engine import JobQueue
from docsvc.organisations.tables import Unit
from docsvc.sandbox import Sandbox
from docsvc.workflow import RouteName, State, Step

if TYPE_CHECKING:
    from docsvc.db.transactions import Tx

_GATE = "docsvc.steps.classify.tasks:gate"
_ACTIVE = "inspect.active-content"
# Longer names exist on no file system that could send them.
_MAX_NAME = 255


class NotDeclaredError(DocsvcError):
    """The uploader has not declared the document free of state secrets; nothing was stored."""

    code = "receive.not-declared"


class TooLargeError(DocsvcError):
    """The upload is larger than the setting allows; nothing was stored."""

    code = "receive.too-large"


class UnitUnknownError(DocsvcError):
    """There is no such body; nothing was stored."""

    code = "receive.unit-unknown"


class SecrecyDoubtfulError(DocsvcError):
    """A mark might be a secrecy mark: a person has to look; the bytes were not stored."""

    code = "receive.secrecy-doubtful"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the uploader says of the file.

    ``allow`` names the steps that the uploader confirms at once: the command line and the
    demonstration act for the clerk and the leader.
    ``marks_checked`` says that a person has looked at the marks on page 1 and that none is a
    secrecy mark; it lifts a doubt, never a recognised mark. ``fields`` are what the desk knows of
    the document before it is opened, by column.
    """

    unit_code: str
    file_name: str
    source: str
    actor: str
    declared_not_secret: bool
    idempotency_key: str | None = None
    allow: tuple[Step, ...] = ()
    marks_checked: bool = False
    route: RouteName = RouteName.OUTGOING
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Where the upload is now; ``ended_code`` says why it goes no further, if it does not."""

    document_id: UUID
    created: bool
    ended_code: str | None = None
    ended_facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """Takes uploads in."""

    stores: Stores
    jobs: JobQueue
    sandbox: Sandbox
    max_bytes: int

    def accept(self, data: bytes, offer: Offer) -> Accepted:
        """Take one upload in; the same bytes twice are one document.

        Raises:
            NotDeclaredError: the declaration is missing.
            TooLargeError: too many bytes.
            UnitUnknownError: no such body.
            SecretDocumentError: a secrecy mark was read; only the event stays.
            SecrecyDoubtfulError: a mark could not be read.
            IdempotencyConflictError: the key was used for other bytes.
        """
        digest = hashlib.sha256(data).hexdigest()
        known = self._admit(data, digest, offer)
        if known is not None:
            return known
        ending = self._gate(data, offer)
        arrival = Arrival(
            unit_code=offer.unit_code,
            sha256=digest,
            size=len(data),
            file_name=_plain_name(offer.file_name),
            source=offer.source,
            actor=offer.actor,
            declared_not_secret=offer.declared_not_secret,
            route=offer.route,
        )
        document_id = uuid4()
        self.stores.put_claimed(document_id, Step.RECEIVE, data)
        try:
            self._store(document_id, arrival, offer, ending)
        except IntegrityError:
            # The same bytes came in twice at the same moment; the other one won.
            return self._known(digest, offer)
        return Accepted(
            document_id=document_id,
            created=True,
            ended_code=ending.code if ending else None,
            ended_facts=ending.facts if ending else {},
        )

    def _admit(self, data: bytes, digest: str, offer: Offer) -> Accepted | None:
        """Check what needs no look into the file; return the document if it is known."""
        if not offer.declared_not_secret:
            raise NotDeclaredError
        if len(data) > self.max_bytes:
            raise TooLargeError(bytes=len(data), limit=self.max_bytes)
        with self.stores.transactions() as tx:
            if tx.get(Unit, offer.unit_code) is None:
                raise UnitUnknownError(unit=offer.unit_code)
            if offer.idempotency_key is not None:
                documents.by_key(tx, account=offer.actor, key=offer.idempotency_key, sha256=digest)
            return _accepted(tx, digest)

    def _known(self, digest: str, offer: Offer) -> Accepted:
        with self.stores.transactions() as tx:
            known = _accepted(tx, digest)
        if known is None:
            raise UnitUnknownError(unit=offer.unit_code)
        return known

    def _gate(self, data: bytes, offer: Offer) -> Ending | None:
        """Look for secrecy marks before anything is kept.

        Returns:
            How the road ends at once for a file that cannot be opened, or that would do
            something when it is opened; None if it goes on.
        """
        try:
            found = self.sandbox.run(_GATE, data).facts
        except DocsvcError as e:
            # What cannot be opened cannot be read for marks either: it is kept apart.
            return _apart(e.code, _plain(e.facts))
        match found["verdict"]:
            case "secret":
                level = str(found["level"])
                self._refuse(offer, State.REFUSED_SECRET, SecretDocumentError.code, level)
                raise SecretDocumentError(level=mark_of(level))
            case "doubtful" if not offer.marks_checked:
                self._refuse(offer, State.REJECTED, SecrecyDoubtfulError.code, None)
                raise SecrecyDoubtfulError
        return _apart(_ACTIVE, {"found": ", ".join(found["acts"])}) if found["acts"] else None

    def _refuse(self, offer: Offer, state: State, code: str, level: str | None) -> None:
        """Keep the event only: time, user, body, level; no bytes, no name, no digest (NORMS 6.2).

        It is a document that has ended, so that the reports can say how many were kept out.
        """
        at, document_id = self.stores.clock.now(), uuid4()
        arrival = Arrival(
            unit_code=offer.unit_code,
            sha256=None,
            size=0,
            file_name=None,
            source=offer.source,
            actor=offer.actor,
            declared_not_secret=offer.declared_not_secret,
        )
        ending = Ending(
            state=state,
            step=Step.RECEIVE,
            code=code,
            facts={"level": mark_of(level)},
            actor=offer.actor,
        )
        with self.stores.transactions() as tx:
            documents.add(tx, document_id, arrival, at=at).secrecy = level
            documents.end(tx, document_id, ending, at=at)

    def _store(
        self, document_id: UUID, arrival: Arrival, offer: Offer, ending: Ending | None
    ) -> None:
        at = self.stores.clock.now()
        with self.stores.transactions() as tx:
            document = documents.add(tx, document_id, arrival, at=at)
            for name, value in offer.fields.items():
                setattr(document, name, value)
            if offer.idempotency_key is not None:
                documents.remember_key(
                    tx,
                    account=offer.actor,
                    key=offer.idempotency_key,
                    sha256=arrival.sha256 or "",
                    document_id=document_id,
                    at=at,
                )
            for step in offer.allow:
                documents.allow(tx, document_id, step, account=offer.actor, at=at)
            if ending is not None:
                documents.end(tx, document_id, replace(ending, actor=offer.actor), at=at)
            else:
                self.jobs.enqueue(tx, document_id)


def _accepted(tx: Tx, digest: str) -> Accepted | None:
    known = documents.by_digest(tx, digest)
    if known is None:
        return None
    return Accepted(
        document_id=known.id,
        created=False,
        ended_code=known.ended_code,
        ended_facts=dict(known.ended_facts),
    )


def _plain_name(name: str) -> str:
    """Keep the last part of a file name, without control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[:_MAX_NAME]


def _apart(code: str, facts: dict[str, Any]) -> Ending:
    return Ending(state=State.QUARANTINED, step=Step.RECEIVE, code=code, facts=facts)


def _plain(facts: dict[str, object]) -> dict[str, Any]:
    return {k: v if isinstance(v, int | float) else str(v) for k, v in facts.items()}
