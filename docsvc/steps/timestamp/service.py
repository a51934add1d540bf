"""Append validation data and a document timestamp to the last revision."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from docsvc.documents.stores import Stores, grow
from docsvc.errors import DocsvcError
from docsvc.sandbox import Answer, Sandbox
from docsvc.workflow import Step
from signing.model import Level, Prepared

if TYPE_CHECKING:
    from uuid import UUID

_AUGMENT = "docsvc.steps.timestamp.tasks:augment"
_COMPLETE = "docsvc.steps.timestamp.tasks:complete"
# A chain of a few certificates each for signer, seal and authority asks at most this often.
_MAX_ROUNDS = 6
_MAX_KNOWN = 256


class RevocationUnavailableError(DocsvcError):
    """The addresses of the certificates lead from one to the next without an end."""

    code = "timestamp.revocation-unavailable"
    retryable = True


@dataclass(slots=True)
class Fetched:
    """Answers of revocation services, kept for some minutes: every document wants the same."""

    get: Callable[[str], bytes]
    keep_s: float = 600.0
    _known: dict[str, tuple[float, bytes]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fresh(self) -> dict[str, bytes]:
        """Return what is known and not too old."""
        limit = time.monotonic() - self.keep_s
        with self._lock:
            return {url: body for url, (at, body) in self._known.items() if at > limit}

    def fetch(self, url: str) -> bytes:
        """Fetch an answer; empty where there is none, which is not kept for long."""
        try:
            body = self.get(url)
        except (OSError, DocsvcError):
            return b""
        with self._lock:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            self._known[url] = (time.monotonic(), body)
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmenter:
    """Raises a sealed file to B-LTA."""

    sandbox: Sandbox
    trust_dir: str
    fetched: Fetched
    stamp: Callable[[bytes], bytes]

    def to_lt(self, pdf: bytes) -> bytes:
        """Return the file with validation data, without a document timestamp."""
        return self._augmented(pdf, Level.B_LT).frames[0]

    def to_lta(self, pdf: bytes) -> bytes:
        """Return the file with validation data and a document timestamp.

        Raises:
            RevocationUnavailableError: no end of addresses.
            CodedError: the timestamp authority or a library refused.
        """
        answer = self._augmented(pdf, Level.B_LTA)
        start, end = answer.facts["hole"]
        file, digest = answer.frames
        prepared = Prepared(pdf=file, digest=digest, hole=(start, end), to_be_signed=b"")
        token = self.stamp(digest)
        return self.sandbox.run(_COMPLETE, prepared, token).frames[0]

    def _augmented(self, pdf: bytes, level: Level) -> Answer:
        known = self.fetched.fresh()
        for _ in range(_MAX_ROUNDS):
            answer = self.sandbox.run(_AUGMENT, pdf, self.trust_dir, known, level)
            wanted: list[str] = answer.facts["wanted"]
            if not wanted:
                return answer
            known |= {url: self.fetched.fetch(url) for url in wanted}
        raise RevocationUnavailableError(rounds=_MAX_ROUNDS)


def run(document_id: UUID, *, stores: Stores, augmenter: Augmenter) -> None:
    """Append validation data and a document timestamp to the last revision."""
    base, pdf = stores.last(document_id)
    sealed = augmenter.to_lta(pdf)
    grow(stores, document_id, Step.TIMESTAMP, after=base, before=pdf, now=sealed)
