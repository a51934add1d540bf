"""What was given up where a service can't take a request back: its answer goes to nobody."""

from __future__ import annotations

from signing.signers.base import Refused

# Requests that were given up and whose holder may still answer; a day of a busy office.
_MOST = 10_000


class Forgotten:
    """Handles that were given up in this process; the oldest make room for new ones."""

    outcome = Refused(code="signing.given-up")

    def __init__(self) -> None:
        self._handles: dict[str, None] = {}

    def add(self, handle: str) -> None:
        """Remember a handle."""
        self._handles[handle] = None
        if len(self._handles) > _MOST:
            del self._handles[next(iter(self._handles))]

    def __contains__(self, handle: str) -> bool:
        """Tell whether a handle was given up."""
        return handle in self._handles
