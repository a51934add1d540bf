"""A workflow a document: it takes one step after the other until the road ends or waits.

What a step does is decided by the document's own state, so a step that ran twice or a workflow
that was enqueued twice finds the work done. The engine's part is that no begun road is forgotten.
"""

from __future__ import annotations

import fcntl
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TextIO
from uuid import UUID, uuid4

from dbos import DBOS, DBOSClient, DBOSConfig

from docsvc.errors import DocsvcError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine as SqlEngine

    from docsvc.db.transactions import Tx

log = logging.getLogger(__name__)
# DBOS would write lines of its own beside ours if its logger had no handler.
logging.getLogger("dbos").addHandler(logging.NullHandler())

_QUEUE = "road"
_WORKFLOW = "docsvc.road"
# Changed only when a road that began under the old code cannot go on under the new (DBOS hashes
# the code otherwise, and would recover nothing after an upgrade).
_APPLICATION_VERSION = "1"
_POLL_S = 0.1
# The first waits are short: most authorities that fail answer again at once.
_BACKOFF_S = (1.0, 2.0, 5.0, 15.0, 60.0)


class SecondWorkerError(DocsvcError):
    """Another process works on this SQLite database; PostgreSQL is the way to several."""

    code = "jobs.second-worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of trying to take the next step: taken, nothing to do, or try again."""

    step: str | None
    retry: bool = False


class JobQueue:
    """Puts roads into the queue, from any process, in the transaction that causes them."""

    def __init__(self, engine: SqlEngine) -> None:
        """Use the engine that the tables of the service use."""
        self._client = DBOSClient(system_database_engine=engine, lazy=True)

    def enqueue(self, tx: Tx, document_id: UUID) -> None:
        """Put the road of a document into the queue; nothing runs if ``tx`` rolls back."""
        options = {
            "queue_name": _QUEUE,
            "workflow_name": _WORKFLOW,
            "workflow_id": f"{document_id}/{uuid4()}",
            "app_version": _APPLICATION_VERSION,
        }
        self._client.enqueue_in_transaction(tx, options, str(document_id))  # type: ignore[arg-type]

    def close(self) -> None:
        """Let go of the client."""
        self._client.destroy()


class Worker:
    """Runs the roads of the queue in this process."""

    # DBOS workflows are functions of a module: this is how they reach what runs the steps.
    take: ClassVar[Callable[[UUID], Taken] | None] = None

    def __init__(
        self,
        engine: SqlEngine,
        *,
        executor: str,
        concurrency: int,
        take: Callable[[UUID], Taken],
        lock: Path | None = None,
    ) -> None:
        """Get ready to work.

        Args:
            engine: the database of the service.
            executor: a stable name of this worker; after a restart it takes up what it began.
            concurrency: roads at once in this process.
            take: takes the next step of a document.
            lock: a file to hold while working; needed on SQLite, where one process may work.
        """
        self._engine, self._executor = engine, executor
        self._concurrency, self._lock = concurrency, lock
        self._held: TextIO | None = None
        Worker.take = take

    def hold(self) -> None:
        """Make sure that no other process works on this SQLite database, from now on.

        Raises:
            SecondWorkerError: another process holds the lock.
        """
        if self._lock is not None and self._held is None:
            self._held = _hold(self._lock)

    def start(self) -> None:
        """Begin to work, in threads of this process.

        Raises:
            SecondWorkerError: another process holds the lock.
        """
        self.hold()
        DBOS(config=_config(self._engine, self._executor))
        DBOS.launch()
        DBOS.register_queue(
            _QUEUE,
            worker_concurrency=self._concurrency,
            polling_interval_sec=_POLL_S,
            on_conflict="always_update",
        )
        log.info("worker.started", extra={"executor": self._executor})

    def adopt(self, executors: list[str]) -> int:
        """Take up what dead workers began; return how many roads."""
        orphans = DBOS.list_workflows(status="PENDING", executor_id=executors)
        ids = [w.workflow_id for w in orphans]
        if ids:
            # Without the queue's name they would run outside its limits.
            DBOS.resume_workflows(ids, queue_name=_QUEUE)
        return len(ids)

    def stop(self) -> None:
        """Finish the steps at work and stop."""
        DBOS.destroy(workflow_completion_timeout_sec=30)
        if self._held is not None:
            self._held.close()
            self._held = None


def migrate(engine: SqlEngine) -> None:
    """Create or upgrade the tables of the job engine; in one process, before any worker."""
    DBOS(config=_config(engine, "migration"))
    DBOS.launch()
    DBOS.destroy()


def _config(engine: SqlEngine, executor: str) -> DBOSConfig:
    return {
        "name": "docsvc",
        "system_database_url": engine.url.render_as_string(hide_password=False),
        "system_database_engine": engine,
        "application_version": _APPLICATION_VERSION,
        "executor_id": executor,
        "use_listen_notify": False,
        "log_level": "WARNING",
        "notification_listener_polling_interval_sec": 0.5,
    }


def _hold(path: Path) -> TextIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as e:
        handle.close()
        raise SecondWorkerError(lock=str(path)) from e
    return handle


@DBOS.step(name="docsvc.take")
def _take_step(document_id: str) -> tuple[str | None, bool]:
    take = Worker.take
    if take is None:
        msg = "no worker has been made in this process"
        raise RuntimeError(msg)
    taken = take(UUID(document_id))
    return taken.step, taken.retry


@DBOS.workflow(name=_WORKFLOW)
def _road(document_id: str) -> None:
    failures = 0
    while True:
        step, retry = _take_step(document_id)
        if retry:
            DBOS.sleep(_BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)])
            failures += 1
        elif step is None:
            return
        else:
            failures = 0
