"""Append validation data and a document timestamp to the last revision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docsvc.confined import Answer, OpenFile
from docsvc.documents import revisions
from docsvc.documents.appending import appended
from docsvc.documents.stores import Stores, grow_on_disk
from docsvc.halves import prepared_file_of, prepared_of
from docsvc.revocation.online import Online
from docsvc.sandbox import Sandbox
from docsvc.workflow import Step
from signing.model import Level, PreparedFile

if TYPE_CHECKING:
    from typing import BinaryIO
    from uuid import UUID

    from docsvc.revocation.asking import Known

_AUGMENT = "docsvc.steps.timestamp.tasks:augment"
_COMPLETE = "docsvc.steps.timestamp.tasks:complete"
_AUGMENT_ON_DISK = "docsvc.steps.timestamp.tasks:augment_on_disk"
_COMPLETE_UPDATE = "docsvc.steps.timestamp.tasks:complete_update"


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmenter:
    """Raises a sealed file to B-LTA."""

    sandbox: Sandbox
    trust_dir: str
    online: Online | None
    stamp: Callable[[bytes], bytes]

    def to_lt(self, pdf: bytes) -> bytes:
        """Return the file with validation data, without a document timestamp."""
        return self._augmented(pdf, Level.B_LT).frames[0]

    def to_lta(self, pdf: bytes) -> bytes:
        """Return the file with validation data and a document timestamp.

        Raises:
            CodedError: the timestamp authority or a library refused.
        """
        answer = self._augmented(pdf, Level.B_LTA)
        prepared = prepared_of(answer)
        token = self.stamp(prepared.digest)
        return self.sandbox.run(_COMPLETE, prepared, token).frames[0]

    def to_lta_on_disk(self, file: BinaryIO) -> tuple[PreparedFile, bytes]:
        """Return what is to be appended to a file, before its document timestamp and with it.

        Raises:
            CodedError: the timestamp authority or a library refused.
        """
        base = OpenFile(descriptor=file.fileno())

        def ask(known: Known | None) -> Answer:
            return self.sandbox.run(_AUGMENT_ON_DISK, base, self.trust_dir, known)

        answer = self.online.complete(ask) if self.online else ask(None)
        first = prepared_file_of(answer)
        token = self.stamp(first.digest)
        return first, self.sandbox.run(_COMPLETE_UPDATE, first, token).frames[0]

    def _augmented(self, pdf: bytes, level: Level) -> Answer:
        def ask(known: Known | None) -> Answer:
            return self.sandbox.run(_AUGMENT, pdf, self.trust_dir, known, level)

        return self.online.complete(ask) if self.online else ask(None)


def run(document_id: UUID, *, stores: Stores, augmenter: Augmenter) -> None:
    """Append validation data and a document timestamp to the last revision."""
    with stores.transactions() as tx:
        base = revisions.last_revision(tx, document_id)
    with stores.working_file(base.digest) as file:
        first, update = augmenter.to_lta_on_disk(file)
        now = appended(file.fileno(), update, check=first.require_file)
        grow_on_disk(stores, document_id, Step.TIMESTAMP, after=base, now=now)
