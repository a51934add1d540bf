"""The bytes of one incremental update: objects, the hollow signature, table and trailer.

The layout is that of pyHanko's writer: the signature dictionary begins with its /Contents, and the
byte range after it has room for any file.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from signing._pades.plain_syntax import Entries, written

if TYPE_CHECKING:
    from collections.abc import Iterator

_BYTE_RANGE_WIDTH: Final = 62
_HEAD_OF_FREE: Final = b"0000000000 65535 f \n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """An incremental update whose signature is missing yet.

    Attributes:
        before: from the end of the file up to the hole.
        hole: the hex string of zeros, with its angle brackets.
        after: from the hole to the new end of the file.
        start: offset of the hole in the whole file.
        digest: SHA-256 of the whole file but the hole.
    """

    before: bytes
    hole: bytes
    after: bytes
    start: int
    digest: bytes

    @property
    def whole(self) -> bytes:
        """Return all of it."""
        return b"".join((self.before, self.hole, self.after))

    @property
    def span(self) -> tuple[int, int]:
        """Return the half-open span of the hole in the whole file."""
        return self.start, self.start + len(self.hole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What an update has to know of the file that it is appended to."""

    length: int
    startxref: int
    trailer: Entries
    hashed: Any  # SHA-256 over the whole file, to be copied


def tail_of(
    base: Base, objects: dict[int, bytes], signature: Entries, *, number: int, reserved: int
) -> Tail:
    """Write an update whose last object is a signature.

    Args:
        base: the file.
        objects: body of each object by its number.
        signature: entries of the signature dictionary but /Contents and /ByteRange.
        number: that of the signature, above all others.
        reserved: room for the CMS in bytes.
    """
    offsets: dict[int, int] = {}
    parts, position = [], base.length
    for one in sorted(objects):
        offsets[one] = position
        parts.append(b"%d 0 obj\n%b\nendobj\n" % (one, objects[one]))
        position += len(parts[-1])
    offsets[number] = position
    parts.append(b"%d 0 obj\n<< /Contents " % number)
    before = b"".join(parts)
    hole = b"<" + b"0" * (2 * reserved) + b">"
    start = base.length + len(before)
    middle = b" " + written(signature)[len(b"<< ") :] + b"\nendobj\n"
    table_at = start + len(hole) + len(b" /ByteRange ") + _BYTE_RANGE_WIDTH + len(middle)
    end = middle + _table(offsets) + _trailer(base, number + 1, table_at)
    rest = len(b" /ByteRange ") + _BYTE_RANGE_WIDTH + len(end)
    byte_range = b"[0 %d %d %d]" % (start, start + len(hole), rest)
    after = b" /ByteRange " + byte_range.ljust(_BYTE_RANGE_WIDTH) + end
    hashed = base.hashed.copy()
    hashed.update(before)
    hashed.update(after)
    return Tail(before=before, hole=hole, after=after, start=start, digest=hashed.digest())


def _table(offsets: dict[int, int]) -> bytes:
    rows = [b"xref\n"]
    for first, last in _runs(sorted(offsets)):
        if first == 1:
            rows.append(b"0 %d\n%b" % (last + 1, _HEAD_OF_FREE))
        else:
            rows.append(b"0 1\n%b" % _HEAD_OF_FREE if len(rows) == 1 else b"")
            rows.append(b"%d %d\n" % (first, last - first + 1))
        rows.extend(b"%010d 00000 n \n" % offsets[one] for one in range(first, last + 1))
    return b"".join(rows)


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Return first and last of each run of numbers that follow each other."""
    first = numbers[0]
    for one, following in pairwise(numbers):
        if following != one + 1:
            yield first, one
            first = following
    yield first, numbers[-1]


def _trailer(base: Base, size: int, table_at: int) -> bytes:
    changed = {b"/Size": b"%d" % size, b"/Prev": b"%d" % base.startxref}
    entries = written(base.trailer | changed)
    return b"trailer\n%b\nstartxref\n%d\n%%%%EOF\n" % (entries, table_at)
