"""Files of the demonstration folder: written whole or not at all, by one process at a time."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; other processes that prepare the same folder wait."""
    with (folder / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_private(path: Path, data: bytes) -> None:
    """Write a secret that only this user may read (mode 0600)."""
    write_whole(path, data, mode=0o600)


def write_once(path: Path, data: bytes) -> None:
    """Write a file unless it is there already."""
    if not path.exists():
        write_whole(path, data)


def write_whole(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file so that a reader finds the old bytes or the new, never a part."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    # The mode is given when the file is made: a moment of readable key is too long.
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
    part.replace(path)
