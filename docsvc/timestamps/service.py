"""Asks timestamp authorities in their order until one has answered well."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import httpx

from docsvc.errors import DocsvcError
from docsvc.http import FetchRefusedError, Outbound, Reach
from docsvc.settings import TimestampAuthority
from docsvc.timestamps import rules
from signing.errors import SigningError
from signing.timestamp import Timestamper

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from docsvc.clock import Clock

# The Government's authority answers in 2 s at best; who waits for a page waits no longer than this.
_PROBE_S = 8.0

log = logging.getLogger(__name__)


class NoAuthorityError(DocsvcError):
    """The settings name no timestamp authority."""

    code = "timestamps.none"
    retryable = True


class AuthoritiesRestError(DocsvcError):
    """Every authority failed lately or has no timestamps left today: none was asked."""

    code = "timestamps.none-ready"
    retryable = True


class Counter(Protocol):
    """Counts requests to an authority."""

    def take(self, url: str, limit: int) -> bool:
        """Count one more request today; False if there have been ``limit`` already."""
        ...


@dataclass(slots=True, kw_only=True)
class _Line:
    """One authority, what is known of it, and how many may ask it at once."""

    settings: TimestampAuthority
    outbound: Outbound
    turn: threading.BoundedSemaphore
    health: rules.Health = rules.WELL
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def host(self) -> str:
        """Name the authority where its address must not be told: that may hold a password."""
        return httpx.URL(self.settings.url).host


class Authorities:
    """The timestamp authorities of the settings, for all threads of a process."""

    def __init__(
        self, authorities: Sequence[TimestampAuthority], *, clock: Clock, usage: Counter | None
    ) -> None:
        """Get ready.

        Args:
            authorities: in the order in which they are asked.
            clock: tells when a rest is over.
            usage: counts requests; None: nobody's number is limited.
        """
        self._clock, self._usage = clock, usage
        self._lines = tuple(
            _Line(
                settings=one,
                outbound=Outbound(Reach(own=one.url), timeout_s=one.timeout_s),
                turn=threading.BoundedSemaphore(one.at_once),
            )
            for one in authorities
        )

    def stamp(self, digest: bytes) -> bytes:
        """Return a timestamp token over a SHA-256 digest from the first that answers well.

        Raises:
            NoAuthorityError: there is none.
            AuthoritiesRestError: none can be asked now.
            SigningError: what the last one that was asked answered.
        """
        if not self._lines:
            raise NoAuthorityError
        last: Exception = AuthoritiesRestError()
        for line in self._lines:
            try:
                token = self._ask(line, digest)
            except (SigningError, FetchRefusedError) as e:
                last = e
                continue
            if token is not None:
                return token
        raise last

    def ready(self) -> tuple[str, ...]:
        """Name the hosts that would be asked now; none: signatures would wait for their time."""
        return tuple(line.host for line in self._awake())

    def try_each(self, digest: bytes) -> None:
        """Ask every authority, resting or not; what they answer counts as always.

        Raises:
            NoAuthorityError, SigningError, FetchRefusedError: of the first that failed.
        """
        if not self._lines:
            raise NoAuthorityError
        for line in self._lines:
            self._asked(line, digest)

    def probe(self, digest: bytes) -> bytes:
        """Return a token as `stamp` does, in the time that a person waits for a page.

        Whoever is slow is none the worse for it: an authority may take minutes. Raises as `stamp`.
        """
        awake = [line.settings for line in self._awake()]
        if self._lines and not awake:
            raise AuthoritiesRestError
        quick = Authorities(
            [one.model_copy(update={"timeout_s": min(_PROBE_S, one.timeout_s)}) for one in awake],
            clock=self._clock,
            usage=self._usage,
        )
        try:
            return quick.stamp(digest)
        finally:
            quick.close()

    def _awake(self) -> list[_Line]:
        now = self._clock.now()
        return [line for line in self._lines if not rules.is_resting(line.health, now)]

    def _ask(self, line: _Line, digest: bytes) -> bytes | None:
        """Ask an authority; None if it rests or gives no more today."""
        with line.lock:
            if rules.is_resting(line.health, self._clock.now()):
                return None
            line.health = rules.tried(line.health, self._clock.now())
        return self._try(line, digest, tries=line.settings.tries)

    def _try(self, line: _Line, digest: bytes, *, tries: int) -> bytes | None:
        if self._usage and not self._usage.take(line.settings.url, line.settings.per_day):
            log.warning("timestamps.used-up", extra={"host": line.host})
            return None
        try:
            return self._asked(line, digest)
        except SigningError as e:
            if tries == 1 or not e.retryable:
                raise
        return self._try(line, digest, tries=tries - 1)

    def _asked(self, line: _Line, digest: bytes) -> bytes:
        with line.turn:
            try:
                token = Timestamper(line.settings.url, line.outbound.post).stamp(digest)
            except (SigningError, FetchRefusedError) as e:
                self._note(line, rules.failed)
                log.warning("timestamps.failed", extra={"host": line.host, "code": e.code})
                raise
        self._note(line, lambda *_: rules.WELL)
        return token

    def _note(self, line: _Line, change: Callable[[rules.Health, datetime], rules.Health]) -> None:
        with line.lock:
            line.health = change(line.health, self._clock.now())

    def close(self) -> None:
        """Close the connections."""
        for line in self._lines:
            line.outbound.close()
