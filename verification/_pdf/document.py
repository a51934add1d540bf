"""A PDF with its history: every object as it stood after each cross-reference section."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from verification._pdf import objects, xref
from verification._pdf.filters import decoded
from verification._pdf.mentions import Mentions, mentions
from verification._pdf.objects import WHITE, Buffer, Parsed, PdfObject, PdfSyntaxError, Ref, Stream
from verification._pdf.xref import FREE, Entry, Section

# A reference chain longer than this is a circle.
_MAX_HOPS = 16
_MAX_STREAM_OBJECTS = 100_000
# All object streams of one file together.
_MAX_UNFOLDED = 256 << 20

# Objects of honest files do not overlap; broken ones are read in vain a few times.
_READINGS = 4
_MIN_READ = 4 << 20
# To undo a prediction takes longer than to inflate.
_PREDICTED = 16

# The data of a stream this large is worth finding out about, so that it need not be searched.
_LARGE_STREAM = 8 << 10
_ENDSTREAM = re.compile(rb"[" + WHITE + rb"]*endstream")


@dataclass(frozen=True, slots=True)
class _Container:
    """An unfolded object stream: object number → start of its value."""

    plain: bytes
    starts: dict[int, int]
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Mentions:
    """Where objects are named: positions in the file, and (owner, place) in object streams.

    ``places`` are (start, owner, place) of all objects and sections, sorted by their start; the
    owner of a trailer is 0.
    """

    places: list[tuple[int, int, int]]
    positions: Mentions
    packed: dict[int, set[tuple[int, int]]]

    def owners(self, number: int) -> Iterator[tuple[int, int]]:
        """Yield (owner, place) of each mention of an object."""
        yield from self.packed.get(number, ())
        for position in self.positions.of(number):
            # Sorts behind every place that starts at the position.
            key = (position + 1,)
            _, owner, place = self.places[bisect_left(self.places, key) - 1]
            yield owner, place


@dataclass(slots=True)
class Document:
    """The bytes of a file and its sections, oldest first; a revision is an index into them."""

    data: Buffer
    history: list[Section]
    _parsed: dict[int, Parsed] = field(default_factory=dict)
    _containers: dict[int, _Container] = field(default_factory=dict)
    _inside: dict[tuple[int, int], PdfObject] = field(default_factory=dict)
    _mentions: _Mentions | None = None
    _sorted_places: list[tuple[int, int, int]] = field(default_factory=list)
    _spans: list[tuple[int, int]] = field(default_factory=list)
    _unfolded: int = 0
    _read_bytes: int = 0

    @property
    def newest(self) -> int:
        """Return the index of the newest revision."""
        return len(self.history) - 1

    def locate(self, number: int, revision: int) -> Entry | None:
        """Return where an object stands after a revision, None if it is free or unknown."""
        for index in range(revision, -1, -1):
            entry = self.history[index].entries.get(number)
            if entry is not None:
                return None if entry == FREE else entry
        return None

    def get(self, number: int, revision: int) -> PdfObject:
        """Return an object as it stood after a revision; what is missing is None.

        Raises:
            PdfSyntaxError: there is something else at its place.
        """
        entry = self.locate(number, revision)
        if entry is None:
            return None
        if entry.container is not None:
            return self._compressed(number, entry.container, revision)
        parsed = self.parsed(entry.offset)
        if parsed.number != number:
            msg = "another object at this place"
            raise PdfSyntaxError(msg)
        return parsed.value

    def parsed(self, offset: int) -> Parsed:
        """Return the indirect object at an offset.

        Raises:
            PdfSyntaxError: there is none.
        """
        found = self._parsed.get(offset)
        if found is None:
            found = self._parsed[offset] = self._read(offset)
        return found

    def _read(self, offset: int) -> Parsed:
        """Read an object; objects that lie inside of each other are read so often and no more."""
        if self._read_bytes > _READINGS * len(self.data) + _MIN_READ:
            msg = "objects inside of each other"
            raise PdfSyntaxError(msg)
        try:
            found = objects.read_indirect(self.data, offset)
        except PdfSyntaxError as e:
            self._read_bytes += max(0, e.reached - offset)
            raise
        self._read_bytes += found.end - offset
        return found

    def resolve(self, item: PdfObject, revision: int) -> PdfObject:
        """Follow references to the value they stand for.

        Raises:
            PdfSyntaxError: the references go in a circle.
        """
        for _ in range(_MAX_HOPS):
            if not isinstance(item, Ref):
                return item
            item = self.get(item.number, revision)
        msg = "circle of references"
        raise PdfSyntaxError(msg)

    def dictionary(self, item: PdfObject, revision: int) -> dict[str, PdfObject]:
        """Return the dictionary an item stands for, an empty one if it is none."""
        value = self.resolve(item, revision)
        return value if isinstance(value, dict) else {}

    def array(self, item: PdfObject, revision: int) -> list[PdfObject]:
        """Return the array an item stands for, an empty one if it is none."""
        value = self.resolve(item, revision)
        return value if isinstance(value, list) else []

    def root(self, revision: int) -> Ref:
        """Return the reference to the catalog as of a revision.

        Raises:
            PdfSyntaxError: no trailer names it.
        """
        for index in range(revision, -1, -1):
            found = xref.root_of(self.history[index])
            if found is not None:
                return found
        msg = "catalog"
        raise PdfSyntaxError(msg)

    def raw(self, stream: Stream, revision: int) -> bytes:
        """Return the encoded bytes of a stream.

        Raises:
            PdfSyntaxError: ``endstream`` is not where /Length says.
        """
        length = self.resolve(stream.dictionary.get("Length"), revision)
        if not isinstance(length, int) or length < 0:
            msg = "length of a stream"
            raise PdfSyntaxError(msg)
        end = stream.start + length
        if _ENDSTREAM.match(self.data, end) is None:
            msg = "end of a stream"
            raise PdfSyntaxError(msg)
        return self.data[stream.start : end]

    def plain(self, stream: Stream, revision: int) -> bytes:
        """Return the unfolded bytes of a stream, within the limit of the whole file.

        Raises:
            PdfSyntaxError: the stream cannot be unfolded.
        """
        plain = decoded(self.raw(stream, revision), stream.dictionary)
        self._unfolded += len(plain) * (_PREDICTED if "DecodeParms" in stream.dictionary else 1)
        if self._unfolded > _MAX_UNFOLDED:
            msg = "limit of the file"
            raise PdfSyntaxError(msg)
        return plain

    def referrers(self, number: int, revision: int) -> set[int]:
        """Return the numbers of the objects that name an object, as of a revision.

        A trailer counts as object 0. What stands inside of stream data may be counted too:
        the answer is never too small.
        """
        if self._mentions is None:
            self._mentions = self._all_mentions()
        return {
            owner
            for owner, place in self._mentions.owners(number)
            if self._is_live(owner, place, revision)
        }

    def is_packed_at(self, number: int, entry: Entry, revision: int) -> bool:
        """Tell whether an object stream gives an object the place that the section says."""
        if entry.container is None:
            return False
        numbers = self._container(entry.container, revision).numbers
        return entry.offset < len(numbers) and numbers[entry.offset] == number

    def packed(self) -> Iterator[bytes]:
        """Yield the unfolded bytes of all object streams; what cannot be read is left out."""
        for index, section in enumerate(self.history):
            boxes = {one.container for one in section.entries.values() if one.container is not None}
            for box in boxes:
                try:
                    yield self._container(box, index).plain
                except PdfSyntaxError:
                    continue

    def _is_live(self, owner: int, place: int, revision: int) -> bool:
        if owner == 0:
            return place <= revision
        entry = self.locate(owner, revision)
        if entry is None:
            return False
        if entry.container is None:
            return entry.offset == place
        box = self.locate(entry.container, revision)
        return box is not None and box.offset == place

    def _all_mentions(self) -> _Mentions:
        places = self.places()
        positions = mentions(self.data, self.structure())
        found = _Mentions(places, positions, defaultdict(set))
        boxes: set[int] = set()
        known: set[tuple[int, int]] = set()
        for index, section in enumerate(self.history):
            entries = section.entries.values()
            named = {one.container for one in entries if one.container is not None}
            boxes |= named
            # An object stream that was written again gives its objects anew, too.
            for box in named | (boxes & section.entries.keys()):
                entry = self.locate(box, index)
                if entry is not None and (box, entry.offset) not in known:
                    known.add((box, entry.offset))
                    self._container_references(box, index, found.packed)
        return found

    def structure(self) -> list[tuple[int, int]]:
        """Return the spans of the file that are not the data of a large stream."""
        if not self._spans:
            places = self.places()
            start = 0
            ends = [place[0] for place in places[1:]] + [len(self.data)]
            for (offset, _, _), end in zip(places, ends, strict=True):
                if end - offset > _LARGE_STREAM:
                    data = self._stream_data(offset, end)
                    self._spans.append((start, data[0]))
                    start = data[1]
            self._spans.append((start, len(self.data)))
        return self._spans

    def _stream_data(self, offset: int, end: int) -> tuple[int, int]:
        """Return the span of stream data at an offset, an empty one if it is in any doubt."""
        try:
            stream = self.parsed(offset).value
        except PdfSyntaxError:
            return offset, offset
        if isinstance(stream, Stream):
            # A length that stands elsewhere may differ from revision to revision.
            length = stream.dictionary.get("Length")
            until = stream.start + length if isinstance(length, int) and length > 0 else end
            if until < end and _ENDSTREAM.match(self.data, until) is not None:
                return stream.start, until
        return offset, offset

    def places(self) -> list[tuple[int, int, int]]:
        """Return (start, owner, place) of all objects and sections, sorted; trailers are 0."""
        if not self._sorted_places:
            self._sorted_places = self._find_places()
        return self._sorted_places

    def _find_places(self) -> list[tuple[int, int, int]]:
        places = {(0, 0, 0)}
        sections: dict[int, int] = {}
        for index, section in enumerate(self.history):
            sections[section.offset] = index
            if section.hybrid_offset is not None:
                sections[section.hybrid_offset] = index
        places.update((offset, 0, index) for offset, index in sections.items())
        for section in self.history:
            places.update(
                (entry.offset, number, entry.offset)
                for number, entry in section.entries.items()
                if entry.container is None and entry != FREE and entry.offset not in sections
            )
        return sorted(places)

    def _container_references(
        self, box: int, revision: int, found: dict[int, set[tuple[int, int]]]
    ) -> None:
        entry = self.locate(box, revision)
        if entry is None:
            return
        container = self._container(box, revision)
        order = sorted((start, number) for number, start in container.starts.items())
        starts = [start for start, _ in order]
        named = mentions(container.plain, [(0, len(container.plain))])
        for number, position in zip(named.numbers.tolist(), named.positions.tolist(), strict=True):
            at = bisect_right(starts, position) - 1
            if at >= 0:
                found[number].add((order[at][1], entry.offset))

    def _compressed(self, number: int, box: int, revision: int) -> PdfObject:
        container = self._container(box, revision)
        entry = self.locate(box, revision)
        key = (number, -1 if entry is None else entry.offset)
        if key not in self._inside:
            start = container.starts.get(number)
            if start is None:
                return None
            self._inside[key] = objects.read_value(container.plain, start)[0]
        return self._inside[key]

    def _container(self, box: int, revision: int) -> _Container:
        entry = self.locate(box, revision)
        if entry is None or entry.container is not None:
            msg = "object stream"
            raise PdfSyntaxError(msg)
        if entry.offset not in self._containers:
            self._containers[entry.offset] = self._read_container(box, revision)
        return self._containers[entry.offset]

    def _read_container(self, box: int, revision: int) -> _Container:
        stream = self.get(box, revision)
        if not isinstance(stream, Stream) or stream.dictionary.get("Type") != "ObjStm":
            msg = "object stream"
            raise PdfSyntaxError(msg)
        plain = self.plain(stream, revision)
        first, count = stream.dictionary.get("First"), stream.dictionary.get("N")
        if not isinstance(first, int) or not isinstance(count, int):
            msg = "head of an object stream"
            raise PdfSyntaxError(msg)
        numbers = plain[:first].split()
        if not 0 <= count <= min(_MAX_STREAM_OBJECTS, len(numbers) // 2):
            msg = "count of an object stream"
            raise PdfSyntaxError(msg)
        pairs = [one for one in numbers[: 2 * count] if one.isdigit() and len(one) < _MAX_HOPS]
        if len(pairs) != 2 * count:
            msg = "head of an object stream"
            raise PdfSyntaxError(msg)
        starts = {
            int(number): first + int(start)
            for number, start in zip(pairs[::2], pairs[1::2], strict=True)
        }
        if len(starts) != count:
            msg = "object twice in a stream"
            raise PdfSyntaxError(msg)
        return _Container(plain, starts, tuple(starts))


def open_document(data: Buffer) -> Document:
    """Read the sections of a file.

    Raises:
        PdfSyntaxError: they are broken.
    """
    return Document(data, list(reversed(xref.read_chain(data))))
