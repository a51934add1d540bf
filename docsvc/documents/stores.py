"""What every step works with, and the one way in which a document grows."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docsvc.blobs.store import Blobs
from docsvc.clock import Clock
from docsvc.db.transactions import Transactions
from docsvc.documents import revisions
from docsvc.documents import service as documents
from docsvc.documents.errors import RevisionConflictError
from docsvc.documents.revisions import Growth

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from docsvc.db.transactions import Tx
    from docsvc.documents.tables import Revision
    from docsvc.workflow import Step

_SWEEP_PAUSE_S = 0.05
_SWEEP_TURNS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The database, the blobs and the clock."""

    transactions: Transactions
    blobs: Blobs
    clock: Clock

    def put_claimed(self, document_id: UUID, step: Step, data: bytes) -> str:
        """Write a blob that a transaction of ``step`` will use; announced, so never orphaned.

        Raises:
            RevisionConflictError: the same bytes are being swept, and this takes too long.
        """
        digest = hashlib.sha256(data).hexdigest()
        for _ in range(_SWEEP_TURNS):
            with self.transactions() as tx:
                revisions.claim_blob(tx, document_id, step, digest, at=self.clock.now())
            # A sweep that begins after our claim leaves the blob; one that began before may not.
            with self.transactions() as tx:
                swept = revisions.is_being_swept(tx, digest)
            if not swept:
                return self.blobs.put(data)
            time.sleep(_SWEEP_PAUSE_S)
        raise RevisionConflictError(document=str(document_id), step=step)

    def last(self, document_id: UUID) -> tuple[Revision, bytes]:
        """Return the newest revision and its bytes."""
        with self.transactions() as tx:
            revision = revisions.last_revision(tx, document_id)
        return revision, self.blobs.get(revision.digest)


def grow(  # noqa: PLR0913  # what is stored, on what, by what, and what else in the same moment
    stores: Stores,
    document_id: UUID,
    step: Step,
    *,
    after: Revision,
    before: bytes,
    now: bytes,
    facts: Mapping[str, object] | None = None,
    also: Callable[[Tx], None] | None = None,
    actor: str = "system",
) -> None:
    """Store ``now`` as the revision after ``after`` and advance, in one transaction.

    Args:
        stores: where to.
        document_id: whose.
        step: that made the bytes.
        after: the revision that they were made from.
        before: the bytes of that revision.
        now: the new bytes.
        facts: for the event.
        also: what else belongs into the transaction.
        actor: who has it done.

    Raises:
        RevisionNotExtendedError: a signed revision is not continued.
        RevisionConflictError: somebody else was faster; what was written is swept.
    """
    digest = stores.put_claimed(document_id, step, now)
    growth = Growth(step=step, digest=digest, size=len(now), extends=now.startswith(before))
    at = stores.clock.now()
    with stores.transactions() as tx:
        revisions.append_revision(tx, document_id, after=after, growth=growth, at=at)
        if also is not None:
            also(tx)
        documents.advance(tx, document_id, step, at=at, facts=facts, actor=actor)
