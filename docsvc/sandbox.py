"""Child processes that open files: every PDF is hostile, and a crash is an answer.

A task is a function, named ``module:function``, that takes plain arguments and returns an
`Answer`. What comes back from a child is read as JSON and raw bytes, never unpickled: a child
that a file has taken over must not be able to run code here.
"""

from __future__ import annotations

import contextlib
import json
import logging
import multiprocessing
import queue
import re
import select
import sys
import threading
import time
from dataclasses import dataclass
from multiprocessing import forkserver, reduction
from typing import TYPE_CHECKING, Any

from docsvc.confined import Answer, files_of, serve
from docsvc.errors import CodedError, DocsvcError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

log = logging.getLogger(__name__)

_MAX_ANSWER_FACTS = 64 * 1024**2
# An upload of the largest size, signed and stamped.
_MAX_FRAME = 1024**3
_MAX_FRAMES = 16
# What reading the answer of a child can raise that died, or that a file has taken over.
_NOT_OUR_FORM = (
    EOFError,
    OSError,
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    RecursionError,
)
_UNSTORABLE = re.compile("[\\x00\\ud800-\\udfff]")
# The same as JSON of ASCII spells them; halves of good pairs too, which a closer look tells apart.
_ESCAPED_UNSTORABLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_TIMEOUT_S = 60.0


class TaskTimeoutError(DocsvcError):
    """The file took longer than it may; its child was stopped."""

    code = "sandbox.timeout"


class TaskDiedError(DocsvcError):
    """The child died of the file, or was stopped by its memory limit."""

    code = "sandbox.died"


class ChildrenUnavailableError(DocsvcError):
    """No child process can be started: the machine's fault, not the file's."""

    code = "sandbox.unavailable"
    retryable = True


class TaskFailedError(DocsvcError):
    """The task raised something nobody has named: a defect, or a file nobody has thought of."""

    code = "sandbox.failed"


class Child:
    """One child process, forked from a small server, and the pipe to it."""

    def __init__(self, target: Callable[..., None], *arguments: object) -> None:
        """Start ``target(pipe, *arguments)`` in a child that dies with this process."""
        context = multiprocessing.get_context("forkserver")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=target, args=(theirs, *arguments), daemon=True)
        with _starting, _without_main():
            self.process.start()
        theirs.close()
        # Kept: `Connection.poll` makes a new one for every message.
        self._poll = select.poll()
        self._poll.register(self.pipe.fileno(), select.POLLIN)

    def has_answered(self, within_s: float) -> bool:
        """Wait until there is something to read, or the child is gone; False if time is up."""
        return bool(self._poll.poll(max(0.0, within_s) * 1000))

    def stop(self) -> None:
        """End the child at once."""
        self.pipe.close()
        self.process.kill()
        self.process.join()


_starting = threading.Lock()


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Hide this process's program from multiprocessing.

    It would run it again in every child to make its names known there: seconds of imports that
    no task needs, and a reach into the database that no task may have.
    """
    main = sys.modules["__main__"]
    spec, file = main.__spec__, getattr(main, "__file__", None)
    main.__spec__ = None
    if file is not None:
        del main.__file__
    try:
        yield
    finally:
        main.__spec__ = spec
        if file is not None:
            main.__file__ = file


class Sandbox:
    """A fixed number of children; each opens one file at a time."""

    def __init__(self, children: int, preload: tuple[str, ...] = ()) -> None:
        """Get ready; children start when they are needed.

        Args:
            children: how many files are open at once.
            preload: modules that the fork server imports once for all children.
        """
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__, *preload])
        self._free: queue.Queue[Child | None] = queue.Queue()
        for _ in range(children):
            self._free.put(None)
        self._children = children

    def get_ready(self) -> None:
        """Start loading what children fork from, while this process does something else."""
        with _starting, _without_main():
            forkserver.ensure_running()

    def run(self, task: str, *arguments: object, timeout_s: float = _TIMEOUT_S) -> Answer:
        """Run a task in a child and wait for it.

        Raises:
            CodedError: the task refused the file; the code is the library's.
            TaskTimeoutError: it took longer than ``timeout_s``.
            TaskDiedError: the child died.
            TaskFailedError: the task has a defect.
        """
        (answer,) = self._answers(task, [arguments], timeout_s)
        return answer

    def run_each(
        self, task: str, batch: Sequence[tuple[object, ...]], *, timeout_s: float = _TIMEOUT_S
    ) -> list[Answer | DocsvcError]:
        """Run a task on each arguments of a batch, handed to one child at once.

        Returns:
            What `run` returns or raises for each, in order. After an error, whoever caused it,
            the rest goes to a new child.
        """
        found: list[Answer | DocsvcError] = []
        one_by_one = False
        while len(found) < len(batch):
            rest = batch[len(found) :]
            try:
                for answer in self._answers(task, rest[:1] if one_by_one else rest, timeout_s):
                    found.append(answer)  # noqa: PERF402 -- what was found before an error counts
            except (TaskDiedError, TaskTimeoutError) as e:
                # Answers may have been lost with the child: which file did it is found out anew.
                if one_by_one or len(found) == len(batch) - 1:
                    found.append(e)
                one_by_one = True
            except DocsvcError as e:
                found.append(e)
        return found

    def _answers(
        self, task: str, batch: Sequence[tuple[object, ...]], timeout_s: float
    ) -> Iterator[Answer]:
        with self._child() as child:
            try:
                child.pipe.send((task, batch))
                for one in files_of(batch):
                    reduction.send_handle(child.pipe, one.descriptor, child.process.pid)
                left = len(batch)
                while left > 0:
                    for answer in _received(child, timeout_s, at_most=left):
                        if not isinstance(answer, Answer):
                            raise _error(task, answer)
                        yield answer
                        left -= 1
            except TimeoutError as e:
                raise TaskTimeoutError(task=task, limit_s=timeout_s) from e
            except _NOT_OUR_FORM as e:
                raise TaskDiedError(task=task) from e

    @contextlib.contextmanager
    def _child(self) -> Iterator[Child]:
        child = self._free.get()
        try:
            if child is None or not child.process.is_alive():
                child = Child(serve)
        except (EOFError, OSError) as e:
            self._free.put(None)
            raise ChildrenUnavailableError from e
        try:
            yield child
        except BaseException:
            # A child that has met a file it refuses, or that hangs, is not used again.
            child.stop()
            self._free.put(None)
            raise
        self._free.put(child)

    def stop(self) -> None:
        """Stop every child; those at work are waited for."""
        for _ in range(self._children):
            child = self._free.get()
            if child is not None:
                child.stop()
            self._free.put(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    """What a task raised: its type, and its code if it has one."""

    type: str
    code: str | None
    retryable: bool
    facts: dict[str, Any]


def _received(child: Child, timeout_s: float, *, at_most: int) -> Iterator[Answer | _Refusal]:
    """Read what a child answers next, one or more, all of it before the time is up.

    Raises:
        TimeoutError: it takes longer.
        Exception: the answer is not in our form.
    """
    deadline = time.monotonic() + timeout_s

    def next_message(limit: int) -> bytes:
        if not child.has_answered(deadline - time.monotonic()):
            raise TimeoutError
        return child.pipe.recv_bytes(limit)

    message = next_message(_MAX_ANSWER_FACTS)
    replies = json.loads(message)
    if not message.isascii() or _ESCAPED_UNSTORABLE.search(message):
        replies = _storable(replies)
    if not 0 < len(replies) <= at_most:
        msg = "answers"
        raise ValueError(msg)
    for reply in replies:
        count = min(int(reply["frames"]), _MAX_FRAMES)
        yield _read(reply, tuple(next_message(_MAX_FRAME) for _ in range(count)))


def _read(reply: dict[str, Any], frames: tuple[bytes, ...]) -> Answer | _Refusal:
    if "error" in reply:
        error = reply["error"]
        return _Refusal(
            type=str(error["type"]),
            code=None if error["code"] is None else str(error["code"]),
            retryable=bool(error["retryable"]),
            facts=dict(error["facts"]),
        )
    return Answer(facts=dict(reply["facts"]), frames=frames)


def _storable(value: Any) -> Any:
    """Replace the characters that PostgreSQL cannot store and a hostile file can name.

    NUL is refused in texts and in JSON, halves of surrogate pairs have no UTF-8.
    """
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_storable(each) for each in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(each) for key, each in value.items()}
    return value


def _error(task: str, refusal: _Refusal) -> DocsvcError:
    if refusal.type == "MemoryError":
        return TaskDiedError(task=task)
    if refusal.code is None:
        log.error("sandbox.task-failed", extra={"task": task, "type": refusal.type})
        return TaskFailedError(task=task, type=refusal.type)
    return CodedError(refusal.code, retryable=refusal.retryable, **refusal.facts)
