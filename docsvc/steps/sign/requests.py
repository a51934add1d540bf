"""Requests to providers: opened by the road, ended by the first of answer, expiry and cancel.

Whoever changes a request holds its key's turn first (`lease.queue_up`), then the request, then
its documents, then the audit chain: always in this order, so that nobody waits for each other.
Whatever comes second finds the request ended: it is written down and signs nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import func, select

from docsvc.audit import service as audit
from docsvc.clock import Clock
from docsvc.db.transactions import Tx
from docsvc.documents import service as documents
from docsvc.documents.errors import AwaitedError
from docsvc.documents.tables import Document
from docsvc.settings import Provider as ProviderSettings
from docsvc.steps.sign import items, lease, rules
from docsvc.steps.sign.providers import Providers
from docsvc.steps.sign.rules import GIVEN_UP, OPEN, RequestState
from docsvc.steps.sign.tables import BatchItem, PendingSignature, RequestDocument, SigningRequest
from docsvc.workflow import ENDED, Step
from signing.signers.base import Completed, Item, Pending, Refused, Request

if TYPE_CHECKING:
    from signing.signers.base import Outcome

EXPIRED = "sign.request-expired"
CANCELLED = "sign.request-cancelled"
CHANGED = "sign.changed-meanwhile"
INCOMPLETE = "sign.answer-incomplete"

# A request of a batch is looked at that often while its documents are prepared.
_GATHER_EVERY = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A signature that is prepared and needs its value.

    ``name`` is what the holder's device may call it; ``at`` the moment of signing.
    """

    document_id: UUID
    step: Step
    base_digest: str
    fingerprint: str
    provider: ProviderSettings
    key_id: str
    to_be_signed: bytes
    content_digest: bytes
    name: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """Opens and ends requests; ``enqueue`` lets the road of a document go on."""

    providers: Providers
    enqueue: Callable[[Tx, UUID], None]
    clock: Clock

    def ask(self, tx: Tx, wish: Wish) -> None:
        """Write down that the holder is to be asked; the document visibly waits.

        Raises:
            NotWaitingError: the document does not wait for this signature any more.
        """
        self._take_turn(tx, wish.provider.name, wish.key_id)
        documents.require_next(tx, wish.document_id, wish.step)
        account = documents.confirmation(tx, wish.document_id, wish.step).account
        known = tx.get(PendingSignature, (wish.document_id, wish.step), populate_existing=True)
        if known is not None and _is_open(tx, known):
            return  # somebody else was at the same step
        batch = _batch_of(tx, wish.document_id)
        request = self._gathering(tx, wish, batch) or self._opened(tx, wish, batch, account)
        position = _count(tx, request)
        tx.merge(_row(wish, request, position))
        tx.add(RequestDocument(transaction=request.transaction, document_id=wish.document_id))
        tx.flush()
        if request.state is RequestState.GATHERING and (
            position + 1 >= wish.provider.items_per_request
        ):
            self.complete_gathering(tx, request)
        self._promote(tx, wish.provider.name, wish.key_id)
        documents.wait(tx, wish.document_id, AwaitedError.code)
        tx.flush()
        audit.append(
            tx, at=self.clock.now(), actor=account, act="sign.asked",
            subject=str(wish.document_id), transaction=request.transaction,
        )  # fmt: skip

    def settle(self, tx: Tx, transaction: str, outcome: Outcome) -> None:
        """Write down what the provider says about a request."""
        request = self.taken(tx, transaction)
        if request is None:
            return
        match outcome:
            case Pending():
                self._pend(request, outcome)
            case _ if request.state not in OPEN:
                self._note_late(tx, request, outcome)
            case Completed():
                self._answer(tx, request, outcome)
            case Refused():
                self.give_up(tx, request, RequestState.REFUSED, outcome.code)

    def taken(self, tx: Tx, transaction: str) -> SigningRequest | None:
        """Return a request, held until ``tx`` ends; None if there is no such."""
        plain = tx.get(SigningRequest, transaction)
        if plain is None:
            return None
        self._take_turn(tx, plain.provider, plain.key_id)
        return tx.get(SigningRequest, transaction, with_for_update=True, populate_existing=True)

    def give_up(
        self,
        tx: Tx,
        request: SigningRequest,
        state: RequestState,
        code: str,
        *,
        actor: str = "system",
        outcome: rules.ItemOutcome = rules.ItemOutcome.FAILED,
    ) -> None:
        """End an open request, which is held; nothing is signed and its documents say why."""
        at = self.clock.now()
        rows = rows_of(tx, request.transaction)
        self._end(tx, request, state, code)
        if state in GIVEN_UP and request.handle is not None:
            request.next_at, request.attempts = at, 0  # the provider is told
        documents.hold(tx, [row.document_id for row in rows])
        for row in rows:
            items.take_back(
                tx, row.document_id, row.step, code=code, at=at, actor=actor, outcome=outcome
            )

    def complete_gathering(self, tx: Tx, request: SigningRequest) -> None:
        """Let a request of a batch wait for its turn: nothing more comes into it."""
        request.state, request.next_at = RequestState.INTENDED, None
        tx.flush()
        self._promote(tx, request.provider, request.key_id)

    def is_gathered(self, tx: Tx, request: SigningRequest) -> bool:
        """Say whether every document of the batch is prepared, or out of it."""
        left = (
            select(func.count())
            .select_from(BatchItem)
            .join(Document, Document.id == BatchItem.document_id)
            .outerjoin(
                PendingSignature,
                (PendingSignature.document_id == BatchItem.document_id)
                & (PendingSignature.step == request.step),
            )
            .where(
                BatchItem.batch_id == request.batch_id,
                BatchItem.outcome.is_(None),
                PendingSignature.document_id.is_(None),
                Document.state.not_in(ENDED),
            )
        )
        return not tx.scalar(left)

    def _take_turn(self, tx: Tx, provider: str, key_id: str) -> None:
        # The key is a person's phone number or account: its place in the queue has no name.
        turn = hashlib.sha256(f"{provider}\0{key_id}".encode()).hexdigest()
        lease.queue_up(tx, f"ask/{turn}")

    def _gathering(self, tx: Tx, wish: Wish, batch: UUID | None) -> SigningRequest | None:
        """Return the request of the document's batch that still takes documents in."""
        if batch is None or wish.provider.items_per_request == 1:
            return None
        return tx.scalars(
            select(SigningRequest).where(
                SigningRequest.batch_id == batch,
                SigningRequest.provider == wish.provider.name,
                SigningRequest.key_id == wish.key_id,
                SigningRequest.state == RequestState.GATHERING,
            )
        ).one_or_none()

    def _opened(self, tx: Tx, wish: Wish, batch: UUID | None, account: str) -> SigningRequest:
        transaction, at = uuid4().hex, self.clock.now()
        gathers = batch is not None and wish.provider.items_per_request > 1
        request = SigningRequest(
            transaction=transaction,
            step=wish.step,
            provider=wish.provider.name,
            key_id=wish.key_id,
            account=account,
            batch_id=batch,
            state=RequestState.GATHERING if gathers else RequestState.INTENDED,
            control_code=rules.control_code(transaction),
            prompt=rules.prompt_of([wish.name]),
            created_at=at,
            next_at=at + _GATHER_EVERY if gathers else None,
            attempts=0,
            fence=0,
            facts={},
        )
        tx.add(request)
        tx.flush()
        return request

    def _promote(self, tx: Tx, provider: str, key_id: str) -> None:
        """Send what may be sent now: the holder of a key is not asked everything at once."""
        if provider not in self.providers:
            return
        ours = (SigningRequest.provider == provider, SigningRequest.key_id == key_id)
        busy = select(func.count()).where(
            *ours,
            SigningRequest.state.in_([RequestState.INTENDED, RequestState.WAITING]),
            SigningRequest.next_at.is_not(None),
        )
        free = self.providers.settings_of(provider).requests_at_once - (tx.scalar(busy) or 0)
        queued = (
            select(SigningRequest)
            .where(
                *ours,
                SigningRequest.state == RequestState.INTENDED,
                SigningRequest.next_at.is_(None),
            )
            .order_by(SigningRequest.created_at, SigningRequest.transaction)
            .limit(max(0, free))
        )
        for request in tx.scalars(queued):
            request.next_at = self.clock.now()
        tx.flush()

    def _pend(self, request: SigningRequest, outcome: Pending) -> None:
        now = self.clock.now()
        request.handle, request.attempts = outcome.handle, 0
        if request.state in GIVEN_UP:
            request.next_at = now  # given up while it was being sent: the provider is told
        if request.state not in OPEN:
            return
        request.state, request.code = RequestState.WAITING, None
        expires_at = request.expires_at or now
        request.next_at = rules.next_poll(now, expires_at, outcome.poll_after_s)

    def _answer(self, tx: Tx, request: SigningRequest, outcome: Completed) -> None:
        rows = rows_of(tx, request.transaction)
        if len(rows) != len(outcome.values):
            self.give_up(tx, request, RequestState.FAILED, INCOMPLETE)
            return
        self._end(tx, request, RequestState.ANSWERED, None)
        documents.hold(tx, [row.document_id for row in rows])
        for row, value in zip(rows, outcome.values, strict=True):
            row.value = value
            documents.get(tx, row.document_id).waiting_code = None
            self.enqueue(tx, row.document_id)

    def _note_late(self, tx: Tx, request: SigningRequest, outcome: Outcome) -> None:
        """Keep that an answer came when nobody waited for it any more; nothing is signed by it."""
        at = self.clock.now()
        late = [*request.facts.get("late", []), {"at": at.isoformat(), "said": _said(outcome)}]
        request.facts = request.facts | {"late": late[-_MAX_LATE:]}
        if len(late) == 1:
            again = request.state is RequestState.ANSWERED
            audit.append(
                tx, at=at, actor=request.provider,
                act="sign.answered-again" if again else "sign.late-answer",
                subject=request.transaction, state=request.state, said=_said(outcome),
            )  # fmt: skip

    def _end(self, tx: Tx, request: SigningRequest, state: RequestState, code: str | None) -> None:
        request.state, request.code = state, code
        request.ended_at, request.next_at, request.holder = self.clock.now(), None, None
        tx.flush()
        self._promote(tx, request.provider, request.key_id)


# A provider that repeats itself must not fill the database.
_MAX_LATE = 10


def rows_of(tx: Tx, transaction: str) -> list[PendingSignature]:
    """Return the signatures of a request, in their order."""
    return list(
        tx.scalars(
            select(PendingSignature)
            .where(PendingSignature.request == transaction)
            .order_by(PendingSignature.position)
        )
    )


def request_of(tx: Tx, row: SigningRequest, *, valid_for_s: float) -> Request:
    """Return what the provider is asked."""
    items = tuple(
        Item(
            to_be_signed=one.to_be_signed or b"",
            content_digest=one.content_digest or b"",
            name=one.name or "",
        )
        for one in rows_of(tx, row.transaction)
    )
    return Request(
        key_id=row.key_id,
        items=items,
        transaction=row.transaction,
        prompt=row.prompt,
        control_code=row.control_code,
        valid_for_s=valid_for_s,
    )


def _batch_of(tx: Tx, document_id: UUID) -> UUID | None:
    return tx.scalar(
        select(BatchItem.batch_id).where(
            BatchItem.document_id == document_id, BatchItem.outcome.is_(None)
        )
    )


def _is_open(tx: Tx, row: PendingSignature) -> bool:
    if row.request is None:
        return False
    request = tx.get(SigningRequest, row.request)
    return request is not None and (request.state in OPEN or row.value is not None)


def _count(tx: Tx, request: SigningRequest) -> int:
    query = select(func.count()).where(PendingSignature.request == request.transaction)
    return tx.scalar(query) or 0


def _row(wish: Wish, request: SigningRequest, position: int) -> PendingSignature:
    return PendingSignature(
        document_id=wish.document_id,
        step=wish.step,
        base_digest=wish.base_digest,
        digest=hashlib.sha256(wish.to_be_signed).hexdigest(),
        fingerprint=wish.fingerprint,
        token=wish.provider.name,
        fence=0,
        intended_at=wish.at,
        value=None,
        request=request.transaction,
        position=position,
        to_be_signed=wish.to_be_signed,
        content_digest=wish.content_digest,
        name=wish.name,
    )


def _said(outcome: Outcome) -> str:
    return outcome.code if isinstance(outcome, Refused) else "completed"
