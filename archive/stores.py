"""Two object stores: a plain folder, and a dictionary for work that leaves nothing behind."""

from __future__ import annotations

import os
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from archive.errors import ArchiveError, MissingKeyError, StoreFailureError, TooLargeError
from archive.paths import require_safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archive.model import ObjectStore

DEFAULT_MAX_BYTES = 2**30
"""No file of a document package is near one GiB; a larger one would only exhaust memory."""

_PART = re.compile(r"(?:.*/)?\.[^/]*\.part")


def is_part(key: str) -> bool:
    """Tell whether a key is of a file being written; a process that was killed leaves one."""
    return _PART.fullmatch(key) is not None


MAX_WRITERS = 8
"""How many files are written at a time: most of a `put` is waiting for a disk or a network."""


def put_all(store: ObjectStore, files: Mapping[str, bytes]) -> None:
    """Put files in any order, several at a time; all are durable when this returns.

    Args:
        store: where to; it must allow calls from several threads.
        files: key to bytes.

    Raises:
        ArchiveError: the first failure; other files may have been written.
    """
    with ThreadPoolExecutor(max_workers=min(MAX_WRITERS, max(len(files), 1))) as pool:
        for _ in pool.map(store.put, files.keys(), files.values()):
            pass


class MemoryStore:
    """An object store in memory."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def get(self, key: str) -> bytes:
        """Return the bytes under a key; `MissingKeyError` if there are none."""
        try:
            return self._files[require_safe(key)]
        except KeyError as e:
            raise MissingKeyError(key=key) from e

    def put(self, key: str, data: bytes) -> None:
        """Store bytes under a key."""
        self._files[require_safe(key)] = bytes(data)

    def exists(self, key: str) -> bool:
        """Tell whether bytes are stored under exactly this key."""
        return require_safe(key) in self._files

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order."""
        yield from sorted(key for key in self._files if key.startswith(prefix))

    def delete(self, key: str) -> None:
        """Remove a key, if it is there."""
        self._files.pop(require_safe(key), None)


class LocalFolder:
    """An object store in a folder; what `put` wrote survives a power cut.

    Args:
        root: the folder; it is made by the first `put`.
        max_bytes: the largest file that `get` reads.
    """

    def __init__(self, root: Path, *, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self._root = root
        self._max_bytes = max_bytes

    def get(self, key: str) -> bytes:
        """Return the bytes under a key; links are not followed.

        Raises:
            MissingKeyError: no plain file is there.
            TooLargeError: the file is larger than the limit.
            StoreFailureError: it can't be read.
        """
        path = self._path(key)
        if not _is_plain_file(path):
            raise MissingKeyError(key=key)
        with _failures(key), path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > self._max_bytes:
                raise TooLargeError(key=key, size=size, limit=self._max_bytes)
            return file.read()

    def put(self, key: str, data: bytes) -> None:
        """Write a file beside its place, make it durable, then move it to its place.

        Raises:
            StoreFailureError: it can't be written; what was there before is untouched.
        """
        path = self._path(key)
        with _failures(key):
            fresh = _make_folders(path.parent)
            number, name = tempfile.mkstemp(
                dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part"
            )
            try:
                with os.fdopen(number, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            # All names at once, after the last change: a journal then writes them together.
            for folder in (path.parent, *fresh):
                _sync_folder(folder)

    def exists(self, key: str) -> bool:
        """Tell whether a plain file is there."""
        return _is_plain_file(self._path(key))

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, folder by folder, in order."""
        folder, _, _ = prefix.rpartition("/")
        start = self._path(folder) if folder else self._root
        for path in _walk(start):
            key = path.relative_to(self._root).as_posix()
            if key.startswith(prefix):
                yield key

    def delete(self, key: str) -> None:
        """Remove a file, and the folders that it leaves empty."""
        path = self._path(key)
        with _failures(key):
            path.unlink(missing_ok=True)
            folder = path.parent
            while folder != self._root and _remove_if_empty(folder):
                folder = folder.parent

    def _path(self, key: str) -> Path:
        return self._root / require_safe(key)


@contextmanager
def _failures(key: str) -> Iterator[None]:
    """Turn what the system says into an error of this library."""
    try:
        yield
    except ArchiveError:
        raise
    except OSError as e:
        raise StoreFailureError(key=key, errno=e.errno) from e


def _is_plain_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the plain files below a folder; links are passed over, so no loop is possible."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            yield Path(entry.path)


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder and its parents; return the folders that got a new name in them."""
    if folder.is_dir():
        return []
    changed = _make_folders(folder.parent)
    folder.mkdir(exist_ok=True)
    return [*changed, folder.parent]


def _remove_if_empty(folder: Path) -> bool:
    """Remove a folder; tell whether it is gone."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
