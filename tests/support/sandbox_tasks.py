"""What a hostile or unlucky file can make a child do; each is a task for `docsvc.sandbox`."""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import time
from pathlib import Path
from typing import Any

from support import memory

from docsvc.confined import Answer, OpenFile
from docsvc.errors import DocsvcError


class FoundError(DocsvcError):
    """A task that refuses its file."""

    code = "test.found"
    retryable = True


def echo(*arguments: object) -> Answer:
    return Answer(
        facts={"types": [type(a).__name__ for a in arguments], "pid": os.getpid()},
        frames=tuple(a for a in arguments if isinstance(a, bytes)),
    )


def copy(source: OpenFile, target: OpenFile) -> Answer:
    """Write one file into another; say how many the child has open."""
    with target.path.open("wb") as file:
        file.write(source.path.read_bytes())
    return Answer(facts={"open": len(list(Path("/proc/self/fd").iterdir()))})


def forget_peak() -> Answer:
    """Begin to measure: what this child has in memory now is idle."""
    return Answer(facts={"idle_kb": memory.forget_peak()})


def peak() -> Answer:
    """Tell the most that this child had in memory since."""
    return Answer(facts={"peak_kb": memory.peak_kb(), "pid": os.getpid()})


def refuse(text: str) -> Answer:
    raise FoundError(text=text, count=3, share=0.5)


def fail() -> Answer:
    msg = "the text of a document"
    raise ValueError(msg)


def crash() -> Answer:
    ctypes.string_at(0)
    return Answer()


def die() -> Answer:
    os.kill(os.getpid(), signal.SIGKILL)
    return Answer()


def hang() -> Answer:
    time.sleep(600)
    return Answer()


def swallow_memory() -> Answer:
    kept = [bytes(256 * 1024**2) for _ in range(64)]
    return Answer(facts={"pieces": len(kept)})


def speak(text: str) -> Answer:
    return Answer(facts={text: [{"name": text, "n": 1, "nothing": None}]})


def drip() -> Answer:
    """Announce a frame and never send it."""
    found = _pipe()
    found.send_bytes(b'[{"facts": {}, "frames": 1}]')
    time.sleep(600)
    return Answer()


def talk_nonsense(said: bytes) -> Answer:
    """Write to the pipe what a child that a file has taken over might."""
    _pipe().send_bytes(said)
    time.sleep(600)
    return Answer()


def limits() -> Answer:
    import resource  # noqa: PLC0415  # looked at in the child

    return Answer(
        facts={
            "memory": resource.getrlimit(resource.RLIMIT_AS)[0],
            "core": resource.getrlimit(resource.RLIMIT_CORE)[0],
            "interrupt": signal.getsignal(signal.SIGINT) is signal.SIG_IGN,
        }
    )


def _pipe() -> Any:
    """Return the child's own end of the pipe: what hostile code in it could reach."""
    import gc  # noqa: PLC0415  # likewise
    from multiprocessing.connection import Connection  # noqa: PLC0415

    gc.unfreeze()
    return next(o for o in gc.get_objects() if isinstance(o, Connection) and o.writable)


def named(task: str, *arguments: str) -> Answer:
    answer: Answer = globals()[task](*arguments)
    return answer


def cut_short(path: str) -> Answer:
    """Read a mapped file that somebody cuts short: the system ends the process by SIGBUS."""
    with Path(path).open("r+b") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        file.truncate(0)
        return Answer(facts={"first": mapped[0]})
