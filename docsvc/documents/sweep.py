"""Remove blobs that a crash has left without a document."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from docsvc.documents import revisions

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from docsvc.blobs.store import Blobs
    from docsvc.db.transactions import Transactions

# A sweep takes a moment for each claim; one that takes longer has died over it.
_SWEEP_AGE = timedelta(minutes=1)


def sweep(
    *,
    transactions: Transactions,
    blobs: Blobs,
    at: datetime,
    age: timedelta,
    document_id: UUID | None = None,
) -> int:
    """Destroy the blobs of old claims that nothing needs; forget the claims.

    Whoever made the claim may only be slow. So the claim is condemned first, which keeps it from
    being settled any more; then the blob goes, and last the claim: a crash in between is swept
    again.

    Args:
        transactions: of the database of the claims.
        blobs: the store.
        at: the present moment.
        age: of the claims that are old.
        document_id: whose claims; None: everybody's.

    Returns:
        How many blobs were destroyed.
    """
    destroyed = 0
    with transactions() as tx:
        old = revisions.claims(
            tx,
            before=at - age,
            condemned_before=at - min(age, _SWEEP_AGE),
            document_id=document_id,
        )
    for claim in old:
        with transactions() as tx:
            if not revisions.condemn(tx, claim, at=at):
                continue
        with transactions() as tx:
            needed = revisions.blob_is_needed(tx, claim.digest)
        if needed:
            blobs.tidy(claim.digest)
        else:
            blobs.delete(claim.digest)
            destroyed += 1
        with transactions() as tx:
            revisions.drop_claim(tx, claim)
    return destroyed
