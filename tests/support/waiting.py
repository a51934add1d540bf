"""A service whose signers answer later, with one worker that takes a step at a time."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import wait
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import select
from support import road

from docsvc.audit.tables import AuditEntry
from docsvc.documents import service as documents
from docsvc.documents.service import Arrival
from docsvc.steps.sign.asking import Asker
from docsvc.steps.sign.requests import Wish
from docsvc.steps.sign.tables import PendingSignature, SigningRequest
from docsvc.worker import Runner
from docsvc.workflow import Person, State, Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from support.phones import Phones
    from support.road import Road

    from docsvc.bootstrap import Services
    from docsvc.documents.tables import Document
    from docsvc.steps.sign.waiting import Waiting

_BEFORE = (Step.INSPECT, Step.CLASSIFY, Step.CONFIRM)
_LIMIT_S = 60.0


def wish(services: Services, document_id: UUID, *, key_id: str) -> None:
    """Ask for a leader's signature as the road does once the file is prepared."""
    wanted = Wish(
        document_id=document_id,
        step=Step.SIGN_LEADER,
        base_digest="0" * 64,
        fingerprint="1" * 64,
        provider=services.settings.providers[0],
        key_id=key_id,
        to_be_signed=b"x",
        content_digest=hashlib.sha256(b"x").digest(),
        name="QĐ-UBND Thành lập Tổ công nghệ số",
        at=services.clock.now(),
    )
    with services.transactions() as tx:
        services.requests.ask(tx, wanted)


def confirmed(opened: Road, *, agreed: bool = True, subject: str = "thử") -> UUID:
    """Put a document where the leader is asked; ``agreed``: has just said yes.

    What comes before is not what is tested, and takes most of the time.
    """
    services, document_id = opened.services, uuid4()
    pdf = road.letter(next(opened.numbers))
    digest = services.stores.put_claimed(document_id, Step.RECEIVE, pdf)
    arrival = Arrival(
        unit_code=road.UNIT, sha256=digest, size=len(pdf), file_name="letter.pdf",
        source="test", actor="test", declared_not_secret=True,
    )  # fmt: skip
    at = services.clock.now()
    with services.transactions() as tx:
        document = documents.add(tx, document_id, arrival, at=at)
        document.kind, document.symbol, document.subject = "quyet-dinh", "QĐ-UBND", subject
        document.signer = "Nguyễn Văn An"
        documents.allow(tx, document_id, Step.CONFIRM, account="clerk", at=at)
        for step in _BEFORE:
            documents.advance(tx, document_id, step, at=at)
        if agreed:
            documents.confirm(tx, document_id, Step.SIGN_LEADER, account="leader", at=at)
            services.jobs.enqueue(tx, document_id)
    return document_id


def waiting_of(services: Services, document_id: UUID) -> Waiting:
    """Return the request that a document waits for."""
    (waiting,) = (one for one in services.signing_requests(document_id) if one.is_open)
    return waiting


class OneWorker:
    """A worker whose every step the test takes itself."""

    def __init__(self, opened: Road) -> None:
        self.opened, self.services = opened, opened.services
        self.runner = Runner(opened.services)
        self.asker = Asker(opened.services.requests, opened.services.transactions, "worker-0")

    def go(self, *document_ids: UUID) -> None:
        """Let roads go on as far as they can now."""
        for document_id in document_ids:
            while self.runner.take(document_id).step is not None:
                pass

    def ask(self) -> None:
        """Speak with the provider about what is due, until that is done."""
        for future in wait(self.asker.turn()).done:
            future.result()

    def asked(self, **named: Any) -> UUID:
        """Return a document for whose leader's signature the holder was asked."""
        document_id = confirmed(self.opened, **named)
        self.go(document_id)
        self.ask()
        return document_id

    def ask_until(self, document_id: UUID, done: Callable[[Document], bool]) -> Document:
        """Speak with the provider until something is true of a document."""
        end = time.monotonic() + _LIMIT_S
        while not done(document := self.document(document_id)):
            assert time.monotonic() < end, (document.state, document.waiting_code)
            self.make_due()
            self.ask()
        return document

    def ask_until_said(self, document_id: UUID) -> Document:
        """Speak with the provider until it has said yes or no."""
        return self.ask_until(document_id, lambda d: d.waiting_code != "sign.waiting-for-holder")

    def finish(self, document_id: UUID) -> Document:
        """Let the signature come and the road go on."""
        self.ask_until_said(document_id)
        self.go(document_id)
        return self.document(document_id)

    def make_due(self) -> None:
        """Let time pass until every request has to be looked at."""
        with self.services.transactions() as tx:
            now = self.services.clock.now()
            for request in tx.scalars(
                select(SigningRequest).where(SigningRequest.next_at.is_not(None))
            ):
                request.next_at = now

    def run_out(self, transaction: str) -> None:
        """Let the time of a request be over, and that of its grace."""
        with self.services.transactions() as tx:
            request = tx.get_one(SigningRequest, transaction)
            request.expires_at = self.services.clock.now() - timedelta(hours=1)
        self.make_due()

    def document(self, document_id: UUID) -> Document:
        with self.services.transactions() as tx:
            return documents.get(tx, document_id)

    def pending(self, document_id: UUID) -> PendingSignature | None:
        with self.services.transactions() as tx:
            return tx.scalars(
                select(PendingSignature).where(PendingSignature.document_id == document_id)
            ).one_or_none()

    def request(self, document_id: UUID) -> SigningRequest:
        """Return the request that a document is in."""
        row = self.pending(document_id)
        assert row is not None
        assert row.request is not None
        return self.request_of(row.request)

    def request_of(self, transaction: str) -> SigningRequest:
        with self.services.transactions() as tx:
            return tx.get_one(SigningRequest, transaction)

    def acts(self, subject: object) -> list[str]:
        """Return what the audit log has about a subject."""
        with self.services.transactions() as tx:
            query = select(AuditEntry.act).where(AuditEntry.subject == str(subject))
            return list(tx.scalars(query.order_by(AuditEntry.sequence)))


def require_nothing_signed(worker: OneWorker, document_id: UUID, code: str) -> Document:
    """The document is where it was, says why, and its leader is asked again."""
    document = worker.document(document_id)
    assert (document.state, document.waits_for) == (State.CONFIRMED, Person.LEADER)
    assert document.waiting_code == code
    assert worker.pending(document_id) is None
    assert worker.services.stores.last(document_id)[0].step is Step.RECEIVE
    return document


def require_again(worker: OneWorker, service: Phones, document_id: UUID) -> None:
    """Asked again, the holder signs."""
    service.behave("sign")
    worker.services.ask_again(document_id, account="leader")
    worker.go(document_id)
    assert worker.finish(document_id).state is State.REGISTERED


def of(service: Phones, transaction: str) -> list[dict[str, object]]:
    return [r for r in service.requests() if r["transaction"] == transaction]
