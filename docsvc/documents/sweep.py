"""Remove blobs that a crash has left without a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docsvc.documents import revisions

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from docsvc.blobs.store import Blobs
    from docsvc.db.transactions import Transactions


def sweep(
    *,
    transactions: Transactions,
    blobs: Blobs,
    before: datetime,
    document_id: UUID | None = None,
) -> int:
    """Destroy the blobs of old claims that no revision uses; forget the claims.

    The blob goes first and the claim after it: a crash in between is swept again.

    Returns:
        How many blobs were destroyed.
    """
    destroyed = 0
    with transactions() as tx:
        old = [
            (claim, revisions.blob_is_used(tx, claim.digest))
            for claim in revisions.claims(tx, before=before, document_id=document_id)
        ]
    for claim, used in old:
        if not used:
            blobs.delete(claim.digest)
            destroyed += 1
        with transactions() as tx:
            revisions.drop_claim(tx, claim)
    return destroyed
