"""The bytes of a document: revisions, attachments, and the claims that announce their blobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from docsvc.documents.errors import (
    DocumentMissingError,
    RevisionConflictError,
    RevisionNotExtendedError,
)
from docsvc.documents.tables import Attachment, BlobClaim, Revision
from docsvc.workflow import Step

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from docsvc.db.transactions import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """New bytes of a document: what made them, and whether they begin with the bytes before."""

    step: Step
    digest: str
    size: int
    extends: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedBlob:
    """A blob that belongs to a document under a name."""

    name: str
    digest: str
    size: int


def last_revision(tx: Tx, document_id: UUID) -> Revision:
    """Return the newest revision.

    Raises:
        DocumentMissingError: there is none.
    """
    found = tx.scalars(
        select(Revision)
        .where(Revision.document_id == document_id)
        .order_by(Revision.ordinal.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        raise DocumentMissingError(document=str(document_id))
    return found


def revision(tx: Tx, document_id: UUID, ordinal: int | None = None) -> Revision:
    """Return a revision by its ordinal, from 1; the newest if none is named.

    Raises:
        DocumentMissingError: there is none.
    """
    if ordinal is None:
        return last_revision(tx, document_id)
    found = tx.get(Revision, (document_id, ordinal))
    if found is None:
        raise DocumentMissingError(document=str(document_id), revision=ordinal)
    return found


def claim_blob(tx: Tx, document_id: UUID, step: Step, digest: str, *, at: datetime) -> None:
    """Announce a blob before it is written, in a transaction of its own."""
    if tx.get(BlobClaim, (digest, document_id, step)) is None:
        tx.add(BlobClaim(digest=digest, document_id=document_id, step=step, at=at))


def append_revision(
    tx: Tx, document_id: UUID, *, after: Revision, growth: Growth, at: datetime
) -> Revision:
    """Append a revision after ``after``.

    Raises:
        RevisionNotExtendedError: ``after`` is signed and the new bytes do not begin with it.
        RevisionConflictError: ``after`` is no longer the last one.
    """
    if after.step is not Step.RECEIVE and not growth.extends:
        raise RevisionNotExtendedError(document=str(document_id), step=growth.step)
    if last_revision(tx, document_id).ordinal != after.ordinal:
        raise RevisionConflictError(document=str(document_id), step=growth.step)
    revision = Revision(
        document_id=document_id,
        ordinal=after.ordinal + 1,
        step=growth.step,
        digest=growth.digest,
        size=growth.size,
        created_at=at,
    )
    tx.add(revision)
    settle_claim(tx, document_id, growth.digest, growth.step)
    return revision


def attach(tx: Tx, document_id: UUID, step: Step, blob: NamedBlob, *, at: datetime) -> None:
    """Attach a blob under a name, in place of the one that had the name."""
    tx.merge(
        Attachment(
            document_id=document_id,
            name=blob.name,
            digest=blob.digest,
            size=blob.size,
            created_at=at,
        )
    )
    settle_claim(tx, document_id, blob.digest, step)


def attachment(tx: Tx, document_id: UUID, name: str) -> Attachment:
    """Return what is attached under a name.

    Raises:
        DocumentMissingError: nothing is.
    """
    found = tx.get(Attachment, (document_id, name))
    if found is None:
        raise DocumentMissingError(document=str(document_id), attachment=name)
    return found


def claims(tx: Tx, *, before: datetime, document_id: UUID | None = None) -> list[BlobClaim]:
    """Return the claims that were made before a moment: what a crash may have left behind."""
    query = select(BlobClaim).where(BlobClaim.at <= before)
    if document_id is not None:
        query = query.where(BlobClaim.document_id == document_id)
    return list(tx.scalars(query))


def blob_is_used(tx: Tx, digest: str) -> bool:
    """Say whether a revision or an attachment of any document has this digest."""
    return any(
        tx.scalar(select(table.digest).where(table.digest == digest).limit(1)) is not None
        for table in (Revision, Attachment)
    )


def drop_claim(tx: Tx, claim: BlobClaim) -> None:
    """Forget a claim whose blob has been removed."""
    tx.execute(
        delete(BlobClaim).where(
            BlobClaim.digest == claim.digest,
            BlobClaim.document_id == claim.document_id,
            BlobClaim.step == claim.step,
        )
    )


def settle_claim(tx: Tx, document_id: UUID, digest: str, step: Step) -> None:
    """Forget the claim of a blob that now belongs to the document."""
    tx.execute(
        delete(BlobClaim).where(
            BlobClaim.digest == digest,
            BlobClaim.document_id == document_id,
            BlobClaim.step == step,
        )
    )
