"""A whole service in a temporary folder, and workers beside it as processes.

The workers are what ``docsvc worker`` runs, each in a session of its own, so that a kill takes
its children with it and nothing else.
"""

from __future__ import annotations

import contextlib
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
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from support import pages

from docsvc.bootstrap import Services, open_services
from docsvc.demo import instance as demonstration
from docsvc.documents.tables import Document
from docsvc.migrations import upgrade
from docsvc.steps.receive.service import Accepted, Offer
from docsvc.worker import Runner
from docsvc.workflow import ENDED, State, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from support.demo import DemoInstance

UNIT = "H99.12.05"
EVERY_STEP = (Step.CONFIRM, Step.SIGN_LEADER, Step.SIGN_ORGANISATION)
CRASHING_WORKER = Path(__file__).with_name("crashing_worker.py")
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
