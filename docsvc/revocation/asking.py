"""In the child that opens a file: it has no network, and says what it wants its parent to get.

Nothing here reaches for the database: a child that a file has taken over must find no way there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from docsvc.confined import Answer
from docsvc.revocation.rules import key_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was got so far: the file of each answer by its request, "" where there is none.

    ``is_first`` tells that nothing of it was got because this file wanted it.
    """

    answers: dict[str, str] = field(default_factory=dict)
    with_issuers: bool = False
    is_first: bool = True


class Asking:
    """Hands out what is known and takes note of what is not."""

    def __init__(self, known: Known | None) -> None:
        """Begin with what was got so far; None: the parent gets nothing."""
        self._known = known
        self._wanted: dict[str, dict[str, str | None]] = {}

    def fetch(self, url: str, body: bytes | None = None) -> bytes:
        """Return an answer that is known.

        Raises:
            OSError: it is not known yet, or there is none.
        """
        if self._known is None:
            raise ConnectionError(url)
        key = key_of(url, body)
        path = self._known.answers.get(key)
        if path is None:
            self._wanted[key] = {"key": key, "url": url, "body": body.hex() if body else None}
        if not path:
            raise ConnectionError(url)
        data = Path(path).read_bytes()
        if hashlib.sha256(data).hexdigest() != Path(path).name:
            raise ConnectionError(url)
        return data

    @property
    def wanted(self) -> Answer | None:
        """Return what has to be got before the work can go on; None if nothing."""
        return Answer(facts={"wanted": list(self._wanted.values())}) if self._wanted else None
