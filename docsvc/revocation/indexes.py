"""Where it is written down what is known, in files where there is no database.

`table_index` has the other way: who verifies a folder loads no database.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from typing_extensions import override

from docsvc import atomic
from docsvc.revocation.rules import Entry

if TYPE_CHECKING:
    from pathlib import Path

# A million certificates of one CA share a CRL, but each has an OCSP answer of its own.
MAX_ENTRIES = 20_000
_MOMENTS = ("this_update", "next_update", "fetched_at", "fresh_until")


class Index(Protocol):
    """Remembers an entry for each request; of too many the oldest are forgotten."""

    def find(self, key: str) -> Entry | None:
        """Return what is known of a request."""
        ...

    def put(self, entry: Entry) -> None:
        """Write down what is known of a request, in the place of what was known before."""
        ...


class FolderIndex(Index):
    """In a folder, for commands that need no database."""

    def __init__(self, folder: Path, *, max_entries: int = MAX_ENTRIES) -> None:
        """Keep a file for each request in ``folder``, which is made when it is needed."""
        self._folder = folder
        self._max_entries = max_entries

    @override
    def find(self, key: str) -> Entry | None:
        """Return what is known of a request; what cannot be read is not known."""
        try:
            values = json.loads((self._folder / f"{key}.json").read_bytes())
            for name in _MOMENTS:
                if values[name] is not None:
                    values[name] = datetime.fromisoformat(values[name])
            return Entry(**values)
        except (OSError, ValueError, TypeError, LookupError):
            return None

    @override
    def put(self, entry: Entry) -> None:
        """Write down what is known of a request."""
        values = asdict(entry)
        for name in _MOMENTS:
            if values[name] is not None:
                values[name] = values[name].isoformat()
        path = self._folder / f"{entry.key}.json"
        atomic.write(path, json.dumps(values).encode())
        forget_oldest(self._folder, max_count=self._max_entries, keep=path)


def forget_oldest(
    folder: Path, *, max_count: int, keep: Path, max_bytes: int | None = None
) -> None:
    """Remove the files of a folder that were not used for the longest time, beyond the limits."""
    found = []
    for path in folder.iterdir():
        with contextlib.suppress(OSError):  # another process may remove files at the same time
            found.append((path.stat().st_mtime_ns, path.stat().st_size, path))
    count, size = len(found), sum(each for _, each, _ in found)
    for _, bytes_, path in sorted(found):
        if count <= max_count and (max_bytes is None or size <= max_bytes):
            return
        if path != keep:
            path.unlink(missing_ok=True)
            count, size = count - 1, size - bytes_
