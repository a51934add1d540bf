"""What became of a document is written into the batch that it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, update

from docsvc.documents import service as documents
from docsvc.steps.sign.rules import ItemOutcome
from docsvc.steps.sign.tables import BatchItem, PendingSignature

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from docsvc.db.transactions import Tx
    from docsvc.workflow import Step


def end(
    tx: Tx, document_id: UUID, outcome: ItemOutcome, *, at: datetime, code: str | None = None
) -> None:
    """Write down the outcome, if the document is under way in a batch."""
    tx.execute(
        update(BatchItem)
        .where(BatchItem.document_id == document_id, BatchItem.outcome.is_(None))
        .values(outcome=outcome, code=code, ended_at=at)
    )


def forget_pending(tx: Tx, document_id: UUID, step: Step) -> None:
    """Let go of a signature that was intended: it is made, or will not be."""
    tx.execute(
        delete(PendingSignature).where(
            PendingSignature.document_id == document_id, PendingSignature.step == step
        )
    )


def take_back(  # noqa: PLR0913  # which yes, why, what it means for a batch, when, by whom
    tx: Tx,
    document_id: UUID,
    step: Step,
    *,
    code: str,
    at: datetime,
    actor: str = "system",
    outcome: ItemOutcome = ItemOutcome.FAILED,
) -> None:
    """Sign nothing: the person is asked again, and sees why."""
    forget_pending(tx, document_id, step)
    if documents.withdraw(tx, document_id, step, code=code, at=at, actor=actor):
        end(tx, document_id, outcome, at=at, code=code)
