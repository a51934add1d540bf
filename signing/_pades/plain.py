"""One incremental revision of a plainly simple file, read and written without pyHanko.

It does what `revision.Revision` does for reserved fields that are filled and signed, and writes the
same objects. It never refuses a file: at anything out of the ordinary it raises `NotPlainError`,
and the caller goes the long way, where pyHanko reads strictly and has the last word.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pyhanko.pdf_utils.generic import pdf_date

from signing._pades.plain_file import PlainFile, reference_in
from signing._pades.plain_syntax import (
    NotPlainError,
    dictionary,
    elements,
    numbers,
    reference,
    string,
    text,
    whole_number,
    written,
)
from signing._pades.plain_tail import Base, tail_of
from signing.appearance import TURNS, Frame
from signing.model import Align

if TYPE_CHECKING:
    from datetime import datetime

    from signing._pades.plain_syntax import Buffer, Entries
    from signing._pades.plain_tail import Tail
    from signing.appearance import Mark, Picture

_MAX_FIELDS: Final = 256  # a form of more is rare, and read faster by pyHanko than by us
_EDGES: Final = 4
_DEFAULT_APPEARANCE = re.compile(
    r"/(?P<font>[A-Za-z0-9+._-]+)\s+(?P<size>[0-9]{1,4}(?:\.[0-9]{1,4})?)\s+Tf"
)
_ID = re.compile(rb"\[ ?(<(?:[0-9a-fA-F]{2})+>) ?<(?:[0-9a-fA-F]{2})*> ?\]")
# Where a file claims PDF/A, what an image may be is decided in one place, and not here.
_PDFA_CLAIMS: Final = (b"pdfaid", b"aiim.org/pdfa", b"\x00")
_CERTIFICATION = (
    b"[ << /Type /SigRef /TransformMethod /DocMDP"
    b" /TransformParams << /Type /TransformParams /V /1.2 /P 2 >> >> ]"
)


# Gives the bytes of a half-open span of the file to a hash.
Feed = Callable[[Any, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainField:
    """A reserved field, as `revision.Field`."""

    name: str
    number: int
    frame: Frame
    font: str
    size: float
    align: Align


class PlainRevision:
    """Collects the changes of one revision over a plainly simple file."""

    def __init__(self, pdf: Buffer, *, feed: Feed | None = None) -> None:
        """Read the tables of the file and its catalogue.

        Args:
            pdf: the file, in memory or mapped.
            feed: gives a span of the file to a hash, where that is not to be read by way of
                ``pdf``.

        Raises:
            NotPlainError: the file is not plainly simple.
        """
        self.pdf = pdf
        self._feed = feed or self._feed_from_memory
        self._hashed, self._hashed_bytes = hashlib.sha256(), 0
        self._file = PlainFile(pdf)
        self._root_number = reference_in(self._file.trailer, b"/Root")
        self._root = self._file.dictionary(self._root_number)
        # A version of the catalogue would have to be weighed against that of the header.
        if self._root.get(b"/Type") != b"/Catalog" or b"/Version" in self._root:
            raise NotPlainError(reason="catalogue")
        if b"/Info" in self._file.trailer:
            reference_in(self._file.trailer, b"/Info")
        self._form = self._form_of(self._root.get(b"/AcroForm", b""))
        # As pyHanko does: the number that /Size names is passed over.
        self._last = whole_number(self._file.trailer[b"/Size"])
        self._changed: dict[int, Entries] = {}
        self._added: dict[int, bytes] = {}

    def _form_of(self, value: bytes) -> Entries:
        if value.startswith(b"<<"):
            return dictionary(value, 0)[0]
        return self._file.dictionary(reference(value))

    def field(self, name: str, kind: str) -> PlainField:
        """Find an empty field by its full name, as `Revision.field` does.

        Raises:
            NotPlainError: there is none, or it is not plainly simple.
        """
        number = self._find(name)
        entries = self._file.dictionary(number)
        if entries.get(b"/FT") != kind.encode("ascii") or b"/V" in entries:
            raise NotPlainError(reason="field")
        found = _DEFAULT_APPEARANCE.search(string(entries.get(b"/DA", b"()")))
        if found is None and kind == "/Tx":
            raise NotPlainError(reason="default-appearance")
        return PlainField(
            name=name,
            number=number,
            frame=_frame(entries),
            font=found["font"] if found else "",
            size=float(found["size"]) if found else 0,
            align=_align(entries),
        )

    def filled_value(self, name: str) -> int:
        """Return the offset of the object that a field has as its value.

        Raises:
            NotPlainError: it has none that is plainly simple.
        """
        entries = self._file.dictionary(self._find(name))
        if entries.get(b"/FT") != b"/Sig":
            raise NotPlainError(reason="field-kind")
        return self._file.offset(reference_in(entries, b"/V"))

    def _find(self, name: str) -> int:
        level, found = self._form.get(b"/Fields", b""), 0
        for part in name.split("."):
            found = next((one for one in _references(level) if self._name(one) == part), 0)
            if not found:
                raise NotPlainError(reason="field")
            level = self._file.dictionary(found).get(b"/Kids", b"[]")
        return found

    def _name(self, number: int) -> str:
        return string(self._file.dictionary(number).get(b"/T", b"()"))

    def show(self, field: PlainField, mark: Mark) -> None:
        """Give a field its appearance."""
        stream = self._add(self._appearance(mark))
        self._change(field.number)[b"/AP"] = b"<< /N %d 0 R >>" % stream

    def fill(self, field: PlainField, value: str, mark: Mark) -> None:
        """Give a text field its value and its appearance."""
        self._change(field.number)[b"/V"] = text(value)
        self.show(field, mark)

    def _change(self, number: int) -> Entries:
        return self._changed.setdefault(number, self._file.dictionary(number))

    def _add(self, body: bytes) -> int:
        self._last += 1
        self._added[self._last] = body
        return self._last

    def _appearance(self, mark: Mark) -> bytes:
        resources: Entries = {}
        if mark.picture is not None:
            image = self._image(mark.picture)
            resources[b"/XObject"] = b"<< /Im %d 0 R >>" % image
        if mark.fonts:
            keys = [f"/{name}".encode("ascii") for name in mark.fonts]
            resources[b"/Font"] = written({key: self._reserved_font(key) for key in keys})
        # Deflated, as `Revision` does, for the same reason.
        return _stream(
            {
                b"/Filter": b"/FlateDecode",
                b"/Type": b"/XObject",
                b"/Subtype": b"/Form",
                b"/BBox": _array(0, 0, *mark.frame.seen),
                b"/Matrix": _array(*mark.frame.matrix),
                b"/Resources": written(resources),
            },
            zlib.compress(mark.content),
        )

    def _reserved_font(self, key: bytes) -> bytes:
        resources, _ = dictionary(self._form.get(b"/DR", b""), 0)
        fonts, _ = dictionary(resources.get(b"/Font", b""), 0)
        return b"%d 0 R" % reference_in(fonts, key)

    def _image(self, picture: Picture) -> int:
        if b"/Metadata" in self._root:
            metadata = self._file.stream(reference_in(self._root, b"/Metadata"))
            if any(claim in metadata for claim in _PDFA_CLAIMS):
                raise NotPlainError(reason="pdfa")
        entries = {
            b"/Type": b"/XObject",
            b"/Subtype": b"/Image",
            b"/Width": b"%d" % picture.width,
            b"/Height": b"%d" % picture.height,
            b"/BitsPerComponent": b"8",
            b"/Filter": b"/FlateDecode",
        }
        mask = self._add(_stream(entries | {b"/ColorSpace": b"/DeviceGray"}, picture.alpha))
        coloured = {b"/ColorSpace": b"/DeviceRGB", b"/SMask": b"%d 0 R" % mask}
        return self._add(_stream(entries | coloured, picture.colours))

    def sign(self, field: PlainField, *, at: datetime, reserved_bytes: int, certify: bool) -> Tail:
        """Put an empty signature into a field and write the revision, as `Revision.sign` does.

        Raises:
            NotPlainError: another signature is there already and this one shall certify.
        """
        signature = {
            b"/Type": b"/Sig",
            b"/Filter": b"/Adobe.PPKLite",
            b"/SubFilter": b"/ETSI.CAdES.detached",
            b"/M": text(pdf_date(at)),
        }
        number = self._last + 1
        self._change(field.number)[b"/V"] = b"%d 0 R" % number
        if certify:
            self._require_unsigned(but=field.number)
            signature[b"/Reference"] = _CERTIFICATION
            self._change(self._root_number)[b"/Perms"] = b"<< /DocMDP %d 0 R >>" % number
        objects = {one: written(entries) for one, entries in self._changed.items()} | self._added
        hashed = self.hashed("sha256", len(self.pdf))
        base = Base(
            length=len(self.pdf),
            startxref=self._file.startxref,
            trailer=self._file.trailer | {b"/ID": self._id(hashed)},
            hashed=hashed,
        )
        return tail_of(base, objects, signature, number=number, reserved=reserved_bytes)

    def hashed(self, name: str, length: int) -> Any:
        """Return the state of a hash over so many first bytes of the file.

        SHA-256 goes on from where it was last: the bytes below the leader's signature and below
        the next one are mostly the same, and a large file is read once for both.
        """
        if name != "sha256" or length < self._hashed_bytes:
            state = hashlib.new(name)
            self._feed(state, 0, length)
            return state
        self._feed(self._hashed, self._hashed_bytes, length)
        self._hashed_bytes = length
        return self._hashed.copy()

    def _feed_from_memory(self, state: Any, start: int, end: int) -> None:
        with memoryview(self.pdf) as pdf:
            state.update(pdf[start:end])

    def _id(self, hashed: Any) -> bytes:
        """Return the file identifier: its first half stays, the second is the digest."""
        fresh = b"<" + hashed.hexdigest()[:32].encode("ascii") + b">"
        held = self._file.trailer.get(b"/ID")
        if held is None:
            return b"[ " + fresh + b" " + fresh + b" ]"
        found = _ID.fullmatch(held)
        if found is None:
            raise NotPlainError(reason="id")
        return b"[ " + found[1] + b" " + fresh + b" ]"

    def _require_unsigned(self, *, but: int) -> None:
        if b"/Perms" in self._root:
            raise NotPlainError(reason="certified")
        pending = _references(self._form.get(b"/Fields", b""))
        for _ in range(_MAX_FIELDS):
            if not pending:
                return
            number = pending.pop()
            entries = self._file.dictionary(number)
            if number != but and b"/V" in entries and entries.get(b"/FT") != b"/Tx":
                raise NotPlainError(reason="signed")
            pending.extend(_references(entries.get(b"/Kids", b"[]")))
        raise NotPlainError(reason="form")


def _references(array: bytes) -> list[int]:
    found = [reference(element) for element in elements(array)]
    if len(found) > _MAX_FIELDS:
        raise NotPlainError(reason="form")
    return found


def _frame(entries: Entries) -> Frame:
    edges = numbers(entries.get(b"/Rect", b""))
    if len(edges) != _EDGES:
        raise NotPlainError(reason="rectangle")
    x0, y0, x1, y1 = edges
    turn, _ = dictionary(entries.get(b"/MK", b"<<>>"), 0)
    rotation = whole_number(turn.get(b"/R", b"0"))
    return Frame(
        width=round(abs(x1 - x0), 3),
        height=round(abs(y1 - y0), 3),
        rotation=rotation if rotation in TURNS else 0,
    )


def _align(entries: Entries) -> Align:
    try:
        return Align(whole_number(entries.get(b"/Q", b"0")))
    except ValueError as error:
        raise NotPlainError(reason="align") from error


def _stream(entries: Entries, data: bytes) -> bytes:
    head = written(entries | {b"/Length": b"%d" % len(data)})
    return b"%b\nstream\n%b\nendstream" % (head, data)


def _array(*values: float) -> bytes:
    return (
        b"[ "
        + b" ".join(f"{value:.3f}".rstrip("0").rstrip(".").encode() for value in values)
        + b" ]"
    )
