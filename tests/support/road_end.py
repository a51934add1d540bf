"""What must hold at the end of a road, and what is read there."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from docsvc.audit import service as audit
from docsvc.documents.sweep import sweep
from docsvc.documents.tables import Attachment, BlobClaim, Document, Event, Revision
from docsvc.organisations.tables import Certificate
from docsvc.statistics import periods
from docsvc.statistics import service as statistics
from docsvc.statistics.measures import Measure
from docsvc.steps.deposit.tables import DepositRow
from docsvc.steps.register.tables import Book, BookEntry
from docsvc.steps.sign.tables import PendingSignature, TokenLease
from docsvc.workflow import ROUTES, RouteName, State, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from support.road import Road

SIGNED = (Step.SIGN_LEADER, Step.SIGN_ORGANISATION, Step.TIMESTAMP)


def check(road: Road, *, expected: int, verify: int | None = None) -> None:
    """Check that ``expected`` documents are at the end of the road, each exactly once.

    Args:
        road: nothing of it may be at work any more.
        expected: how many documents were taken in.
        verify: how many final files are verified anew; None: all.
    """
    services = road.services
    # What a claim still announces belongs to nobody: all roads have ended.
    sweep(
        transactions=services.transactions,
        blobs=services.blobs,
        at=services.clock.now(),
        age=timedelta(0),
    )
    with services.transactions() as tx:
        documents = list(tx.scalars(select(Document).order_by(Document.received_at)))
    assert Counter(d.state for d in documents) == {State.PUBLISHED: expected}
    assert {d.waiting_code for d in documents} == {None}
    assert {d.completeness for d in documents} == {"both"}
    _check_events(road, documents)
    _check_revisions(road, documents)
    _check_numbers(road)
    _check_blobs(road)
    _check_archive(road, expected)
    _check_leftovers(road)
    _check_counted(road, expected)
    _verify(road, documents[:verify])


def _check_events(road: Road, documents: Sequence[Document]) -> None:
    """Every step of the route happened once, in its order."""
    route = [leg.step for leg in ROUTES[RouteName.OUTGOING]]
    with road.services.transactions() as tx:
        for document in documents:
            events = tx.scalars(
                select(Event.step).where(Event.document_id == document.id).order_by(Event.id)
            )
            assert list(events) == route
        assert audit.first_broken(tx) is None


def _check_revisions(road: Road, documents: Sequence[Document]) -> None:
    """Received, signed, sealed, timestamped: each begins with the signed bytes before it."""
    for document in documents:
        with road.services.transactions() as tx:
            revisions = list(
                tx.scalars(
                    select(Revision)
                    .where(Revision.document_id == document.id)
                    .order_by(Revision.ordinal)
                )
            )
        assert [r.step for r in revisions] == [Step.RECEIVE, *SIGNED]
        files = [road.services.blobs.get(r.digest) for r in revisions]
        assert [len(f) for f in files] == [r.size for r in revisions]
        for before, after in itertools.pairwise(files[1:]):
            assert after.startswith(before)


def _check_numbers(road: Road) -> None:
    """Each book counts 1, 2, 3 … without a gap, and documents and book agree."""
    with road.services.transactions() as tx:
        books = list(tx.scalars(select(Book)))
        numbers = dict(tx.execute(select(Document.id, Document.number)).all())
        for book in books:
            entries = list(
                tx.scalars(
                    select(BookEntry).where(BookEntry.book_id == book.id).order_by(BookEntry.number)
                )
            )
            assert [e.number for e in entries] == list(range(1, book.last + 1))
            for entry in entries:
                assert entry.document_id is not None
                assert numbers.pop(entry.document_id) == entry.number
    assert not numbers


def _check_blobs(road: Road) -> None:
    """Every blob is referenced, every reference is a blob, and no half-written file lies about."""
    with road.services.transactions() as tx:
        used = {
            digest
            for column in (Revision.digest, Attachment.digest, Certificate.image_digest)
            for digest in tx.scalars(select(column))
            if digest is not None
        }
        assert list(tx.scalars(select(BlobClaim))) == []
    assert set(road.services.blobs.digests()) == used
    folder = road.folder / "blobs"
    if folder.is_dir():
        assert {p.name for p in folder.rglob("*") if p.is_file()} == used


def _check_archive(road: Road, expected: int) -> None:
    """One object a document, one version each, and the audit finds nothing."""
    root = road.services.root
    with road.services.transactions() as tx:
        deposits = {d.object_id: d.version for d in tx.scalars(select(DepositRow))}
    found = list(root.object_ids())
    assert len(found) == expected
    assert set(found) == set(deposits)
    assert [p for p in root.places() if not p.is_object] == []
    for object_id in found:
        assert list(root.audit(object_id)) == []
        assert root.inventory(object_id).head == deposits[object_id] == "v1"


def _check_leftovers(road: Road) -> None:
    """No signature is pending and no token is held."""
    with road.services.transactions() as tx:
        assert list(tx.scalars(select(PendingSignature))) == []
        assert {lease.holder for lease in tx.scalars(select(TokenLease))} <= {None}


def _check_counted(road: Road, expected: int) -> None:
    """The table counts every document once, as signed completely and archived."""
    services = road.services
    with services.transactions() as tx:
        made = statistics.report(tx, period=periods.year_of(services.clock.now()))
    rates = made.measures()
    for measure in (Measure.COMPLETE, Measure.ARCHIVED):
        assert (rates[measure].a, rates[measure].b) == (expected, expected)


def _verify(road: Road, documents: Sequence[Document]) -> None:
    """Two signatures, one of each role, and one document timestamp; all of them good."""
    with ThreadPoolExecutor(road.services.settings.workers) as pool:
        for verdict in pool.map(lambda d: verdict_of(road, d.id), documents):
            require_whole(verdict)


def final_file(road: Road, document_id: UUID) -> bytes:
    """Return the bytes of the last revision."""
    return road.services.stores.last(document_id)[1]


def verdict_of(road: Road, document_id: UUID) -> dict[str, Any]:
    """Verify the last revision anew."""
    return road.services.check(final_file(road, document_id))


def require_whole(verdict: Mapping[str, Any]) -> None:
    """Check a verdict: signed once by each role, sealed in time once, all TOTAL-PASSED."""
    signatures = verdict["signatures"]
    assert sorted(s["role"] for s in signatures) == ["leader", "organisation"]
    assert {s["indication"] for s in signatures} == {"TOTAL-PASSED"}
    assert len(verdict["document_timestamps"]) == 1
    assert verdict["indication"] == "TOTAL-PASSED"
    assert verdict["completeness"] == "both"


def digest_of(pdf: bytes) -> str:
    """Return the SHA-256 of a file, in hex."""
    return hashlib.sha256(pdf).hexdigest()
