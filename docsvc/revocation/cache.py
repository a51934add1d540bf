"""Answers of the outside, in files named by their digest; fit for many processes at once."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from docsvc import atomic
from docsvc.clock import Clock
from docsvc.errors import DocsvcError
from docsvc.http import UnreachableError
from docsvc.revocation import rules
from docsvc.revocation.indexes import Index, forget_oldest

if TYPE_CHECKING:
    from docsvc.revocation.rules import Entry, Reply

log = logging.getLogger(__name__)

# As many as the index knows requests would be files without bound in one folder.
MAX_FILES = 10_000
_OCSP_REQUEST = "application/ocsp-request"
_UNUSABLE = "revocation.unusable"


class Client(Protocol):
    """What asks the outside: `docsvc.http.Outbound`."""

    def get(self, url: str) -> bytes:
        """Return what is at ``url``."""
        ...

    def post(self, url: str, body: bytes, content_type: str) -> bytes:
        """Post ``body`` and return the answer's body."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Bytes in files named by their SHA-256; those not used for long give way to new ones."""

    folder: Path
    max_bytes: int
    max_count: int = MAX_FILES

    def put(self, data: bytes) -> Path:
        """Keep bytes and return where."""
        path = self.folder / hashlib.sha256(data).hexdigest()
        atomic.write(path, data)
        forget_oldest(self.folder, max_count=self.max_count, max_bytes=self.max_bytes, keep=path)
        return path

    def find(self, sha256: str) -> Path | None:
        """Return where bytes are kept; None if they are not, or no longer."""
        path = self.folder / sha256
        with contextlib.suppress(OSError):
            os.utime(path)
            return path
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """Asks an address once, and again when its answer is due or failed."""

    client: Client
    index: Index
    files: Files
    clock: Clock

    def obtain(self, url: str, body: bytes | None = None) -> Path | None:
        """Return the file of an answer.

        Args:
            url: the address.
            body: an OCSP request to post; None: the address is read.

        Returns:
            The newest answer there is, an old one if the address fails; None if there is none.
        """
        key = rules.key_of(url, body)
        known = self.index.find(key)
        path = self._path(known)
        if known and self.clock.now() < known.fresh_until and (path or known.error):
            return path
        host = rules.host_of(url)
        try:
            self._require_reachable(host)
            reply = self._asked(url, body)
        except (OSError, DocsvcError) as e:
            if isinstance(e, UnreachableError | TimeoutError):
                self._failed(host, type(e).__name__)
            error = getattr(e, "code", type(e).__name__)
            log.info("revocation.not-fetched", extra={"key": key, "error": error})
            self.index.put(rules.failed(key, url, error, before=known, at=self.clock.now()))
            return path
        entry = rules.succeeded(key, url, reply, at=self.clock.now())
        # The bytes come first: an entry never speaks of an answer that is not there yet.
        path = self.files.put(reply.data)
        self.index.put(entry)
        return path

    def _require_reachable(self, host: str) -> None:
        """Leave a host alone that did not answer a moment ago: every signer has an address there.

        Raises:
            ConnectionError: it did not.
        """
        known = self.index.find(rules.key_of(host, None))
        if known and self.clock.now() < known.fresh_until:
            raise ConnectionError(known.error)

    def _failed(self, host: str, error: str) -> None:
        key, at = rules.key_of(host, None), self.clock.now()
        self.index.put(rules.failed(key, host, error, before=None, at=at))

    def _path(self, known: Entry | None) -> Path | None:
        return self.files.find(known.sha256) if known and known.sha256 else None

    def _asked(self, url: str, body: bytes | None) -> Reply:
        data = self.client.get(url) if body is None else self.client.post(url, body, _OCSP_REQUEST)
        reply = rules.read(data)
        if reply is None:
            raise UnusableAnswerError
        return reply


class UnusableAnswerError(DocsvcError):
    """The answer is no CRL, no successful OCSP response and no certificate."""

    code = _UNUSABLE
