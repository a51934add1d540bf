"""Many documents in one confirmation: begun at once, followed one by one, stopped in between.

A batch holds no thread and no file: each of its documents goes its own road, so that a crash
leaves nothing but roads to be taken up. What became of a document is written into its line by
the transaction that makes it true.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import Select, select

from docsvc.audit import service as audit
from docsvc.db.transactions import Transactions
from docsvc.documents import service as documents
from docsvc.documents.errors import DocumentMissingError, NotWaitingError
from docsvc.documents.tables import Document
from docsvc.errors import DocsvcError
from docsvc.steps.sign import items
from docsvc.steps.sign.requests import Requests
from docsvc.steps.sign.rules import (
    OPEN,
    ItemOutcome,
    Progress,
    RequestState,
    certificate_facts,
    progress_of,
)
from docsvc.steps.sign.tables import BatchItem, PendingSignature, SignatureBatch, SigningRequest
from docsvc.steps.sign.waiting import Waiting, view_of
from docsvc.workflow import ENDED, Step

if TYPE_CHECKING:
    from docsvc.db.transactions import Tx

# What a person can have looked at before one confirmation.
MAX_DOCUMENTS = 500
_STOPPED = "sign.batch-stopped"
_NOTHING: Mapping[UUID, str] = {}


class BatchUnknownError(DocsvcError):
    """There is no such batch, or it is another person's."""

    code = "sign.batch-unknown"


class BatchSizeError(DocsvcError):
    """A batch has one document at least, and not too many."""

    code = "sign.batch-size"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A document of a batch; ``code`` and ``facts`` say why it is not signed, or not yet."""

    document_id: UUID
    title: str
    number_text: str | None
    unit_code: str
    progress: Progress
    code: str | None
    facts: Mapping[str, object]
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch as it stands; ``waiting`` are the requests that a holder is asked now."""

    id: UUID
    step: Step
    account: str
    created_at: datetime
    stopped_at: datetime | None
    lines: tuple[Line, ...]
    waiting: tuple[Waiting, ...]

    @property
    def counts(self) -> dict[Progress, int]:
        """Count the documents by where they are."""
        found = Counter(line.progress for line in self.lines)
        return {progress: found[progress] for progress in Progress}

    @property
    def is_over(self) -> bool:
        """Say whether nothing of it is under way any more."""
        counts = self.counts
        return not counts[Progress.QUEUED] and not counts[Progress.WAITING]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchHead:
    """A batch in a list."""

    id: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """Begins, shows and stops batches."""

    transactions: Transactions
    requests: Requests

    def begin(
        self,
        step: Step,
        document_ids: Sequence[UUID],
        *,
        account: str,
        certificate: str = "",
        refused: Mapping[UUID, str] = _NOTHING,
    ) -> UUID:
        """Say yes to one step of many documents; one that does not wait for it is left as it is.

        Args:
            step: what is said yes to.
            document_ids: of which documents.
            account: whose yes it is.
            certificate: fingerprint of the one that was chosen by hand.
            refused: documents that are left as they are, with the code of the reason.

        Returns:
            The number of the batch, in which each document has a line.

        Raises:
            BatchSizeError: there are none, or more than `MAX_DOCUMENTS`.
            DocumentMissingError: one does not exist; nothing was begun.
        """
        chosen = list(dict.fromkeys(document_ids))
        if not 1 <= len(chosen) <= MAX_DOCUMENTS:
            raise BatchSizeError(number=len(chosen), limit=MAX_DOCUMENTS)
        batch_id, at = uuid4(), self.requests.clock.now()
        facts = {"batch": str(batch_id)} | certificate_facts(certificate)
        with self.transactions() as tx:
            tx.add(SignatureBatch(id=batch_id, step=step, account=account, created_at=at))
            tx.flush()
            documents.hold(tx, chosen)
            waiting = [d for d in chosen if _waits_for(tx, d, step)]
            ready = [d for d in waiting if d not in refused]
            for position, document_id in enumerate(chosen):
                waits = document_id in waiting
                code = refused.get(document_id) if waits else NotWaitingError.code
                tx.add(_item(batch_id, position, document_id, at, code=code))
            tx.flush()
            for document_id in ready:
                documents.confirm(tx, document_id, step, account=account, at=at, facts=facts)
                self.requests.enqueue(tx, document_id)
            audit.append(
                tx, at=at, actor=account, act=f"batch.{step}", subject=str(batch_id),
                documents=len(ready),
            )  # fmt: skip
        return batch_id

    def view(self, batch_id: UUID, *, account: str) -> Batch:
        """Return a batch with a line for each document.

        Raises:
            BatchUnknownError: there is none, or it is another person's.
        """
        with self.transactions() as tx:
            batch = _own(tx, batch_id, account)
            rows = tx.execute(
                select(BatchItem, Document, PendingSignature.document_id)
                .join(Document, Document.id == BatchItem.document_id)
                .outerjoin(
                    PendingSignature,
                    (PendingSignature.document_id == Document.id)
                    & (PendingSignature.step == batch.step),
                )
                .where(BatchItem.batch_id == batch_id)
                .order_by(BatchItem.position)
            )
            lines = tuple(
                _line(item, doc, asked=pending is not None) for item, doc, pending in rows
            )
            waiting = tuple(
                view_of(tx, r, providers=self.requests.providers)
                for r in _requests(tx, batch_id)
                if r.state is not RequestState.INTENDED or r.expires_at is not None
            )
            return Batch(
                id=batch.id,
                step=batch.step,
                account=batch.account,
                created_at=batch.created_at,
                stopped_at=batch.stopped_at,
                lines=lines,
                waiting=waiting,
            )

    def latest(self, step: Step, *, account: str, limit: int) -> tuple[BatchHead, ...]:
        """Return a person's batches of a step, the newest first."""
        query = (
            select(SignatureBatch.id, SignatureBatch.created_at)
            .where(SignatureBatch.account == account, SignatureBatch.step == step)
            .order_by(SignatureBatch.created_at.desc(), SignatureBatch.id)
            .limit(limit)
        )
        with self.transactions() as tx:
            return tuple(BatchHead(id=i, created_at=at) for i, at in tx.execute(query))

    def stop(self, batch_id: UUID, *, account: str) -> None:
        """Begin with no other document; what a holder is asked now, or a token signs, goes on.

        Raises:
            BatchUnknownError: there is none, or it is another person's.
        """
        at = self.requests.clock.now()
        with self.transactions() as tx:
            batch = _own(tx, batch_id, account)
            batch.stopped_at = batch.stopped_at or at
            tx.flush()
            # Every turn and every document first, then the audit chain: see `Requests`.
            held = [self.requests.taken(tx, r.transaction) for r in _requests(tx, batch_id)]
            documents.hold(tx, tx.scalars(_unfinished(batch)))
            for request in held:
                if request is not None and request.state in OPEN and request.expires_at is None:
                    self.requests.give_up(
                        tx, request, RequestState.CANCELLED, _STOPPED,
                        actor=account, outcome=ItemOutcome.STOPPED,
                    )  # fmt: skip
            left = tx.scalars(_unfinished(batch).where(PendingSignature.document_id.is_(None)))
            for document_id in list(left):
                items.take_back(
                    tx, document_id, batch.step, code=_STOPPED, at=at, actor=account,
                    outcome=ItemOutcome.STOPPED,
                )  # fmt: skip


def _own(tx: Tx, batch_id: UUID, account: str) -> SignatureBatch:
    found = tx.get(SignatureBatch, batch_id)
    if found is None or found.account != account:
        raise BatchUnknownError
    return found


def _waits_for(tx: Tx, document_id: UUID, step: Step) -> bool:
    if tx.get(Document, document_id) is None:
        raise DocumentMissingError(document=str(document_id))
    try:
        return documents.waiting_leg(tx, document_id).step is step
    except NotWaitingError:
        return False


def _item(
    batch_id: UUID, position: int, document_id: UUID, at: datetime, *, code: str | None
) -> BatchItem:
    return BatchItem(
        batch_id=batch_id,
        position=position,
        document_id=document_id,
        outcome=None if code is None else ItemOutcome.FAILED,
        code=code,
        facts={},
        ended_at=None if code is None else at,
    )


def _requests(tx: Tx, batch_id: UUID) -> list[SigningRequest]:
    """Return the open requests, in the order of the keys whose turns they take."""
    return list(
        tx.scalars(
            select(SigningRequest)
            .where(SigningRequest.batch_id == batch_id, SigningRequest.state.in_(OPEN))
            .order_by(SigningRequest.provider, SigningRequest.key_id, SigningRequest.created_at)
        )
    )


def _unfinished(batch: SignatureBatch) -> Select[UUID]:
    """Select the documents that are under way, beside the signature that is begun, if one is."""
    return (
        select(BatchItem.document_id)
        .outerjoin(
            PendingSignature,
            (PendingSignature.document_id == BatchItem.document_id)
            & (PendingSignature.step == batch.step),
        )
        .where(BatchItem.batch_id == batch.id, BatchItem.outcome.is_(None))
    )


def _line(item: BatchItem, document: Document, *, asked: bool) -> Line:
    ended = document.state in ENDED
    progress = progress_of(item.outcome, ended=ended, asked=asked)
    under_way = progress in {Progress.QUEUED, Progress.WAITING}
    ended_code = document.ended_code if progress is Progress.FAILED else None
    return Line(
        document_id=document.id,
        title=document.title,
        number_text=document.number_text or document.symbol,
        unit_code=document.unit_code,
        progress=progress,
        code=item.code or (document.waiting_code if under_way else ended_code),
        facts=document.ended_facts if ended else {},
        ended_at=item.ended_at,
    )
