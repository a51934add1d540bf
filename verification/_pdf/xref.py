"""Cross-reference sections: tables, streams and hybrids of both (ISO 32000-2 §7.5.4, §7.5.8)."""

import re
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from typing import NamedTuple

import numpy as np

from verification._pdf import objects
from verification._pdf.filters import decoded
from verification._pdf.objects import Buffer, PdfObject, PdfSyntaxError, Ref, Stream

# A document that was signed and renewed for a century has some hundred updates.
_MAX_SECTIONS = 2_000
# All entries of all sections together, and what their streams unfold to.
_MAX_ENTRIES = 1_000_000
_MAX_UNFOLDED = 16 << 20
# The largest object number that ISO 32000-2 annex C asks a reader to take.
_MAX_NUMBER = 8_388_607

_STARTXREF = re.compile(rb"startxref[\x00\t\n\f\r ]+(\d{1,12})[\x00\t\n\f\r ]+%%EOF")
_SUBSECTION = re.compile(rb"[\x00\t\n\f\r ]*(\d{1,10})[ \t]+(\d{1,10})[ \t]*[\r\n]+[\r\n ]*")
_ENTRY = re.compile(rb"[\x00\t\n\f\r ]*(\d{10})[ ](\d{5})[ ]([nf])")
# What every writer should write, twenty bytes an entry: read in one go.
_REGULAR_ENTRIES = re.compile(rb"(?:\d{10} \d{5} [nf][ \r\n]{2})*+")
_ENTRY_BYTES = 20
_POWERS = 10 ** np.arange(9, -1, -1)
_TRAILER = re.compile(rb"[\x00\t\n\f\r ]*trailer")


class Entry(NamedTuple):
    """Where an object is: at a byte offset, or as a numbered part of an object stream."""

    offset: int
    generation: int
    container: int | None = None


FREE = Entry(-1, 65535)
_make_entry = partial(tuple.__new__, Entry)


@dataclass(slots=True)
class Section:
    """One cross-reference section with its trailer and, in a hybrid file, its stream."""

    offset: int
    end: int
    entries: dict[int, Entry]
    trailer: dict[str, PdfObject]
    stream_numbers: frozenset[int]
    hybrid_offset: int | None = None
    hidden: frozenset[int] = field(default_factory=frozenset)
    unfolded: int = 0
    _reach: int = -1

    @property
    def reach(self) -> int:
        """Return the farthest offset that the section points to."""
        if self._reach < 0:
            offsets = (
                entry.offset
                for entry in self.entries.values()
                if entry.container is None and entry is not FREE
            )
            self._reach = max(offsets, default=0)
        return self._reach


def last_startxref(data: Buffer, end: int) -> tuple[int, int] | None:
    """Return the value of the last ``startxref`` before ``end`` and where its ``%%EOF`` ends."""
    mark = data.rfind(b"%%EOF", 0, end)
    keyword = data.rfind(b"startxref", 0, max(mark, 0))
    found = None if keyword < 0 else _STARTXREF.match(data, keyword, end)
    return None if found is None else (int(found.group(1)), found.end())


def read_chain(data: Buffer) -> list[Section]:
    """Read all sections, newest first.

    Raises:
        PdfSyntaxError: the chain is broken, or goes in a circle.
    """
    found = last_startxref(data, len(data))
    if found is None:
        msg = "startxref"
        raise PdfSyntaxError(msg)
    at: PdfObject = found[0]
    entries = unfolded = 0
    sections: list[Section] = []
    seen: set[int] = set()
    while at is not None:
        if not isinstance(at, int) or at in seen or len(seen) > _MAX_SECTIONS:
            msg = "circle of sections"
            raise PdfSyntaxError(msg)
        seen.add(at)
        sections.append(_read_section(data, at))
        entries += len(sections[-1].entries)
        unfolded += sections[-1].unfolded
        if entries > _MAX_ENTRIES or unfolded > _MAX_UNFOLDED:
            msg = "entries of all sections"
            raise PdfSyntaxError(msg)
        at = sections[-1].trailer.get("Prev")
    return sections


def _read_section(data: Buffer, at: int) -> Section:
    if not 0 <= at < len(data):
        msg = "offset of a section"
        raise PdfSyntaxError(msg)
    start = objects.skip(data, at)
    if data[start : start + 4] == b"xref":
        return _read_table(data, at, start + 4)
    return _read_stream(data, at)


def _read_table(data: Buffer, at: int, cursor: int) -> Section:
    entries: dict[int, Entry] = {}
    while (head := _SUBSECTION.match(data, cursor)) is not None:
        first, count = int(head.group(1)), int(head.group(2))
        cursor = _read_entries(data, head.end(), first, count, entries)
    trailer = _TRAILER.match(data, cursor)
    if trailer is None:
        msg = "trailer"
        raise PdfSyntaxError(msg)
    value, end = objects.read_value(data, trailer.end())
    if not isinstance(value, dict):
        msg = "trailer dictionary"
        raise PdfSyntaxError(msg)
    section = Section(at, end, entries, value, frozenset())
    _add_hybrid(data, section)
    return section


def _read_entries(
    data: Buffer, cursor: int, first: int, count: int, entries: dict[int, Entry]
) -> int:
    if (
        first + count > _MAX_NUMBER
        or len(entries) + count > _MAX_ENTRIES
        or count * 18 > len(data) - cursor
    ):
        msg = "size of a section"
        raise PdfSyntaxError(msg)
    rows, cursor = _rows(data, cursor, count)
    # Some writers count from one although the head of the free list is their first entry.
    if first == 1 and rows.generations[:1] == [65535] and rows.free[:1] == [0]:
        first = 0
    # By the tuple's own maker: there are hundreds of thousands in a large file.
    made = map(_make_entry, zip(rows.offsets, rows.generations, repeat(None), strict=False))
    entries.update(zip(range(first, first + count), made, strict=True))
    entries.update((first + index, FREE) for index in rows.free)
    return cursor


@dataclass(frozen=True, slots=True)
class _Rows:
    """Offset and generation of each entry, and the indices of those that are not in use."""

    offsets: list[int]
    generations: list[int]
    free: list[int]


def _rows(data: Buffer, cursor: int, count: int) -> tuple[_Rows, int]:
    """Return the entries, and the position after them."""
    end = cursor + count * _ENTRY_BYTES
    if end <= len(data) and _REGULAR_ENTRIES.fullmatch(data, cursor, end) is not None:
        return _regular_rows(data[cursor:end]), end
    found: list[re.Match[bytes]] = []
    for _ in range(count):
        entry = _ENTRY.match(data, cursor)
        if entry is None:
            msg = "entry"
            raise PdfSyntaxError(msg)
        found.append(entry)
        cursor = entry.end()
    offsets = [int(one[1]) for one in found]
    free = [at for at, one in enumerate(found) if one[3] == b"f" or not offsets[at]]
    return _Rows(offsets, [int(one[2]) for one in found], free), cursor


def _regular_rows(text: bytes) -> _Rows:
    signs = np.frombuffer(text, np.uint8).reshape(-1, _ENTRY_BYTES)
    digits = signs - np.uint8(ord("0"))
    offsets = digits[:, :10] @ _POWERS
    free = (signs[:, 17] == ord("f")) | (offsets == 0)
    return _Rows(
        offsets.tolist(), (digits[:, 11:16] @ _POWERS[-5:]).tolist(), np.flatnonzero(free).tolist()
    )


def _add_hybrid(data: Buffer, section: Section) -> None:
    """Merge the entries of /XRefStm: they fill in what the table does not give (§7.5.8.4)."""
    at = section.trailer.get("XRefStm")
    if at is None:
        return
    if not isinstance(at, int) or not 0 <= at < len(data):
        msg = "offset of a hybrid section"
        raise PdfSyntaxError(msg)
    stream = _read_stream(data, at)
    hidden = {
        number: entry
        for number, entry in stream.entries.items()
        if section.entries.get(number, FREE) == FREE and entry != FREE
    }
    section.entries.update(hidden)
    section.hybrid_offset = at
    section.hidden = frozenset(hidden)
    section.stream_numbers = stream.stream_numbers
    section.unfolded = stream.unfolded


def _read_stream(data: Buffer, at: int) -> Section:
    parsed = objects.read_indirect(data, at)
    stream = parsed.value
    if not isinstance(stream, Stream) or stream.dictionary.get("Type") != "XRef":
        msg = "cross-reference stream"
        raise PdfSyntaxError(msg)
    length = stream.dictionary.get("Length")
    if not isinstance(length, int) or not 0 <= length <= len(data) - stream.start:
        msg = "length of a cross-reference stream"
        raise PdfSyntaxError(msg)
    end = stream.start + length
    rows = decoded(data[stream.start : end], stream.dictionary, limit=_MAX_UNFOLDED)
    entries = _stream_entries(rows, stream.dictionary)
    numbers = frozenset({parsed.number})
    return Section(at, end, entries, stream.dictionary, numbers, unfolded=len(rows))


def _stream_entries(rows: bytes, head: dict[str, PdfObject]) -> dict[int, Entry]:
    widths = _integers(head.get("W"))
    size = head.get("Size")
    index = _integers(head.get("Index", [0, size]))
    if len(widths) != 3 or max(widths) > 8 or len(index) % 2:  # noqa: PLR2004 -- three columns of at most eight bytes
        msg = "columns of a cross-reference stream"
        raise PdfSyntaxError(msg)
    numbers = _numbers(index, len(rows) // max(1, sum(widths)))
    return {
        number: _stream_entry(rows, row * sum(widths), widths) for row, number in enumerate(numbers)
    }


def _numbers(index: list[int], rows: int) -> list[int]:
    numbers: list[int] = []
    for first, count in zip(index[::2], index[1::2], strict=True):
        if first + count > _MAX_NUMBER or len(numbers) + count > min(rows, _MAX_ENTRIES):
            msg = "index of a cross-reference stream"
            raise PdfSyntaxError(msg)
        numbers.extend(range(first, first + count))
    return numbers


def _stream_entry(rows: bytes, at: int, widths: list[int]) -> Entry:
    first, second, third = widths
    # §7.5.8.2: a first column of no width means type 1.
    kind = int.from_bytes(rows[at : at + first], "big") if first else 1
    at += first
    one = int.from_bytes(rows[at : at + second], "big")
    two = int.from_bytes(rows[at + second : at + second + third], "big")
    if kind == 1:
        return Entry(one, two)
    return Entry(two, 0, one) if kind == 2 else FREE  # noqa: PLR2004 -- §7.5.8.3, table 18


def _integers(item: PdfObject) -> list[int]:
    if not isinstance(item, list):
        msg = "array of integers"
        raise PdfSyntaxError(msg)
    numbers = [one for one in item if isinstance(one, int) and one >= 0]
    if len(numbers) != len(item):
        msg = "array of integers"
        raise PdfSyntaxError(msg)
    return numbers


def root_of(section: Section) -> Ref | None:
    """Return the reference to the catalog that this section's trailer gives."""
    root = section.trailer.get("Root")
    return root if isinstance(root, Ref) else None
