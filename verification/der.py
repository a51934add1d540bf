"""As much DER as it takes to find a part without reading the whole (X.690 §8.1)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

SEQUENCE = 0x30
_UTC_TIME = 0x17
_LONG = 0x80
# Four octets of length reach 4 GiB; nothing here is longer.
_MAX_LENGTH_OCTETS = 4


class Element(NamedTuple):
    """A tag with the half-open span of its content; the element ends where the content does."""

    tag: int
    start: int
    end: int


def element(data: bytes, at: int) -> Element:
    """Find the element that begins at an offset.

    Raises:
        ValueError: its length is indefinite or leads beyond the data.
    """
    head = data[at : at + 2]
    length, start = (head[1], at + 2) if len(head) > 1 else (_LONG, at)
    if length & _LONG:
        octets = length & ~_LONG
        if not 0 < octets <= _MAX_LENGTH_OCTETS:
            msg = "length"
            raise ValueError(msg)
        length = int.from_bytes(data[start : start + octets], "big")
        start += octets
    if start + length > len(data):
        msg = "length"
        raise ValueError(msg)
    return Element(head[0], start, start + length)


def children(data: bytes, parent: Element) -> Iterator[Element]:
    """Yield the elements inside another.

    Raises:
        ValueError: one of them is broken.
    """
    at = parent.start
    while at < parent.end:
        found = element(data, at)
        yield found
        at = found.end


def moment(data: bytes, found: Element) -> datetime:
    """Read a UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 writes it.

    Raises:
        ValueError: it is written in another way.
    """
    text = data[found.start : found.end].decode("ascii")
    if found.tag == _UTC_TIME:
        # RFC 5280 §4.1.2.5.1: years from 50 on are of the last century.
        text = ("19" if text >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def oid(content: bytes) -> str:
    """Spell an object identifier in dots (X.690 §8.19).

    Raises:
        ValueError: it ends within an arc.
    """
    arcs, arc = [], 0
    for octet in content:
        arc = arc << 7 | octet & ~_LONG
        if not octet & _LONG:
            arcs.append(arc)
            arc = 0
    if not arcs or content[-1] & _LONG:
        msg = "object identifier"
        raise ValueError(msg)
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
