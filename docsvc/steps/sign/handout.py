"""Hand a file out to be signed on somebody's own PC, and take it back.

What is handed out is ready: places reserved, number and date filled in. It is not kept but made
anew whenever it is asked for, and has to come out the same. What comes back is looked at in a
child process; until it is accepted nothing has changed, and then the document goes on as after a
signature of the service's own. Its tool may have added no timestamp: the document timestamp of
the step that follows proves the time of all signatures before it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select, update

from docsvc.audit import service as audit
from docsvc.clock import VIETNAM
from docsvc.documents import revisions
from docsvc.documents import service as documents
from docsvc.documents.errors import NotWaitingError
from docsvc.documents.stores import Stores, grow
from docsvc.documents.tables import Document, Revision
from docsvc.errors import DocsvcError
from docsvc.jobs.engine import JobQueue
from docsvc.organisations import queries as organisations
from docsvc.organisations.queries import CertificateRecord
from docsvc.sandbox import Sandbox
from docsvc.steps.sign.plans import certificate_for, fills_for
from docsvc.steps.sign.rules import FIELD_OF, ROLE_OF, later_fields, places_of
from docsvc.steps.sign.tables import HandOut
from docsvc.workflow import ALONE, RouteName, Step
from signing.model import ReservedPlaces, Role
from verification.extension import Expected

if TYPE_CHECKING:
    from docsvc.db.transactions import Tx

_MAKE = "docsvc.steps.sign.handout_tasks:make"
_TAKE_BACK = "docsvc.steps.sign.handout_tasks:take_back"

_TOKEN_BYTES = 32
# Wrong field, wrong token, wrong file: a person gets it right sooner; a program is stopped.
_MAX_REFUSALS = 10


class HandOutUnknownError(DocsvcError):
    """No hand-out has this token: it never was, was used, or a newer one has taken its place."""

    code = "sign.handout-unknown"


class HandOutExpiredError(DocsvcError):
    """The hand-out has run out; nothing was stored."""

    code = "sign.handout-expired"


class HandOutStaleError(DocsvcError):
    """The document is no longer what was handed out; nothing was stored."""

    code = "sign.handout-stale"


class HandOutDrawnHereError(DocsvcError):
    """What the body signs alone bears a line or a stamp that the service draws: no hand-out."""

    code = "sign.handout-drawn-here"


class HandOutExhaustedError(DocsvcError):
    """Too many unfit files came back for one hand-out; nothing was stored."""

    code = "sign.handout-exhausted"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOut:
    """A file that waits to be fetched and signed; ``token`` opens it, and is never shown again.

    ``sha256`` and ``size`` are of the file; ``certificates`` the SHA-256 of those entitled.
    """

    document_id: UUID
    step: Step
    role: Role
    field: str
    file_name: str
    sha256: str
    size: int
    expires_at: datetime
    certificates: tuple[str, ...]
    number_text: str | None
    issued_on: date | None
    token: str = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """For whom and for what a token stands."""

    document_id: UUID
    unit_code: str
    step: Step
    account: str
    file_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What is signed: the last revision, and how it is made ready."""

    base: Revision
    role: Role
    step: Step
    places: ReservedPlaces | None
    values: dict[str, str]
    certificates: tuple[CertificateRecord, ...]
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOuts:
    """Hands files out and takes them back."""

    stores: Stores
    jobs: JobQueue
    sandbox: Sandbox
    valid_for: timedelta
    new_fields: bool

    def hand_out(self, document_id: UUID, *, account: str) -> HandedOut:
        """Make a file ready for the signature that a document waits for.

        Args:
            document_id: whose; an older hand-out for the same signature is void from now on.
            account: who may fetch it and send it back.

        Raises:
            NotWaitingError: the document waits for no signature.
            HandOutDrawnHereError: the service draws the line of a copy, and the stamp.
            NoCertificateError, SealMissingError: nobody in the inventory may sign this today.
            NoMandateError, MandateDatesError, MandateAuthorityError: who may not.
            NotThisPersonError, AdministratorError: the account may not have it signed.
            CodedError: the file can't be made ready.
        """
        now = self.stores.clock.now()
        with self.stores.transactions() as tx:
            order = self._order(tx, document_id, account, now)
        made = self._made(order)
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        row = HandOut(
            document_id=document_id,
            step=order.step,
            token_digest=_digest(token),
            account=account,
            base_digest=order.base.digest,
            sha256=hashlib.sha256(made).hexdigest(),
            size=len(made),
            made_at=now,
            expires_at=now + self.valid_for,
            # Named, so that they replace those of the hand-out before.
            taken_at=None,
            returned_at=None,
            field=None,
            refusals=0,
        )
        with self.stores.transactions() as tx:
            self._require_current(tx, row)
            tx.merge(row)
            facts = {"step": order.step, "sha256": row.sha256}
            audit.append(
                tx, at=now, actor=account, act="handout.make", subject=str(document_id), **facts
            )
        return HandedOut(
            document_id=document_id,
            step=order.step,
            role=order.role,
            field=FIELD_OF[order.role],
            file_name=_file_name(order.document),
            sha256=row.sha256,
            size=row.size,
            expires_at=row.expires_at,
            certificates=tuple(one.fingerprint for one in order.certificates),
            number_text=order.document.number_text,
            issued_on=order.document.issued_on,
            token=token,
        )

    def find(self, token: str) -> Held:
        """Return what a token stands for.

        Raises:
            HandOutUnknownError: for nothing.
            HandOutExpiredError: for nothing any more.
        """
        with self.stores.transactions() as tx:
            row = self._live(tx, token)
            document = documents.get(tx, row.document_id)
            return Held(
                document_id=row.document_id,
                unit_code=document.unit_code,
                step=row.step,
                account=row.account,
                file_name=_file_name(document),
            )

    def file(self, token: str) -> bytes:
        """Return the file that was handed out; it may be fetched again until it comes back.

        Raises:
            HandOutUnknownError, HandOutExpiredError: the token opens nothing.
            HandOutStaleError: the document has changed since.
        """
        now = self.stores.clock.now()
        with self.stores.transactions() as tx:
            row = self._live(tx, token)
            self._require_current(tx, row)
            order = self._order(tx, row.document_id, row.account, now)
        made = self._made(order)
        if hashlib.sha256(made).hexdigest() != row.sha256:
            raise HandOutStaleError(document=str(row.document_id))
        with self.stores.transactions() as tx:
            taken = tx.execute(
                update(HandOut)
                .where(HandOut.token_digest == row.token_digest, HandOut.taken_at.is_(None))
                .values(taken_at=now)
                .returning(HandOut.document_id)
            ).one_or_none()
            if taken is not None:
                audit.append(
                    tx, at=now, actor=row.account, act="handout.take", subject=str(row.document_id)
                )
        return made

    def take_back(self, token: str, data: bytes) -> UUID:
        """Accept a signed file; the document moves on. Whatever is refused changes nothing.

        Returns:
            The document.

        Raises:
            HandOutUnknownError, HandOutExpiredError: the token opens nothing.
            HandOutStaleError: the document has changed since.
            HandOutExhaustedError: too many files were refused.
            CodedError: the file is refused; the code (``verification.extension-…``, or
                ``sign.handout-unfit``) says why.
        """
        now = self.stores.clock.now()
        with self.stores.transactions() as tx:
            row = self._live(tx, token)
            self._require_current(tx, row)
            order = self._order(tx, row.document_id, row.account, now)
        found = self._accepted(row, order, data, now)
        certificate = next(
            one for one in order.certificates if one.fingerprint == found["certificate"]
        )

        def settle(tx: Tx) -> None:
            live = self._live(tx, token)
            live.returned_at, live.field = now, found["field"]
            documents.confirm(tx, row.document_id, row.step, account=row.account, at=now)
            documents.get(tx, row.document_id).device = certificate.device
            self.jobs.enqueue(tx, row.document_id)

        grow(
            self.stores,
            row.document_id,
            row.step,
            after=order.base,
            before=self.stores.blobs.get(order.base.digest),
            now=data,
            facts={
                "certificate": certificate.fingerprint,
                "device": certificate.device,
                "way": "handout",
            },
            also=settle,
            actor=row.account,
        )
        return row.document_id

    def _accepted(self, row: HandOut, order: _Order, data: bytes, now: datetime) -> dict[str, str]:
        """Look at the file in a child; a refusal is counted and recorded."""
        expected = Expected(
            sha256=row.sha256,
            size=row.size,
            field=FIELD_OF[order.role],
            certificates=frozenset(one.fingerprint for one in order.certificates),
            new_field=self.new_fields,
            texts=order.values,
            later=later_fields(order.role),
        )
        try:
            return self.sandbox.run(_TAKE_BACK, data, expected, now.isoformat()).facts
        except DocsvcError as e:
            with self.stores.transactions() as tx:
                tx.execute(
                    update(HandOut)
                    .where(HandOut.token_digest == row.token_digest)
                    .values(refusals=HandOut.refusals + 1)
                )
                facts = {"code": e.code, "step": row.step}
                audit.append(
                    tx,
                    at=now,
                    actor=row.account,
                    act="handout.refuse",
                    subject=str(row.document_id),
                    **facts,
                )
            raise

    def _live(self, tx: Tx, token: str) -> HandOut:
        row = tx.scalars(
            select(HandOut).where(HandOut.token_digest == _digest(token))
        ).one_or_none()
        if row is None or row.returned_at is not None:
            raise HandOutUnknownError
        if row.expires_at <= self.stores.clock.now():
            raise HandOutExpiredError(document=str(row.document_id))
        if row.refusals >= _MAX_REFUSALS:
            raise HandOutExhaustedError(document=str(row.document_id))
        return row

    def _require_current(self, tx: Tx, row: HandOut) -> None:
        try:
            leg = documents.waiting_leg(tx, row.document_id)
        except NotWaitingError as e:
            raise HandOutStaleError(document=str(row.document_id)) from e
        last = revisions.last_revision(tx, row.document_id)
        if leg.step is not row.step or last.digest != row.base_digest:
            raise HandOutStaleError(document=str(row.document_id))

    def _order(self, tx: Tx, document_id: UUID, account: str, now: datetime) -> _Order:
        """Gather what the signature needs from the database and the inventory."""
        leg = documents.waiting_leg(tx, document_id)
        if leg.step not in ROLE_OF:
            raise NotWaitingError(document=str(document_id), step=leg.step)
        role, document = ROLE_OF[leg.step], documents.get(tx, document_id)
        if document.route in ALONE | {RouteName.INCOMING}:
            raise HandOutDrawnHereError(document=str(document_id))
        on = now.astimezone(VIETNAM).date()
        return _Order(
            base=revisions.last_revision(tx, document_id),
            role=role,
            step=leg.step,
            places=places_of(document.classification) if role is Role.LEADER else None,
            values=fills_for(document) if role is Role.ORGANISATION else {},
            certificates=_entitled(tx, document, role, on, account),
            document=document,
        )

    def _made(self, order: _Order) -> bytes:
        pdf = self.stores.blobs.get(order.base.digest)
        return self.sandbox.run(_MAKE, pdf, order.places, order.values).frames[0]


def _entitled(
    tx: Tx, document: Document, role: Role, on: date, account: str
) -> tuple[CertificateRecord, ...]:
    """Return every usable certificate of the body, or of the officer who signs: all devices."""
    first = certificate_for(tx, document, role, on=on, account=account)
    if role is Role.ORGANISATION:
        return organisations.seal_certificates(tx, document.unit_code, on)
    held = organisations.leader_certificates(tx, document.unit_code, on)
    return tuple(one for one in held if one.officer == first.officer)


def _file_name(document: Document) -> str:
    """Return a name that tells a person and a signing tool which document it is."""
    return document.file_name or f"{document.id}.pdf"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
