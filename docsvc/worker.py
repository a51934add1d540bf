"""The worker: takes the next step of each document in the queue, until it is told to stop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import update

from archive.errors import ArchiveError
from docsvc.documents import revisions
from docsvc.documents import service as documents
from docsvc.documents.errors import AwaitedError
from docsvc.documents.service import Ending
from docsvc.documents.sweep import sweep
from docsvc.errors import DocsvcError
from docsvc.jobs.engine import Taken, Worker
from docsvc.jobs.tables import WorkerRow
from docsvc.steps.classify import service as classify
from docsvc.steps.confirm import service as confirm
from docsvc.steps.deposit import service as deposit
from docsvc.steps.inspect import service as inspect
from docsvc.steps.publish import service as publish
from docsvc.steps.register import service as register
from docsvc.steps.sign import asking, lease
from docsvc.steps.sign import service as sign
from docsvc.steps.timestamp import service as timestamp
from docsvc.steps.verify import service as verify
from docsvc.workflow import State, Step
from signing.errors import SigningError
from signing.model import Role
from verification.errors import VerificationError

if TYPE_CHECKING:
    from uuid import UUID

    from docsvc.bootstrap import Services
    from docsvc.db.transactions import Tx
    from docsvc.workflow import Leg

log = logging.getLogger(__name__)

_NAMED_ERRORS = (DocsvcError, SigningError, VerificationError, ArchiveError)
_HEARTBEAT_S = 2.0
# Between two looks for requests that are due.
_ASKING_S = 0.25
# Several missed heartbeats: a worker that is only slow must not lose its work.
_DEAD_AFTER = timedelta(seconds=20)
# Claims older than this belong to no upload that is still under way.
_CLAIM_AGE = timedelta(hours=1)

StepFunction = Callable[["UUID"], None]


def road_of(services: Services) -> Mapping[Step, StepFunction]:
    """Bind every step to what it works with."""
    stores, sandbox = services.stores, services.sandbox
    desk = sign.Desk(
        stores=stores,
        sandbox=sandbox,
        tokens=services.tokens,
        requests=services.requests,
        stamp=services.stamp,
        holder=services.settings.executor,
        server_side_personal_keys=services.settings.server_side_personal_keys,
    )
    augmenter = services.augmenter
    return {
        Step.INSPECT: partial(inspect.run, stores=stores, sandbox=sandbox),
        Step.CLASSIFY: partial(classify.run, stores=stores, sandbox=sandbox),
        Step.CONFIRM: partial(confirm.run, stores=stores),
        Step.SIGN_LEADER: partial(sign.run, role=Role.LEADER, desk=desk),
        Step.REGISTER: partial(register.run, stores=stores, enqueue=services.jobs.enqueue),
        Step.SIGN_ORGANISATION: partial(sign.run, role=Role.ORGANISATION, desk=desk),
        Step.TIMESTAMP: partial(timestamp.run, stores=stores, augmenter=augmenter),
        Step.VERIFY: partial(verify.run, stores=stores, verifier=services.verifier),
        Step.DEPOSIT: partial(deposit.run, stores=stores, root=services.root),
        Step.PUBLISH: partial(publish.run, stores=stores),
    }


class Runner:
    """Takes steps; knows what to do when one fails."""

    def __init__(self, services: Services) -> None:
        """Work with the services of this process."""
        self._services = services
        self._road = road_of(services)

    def take(self, document_id: UUID) -> Taken:
        """Take the next step of a document, if it can be taken now.

        Somebody else may be at the same step: a road can be begun twice, and a worker that is
        only slow can be thought dead. Who comes second finds the step taken and goes on.
        """
        try:
            return self._take(document_id)
        except Exception:
            # A database that is away: not even the waiting can be written down.
            log.exception("step.not-begun", extra={"document": str(document_id)})
            return Taken(step=None, retry=True)

    def _take(self, document_id: UUID) -> Taken:
        services = self._services
        with services.transactions() as tx:
            leg = documents.pending_leg(tx, document_id)
            left = revisions.has_claims(tx, document_id)
        if left:
            # What an earlier try of this document has left behind goes first.
            sweep(
                transactions=services.transactions,
                blobs=services.blobs,
                at=services.clock.now(),
                age=timedelta(0),
                document_id=document_id,
            )
        if leg is None:
            return Taken(step=None)
        began = time.perf_counter()
        try:
            self._road[leg.step](document_id)
        except AwaitedError:
            # Whoever acts, or asks again, lets the road go on; no thread waits for a person.
            log.info("step.awaits", extra={"document": str(document_id), "step": leg.step})
            return Taken(step=None)
        except _NAMED_ERRORS as e:
            return self._settle(document_id, leg, e)
        except Exception:
            # A defect, or a database that is away: the document waits, visibly, and is tried
            # again; ending its road would lose it to a mistake of ours.
            log.exception("step.failed", extra={"document": str(document_id), "step": leg.step})
            return self._wait(document_id, leg, DocsvcError.code)
        took_ms = round((time.perf_counter() - began) * 1000, 1)
        facts = {"document": str(document_id), "step": leg.step, "took_ms": took_ms}
        log.info("step.taken", extra=facts)
        return Taken(step=leg.step)

    def _settle(self, document_id: UUID, leg: Leg, error: Exception) -> Taken:
        """Wait after an error that may pass; else end the road with its code."""
        code, facts = getattr(error, "code", ""), getattr(error, "facts", {})
        if getattr(error, "retryable", False):
            return self._wait(document_id, leg, code)
        # A file that breaks its reader is kept apart; later than that the fault is elsewhere.
        reading = leg.step in {Step.INSPECT, Step.CLASSIFY}
        state = State.QUARANTINED if reading and _is_hostile(code) else State.REJECTED
        plain = {k: v if isinstance(v, int | float) else str(v) for k, v in facts.items()}
        ending = Ending(state=state, step=leg.step, code=code, facts=plain)
        with self._services.transactions() as tx:
            if not documents.still_before(tx, document_id, leg):
                return Taken(step=leg.step)
            documents.end(tx, document_id, ending, at=self._services.clock.now())
        log.warning("step.refused", extra=_of(document_id, leg, code))
        return Taken(step=None)

    def _wait(self, document_id: UUID, leg: Leg, code: str) -> Taken:
        """Show what the document waits for, unless somebody else has taken the step meanwhile."""
        with self._services.transactions() as tx:
            if not documents.still_before(tx, document_id, leg):
                return Taken(step=leg.step)
            documents.wait(tx, document_id, code)
        log.warning("step.waits", extra=_of(document_id, leg, code))
        return Taken(step=None, retry=True)


def _of(document_id: UUID, leg: Leg, code: str) -> dict[str, str]:
    return {"document": str(document_id), "step": leg.step, "code": code}


def _is_hostile(code: str) -> bool:
    return code.startswith(("inspect.", "sandbox.")) and code != inspect.AlreadySignedError.code


class RunningWorker:
    """A worker of this process with its heartbeat."""

    def __init__(
        self,
        services: Services,
        *,
        concurrency: int | None = None,
        heartbeat_s: float = _HEARTBEAT_S,
        dead_after: timedelta = _DEAD_AFTER,
    ) -> None:
        """Get ready; `start` begins the work.

        Args:
            services: what to work with.
            concurrency: roads at once; else as many as the settings allow.
            heartbeat_s: between two signs of life.
            dead_after: without a sign of life; then others take its work up.
        """
        settings = services.settings
        self._services = services
        self._heartbeat_s, self._dead_after = heartbeat_s, dead_after
        embedded = services.engine.dialect.name == "sqlite"
        self._worker = Worker(
            services.engine,
            executor=settings.executor,
            # One road more than files can be open, so that one waits for the token meanwhile.
            concurrency=concurrency or settings.workers + 2,
            take=Runner(services).take,
            lock=settings.data_dir / "worker.lock" if embedded else None,
        )
        self._asker = asking.Asker(services.requests, services.transactions, settings.executor)
        self._stopping = threading.Event()
        self._asking = threading.Thread(target=self._ask, name="asking", daemon=True)
        self._beat = threading.Thread(target=self._live, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to work, in threads of this process.

        Raises:
            SecondWorkerError: another process works on this SQLite database.
        """
        self._worker.hold()
        with self._services.transactions() as tx:
            # What is held under our name was held by a process that is gone.
            self._forget(tx, [self._services.settings.executor])
        self._seen()
        self._worker.start()
        self._beat.start()
        self._asking.start()

    def stop(self) -> None:
        """Finish the steps at work and stop."""
        self._stopping.set()
        self._beat.join()
        self._asking.join()
        self._asker.stop()
        self._worker.stop()

    def _live(self) -> None:
        """Say that this worker lives; take up the work of those that do not."""
        while not self._stopping.wait(self._heartbeat_s):
            try:
                self._seen()
                dead = self._dead()
                if dead:
                    log.info("worker.adopts", extra={"roads": self._worker.adopt(dead)})
                services = self._services
                sweep(
                    transactions=services.transactions,
                    blobs=services.blobs,
                    at=services.clock.now(),
                    age=_CLAIM_AGE,
                )
            except Exception:
                # A heartbeat that misses once is no reason to stop working.
                log.exception("worker.heartbeat-failed")

    def _ask(self) -> None:
        """Speak with the providers, as far as something is due."""
        while not self._stopping.wait(_ASKING_S):
            try:
                self._asker.turn()
            except Exception:
                # A database that is away once is no reason to stop asking.
                log.exception("worker.asking-failed")

    def _forget(self, tx: Tx, holders: list[str]) -> None:
        """Free what dead workers held: tokens, and requests that they were looking at."""
        lease.forget(tx, holders)
        asking.forget(tx, holders, at=self._services.clock.now())

    def _seen(self) -> None:
        with self._services.transactions() as tx:
            tx.merge(
                WorkerRow(
                    executor=self._services.settings.executor, seen_at=self._services.clock.now()
                )
            )

    def _dead(self) -> list[str]:
        """Return the workers that are dead now, without their tokens.

        Whoever finds one moves its row on: nobody else takes it up at the same moment, and if
        the finder dies over it, it is found dead again.
        """
        now = self._services.clock.now()
        found = (
            update(WorkerRow)
            .where(WorkerRow.seen_at < now - self._dead_after)
            .values(seen_at=now)
            .returning(WorkerRow.executor)
        )
        with self._services.transactions() as tx:
            dead = list(tx.scalars(found))
            self._forget(tx, dead)
        return dead
