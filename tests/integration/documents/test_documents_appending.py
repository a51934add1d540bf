"""A revision grows on the disk by the rules by which it grows in memory."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from support.databases import add_unit

from docsvc.blobs.store import BlobCorruptError, Blobs, Objects, StoreUnavailableError
from docsvc.clock import SystemClock
from docsvc.documents import revisions
from docsvc.documents import service as documents
from docsvc.documents.appending import appended
from docsvc.documents.errors import RevisionConflictError, RevisionNotExtendedError
from docsvc.documents.service import Arrival
from docsvc.documents.stores import Stores, grow_on_disk
from docsvc.documents.tables import BlobClaim
from docsvc.workflow import Step

if TYPE_CHECKING:
    from docsvc.db.transactions import Transactions

UPDATE = b" update"


@pytest.fixture
def stores(transactions: Transactions, tmp_path: Path) -> Stores:
    blobs = Blobs(Objects((tmp_path / "blobs").as_uri()))
    return Stores(
        transactions=transactions, blobs=blobs, clock=SystemClock(), spool=tmp_path / "spool"
    )


@pytest.fixture
def document_id() -> UUID:
    """A document with one revision, once it is `received`."""
    return uuid4()


@pytest.fixture
def received(stores: Stores, document_id: UUID) -> bytes:
    """What it came as: no two documents are the same file."""
    content = b"%PDF-1.7" + document_id.bytes * 100_000
    digest = stores.put_claimed(document_id, Step.RECEIVE, content)
    arrival = Arrival(
        unit_code=add_unit(stores.transactions), sha256=digest, size=len(content),
        file_name="letter.pdf", source="test", actor="test", declared_not_secret=True,
    )  # fmt: skip
    with stores.transactions() as tx:
        documents.add(tx, document_id, arrival, at=stores.clock.now())
    return content


def accept(_state: Any) -> None:
    """Take any update for one of any file."""


def last(stores: Stores, document_id: UUID) -> bytes:
    return stores.last(document_id)[1]


def grown(stores: Stores, document_id: UUID, step: Step, base: bytes, update: bytes) -> None:
    """Append an update to a file, whichever it is, as the revision after the last."""
    after, _ = stores.last(document_id)
    with stores.working_file() as file:
        file.write(base)
        file.flush()
        now = appended(file.fileno(), update, check=accept)
        grow_on_disk(stores, document_id, step, after=after, now=now)


def test_a_file_and_its_update_are_the_next_revision(
    stores: Stores, document_id: UUID, received: bytes
) -> None:
    grown(stores, document_id, Step.INSPECT, received, UPDATE)
    revision, data = stores.last(document_id)
    assert data == received + UPDATE
    assert (revision.ordinal, revision.size) == (2, len(data))
    with stores.transactions() as tx:
        mine = BlobClaim.document_id == document_id
        assert tx.scalars(select(BlobClaim).where(mine)).all() == []


@pytest.mark.usefixtures("received")
def test_what_was_received_may_be_rewritten_and_nothing_after(
    stores: Stores, document_id: UUID
) -> None:
    grown(stores, document_id, Step.INSPECT, b"rewritten", UPDATE)
    with pytest.raises(RevisionNotExtendedError):
        grown(stores, document_id, Step.CLASSIFY, b"rewritten too", UPDATE)
    # The bytes before are there, but with more between them and the update.
    with pytest.raises(RevisionNotExtendedError):
        grown(stores, document_id, Step.CLASSIFY, b"rewritten" + UPDATE + b"more", UPDATE)
    assert last(stores, document_id) == b"rewritten" + UPDATE


def test_a_revision_grows_once(stores: Stores, document_id: UUID, received: bytes) -> None:
    after, _ = stores.last(document_id)
    with stores.working_file(after.digest) as file:
        now = appended(file.fileno(), UPDATE, check=accept)
        grow_on_disk(stores, document_id, Step.INSPECT, after=after, now=now)
        with pytest.raises(RevisionConflictError):
            grow_on_disk(stores, document_id, Step.INSPECT, after=after, now=now)
    assert last(stores, document_id) == received + UPDATE


def test_an_update_is_held_against_the_file_that_it_is_appended_to(
    stores: Stores, document_id: UUID, received: bytes
) -> None:
    seen = []
    after, _ = stores.last(document_id)
    with stores.working_file(after.digest) as file:
        appended(file.fileno(), UPDATE, check=lambda state: seen.append(state.hexdigest()))
    assert seen == [hashlib.sha256(received).hexdigest()]


@pytest.mark.usefixtures("received")
def test_a_file_that_changes_before_it_is_written_is_not_kept(
    stores: Stores, document_id: UUID
) -> None:
    after, _ = stores.last(document_id)
    with stores.working_file(after.digest) as file:
        now = appended(file.fileno(), UPDATE, check=accept)
        file.write(b"changed")
        file.flush()
        with pytest.raises(BlobCorruptError):
            grow_on_disk(stores, document_id, Step.INSPECT, after=after, now=now)
    assert not stores.blobs.exists(now.digest)
    with stores.transactions() as tx:
        assert revisions.last_revision(tx, document_id).digest == after.digest


def test_a_file_at_work_has_no_name(
    stores: Stores, document_id: UUID, received: bytes, tmp_path: Path
) -> None:
    after, _ = stores.last(document_id)
    with stores.working_file(after.digest) as file:
        assert Path(f"/proc/self/fd/{file.fileno()}").read_bytes() == received
        assert list((tmp_path / "spool").iterdir()) == []


@pytest.mark.usefixtures("received")
def test_no_room_for_a_file_at_work_is_the_fault_of_no_document(
    stores: Stores, document_id: UUID, tmp_path: Path
) -> None:
    after, _ = stores.last(document_id)
    (tmp_path / "spool").write_bytes(b"a file where the folder should be")
    with pytest.raises(StoreUnavailableError) as caught, stores.working_file(after.digest):
        pass
    assert caught.value.retryable
