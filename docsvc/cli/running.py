"""Running a task on many files in children, and giving what it finds in the order of the files.

Beside the children the parent has little to do, which bounds how far more of them help: of each
file it asks once whether it can be read and how large it is, and a batch of small ones goes to a
child in one message.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docsvc.errors import CodedError, DocsvcError
from docsvc.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from docsvc.cli.judging import Task
    from docsvc.confined import Answer
    from docsvc.revocation.asking import Known
    from docsvc.revocation.online import Online

# Results wait in order behind a slow file; this many batches may wait for each job.
_AHEAD = 4
_BATCH_BYTES = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was found about one file, or the code of why nothing could be."""

    path: Path
    facts: dict[str, Any]
    frames: tuple[bytes, ...] = ()
    error: DocsvcError | None = None


@dataclass(slots=True)
class _Batch:
    """Files for one message: all of them, those that can be read, and why others cannot."""

    paths: list[Path] = field(default_factory=list)
    readable: list[Path] = field(default_factory=list)
    problems: dict[Path, DocsvcError] = field(default_factory=dict)
    size: int = 0

    def add(self, path: Path) -> None:
        self.paths.append(path)
        try:
            self.size += _size(path)
        except OSError as e:
            self.problems[path] = CodedError("ingest.unreadable-path", problem=e.strerror or "")
        else:
            self.readable.append(path)


def children(jobs: int, *modules: str) -> Sandbox:
    """Return a sandbox that begins to load what its children need."""
    sandbox = Sandbox(jobs, preload=modules)
    sandbox.get_ready()
    return sandbox


def each(  # noqa: PLR0913  # what is asked, where, how much at a time, and what meanwhile
    paths: Iterable[Path],
    task: Task,
    sandbox: Sandbox,
    *,
    jobs: int = 1,
    online: Online | None = None,
    at_once: int = 1,
    before_waiting: Callable[[], object] = lambda: None,
) -> Iterator[Result]:
    """Run a task on every file, in order, holding only a few results; then stop the children.

    Args:
        paths: of the files.
        task: what is asked about each.
        sandbox: of as many children as ``jobs``.
        jobs: how many files are open at once.
        online: gets what a file wants from outside, for it alone.
        at_once: so many small files go to a child in one message: what is quick to judge should
            not wait for the way there and back.
        before_waiting: is called when there is nothing to yield for a while: whoever reads along
            gets what there is, and no line on its own.
    """
    asking = _Asking(task, sandbox, online)

    def taken(results: Future[list[Result]]) -> list[Result]:
        if not results.done():
            before_waiting()
        return results.result()

    waiting: deque[Future[list[Result]]] = deque()
    with ThreadPoolExecutor(jobs) as pool:
        for batch in _batches(paths, at_once):
            waiting.append(pool.submit(asking.about, batch))
            if len(waiting) >= jobs * _AHEAD:
                yield from taken(waiting.popleft())
        while waiting:
            yield from taken(waiting.popleft())
    sandbox.stop()


class _Asking:
    def __init__(self, task: Task, sandbox: Sandbox, online: Online | None) -> None:
        self.task, self.sandbox, self.online = task, sandbox, online

    def about(self, batch: _Batch) -> list[Result]:
        begin = self.online.begin() if self.online else None
        found = self.sandbox.run_each(self.task.name, self.task.on_each(batch.readable, begin))
        whole = iter(map(self._completed, batch.readable, found))
        return [_result(path, batch.problems.get(path) or next(whole)) for path in batch.paths]

    def _completed(self, path: Path, found: Answer | DocsvcError) -> Answer | DocsvcError:
        if self.online is None or isinstance(found, DocsvcError) or "wanted" not in found.facts:
            return found

        def again(known: Known | None) -> Answer:
            return self.sandbox.run(self.task.name, *self.task.on_each([path], known)[0])

        try:
            return self.online.complete(again, first=found)
        except DocsvcError as e:
            return e


def _batches(paths: Iterable[Path], at_once: int) -> Iterator[_Batch]:
    batch = _Batch()
    for path in paths:
        batch.add(path)
        if len(batch.paths) >= at_once or batch.size >= _BATCH_BYTES:
            yield batch
            batch = _Batch()
    if batch.paths:
        yield batch


def _size(path: Path) -> int:
    """Return how many bytes a file has.

    Raises:
        OSError: it cannot be read.
    """
    size = os.stat(path).st_size  # noqa: PTH116  # of each of thousands of files
    if not os.access(path, os.R_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return size


def _result(path: Path, found: Answer | DocsvcError) -> Result:
    if isinstance(found, DocsvcError):
        return Result(path=path, facts={}, error=found)
    return Result(path=path, facts=found.facts, frames=found.frames)
