"""A whole service in a temporary folder, workers beside it as processes, and what must hold.

The workers are what ``docsvc worker`` runs, each in a session of its own, so that a kill takes
its children with it and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from support import pages

from docsvc.audit import service as audit
from docsvc.bootstrap import Services, open_services
from docsvc.demo import instance as demonstration
from docsvc.documents.sweep import sweep
from docsvc.documents.tables import Attachment, BlobClaim, Document, Event, Revision
from docsvc.migrations import upgrade
from docsvc.organisations.tables import Certificate
from docsvc.statistics import periods
from docsvc.statistics import service as statistics
from docsvc.statistics.measures import Measure
from docsvc.steps.deposit.tables import DepositRow
from docsvc.steps.receive.service import Accepted, Offer
from docsvc.steps.register.tables import Book, BookEntry
from docsvc.steps.sign.tables import PendingSignature, TokenLease
from docsvc.worker import Runner
from docsvc.workflow import ENDED, ROUTES, RouteName, State, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from support.demo import DemoInstance

UNIT = "H99.12.05"
EVERY_STEP = (Step.CONFIRM, Step.SIGN_LEADER, Step.SIGN_ORGANISATION)
CRASHING_WORKER = Path(__file__).with_name("crashing_worker.py")
SIGNED = (Step.SIGN_LEADER, Step.SIGN_ORGANISATION, Step.TIMESTAMP)
_DOCSVC = "from docsvc.cli.main import main; main()"
_POLL_S = 0.1
# Database files with bodies and accounts, by the folder of the demonstration they are of: to hash
# the passwords of all accounts takes a second, and to populate a second time does nothing.
_POPULATED: dict[Path, bytes] = {}


@dataclass(slots=True, kw_only=True)
class WorkerProcess:
    """A worker in a process group of its own."""

    executor: str
    process: subprocess.Popen[bytes]
    output: Path

    def kill(self) -> None:
        """Kill the worker and all its children, at once; wait until they are gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, limit_s: float = 60.0) -> int:
        """Ask the worker to end; return its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(limit_s)
        finally:
            self.kill()


@dataclass(slots=True, kw_only=True)
class Nursery:
    """Lets workers live one after the other; see ``crashing_worker.py``."""

    process: subprocess.Popen[str]

    def live(self, order: Mapping[str, object]) -> int:
        """Let a worker live by an order until it dies; return its exit code."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def stop(self) -> None:
        """End the nursery and who lives in it."""
        self.process.kill()
        self.process.communicate()


@dataclass(slots=True, kw_only=True)
class Road:
    """A service with its folder; ``services`` is this process's own door to it."""

    folder: Path
    services: Services
    config: Path
    workers: list[WorkerProcess] = field(default_factory=list)
    nurseries: list[Nursery] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def start_worker(
        self,
        executor: str = "worker-0",
        *,
        crash: Mapping[str, object] | None = None,
        beat: tuple[float, float] | None = None,
    ) -> WorkerProcess:
        """Start a worker.

        Args:
            executor: its stable name.
            crash: what ``crashing_worker.py`` is told; None: the plain ``docsvc worker``.
            beat: seconds between heartbeats, and after which a worker counts as dead.
        """
        command: list[str | Path] = [sys.executable, "-c", _DOCSVC, "worker"]
        environment = self.environment(executor)
        if crash is not None or beat is not None:
            command = [sys.executable, CRASHING_WORKER]
            order: dict[str, object] = dict(crash or {})
            if beat is not None:
                order["beat"] = beat
            environment = _unmeasured(environment) | {"ROAD_CRASH": json.dumps(order)}
        output = self.folder / f"{executor}.log"
        with output.open("ab") as log:
            process = subprocess.Popen(
                [*_mortal(), *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=self.folder,
                start_new_session=True,
            )
        worker = WorkerProcess(executor=executor, process=process, output=output)
        self.workers.append(worker)
        return worker

    def start_nursery(self, executor: str = "worker-0") -> Nursery:
        """Start a nursery; its workers log where a plain one of that name does."""
        with (self.folder / f"{executor}.log").open("ab") as log:
            process = subprocess.Popen(
                [*_mortal(), sys.executable, CRASHING_WORKER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=_unmeasured(self.environment(executor)),
                cwd=self.folder,
                text=True,
            )
        nursery = Nursery(process=process)
        self.nurseries.append(nursery)
        return nursery

    def environment(self, executor: str) -> dict[str, str]:
        """Return the environment of a process of this service."""
        plain = {k: v for k, v in os.environ.items() if not k.startswith("DOCSVC_")}
        environment = plain | {
            "DOCSVC_CONFIG": str(self.config),
            "DOCSVC_EXECUTOR": executor,
        }
        # A worker that is killed again and again must not compile everything each time.
        if environment.pop("PYTHONDONTWRITEBYTECODE", None):
            environment["PYTHONPYCACHEPREFIX"] = str(self.folder.parent / "bytecode")
        return environment

    def feed(self, count: int, *, threads: int = 2) -> list[UUID]:
        """Take ``count`` new documents in, confirmed for every step."""
        # Drawn one after the other: ReportLab's fonts are not for two threads.
        letters = [letter(number) for number in itertools.islice(self.numbers, count)]
        with ThreadPoolExecutor(threads) as pool:
            return [accepted.document_id for accepted in pool.map(self.accept, letters)]

    def accept(self, pdf: bytes, *, unit: str = UNIT, name: str = "letter.pdf") -> Accepted:
        """Take one file in."""
        return self.services.accept(
            pdf,
            Offer(
                unit_code=unit,
                file_name=name,
                source="test",
                actor="test",
                declared_not_secret=True,
                allow=EVERY_STEP,
            ),
        )

    def states(self) -> Counter[State]:
        """Count the documents by their states."""
        with self.services.transactions() as tx:
            rows = tx.execute(select(Document.state, func.count()).group_by(Document.state))
            return Counter({State(state): number for state, number in rows})

    def wait(self, documents: Iterable[UUID] | None = None, *, limit_s: float) -> None:
        """Wait until the roads of the documents (of all, if none are named) have ended.

        Raises:
            TimeoutError: some have not; tells where they are.
        """
        wanted = set(documents) if documents is not None else None
        end = time.monotonic() + limit_s
        while True:
            left = self._under_way(wanted)
            if not left:
                return
            idle = all(w.process.poll() is not None for w in self.workers)
            if idle or time.monotonic() > end:
                where = Counter(f"{d.state}/{d.waiting_code}" for d in left)
                msg = f"{where} after {limit_s} s, {idle=}\n{self.tail()}"
                raise TimeoutError(msg)
            time.sleep(_POLL_S)

    def walk(self, documents: Iterable[UUID]) -> None:
        """Take documents to the end of their roads in this process, as a worker would.

        For tests of what is there afterwards: a worker's own process takes longer to start.

        Raises:
            TimeoutError: some came not so far; tells where they are.
        """
        runner = Runner(self.services)
        for document in documents:
            while runner.take(document).step is not None:
                pass
        self.wait(limit_s=0)

    def deadline(self, limit_s: float) -> Callable[[], None]:
        """Return what raises TimeoutError once the time is over, and rests a moment before."""
        end = time.monotonic() + limit_s

        def limit() -> None:
            if time.monotonic() > end:
                raise TimeoutError(self.tail())
            time.sleep(_POLL_S / 2)

        return limit

    def _under_way(self, wanted: set[UUID] | None) -> list[Document]:
        ended = [*ENDED, State.PUBLISHED]
        query = select(Document).where(
            Document.state.not_in(ended), Document.paper_only.is_(other=False)
        )
        with self.services.transactions() as tx:
            return [d for d in tx.scalars(query) if wanted is None or d.id in wanted]

    def tail(self) -> str:
        """Return the ends of the workers' logs."""
        parts = []
        for output in sorted(self.folder.glob("*.log")):
            lines = output.read_text(errors="replace").splitlines()[-15:]
            parts += [f"--- {output.name}", *lines]
        return "\n".join(parts)

    def close(self) -> None:
        """Kill what still runs and let go of everything."""
        for worker in self.workers:
            worker.kill()
        for nursery in self.nurseries:
            nursery.stop()
        self.services.close()


def _unmeasured(environment: Mapping[str, str]) -> dict[str, str]:
    """Leave out what has coverage measured: who is killed never says what it has passed."""
    return {k: v for k, v in environment.items() if not k.startswith("COVERAGE_PROCESS_")}


def _mortal() -> list[str]:
    """Return the command before a command that dies with this process, however that ends."""
    setpriv = shutil.which("setpriv")
    return [] if setpriv is None else [setpriv, "--pdeathsig=KILL"]


OpenRoad = Callable[..., Road]
"""The fixture ``open_road``: ``database`` sqlite or postgresql, ``stores`` folder or s3."""


@contextlib.contextmanager
def opened(folder: Path, demo: DemoInstance, **settings: object) -> Iterator[Road]:
    """Make a service with the demonstration's bodies, keys and authority.

    Args:
        folder: an empty one.
        demo: whose PKI, token and authority are used; they are not changed.
        settings: that differ from the embedded ones, such as ``database_url``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # `prepare` finds everything made in there and changes nothing.
    (folder / "demo").symlink_to(demo.folder, target_is_directory=True)
    instance = demonstration.prepare(folder, port=demo.pki.port, **settings)
    config = folder / "docsvc.toml"
    demonstration.write_settings(instance, config)
    database = folder / "docsvc.sqlite"
    embedded = not instance.settings.database_url
    if embedded and demo.folder in _POPULATED:
        database.write_bytes(_POPULATED[demo.folder])
    services = open_services(instance.settings)
    try:
        upgrade(services.engine)
        demonstration.populate(services, instance)
        if embedded and demo.folder not in _POPULATED:
            with contextlib.closing(sqlite3.connect(database)) as connection:
                _POPULATED[demo.folder] = connection.serialize()
    except BaseException:
        services.close()
        raise
    road = Road(folder=folder, services=services, config=config)
    try:
        yield road
    finally:
        road.close()


def letter(number: int) -> bytes:
    """Draw a decision of one page; each number another file."""
    return pages.draw(pages.Letter(subject=(f"Về việc thành lập Tổ công nghệ số {number}",)))


# --- what must hold ------------------------------------------------------------------------


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
