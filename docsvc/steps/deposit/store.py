"""The archive's store over the service's objects: a folder or S3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.errors import MissingKeyError
from docsvc.blobs.store import BlobMissingError, Objects

if TYPE_CHECKING:
    from collections.abc import Iterator


class ArchiveObjects:
    """Objects as `archive.model.ObjectStore` wants them."""

    def __init__(self, url: str) -> None:
        """Open the store; see `docsvc.blobs.store.Objects`."""
        self._objects = Objects(url)

    def get(self, key: str) -> bytes:
        """Return the bytes under a key.

        Raises:
            MissingKeyError: nothing is stored there.
        """
        try:
            return self._objects.get(key)
        except BlobMissingError as e:
            raise MissingKeyError(key=key) from e

    def put(self, key: str, data: bytes) -> None:
        """Store bytes under a key."""
        self._objects.put(key, data)

    def exists(self, key: str) -> bool:
        """Tell whether bytes are stored under exactly this key."""
        return self._objects.exists(key)

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a prefix."""
        return self._objects.list(prefix)

    def delete(self, key: str) -> None:
        """Remove a key; a key that is absent is no error."""
        self._objects.delete(key)
