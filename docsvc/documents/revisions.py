"""The bytes of a document: revisions, attachments, and the claims that announce their blobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

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
        RevisionConflictError: ``after`` is no longer the last one, or the blob's claim was swept.
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
    """Attach a blob under a name, in place of the one that had the name.

    Raises:
        RevisionConflictError: the blob's claim was swept.
    """
    replaced = tx.get(Attachment, (document_id, blob.name))
    if replaced is not None and replaced.digest != blob.digest:
        claim_blob(tx, document_id, step, replaced.digest, at=at)
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


def attachments(tx: Tx, document_id: UUID) -> dict[str, str]:
    """Return the digest of everything that is attached to a document, by name."""
    query = select(Attachment).where(Attachment.document_id == document_id)
    return {one.name: one.digest for one in tx.scalars(query)}


def has_claims(tx: Tx, document_id: UUID) -> bool:
    """Say whether blobs were announced for a document and not used yet."""
    found = select(BlobClaim.digest).where(BlobClaim.document_id == document_id).limit(1)
    return tx.scalar(found) is not None


def claims(
    tx: Tx, *, before: datetime, condemned_before: datetime, document_id: UUID | None = None
) -> list[BlobClaim]:
    """Return what may be swept: old claims, and those that a sweep has left condemned."""
    left = and_(BlobClaim.condemned, BlobClaim.at <= condemned_before)
    query = select(BlobClaim).where(or_(BlobClaim.at <= before, left))
    if document_id is not None:
        query = query.where(BlobClaim.document_id == document_id)
    return list(tx.scalars(query))


def condemn(tx: Tx, claim: BlobClaim, *, at: datetime) -> bool:
    """Keep a claim from being settled; False if it was settled or condemned in the meantime."""
    done = tx.execute(
        update(BlobClaim)
        .where(*_same(claim), BlobClaim.at == claim.at)
        .values(condemned=True, at=at)
        .returning(BlobClaim.digest)
    )
    return done.one_or_none() is not None


def is_being_swept(tx: Tx, digest: str) -> bool:
    """Say whether somebody may be about to destroy the blob of this digest."""
    query = select(BlobClaim.digest).where(BlobClaim.digest == digest, BlobClaim.condemned)
    return tx.scalar(query.limit(1)) is not None


def blob_is_needed(tx: Tx, digest: str) -> bool:
    """Say whether a claim, a revision or an attachment of any document stands for this digest."""
    claimed = select(BlobClaim.digest).where(BlobClaim.digest == digest, ~BlobClaim.condemned)
    # The claims first: one that is settled between the two questions is found by the second.
    return tx.scalar(claimed.limit(1)) is not None or any(
        tx.scalar(select(table.digest).where(table.digest == digest).limit(1)) is not None
        for table in (Revision, Attachment)
    )


def drop_claim(tx: Tx, claim: BlobClaim) -> None:
    """Forget a claim whose blob has been removed."""
    tx.execute(delete(BlobClaim).where(*_same(claim)))


def settle_claim(tx: Tx, document_id: UUID, digest: str, step: Step) -> None:
    """Forget the claim of a blob that now belongs to the document.

    Raises:
        RevisionConflictError: the claim was swept, and the blob may be gone.
    """
    settled = tx.execute(
        delete(BlobClaim)
        .where(
            BlobClaim.digest == digest,
            BlobClaim.document_id == document_id,
            BlobClaim.step == step,
            ~BlobClaim.condemned,
        )
        .returning(BlobClaim.digest)
    )
    if settled.one_or_none() is None:
        raise RevisionConflictError(document=str(document_id), step=step)


def _same(claim: BlobClaim) -> tuple[ColumnElement[bool], ...]:
    return (
        BlobClaim.digest == claim.digest,
        BlobClaim.document_id == claim.document_id,
        BlobClaim.step == claim.step,
    )
