"""The next revision as a file on the disk and what is appended to it: nobody holds all of it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PIECE = 1 << 20  # bytes that are read at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """Bytes of a new revision.

    Attributes:
        descriptor: of the file that they begin with, open for reading.
        update: what follows it.
        base: SHA-256 of the file alone, in hex: whose revision is continued.
        digest: SHA-256 of all, in hex.
        size: length of all in bytes.
    """

    descriptor: int
    update: bytes
    base: str
    digest: str
    size: int

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes, some at a time."""
        yield from _pieces(self.descriptor)
        yield self.update


def appended(descriptor: int, update: bytes, *, check: Callable[[Any], None]) -> Appended:
    """Lay an update behind a file.

    Args:
        descriptor: of the file, open for reading.
        update: what is to follow it.
        check: is given the state of SHA-256 over the file, its own to go on with, and raises if
            the update was not made for that file.
    """
    state, size = hashlib.sha256(), 0
    for piece in _pieces(descriptor):
        state.update(piece)
        size += len(piece)
    check(state.copy())
    base = state.hexdigest()
    state.update(update)
    return Appended(
        descriptor=descriptor,
        update=update,
        base=base,
        digest=state.hexdigest(),
        size=size + len(update),
    )


def _pieces(descriptor: int) -> Iterator[bytes]:
    at = 0
    while piece := os.pread(descriptor, _PIECE, at):
        yield piece
        at += len(piece)
