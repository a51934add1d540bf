"""``docsvc worker`` that kills itself, with all its children, at a point that it is told.

A point is a moment just before something that lasts happens: a change is committed, a blob or a
file of the archive is written, a token signs, a timestamp is asked for, a child opens a file.
Between two such moments nothing lasts, so that a kill before each is a kill at every place.

``ROAD_CRASH`` holds a JSON object:

============  ==============================================================================
``document``  whose points are meant
``at``        the point to die at, as a trace names it: ``sign-leader:commit:2``
``mode``      ``kill`` before the act (default), ``torn`` in the middle of a written file,
              ``later`` a moment after the act has begun
``trace``     a file that takes the points that were passed, one a line
``phones``    the stand-in provider of ``support.phones`` is known
``beat``      seconds between heartbeats, and after which a worker counts as dead
============  ==============================================================================

Without that variable this is a nursery: it reads such objects from standard input, one a line,
lets a worker live by each, and answers with its exit code. A worker of the nursery is forked
from a process that has imported everything, and so are the children it starts: most of a short
life is imports.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import threading
from collections import Counter
from datetime import timedelta
from multiprocessing import forkserver
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event

# A program of its own: pytest's way to the package is not there.
sys.path.append(str(Path(__file__).parents[1]))

from support import phones

from archive.ocfl import StorageRoot, object_path
from archive.stores import LocalFolder
from docsvc import logs, settings, worker
from docsvc.blobs.store import Objects
from docsvc.bootstrap import PRELOAD, Services, open_services
from docsvc.sandbox import Sandbox
from docsvc.steps.sign import lease
from docsvc.steps.sign.token import TokenProcess
from docsvc.worker import Runner, RunningWorker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

# How a worker ends whose document came to its end first: another worker was at it, say.
NOT_REACHED = 3

_LATER_S = 0.03
_PR_SET_PDEATHSIG = 1
_CHANGES = ("INSERT", "UPDATE", "DELETE")


class Points:
    """Counts the points of one document's road and dies at one of them."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._document = order.get("document")
        self._at, self._mode = order.get("at"), order.get("mode", "kill")
        self._trace = Path(order["trace"]) if "trace" in order else None
        self._here = threading.local()
        self._passed: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._objects: dict[str, str] = {}

    @contextlib.contextmanager
    def within(self, step: str, document: object) -> Iterator[None]:
        """Say what this thread is doing."""
        before = getattr(self._here, "what", None)
        self._here.what = (step, str(document))
        try:
            yield
        finally:
            self._here.what = before

    def owns(self, object_id: str) -> None:
        """Remember that what is written for an object belongs to this thread's document."""
        self._objects[object_path(object_id)] = self._here.what[1]

    def reach(self, act: str, *, key: str = "", tear: Callable[[], None] | None = None) -> None:
        """Pass a point, or die there.

        Args:
            act: what is about to happen.
            key: of a file of the archive, which is written by other threads.
            tear: does half of it.
        """
        what = getattr(self._here, "what", None)
        for path, document in self._objects.items():
            if key.startswith(path):
                what = ("deposit", document)
        if what is None or (self._document is not None and what[1] != self._document):
            return
        with self._lock:
            name = f"{what[0]}:{act}"
            self._passed[name] += 1
            point = f"{name}:{self._passed[name]}"
            if self._trace is not None:
                with self._trace.open("a") as trace:
                    trace.write(point + "\n")
        if point == self._at:
            self._die(tear)

    def arrive(self) -> None:
        """End the worker if the document has come to its end without passing the point."""
        if self._at is not None and self._here.what[1] == self._document:
            os._exit(NOT_REACHED)

    def _die(self, tear: Callable[[], None] | None) -> None:
        if self._mode == "later":
            threading.Timer(_LATER_S, _kill).start()
            return
        if self._mode == "torn" and tear is not None:
            tear()
        _kill()


def _kill() -> None:
    os.killpg(0, signal.SIGKILL)


def _before(points: Points, owner: Any, name: str, act: str) -> None:
    """Make ``owner.name`` pass a point each time before it acts."""
    original = getattr(owner, name)

    def wrapped(*arguments: Any, **named: Any) -> Any:
        points.reach(act)
        return original(*arguments, **named)

    setattr(owner, name, wrapped)


def _watch_commits(points: Points) -> None:
    """Pass a point before each commit of a transaction that has changed something."""
    changed = threading.local()

    @event.listens_for(Engine, "before_cursor_execute")
    def _statement(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(_CHANGES):
            changed.yes = True

    @event.listens_for(Engine, "rollback")
    def _rollback(_c: Any) -> None:
        changed.yes = False

    @event.listens_for(Engine, "commit")
    def _commit(_c: Any) -> None:
        if getattr(changed, "yes", False):
            changed.yes = False
            points.reach("commit")


def _watch_files(points: Points) -> None:
    """Pass a point before each blob and each file of the archive; know how to tear one."""
    for store, tear in ((Objects, _half_object), (LocalFolder, _half_file)):
        _watch_store(points, store, tear)


def _watch_store(points: Points, store: Any, tear: Callable[[Any, str, bytes], None]) -> None:
    put, delete = store.put, store.delete

    def putting(self: Any, key: str, data: bytes) -> None:
        points.reach("put", key=key, tear=lambda: tear(self, key, data))
        put(self, key, data)

    def deleting(self: Any, key: str) -> None:
        points.reach("delete", key=key)
        delete(self, key)

    store.put, store.delete = putting, deleting


def _half_object(objects: Objects, key: str, data: bytes) -> None:
    """Leave what a store in a folder leaves when it is killed while it writes."""
    if objects._folder is None:
        return  # a store on the network shows the whole object or none
    path = objects._folder / f"{key}#1"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data[: len(data) // 2])


def _half_file(folder: LocalFolder, key: str, data: bytes) -> None:
    """Leave what the archive's folder leaves when it is killed while it writes."""
    path = folder._root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name(f".{path.name}.torn.part").write_bytes(data[: len(data) // 2])


def _watch_steps(points: Points) -> None:
    """Tell which step of which document a thread is at."""
    take, road_of, deposit = Runner.take, worker.road_of, StorageRoot.deposit

    def taking(self: Runner, document_id: UUID) -> Any:
        with points.within("take", document_id):
            points.reach("begin")
            taken = take(self, document_id)
            points.reach("end")
            if taken.step is None and not taken.retry:
                points.arrive()
            return taken

    def road(services: Services) -> Any:
        return {step: _step(points, step, run) for step, run in road_of(services).items()}

    def depositing(self: StorageRoot, object_id: str, *arguments: Any, **named: Any) -> Any:
        points.owns(object_id)
        return deposit(self, object_id, *arguments, **named)

    Runner.take = taking  # type: ignore[method-assign]
    worker.road_of = road
    StorageRoot.deposit = depositing  # type: ignore[method-assign]


def _step(points: Points, step: str, run: Callable[[UUID], None]) -> Callable[[UUID], None]:
    def running(document_id: UUID) -> None:
        with points.within(step, document_id):
            run(document_id)

    return running


def _watch_children(points: Points) -> None:
    """Pass a point before each task of a child, named by its function: how often one is asked
    depends on what this worker has fetched before.
    """
    run = Sandbox.run

    def running(self: Sandbox, task: str, *arguments: object, **named: Any) -> Any:
        points.reach(f"child-{task.partition(':')[2]}")
        return run(self, task, *arguments, **named)

    Sandbox.run = running  # type: ignore[method-assign]


def install(order: dict[str, Any]) -> None:
    """Watch everything that lasts."""
    points = Points(order)
    _watch_steps(points)
    _watch_commits(points)
    _watch_files(points)
    _watch_children(points)
    _before(points, TokenProcess, "sign", "token")
    _before(points, Services, "stamp", "stamp")
    _before(points, lease, "acquire", "acquire")


def nursery() -> int:
    """Let one worker live after the other."""
    server = _one_fork_server()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.setsid()
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            os._exit(work(json.loads(line)))
        _, status = os.waitpid(child, 0)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        _kill_children(server)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201  # the answer
    return 0


def _one_fork_server() -> int:
    """Start what the children of all workers are forked from; return its process id."""
    Sandbox(0, preload=PRELOAD)
    forkserver.ensure_running()
    server: Any = forkserver._forkserver  # type: ignore[attr-defined]
    # A worker would look for it among its own children.
    server.ensure_running = lambda: None
    return int(server._forkserver_pid)


def _kill_children(server: int) -> None:
    """Kill what a worker has left: its children are in no group of its own."""
    for child in Path(f"/proc/{server}/task/{server}/children").read_text().split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(child), signal.SIGKILL)


def work(order: dict[str, Any]) -> int:
    """Work like ``docsvc worker``."""
    chosen = settings.load()
    logs.configure(chosen.log_level)
    if "at" in order or "trace" in order:
        install(order)
    if "phones" in order:
        phones.install()
    services = open_services(chosen)
    named: dict[str, Any] = {}
    if "beat" in order:
        beat, dead = order["beat"]
        named = {"heartbeat_s": beat, "dead_after": timedelta(seconds=dead)}
    running = RunningWorker(services, **named)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    running.start()
    stopping.wait()
    running.stop()
    services.close()
    return 0


if __name__ == "__main__":
    told = os.environ.get("ROAD_CRASH")
    sys.exit(nursery() if told is None else work(json.loads(told)))
