"""Everything in a span of bytes that a reader may take for a reference to an object.

A signed page that names an object which is not there yet can be given one later, so no reference
may be missed, however it is written: numbers with zeros in front, and comments of any length
between them (ISO 32000-2 §7.2.4). What may be one counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from verification._pdf.objects import BLANKS, Buffer, PdfSyntaxError

_DIGITS = b"0123456789"
# Numbers in front of which more zeros stand than that are nobody's.
_NUMBER_BYTES = 64
# Signs of comments in front of one word; a file with more is a trap.
_COMMENTS = 256
_PIECE = 64
# Of a file that is mapped, not all is to be in memory at once.
_CHUNK = 1 << 20
# ``123 0 R``, which nearly all references are: so many bytes before the R are its end and digits.
_PLAIN_END, _PLAIN_DIGITS = 4, 10
_LEAD = _PLAIN_END + _PLAIN_DIGITS

_Bytes: TypeAlias = NDArray[np.uint8]
_Numbers: TypeAlias = NDArray[np.int64]


def _among(signs: bytes) -> NDArray[np.bool_]:
    table = np.zeros(256, bool)
    table[list(signs)] = True
    return table


_IS_WHITE, _IS_DIGIT = _among(BLANKS), _among(_DIGITS)
_IS_END = _among(BLANKS + b"()<>[]{}/%")


@dataclass(frozen=True, slots=True)
class Mentions:
    """Numbers of objects in rising order, and beside each the position of an R that names it."""

    numbers: _Numbers
    positions: _Numbers

    def of(self, number: int) -> list[int]:
        """Return the positions of all references to an object."""
        first, last = np.searchsorted(self.numbers, (number, number + 1))
        found: list[int] = self.positions[first:last].tolist()
        return found


def mentions(data: Buffer, spans: Sequence[tuple[int, int]]) -> Mentions:
    """Return everything in spans of the data that reads like a reference.

    Raises:
        PdfSyntaxError: comments make it too costly to tell.
    """
    parts = [_in_pieces(data, pieces) for pieces in _gathered(spans)]
    numbers = np.concatenate([np.empty(0, np.int64), *(one for one, _ in parts)])
    positions = np.concatenate([np.empty(0, np.int64), *(one for _, one in parts)])
    order = np.argsort(numbers, kind="stable")
    return Mentions(numbers[order], positions[order])


def _gathered(spans: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Yield pieces that are looked at together: many small ones cost no more than a large one."""
    pieces: list[tuple[int, int]] = []
    size = 0
    for start, end in spans:
        for at in range(start, end, _CHUNK):
            pieces.append((at, min(at + _CHUNK, end)))
            size += pieces[-1][1] - at
            if size >= _CHUNK:
                yield pieces
                pieces, size = [], 0
    if pieces:
        yield pieces


def _in_pieces(data: Buffer, pieces: list[tuple[int, int]]) -> tuple[_Numbers, _Numbers]:
    # In front of the first byte of all, and behind the last, nothing goes on.
    texts = [
        data[max(0, start - _LEAD) : start].rjust(_LEAD)
        + data[start : end + 1].ljust(end - start + 1)
        for start, end in pieces
    ]
    signs = np.frombuffer(b"".join(texts), np.uint8)
    ends = np.cumsum([len(text) for text in texts])
    marks = np.flatnonzero(signs == ord("R"))
    piece = np.searchsorted(ends, marks, side="right")
    begins = np.array([0, *ends[:-1]])[piece]
    inside = (marks >= begins + _LEAD) & (marks < ends[piece] - 1)
    marks, piece, begins = marks[inside], piece[inside], begins[inside]
    named = _IS_WHITE[signs[marks - 1]] & _IS_END[signs[marks + 1]]
    marks = marks[named]
    shift = np.array([start for start, _ in pieces])[piece[named]] - begins[named] - _LEAD
    is_plain, numbers = _plain(signs, marks)
    positions = marks + shift
    others = [
        (number, at)
        for at in positions[~is_plain].tolist()
        for number in sorted(_numbers_before(data, at))
    ]
    odd = np.array(others, np.int64).reshape(-1, 2)
    return (
        np.concatenate([numbers[is_plain], odd[:, 0]]),
        np.concatenate([positions[is_plain], odd[:, 1]]),
    )


def _plain(signs: _Bytes, marks: _Numbers) -> tuple[NDArray[np.bool_], _Numbers]:
    """Tell which marks end a plain reference whose number is whole, and which number that is.

    No comment fits between digits and a mark with one space each.
    """
    is_plain = _IS_DIGIT[signs[marks - _PLAIN_END]]
    for back, sign in ((1, b" "), (2, b"0"), (3, b" ")):
        is_plain &= signs[marks - back] == sign[0]
    numbers = np.zeros(len(marks), np.int64)
    goes_on = is_plain.copy()
    for place in range(_PLAIN_DIGITS):
        at = marks - _PLAIN_END - place
        digit = signs[at].astype(np.int64) - ord("0")
        numbers += np.where(goes_on, digit * 10**place, 0)
        goes_on &= _IS_DIGIT[signs[at - 1]]
        if not goes_on.any():
            break
    return is_plain & ~goes_on, numbers


def _numbers_before(data: Buffer, at: int) -> set[int]:
    """Return each number that may stand in front of a generation in front of a position."""
    found = {
        int(data[start:end])
        for first, last in _words_before(data, at)
        if first < last
        for start, end in _words_before(data, first)
        if start < end < first
    }
    return {number for number in found if number < 10**_PLAIN_DIGITS}


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
        kept = len(piece.rstrip(BLANKS))
        if kept:
            return at - len(piece) + kept
        at -= len(piece)
    return 0


def _digits_before(data: Buffer, end: int) -> int:
    piece = data[max(0, end - _NUMBER_BYTES) : end]
    return end - len(piece) + len(piece.rstrip(_DIGITS))


def _ends_a_line(data: Buffer, start: int, end: int) -> bool:
    return data.find(b"\n", start, end) >= 0 or data.find(b"\r", start, end) >= 0
