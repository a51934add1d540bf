"""The archive's store: the library's own folder, or the service's objects on S3."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from archive.errors import MissingKeyError, StoreFailureError
from archive.paths import require_safe
from archive.stores import LocalFolder
from docsvc.blobs.store import BlobMissingError, Objects, StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.model import ObjectStore


def open_archive(url: str) -> ObjectStore:
    """Open ``file:///folder`` or ``s3://bucket[/prefix]`` for the archive.

    A folder is the library's own: what it writes is durable, and its files have the names that
    OCFL gives them, so that a stranger's tools can read the root.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return LocalFolder(Path(unquote(parts.path)))
    return ArchiveObjects(Objects(url))


class ArchiveObjects:
    """Objects as `archive.model.ObjectStore` wants them."""

    def __init__(self, objects: Objects) -> None:
        """Keep everything in ``objects``."""
        self._objects = objects

    def get(self, key: str) -> bytes:
        """Return the bytes under a key.

        Raises:
            MissingKeyError: nothing is stored there.
            StoreFailureError: the store does not answer; so do the other methods.
        """
        try:
            return self._objects.get(require_safe(key))
        except BlobMissingError as e:
            raise MissingKeyError(key=key) from e
        except StoreUnavailableError as e:
            raise StoreFailureError(key=key) from e

    def put(self, key: str, data: bytes) -> None:
        """Store bytes under a key."""
        try:
            self._objects.put(require_safe(key), data)
        except StoreUnavailableError as e:
            raise StoreFailureError(key=key) from e

    def exists(self, key: str) -> bool:
        """Tell whether bytes are stored under exactly this key."""
        try:
            return self._objects.exists(require_safe(key))
        except StoreUnavailableError as e:
            raise StoreFailureError(key=key) from e

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, character by character."""
        try:
            # The store lists whole folders only.
            for key in self._objects.list(prefix.rpartition("/")[0]):
                if key.startswith(prefix):
                    yield key
        except StoreUnavailableError as e:
            raise StoreFailureError(key=prefix) from e

    def delete(self, key: str) -> None:
        """Remove a key; a key that is absent is no error."""
        try:
            self._objects.delete(require_safe(key))
        except StoreUnavailableError as e:
            raise StoreFailureError(key=key) from e
