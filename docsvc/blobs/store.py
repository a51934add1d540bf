"""Objects in a folder or an S3 store, and blobs named by their digest on top of them.

A second write of the same content is harmless on any store: correctness never depends on a
conditional put, which some stores accept and ignore.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from docsvc.errors import DocsvcError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO


_PIECE = 1 << 20  # bytes that are read at once
# A store takes a large object in parts of 5 MB or more; that many are in memory at once.
_PART, _PARTS = 5 << 20, 2


class BlobMissingError(DocsvcError):
    """The store does not hold what the database says it holds."""

    code = "blobs.missing"
    # The document waits for a restored store; its road must not end for a fault of ours.
    retryable = True


class BlobCorruptError(DocsvcError):
    """What the store gave back is not what was put: its digest differs."""

    code = "blobs.corrupt"
    retryable = True


class StoreUnavailableError(DocsvcError):
    """The store does not answer or refuses us; nothing was lost."""

    code = "blobs.unavailable"
    retryable = True


class Objects:
    """Objects under '/'-separated keys: what the archive and the blob store stand on."""

    def __init__(self, url: str) -> None:
        """Open ``file:///folder`` or ``s3://bucket[/prefix]`` (keys from ``AWS_*``)."""
        parts = urlsplit(url)
        self._folder: Path | None = None
        self._synced: set[Path] = set()
        if parts.scheme == "file":
            self._folder = Path(unquote(parts.path))
            self._folder.mkdir(parents=True, exist_ok=True)
            self._store: Any = LocalStore(self._folder, automatic_cleanup=True)
        else:
            prefix = parts.path.strip("/") or None
            self._store = S3Store(parts.netloc, prefix=prefix, client_options={"allow_http": True})

    def get(self, key: str) -> bytes:
        """Return the bytes under ``key``.

        Raises:
            BlobMissingError: there are none.
            StoreUnavailableError: the store does not answer; so do the other methods.
        """
        with _named():
            try:
                return bytes(obstore.get(self._store, key).bytes())
            except FileNotFoundError as e:
                raise BlobMissingError(key=key) from e

    def pieces(self, key: str) -> Iterator[bytes]:
        """Yield the bytes under ``key``, some at a time; raises as `get` does."""
        with _named():
            try:
                got = obstore.get(self._store, key)
            except FileNotFoundError as e:
                raise BlobMissingError(key=key) from e
            for piece in got.stream(min_chunk_size=_PIECE):
                yield bytes(piece)

    def put(self, key: str, data: bytes) -> None:
        """Write ``data`` under ``key``; durable when this returns."""
        self._put(key, data)

    def put_pieces(self, key: str, pieces: Iterator[bytes]) -> None:
        """Write what is too large to be held in memory, as `put` does.

        What ``pieces`` raises comes out of here, and nothing was written.
        """
        self._put(key, pieces, use_multipart=True, chunk_size=_PART, max_concurrency=_PARTS)

    def _put(self, key: str, data: bytes | Iterator[bytes], **how: Any) -> None:
        with _named():
            obstore.put(self._store, key, data, **how)
            if self._folder is not None:
                # The local store never calls fsync (DEPENDENCIES: traced).
                self._sync(self._folder / key, self._folder)

    def size(self, key: str) -> int | None:
        """Return how many bytes are under ``key``; None if there is nothing."""
        with _named():
            try:
                return int(obstore.head(self._store, key)["size"])
            except FileNotFoundError:
                return None

    def exists(self, key: str) -> bool:
        """Say whether there are bytes under ``key``."""
        return self.size(key) is not None

    def list(self, folder: str = "") -> Iterator[str]:
        """Yield the keys below ``folder``, a few at a time."""
        with _named():
            for page in obstore.list(self._store, folder or None):
                for entry in page:
                    yield entry["path"]

    def delete(self, key: str) -> None:
        """Remove the bytes under ``key``; nothing happens if there are none."""
        self.tidy(key)
        # The local store removes folders that get empty: their names must be synced anew.
        self._synced.clear()
        with _named(), contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store, key)

    def tidy(self, key: str) -> None:
        """Remove what a write of ``key`` has left that was cut off: bytes that nobody can read.

        The local store writes beside the place first, under ``key#1``; other stores show a whole
        object or none. A write that is under way at this moment fails, and is tried again.
        """
        if self._folder is not None:
            place = self._folder / key
            with _named():
                for left in place.parent.glob(f"{glob.escape(place.name)}#*"):
                    left.unlink(missing_ok=True)

    def _sync(self, path: Path, root: Path) -> None:
        """Make a file and its name durable, and the names of the folders that are new."""
        _sync(path)
        _sync(path.parent)
        folder = path.parent
        while folder != root and folder not in self._synced:
            _sync(folder.parent)
            self._synced.add(folder)
            folder = folder.parent


class Blobs:
    """Bytes named by their SHA-256, in hex."""

    def __init__(self, objects: Objects) -> None:
        """Keep blobs below ``sha256/`` of ``objects``."""
        self._objects = objects

    def put(self, data: bytes) -> str:
        """Write ``data`` once and return its digest; nothing is written if it is there.

        A blob of another size is what a power cut has left of one: it is written again.
        """
        digest = hashlib.sha256(data).hexdigest()
        key = _key(digest)
        if self._objects.size(key) != len(data):
            self._objects.put(key, data)
        return digest

    def put_pieces(self, digest: str, size: int, pieces: Iterator[bytes]) -> None:
        """Write once what is too large to be held in memory; nothing if it is there.

        Args:
            digest: SHA-256 of all pieces, in hex.
            size: their length together.
            pieces: read once, or not at all.

        Raises:
            BlobCorruptError: the pieces have another digest; nothing is written.
        """
        if self._objects.size(_key(digest)) == size:
            return
        checked = _checked(digest, pieces)
        if size <= _PART:
            self._objects.put(_key(digest), b"".join(checked))
        else:
            self._objects.put_pieces(_key(digest), checked)

    def fetch(self, digest: str, target: BinaryIO) -> None:
        """Write the bytes of ``digest`` into a file, in pieces.

        Raises:
            BlobMissingError, BlobCorruptError: as `get` does; the file is of no worth then.
        """
        with _named():  # a disk that is full, too
            target.writelines(_checked(digest, self._objects.pieces(_key(digest))))
            target.flush()

    def get(self, digest: str) -> bytes:
        """Return the bytes of ``digest``.

        Raises:
            BlobMissingError: the store does not hold them.
            BlobCorruptError: they no longer have that digest.
        """
        data = self._objects.get(_key(digest))
        if hashlib.sha256(data).hexdigest() != digest:
            raise BlobCorruptError(digest=digest)
        return data

    def exists(self, digest: str) -> bool:
        """Say whether the store holds ``digest``."""
        return self._objects.exists(_key(digest))

    def delete(self, digest: str) -> None:
        """Destroy the bytes of ``digest``."""
        self._objects.delete(_key(digest))

    def tidy(self, digest: str) -> None:
        """Remove what a write of ``digest`` has left that was cut off; the blob itself stays."""
        self._objects.tidy(_key(digest))

    def digests(self) -> Iterator[str]:
        """Yield every digest the store holds."""
        for key in self._objects.list("sha256"):
            yield key.rsplit("/", 1)[-1]


def _key(digest: str) -> str:
    return f"sha256/{digest[:2]}/{digest[2:4]}/{digest}"


def _checked(digest: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pass pieces on, and raise at their end if they are not what the digest says."""
    state = hashlib.sha256()
    for piece in pieces:
        state.update(piece)
        yield piece
    if state.hexdigest() != digest:
        raise BlobCorruptError(digest=digest)


@contextlib.contextmanager
def _named() -> Iterator[None]:
    """Give the failures of the store a name of ours."""
    try:
        yield
    except (BaseError, OSError) as e:
        # Not its text: it may hold addresses and names of buckets.
        raise StoreUnavailableError(problem=type(e).__name__) from e


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
