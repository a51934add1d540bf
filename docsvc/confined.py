"""The child's half of the sandbox: it takes tasks, gives up what they do not need, and answers."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import resource
import signal
import time
from dataclasses import dataclass, field
from multiprocessing import reduction
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.connection import Connection

# OpenCV and PDFium reserve far more address space than they touch.
_MAX_ADDRESS_SPACE = 4 * 1024**3
# Answers wait for each other in a child so long, and so many bytes of them: a parent that is woken
# for each file of thousands does little else.
_GATHERED_S = 0.05
_GATHERED_BYTES = 48 << 10
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a task gives back: facts that JSON can carry, and raw bytes."""

    facts: dict[str, Any] = field(default_factory=dict)
    frames: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFile:
    """An open file as an argument of a task: the child sees neither its name nor its folder.

    Attributes:
        descriptor: where this process has it open; what a child gets has a number of its own.
    """

    descriptor: int

    @property
    def path(self) -> Path:
        """Return a path that opens the file anew in this process, from its beginning."""
        return Path(f"/proc/self/fd/{self.descriptor}")


def serve(pipe: Connection) -> None:
    """Live in the child: take a task, answer, until the parent closes the pipe."""
    _confine()
    # What was loaded stays: not to be looked at again whenever rubbish is collected.
    gc.freeze()
    outbox = _Outbox(pipe)
    while True:
        try:
            name, batch = pipe.recv()
        except EOFError:
            return
        batch = [_withfiles_of(pipe, arguments) for arguments in batch]
        for arguments in batch:
            reply, frames = _attempt(name, arguments)
            outbox.put(reply, frames)
            if "error" in reply:
                # This child is not used again.
                return
        for one in files_of(batch):
            os.close(one.descriptor)
        outbox.send()


class _Outbox:
    """Answers of a child on their way: small ones gather for a moment, others go at once."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._waiting: list[str] = []
        self._since = time.monotonic()

    def put(self, reply: dict[str, Any], frames: tuple[bytes, ...]) -> None:
        self._waiting.append(json.dumps(reply | {"frames": len(frames)}))
        is_due = time.monotonic() - self._since > _GATHERED_S
        if frames or "error" in reply or is_due or self._bytes() > _GATHERED_BYTES:
            self.send()
        for frame in frames:
            self._pipe.send_bytes(frame)

    def send(self) -> None:
        if self._waiting:
            self._pipe.send_bytes(f"[{','.join(self._waiting)}]".encode())
        self._waiting.clear()
        self._since = time.monotonic()

    def _bytes(self) -> int:
        return sum(map(len, self._waiting))


def files_of(batch: Iterable[tuple[object, ...]]) -> Iterator[OpenFile]:
    """Yield the open files among the arguments of tasks, in order."""
    for arguments in batch:
        yield from (one for one in arguments if isinstance(one, OpenFile))


def _withfiles_of(pipe: Connection, arguments: tuple[object, ...]) -> tuple[object, ...]:
    """Put the files that follow a batch in the place of the numbers that its sender has."""
    return tuple(
        OpenFile(descriptor=reduction.recv_handle(pipe)) if isinstance(one, OpenFile) else one
        for one in arguments
    )


def _attempt(name: str, arguments: tuple[object, ...]) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    try:
        module, function = name.split(":")
        answer: Answer = getattr(importlib.import_module(module), function)(*arguments)
    except Exception as e:  # noqa: BLE001  # whatever a file provokes is an answer
        facts = getattr(e, "facts", {})
        error = {
            "code": getattr(e, "code", None),
            "type": type(e).__name__,
            "retryable": getattr(e, "retryable", False),
            "facts": {k: v if isinstance(v, int | float) else str(v) for k, v in facts.items()},
        }
        return {"error": error}, ()
    return {"facts": answer.facts}, answer.frames


def _confine() -> None:
    """Give up what a task does not need: memory without end, core files, outliving the parent."""
    with contextlib.suppress(OSError, AttributeError):
        import ctypes  # noqa: PLC0415  # Linux only, and only here

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_ADDRESS_SPACE, _MAX_ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_THREAD_LIMIT"] = "1"
