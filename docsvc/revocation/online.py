"""In the parent of a child that opens a file: gets what the child wants.

The child has no network; the parent has, and reads of the file nothing but the requests:
addresses and questions, under limits of number and time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from docsvc.errors import DocsvcError
from docsvc.revocation.asking import Known
from docsvc.revocation.cache import Cache
from docsvc.revocation.rules import key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from docsvc.confined import Answer

# Chains of signer, seal and authorities of a file with ten signatures ask for less.
MAX_REQUESTS = 32
# Behind a page somebody waits; a request that has begun by then may still take its own time.
MAX_SECONDS = 30.0
# Shorter than anything is kept in the cache, so that nothing grows old here.
_WARM_S = 60.0
_MAX_RECENT = 256
# An OCSP request has some hundred bytes.
_MAX_BODY = 4096
_MAX_URL = 2048


class EndlessWishError(DocsvcError):
    """A child that reads a file wants what it has already: the file may have taken it over."""

    code = "revocation.endless-wish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Online:
    """Gets what a child wants until it wants nothing more."""

    cache: Cache
    with_issuers: bool = False
    max_requests: int = MAX_REQUESTS
    max_seconds: float = MAX_SECONDS
    _recent: dict[str, tuple[float, str]] = field(default_factory=dict)

    def begin(self) -> Known:
        """Return what is known before a file is asked about."""
        return Known(answers=self._warm(), with_issuers=self.with_issuers)

    def complete(self, ask: Callable[[Known], Answer], *, first: Answer | None = None) -> Answer:
        """Ask a child until its answer is whole.

        Args:
            ask: runs the child's task with what is known.
            first: what a child has answered to `begin`, if it was asked already.

        Returns:
            The answer; what could not be got, or came too late or too often, is missing in it.

        Raises:
            EndlessWishError: the child wants what it has, or something in no form of ours.
        """
        known = self.begin()
        answers, left = known.answers, self.max_requests
        end = time.monotonic() + self.max_seconds
        answer = first or ask(known)
        while wanted := answer.facts.get("wanted"):
            before = len(answers)
            try:
                for one in wanted:
                    may = left > 0 and time.monotonic() < end
                    answers[str(one["key"])] = self._got(one) if may else ""
                    left -= 1
            except (LookupError, TypeError, ValueError) as e:
                raise EndlessWishError from e
            if len(answers) == before:
                raise EndlessWishError
            answer = ask(replace(known, is_first=False))
        return answer

    def _warm(self) -> dict[str, str]:
        """Return what was got for other files a moment ago: every document wants the same."""
        since = time.monotonic() - _WARM_S
        return {key: path for key, (at, path) in list(self._recent.items()) if at > since}

    def _got(self, one: Mapping[str, Any]) -> str:
        url, body = str(one["url"]), one["body"]
        if len(url) > _MAX_URL or len(body or "") > 2 * _MAX_BODY:
            return ""
        question = bytes.fromhex(body) if body else None
        path = self.cache.obtain(url, question)
        if path is None:
            return ""
        if len(self._recent) >= _MAX_RECENT:
            self._recent.clear()
        self._recent[key_of(url, question)] = (time.monotonic(), str(path.absolute()))
        return str(path.absolute())
