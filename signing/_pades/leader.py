"""Is there an intact leader signature in this file? The bytes say so, not the database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from signing._pades.check import BrokenCmsError, require_intact, signed_data
from signing.errors import LeaderSignatureMissingError
from signing.model import LEADER_FIELD

if TYPE_CHECKING:
    from signing._pades.plain_syntax import Buffer

_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")
_HEX = re.compile(rb"<[0-9A-Fa-f]+>")


class Opened(Protocol):
    """A file that is open for another revision."""

    @property
    def pdf(self) -> Buffer:
        """Return its bytes."""
        ...

    def filled_value(self, name: str) -> int | None:
        """Return the offset of the object that a field has as its value, or None."""
        ...

    def hashed(self, name: str, length: int) -> Any:
        """Return the state of a hash over so many first bytes of the file."""
        ...


def require_leader_signature(revision: Opened) -> None:
    """Check that the reserved leader field holds a signature whose bytes are as they were signed.

    Raises:
        LeaderSignatureMissingError: it is empty, or broken in the way that ``reason`` names.
    """
    offset = revision.filled_value(LEADER_FIELD)
    if offset is None:
        raise LeaderSignatureMissingError(reason="empty")
    covered, contents = _byte_range(revision.pdf, offset)
    try:
        data = signed_data(contents)
        require_intact(data, lambda name: _digest(revision, covered, name))
    except BrokenCmsError as error:
        raise LeaderSignatureMissingError(reason=error.reason) from error


def _byte_range(pdf: Buffer, offset: int) -> tuple[tuple[int, int, int, int], bytes]:
    """Return the byte range of the signature object at an offset, and its CMS with its padding."""
    found = _BYTE_RANGE.search(pdf, offset, pdf.find(b"endobj", offset))
    if found is None:
        raise LeaderSignatureMissingError(reason="byte-range")
    start, length, resumed, rest = (int(number) for number in found.groups())
    gap = pdf[length:resumed]
    # ISO 32000-2 §12.8.1: all but the hex string is signed, and it lies in this very object.
    honest = start == 0 and offset < length < resumed and resumed + rest <= len(pdf)
    if not honest or _HEX.fullmatch(gap) is None:
        raise LeaderSignatureMissingError(reason="byte-range")
    return (start, length, resumed, rest), bytes.fromhex(gap[1:-1].decode("ascii"))


def _digest(revision: Opened, covered: tuple[int, int, int, int], name: str) -> bytes:
    _, length, resumed, rest = covered
    state = revision.hashed(name, length)
    with memoryview(revision.pdf) as pdf:
        state.update(pdf[resumed : resumed + rest])
    digest: bytes = state.digest()
    return digest
