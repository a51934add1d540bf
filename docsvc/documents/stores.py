"""What every step works with, and the one way in which a document grows."""

from __future__ import annotations

import hashlib
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from docsvc.blobs.store import Blobs, StoreUnavailableError
from docsvc.clock import Clock
from docsvc.db.transactions import Transactions
from docsvc.documents import revisions
from docsvc.documents import service as documents
from docsvc.documents.errors import RevisionConflictError
from docsvc.documents.revisions import Growth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import BinaryIO
    from uuid import UUID

    from docsvc.db.transactions import Tx
    from docsvc.documents.appending import Appended
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
    spool: Path | None = None
    """Folder of files at work, which have no names there; None: the system's."""

    @contextmanager
    def working_file(self, digest: str | None = None) -> Iterator[BinaryIO]:
        """Open a file without a name: no crash leaves it behind.

        Args:
            digest: of the blob that it is a copy of; None: it is empty.

        Raises:
            BlobMissingError, BlobCorruptError: as `Blobs.fetch` does.
            StoreUnavailableError: there is no room for it.
        """
        with _unnamed(self.spool) as file:
            if digest is not None:
                self.blobs.fetch(digest, file)
            yield file

    def put_claimed(self, document_id: UUID, step: Step, data: bytes) -> str:
        """Write a blob that a transaction of ``step`` will use; announced, so never orphaned.

        Raises:
            RevisionConflictError: the same bytes are being swept, and this takes too long.
        """
        digest = hashlib.sha256(data).hexdigest()
        self._claimed(document_id, step, digest, lambda: self.blobs.put(data))
        return digest

    def put_appended(self, document_id: UUID, step: Step, data: Appended) -> None:
        """Write a blob that is on the disk, as `put_claimed` does.

        Raises:
            BlobCorruptError: the file has changed since it was looked at.
            RevisionConflictError: as `put_claimed` does.
        """
        self._claimed(
            document_id,
            step,
            data.digest,
            lambda: self.blobs.put_pieces(data.digest, data.size, data.pieces()),
        )

    def _claimed(
        self, document_id: UUID, step: Step, digest: str, put: Callable[[], object]
    ) -> None:
        for _ in range(_SWEEP_TURNS):
            with self.transactions() as tx:
                revisions.claim_blob(tx, document_id, step, digest, at=self.clock.now())
            # A sweep that begins after our claim leaves the blob; one that began before may not.
            with self.transactions() as tx:
                swept = revisions.is_being_swept(tx, digest)
            if not swept:
                put()
                return
            time.sleep(_SWEEP_PAUSE_S)
        raise RevisionConflictError(document=str(document_id), step=step)

    def last(self, document_id: UUID) -> tuple[Revision, bytes]:
        """Return the newest revision and its bytes."""
        with self.transactions() as tx:
            revision = revisions.last_revision(tx, document_id)
        return revision, self.blobs.get(revision.digest)


def _unnamed(folder: Path | None) -> BinaryIO:
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        return TemporaryFile(dir=folder)
    except OSError as e:
        raise StoreUnavailableError(problem=type(e).__name__) from e


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
    _append(stores, document_id, growth, after=after, facts=facts, also=also, actor=actor)


def grow_on_disk(  # noqa: PLR0913  # as for `grow`
    stores: Stores,
    document_id: UUID,
    step: Step,
    *,
    after: Revision,
    now: Appended,
    facts: Mapping[str, object] | None = None,
    also: Callable[[Tx], None] | None = None,
    actor: str = "system",
) -> None:
    """Do what `grow` does with bytes that nobody holds.

    Raises:
        BlobCorruptError: the file has changed since it was looked at.
        RevisionNotExtendedError, RevisionConflictError: as `grow` does.
    """
    stores.put_appended(document_id, step, now)
    # The file is the revision before, or another one that was made of it.
    extends = now.base == after.digest
    growth = Growth(step=step, digest=now.digest, size=now.size, extends=extends)
    _append(stores, document_id, growth, after=after, facts=facts, also=also, actor=actor)


def _append(  # noqa: PLR0913  # as for `grow`
    stores: Stores,
    document_id: UUID,
    growth: Growth,
    *,
    after: Revision,
    facts: Mapping[str, object] | None,
    also: Callable[[Tx], None] | None,
    actor: str,
) -> None:
    at = stores.clock.now()
    with stores.transactions() as tx:
        revisions.append_revision(tx, document_id, after=after, growth=growth, at=at)
        if also is not None:
            also(tx)
        documents.advance(tx, document_id, growth.step, at=at, facts=facts, actor=actor)
