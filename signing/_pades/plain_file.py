"""A plainly simple file: its cross-reference tables, and objects by their number.

Plainly simple are files as qpdf writes them, and the revisions that we add: classic tables only,
each of 20 byte entries in ascending order, nothing freed, nothing of a later generation, nothing
encrypted, the last table right before the end. What pyHanko's strict reader checks of a file is
checked here too, or more; everything else is its to judge.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from signing._pades.plain_syntax import (
    Entries,
    NotPlainError,
    dictionary,
    reference,
    whole_number,
)

if TYPE_CHECKING:
    from signing._pades.plain_syntax import Buffer

_MAX_SECTIONS: Final = 32  # leader, seal, DSS and timestamp make five
_MAX_XMP: Final = 1 << 20  # bytes
_ROW: Final = 20  # bytes of an entry (ISO 32000-2 §7.5.4)

_HEADER = re.compile(rb"%PDF-(?:1\.7|2\.0)\r?\n")
_END = re.compile(rb"[ \t\r\n]*+startxref\r?\n(\d{1,10})\r?\n%%EOF\r?\n")
_END_LENGTH: Final = 40
_XREF = re.compile(rb"xref\r?\n")
_SUBSECTION = re.compile(rb"(\d{1,8}) (\d{1,8}) ?\r?\n")
_TRAILER = re.compile(rb"trailer[ \r\n]*+(?=<<)")
_OBJECT = re.compile(rb"([1-9]\d{0,7}) 0 obj[ \r\n]*+(?=<<)")
_ENDOBJ = re.compile(rb"[ \t\r\n]*+endobj(?=[ \r\n])")
_STREAM = re.compile(rb"[ \r\n]*+stream\r?\n")
_ENDSTREAM = re.compile(rb"\r?\n?endstream[ \r\n]++endobj(?=[ \r\n])")

_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"0" * 9)
_IN_USE = (b"0000000000 00000 n \n", b"0000000000 00000 n\r\n")
_HEAD_OF_FREE = re.compile(rb"\d{10} (?:65535|00000) f(?: \n|\r\n)")
_GENERATION = range(11, 16)  # columns of an entry
# Entries of cross-reference streams and hybrid files, and what we do not carry over.
_NOT_OF_TRAILERS = frozenset(
    (b"/XRefStm", b"/Encrypt", b"/Length", b"/Filter", b"/DecodeParms", b"/W", b"/Type", b"/Index")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """One table: first number, count and offset of the rows of each part; and its trailer."""

    parts: tuple[tuple[int, int, int], ...]
    trailer: Entries
    end: int


class PlainFile:
    """Reads objects of one file; nothing is read that is not asked for."""

    def __init__(self, buffer: Buffer) -> None:
        """Read the tables.

        Raises:
            NotPlainError: the file is not plainly simple.
        """
        self.buffer = buffer
        self.startxref = self._startxref()
        self._sections = self._chain()
        self._dictionaries: dict[int, Entries] = {}
        self.trailer: Entries = {}
        for section in reversed(self._sections):
            self.trailer |= section.trailer

    def _startxref(self) -> int:
        if _HEADER.match(self.buffer) is None:
            raise NotPlainError(reason="header")
        found = _END.search(self.buffer[-_END_LENGTH:])
        if found is None:
            raise NotPlainError(reason="end")
        return int(found[1])

    def _chain(self) -> list[_Section]:
        """Read all tables, the newest first: each older one lies before, and is no larger."""
        at, size = self.startxref, None
        chain: list[_Section] = []
        while len(chain) < _MAX_SECTIONS:
            section = self._section(at)
            chain.append(section)
            own = _size(section.trailer)
            if size is not None and own > size:
                raise NotPlainError(reason="size")
            if b"/Prev" not in section.trailer:
                self._require_end(chain[0].end)
                return chain
            previous = whole_number(section.trailer[b"/Prev"])
            if previous >= at:
                raise NotPlainError(reason="order")
            at, size = previous, own
        raise NotPlainError(reason="sections")

    def _require_end(self, at: int) -> None:
        """Check that nothing but the end follows the newest trailer."""
        found = _END.match(self.buffer, at)
        if found is None or found.end() != len(self.buffer):
            raise NotPlainError(reason="end")

    def _section(self, at: int) -> _Section:
        opened = _XREF.match(self.buffer, at)
        if opened is None:
            raise NotPlainError(reason="xref")
        parts, at = [], opened.end()
        while (head := _SUBSECTION.match(self.buffer, at)) is not None:
            part = (int(head[1]), int(head[2]), head.end())
            parts.append(part)
            at = self._end_of_rows(*part)
        trailer = _TRAILER.match(self.buffer, at)
        if trailer is None:
            raise NotPlainError(reason="trailer")
        entries, end = dictionary(self.buffer, trailer.end())
        if not _NOT_OF_TRAILERS.isdisjoint(entries):
            raise NotPlainError(reason="trailer")
        _require_ascending(parts, _size(entries))
        return _Section(parts=tuple(parts), trailer=entries, end=end)

    def _end_of_rows(self, first: int, count: int, at: int) -> int:
        """Check the entries of one part, and return the offset behind them."""
        end = at + count * _ROW
        rows = self.buffer[at:end]
        if first == 0 and count:
            # Object 0 heads the list of free ones, which pyHanko passes over as we do.
            if _HEAD_OF_FREE.fullmatch(rows[:_ROW]) is None:
                raise NotPlainError(reason="free")
            rows, count = rows[_ROW:], count - 1
        if rows.translate(_DIGITS_TO_ZERO) not in (row * count for row in _IN_USE):
            raise NotPlainError(reason="rows")
        if any(rows[column::_ROW].strip(b"0") for column in _GENERATION):
            raise NotPlainError(reason="generation")
        return end

    def offset(self, number: int) -> int:
        """Return where an object stands.

        Raises:
            NotPlainError: no table has it.
        """
        for section in self._sections:
            for first, count, rows in section.parts:
                if first <= number < first + count:
                    at = rows + (number - first) * _ROW
                    return int(self.buffer[at : at + 10])
        raise NotPlainError(reason="object")

    def dictionary(self, number: int) -> Entries:
        """Return the entries of an object that is a dictionary and no stream, always the same.

        Raises:
            NotPlainError: it is something else, or not in the grammar.
        """
        if number not in self._dictionaries:
            entries, end = dictionary(self.buffer, self._value(number))
            if _ENDOBJ.match(self.buffer, end) is None:
                raise NotPlainError(reason="endobj")
            self._dictionaries[number] = entries
        return self._dictionaries[number]

    def stream(self, number: int) -> bytes:
        """Return what a stream holds that is plain or deflated, and not large.

        Raises:
            NotPlainError: it is something else.
        """
        entries, end = dictionary(self.buffer, self._value(number))
        opened = _STREAM.match(self.buffer, end)
        if opened is None or b"/DecodeParms" in entries:
            raise NotPlainError(reason="stream")
        stop = opened.end() + whole_number(entries.get(b"/Length", b""))
        if _ENDSTREAM.match(self.buffer, stop) is None:
            raise NotPlainError(reason="endstream")
        data = self.buffer[opened.end() : stop]
        match entries.get(b"/Filter"):
            case None:
                return data
            case b"/FlateDecode":
                return _inflated(data)
            case _:
                raise NotPlainError(reason="filter")

    def _value(self, number: int) -> int:
        opened = _OBJECT.match(self.buffer, self.offset(number))
        if opened is None or int(opened[1]) != number:
            raise NotPlainError(reason="object")
        return opened.end()


def _size(trailer: Entries) -> int:
    return whole_number(trailer.get(b"/Size", b""))


def _require_ascending(parts: list[tuple[int, int, int]], size: int) -> None:
    """Check that no number is given twice, and none beyond /Size."""
    free = 0
    for first, count, _ in parts:
        if first < free:
            raise NotPlainError(reason="order")
        free = first + count
    if free > size:
        raise NotPlainError(reason="size")


def _inflated(data: bytes) -> bytes:
    state = zlib.decompressobj()
    try:
        plain = state.decompress(data, _MAX_XMP)
    except zlib.error as error:
        raise NotPlainError(reason="deflate") from error
    if not state.eof:
        raise NotPlainError(reason="deflate")
    return plain


def reference_in(entries: Entries, key: bytes) -> int:
    """Return the number of the object that an entry refers to.

    Raises:
        NotPlainError: there is no such entry, or it is no reference.
    """
    return reference(entries.get(key, b""))
