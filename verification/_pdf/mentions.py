"""Everything in a span of bytes that a reader may take for a reference to an object.

A signed page that names an object which is not there yet can be given one later, so no reference
may be missed, however it is written: numbers with zeros in front, and comments of any length
between them (ISO 32000-2 §7.2.4). What may be one counts.
"""

import re
from collections.abc import Iterator

from verification._pdf.objects import WHITE, Buffer, PdfSyntaxError

# The literal R comes first so that the search runs at the speed of memchr.
_END = re.compile(rb"R(?<=[" + WHITE + rb"]R)(?=[" + WHITE + rb"()<>\[\]{}/%]|$)")
_WHITE = b"\x00\t\n\f\r "
_DIGITS = b"0123456789"
# Nearly all references end like this, and no comment fits in between.
_PLAIN = tuple(b"%d 0 " % digit for digit in range(10))
_PLAIN_BYTES = 14
# Numbers in front of which more zeros stand than that are nobody's.
_NUMBER_BYTES = 64
# Signs of comments in front of one word; a file with more is a trap.
_COMMENTS = 256
_PIECE = 64


def add_references(data: Buffer, start: int, end: int, found: dict[int, list[int]]) -> None:
    """Add object number → positions of everything in a span that reads like a reference.

    Raises:
        PdfSyntaxError: comments make it too costly to tell.
    """
    for mark in _END.finditer(data, start, end):
        at = mark.start()
        near = data[max(0, at - _PLAIN_BYTES) : at]
        if near.endswith(_PLAIN):
            words = near[:-3].split()
            # The first word may have been cut.
            if len(words) > 1 and words[-1].isdigit():
                found[int(words[-1])].append(at)
                continue
        for number in _numbers_before(data, at):
            found[number].append(at)


def _numbers_before(data: Buffer, at: int) -> set[int]:
    """Return each number that may stand in front of a generation in front of a position."""
    return {
        int(data[start:end])
        for first, last in _words_before(data, at)
        if first < last
        for start, end in _words_before(data, first)
        if start < end < first
    }


def _words_before(data: Buffer, at: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of digits that end before white space and comments in front of a position.

    Where a comment begins is not known from behind: a sign may belong to a text. So each sign of
    one on a line that ends in between is taken for its beginning.
    """
    waiting = [at]
    for place in waiting:
        end = _before_white(data, place)
        yield _digits_before(data, end), end
        if not _ends_a_line(data, end, place):
            continue
        line = 1 + max(data.rfind(b"\n", 0, end), data.rfind(b"\r", 0, end))
        while (sign := data.find(b"%", line, end)) >= 0:
            waiting.append(sign)
            line = sign + 1
            if len(waiting) > _COMMENTS:
                msg = "comments before a reference"
                raise PdfSyntaxError(msg)


def _before_white(data: Buffer, at: int) -> int:
    while at > 0:
        piece = data[max(0, at - _PIECE) : at]
        kept = len(piece.rstrip(_WHITE))
        if kept:
            return at - len(piece) + kept
        at -= len(piece)
    return 0


def _digits_before(data: Buffer, end: int) -> int:
    piece = data[max(0, end - _NUMBER_BYTES) : end]
    return end - len(piece) + len(piece.rstrip(_DIGITS))


def _ends_a_line(data: Buffer, start: int, end: int) -> bool:
    return data.find(b"\n", start, end) >= 0 or data.find(b"\r", start, end) >= 0
