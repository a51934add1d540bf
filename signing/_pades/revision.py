"""One incremental revision under construction, through pyHanko's writer.

Nothing here touches what is in the file already but the objects that a revision must replace: a
field that gets its value, the catalogue, the form, the first page. Earlier signatures are never
parsed by pyHanko: reading a hex string of 40 kB costs it more than the whole signature.
"""

from __future__ import annotations

import hashlib
import io
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp, SignatureObject
from typing_extensions import override

from signing._pades.fields import FieldAdder
from signing._pades.looks import Looks
from signing._pades.objects import (
    certification,
    dictionary_at,
    entry,
    partial_name,
    references,
)
from signing._pades.overlay import CHUNK, Overlay
from signing._pades.views import require_one_view
from signing.appearance import TURNS, Frame
from signing.errors import (
    AlreadySignedError,
    FieldFilledError,
    FieldMissingError,
    UnreadablePdfError,
)
from signing.font import Face
from signing.model import Align

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pyhanko.sign.signers.pdf_byterange import PdfSignedData

    from signing._pades.plain_syntax import Buffer
    from signing.appearance import Mark
    from signing.model import Box

T = TypeVar("T")

# What pyHanko is known to let through on malformed files, beside its own errors.
_FOREIGN = (
    PdfError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError,
    NotImplementedError, RecursionError, zlib.error,
)  # fmt: skip
_DEFAULT_APPEARANCE = re.compile(
    r"/(?P<font>[A-Za-z0-9+._-]+)\s+(?P<size>[0-9]{1,4}(?:\.[0-9]{1,4})?)\s+Tf"
)
_MAX_FIELDS = 10_000  # a tree that never ends is hostile
_DEFAULT_SIZE = 13.0  # the number line of NĐ 30


class _Writer(IncrementalPdfFileWriter):
    """pyHanko's writer without its own additions: no new metadata, no chance in the file id."""

    @override
    def _update_meta(self) -> None:
        """Leave /Info and XMP alone: a signing service did not author the document."""

    @classmethod
    @override
    def _handle_id(cls, prev: Any) -> generic.ArrayObject:
        prev.stream.seek(0)
        state = hashlib.file_digest(prev.stream, "sha256")
        fresh = generic.ByteStringObject(state.digest()[:16])
        try:
            first = generic.ByteStringObject(prev.trailer["/ID"][0].original_bytes)
        except (KeyError, IndexError, AttributeError):
            first = fresh
        return generic.ArrayObject([first, fresh])


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A reserved field of the file: where it is and what it needs to be drawn."""

    name: str
    reference: generic.Reference
    dictionary: generic.DictionaryObject
    frame: Frame
    font: str
    size: float
    align: Align


@dataclass(frozen=True, slots=True, kw_only=True)
class Hollow:
    """A finished revision whose signature is missing yet.

    Attributes:
        pdf: the whole file; of a file on the disk only what is appended.
        digest: SHA-256 of the whole file but the hole.
        hole: half-open span of the hex string in the whole file.
    """

    pdf: bytes
    digest: bytes
    hole: tuple[int, int]


class Revision:
    """Collects the changes of one revision over a file, and writes them once."""

    def __init__(self, pdf: bytes | Overlay) -> None:
        """Read the file's structure.

        Args:
            pdf: the file, in memory or on the disk; what was appended to that before belongs to
                it.

        Raises:
            UnreadablePdfError: it does not hold to the letter of ISO 32000; a signature over
                it would be read differently by different programs.
        """
        self._overlay = pdf if isinstance(pdf, Overlay) else None
        self.pdf: Buffer = pdf.mapped if isinstance(pdf, Overlay) else pdf
        # pyHanko reads byte by byte.
        stream = io.BufferedRandom(pdf) if isinstance(pdf, Overlay) else io.BytesIO(pdf)
        self._writer = _guarded(lambda: _Writer(stream))
        if self._writer.prev.encrypted:
            raise UnreadablePdfError(reason="encrypted")
        self._looks = Looks(self._writer)
        self._adder = FieldAdder(self._writer)

    def require_one_view(self) -> None:
        """Check that readers of all ages see the same pages and the same form.

        Raises:
            ViewsDifferError: they do not.
        """
        _guarded(lambda: require_one_view(self._writer.prev))

    def field(self, name: str, kind: str) -> Field:
        """Find an empty field by its full name.

        Args:
            name: partial names joined by full stops.
            kind: ``/Sig`` or ``/Tx``.

        Raises:
            FieldMissingError: there is none of that kind.
            FieldFilledError: it has a value.
        """
        return _guarded(lambda: self._field(name, kind))

    def _field(self, name: str, kind: str) -> Field:
        reference = self._find(name)
        if reference is None:
            raise FieldMissingError(field=name)
        dictionary = dictionary_at(reference)
        if entry(dictionary, "/FT") != kind:
            raise FieldMissingError(field=name)
        if "/V" in dictionary:
            raise FieldFilledError(field=name)
        x0, y0, x1, y1 = (float(edge) for edge in dictionary["/Rect"])
        rotation = entry(entry(dictionary, "/MK", {}), "/R", 0)
        found = _DEFAULT_APPEARANCE.search(str(entry(dictionary, "/DA", "")))
        return Field(
            name=name,
            reference=reference,
            dictionary=dictionary,
            frame=Frame(
                width=round(abs(x1 - x0), 3),
                height=round(abs(y1 - y0), 3),
                rotation=int(rotation) if rotation in TURNS else 0,
            ),
            font=found["font"] if found else Face.UPRIGHT,
            size=float(found["size"]) if found else _DEFAULT_SIZE,
            align=Align(entry(dictionary, "/Q", Align.LEFT)),
        )

    def has_field(self, name: str) -> bool:
        """Tell whether the form has a field of this full name."""
        return _guarded(lambda: self._find(name) is not None)

    def filled_value(self, name: str) -> int | None:
        """Return the offset of the object that a signature field has as its value, or None.

        The object itself is not parsed.
        """
        return _guarded(lambda: self._filled_value(name))

    def _filled_value(self, name: str) -> int | None:
        reference = self._find(name)
        dictionary = None if reference is None else dictionary_at(reference)
        if dictionary is None or dictionary.get("/FT") != "/Sig" or "/V" not in dictionary:
            return None
        value = dictionary.raw_get("/V")
        # A value within the field, or in an object stream, is none that we have written.
        if not isinstance(value, generic.IndirectObject):
            return None
        offset = self._writer.prev.xrefs[value.reference]
        return offset if isinstance(offset, int) else None

    def hashed(self, name: str, length: int) -> Any:
        """Return the state of a hash over so many first bytes of the file."""
        state = hashlib.new(name)
        if self._overlay is not None:
            self._overlay.feed(state, 0, length)
        else:
            state.update(memoryview(self.pdf)[:length])
        return state

    def _find(self, name: str) -> generic.Reference | None:
        root: Any = self._writer.root
        found: generic.Reference | None = None
        level = entry(entry(root, "/AcroForm", {}), "/Fields", [])
        for part in name.split("."):
            found = next((ref for ref in references(level) if partial_name(ref) == part), None)
            if found is None:
                return None
            level = entry(dictionary_at(found), "/Kids", [])
        return found

    def show(self, field: Field, mark: Mark) -> None:
        """Give a field its appearance; it brings its own fonts."""
        _guarded(lambda: self._show(field, mark, reserved=False))

    def fill(self, field: Field, value: str, mark: Mark) -> None:
        """Give a text field its value and its appearance, in the fonts of the form."""
        field.dictionary["/V"] = generic.TextStringObject(value)
        _guarded(lambda: self._show(field, mark, reserved=True))

    def _show(self, field: Field, mark: Mark, *, reserved: bool) -> None:
        stream = self._looks.appearance(mark, reserved=reserved)
        field.dictionary["/AP"] = generic.DictionaryObject({pdf_name("/N"): stream})
        self._writer.mark_update(field.reference)

    def sign(self, field: Field, *, at: datetime, reserved_bytes: int, certify: bool) -> Hollow:
        """Put an empty signature into a field and write the revision.

        Args:
            field: an empty signature field.
            at: moment for /M, with its zone.
            reserved_bytes: room for the DER of the CMS.
            certify: certify the document, form filling allowed.

        Raises:
            AlreadySignedError: only the first signature of a file can certify it.
        """
        return _guarded(lambda: self._sign(field, at, reserved_bytes, certify=certify))

    def _sign(self, field: Field, at: datetime, reserved_bytes: int, *, certify: bool) -> Hollow:
        signature = SignatureObject(
            timestamp=at, subfilter=SigSeedSubFilter.PADES, bytes_reserved=2 * reserved_bytes
        )
        reference = self._writer.add_object(signature)
        field.dictionary["/V"] = reference
        self._writer.mark_update(field.reference)
        if certify:
            self._require_unsigned(but=field.reference)
            signature["/Reference"] = generic.ArrayObject([certification()])
            permissions = generic.DictionaryObject({pdf_name("/DocMDP"): reference})
            self._writer.root["/Perms"] = permissions
            self._writer.update_root()
        return self._written(signature)

    def _require_unsigned(self, *, but: generic.Reference) -> None:
        root: Any = self._writer.root
        pending = references(root["/AcroForm"]["/Fields"])
        for _ in range(_MAX_FIELDS):
            if not pending:
                return
            reference = pending.pop()
            field = dictionary_at(reference)
            if reference != but and entry(field, "/FT") == "/Sig" and "/V" in field:
                raise AlreadySignedError
            pending.extend(references(entry(field, "/Kids", [])))
        raise UnreadablePdfError(reason="form")

    def timestamp(self, *, reserved_bytes: int) -> Hollow:
        """Add an invisible field with an empty document timestamp and write the revision."""
        return _guarded(lambda: self._timestamp(reserved_bytes))

    def _timestamp(self, reserved_bytes: int) -> Hollow:
        signature = DocumentTimestamp(bytes_reserved=2 * reserved_bytes)
        taken = self._adder.names()
        count = next(n for n in range(1, len(taken) + 2) if f"docsvc-timestamp-{n}" not in taken)
        field = dictionary_at(self._adder.add(f"docsvc-timestamp-{count}", None))
        field["/V"] = self._writer.add_object(signature)
        look = self._looks.of_nothing()
        if look is not None:
            field["/AP"] = look
        return self._written(signature)

    def add_signature_field(self, name: str, box: Box, *, after_certification: bool) -> Field:
        """Add an empty signature field to the form and to its page.

        Raises:
            ChangesForbiddenError: the file is certified: its certification allows no new field.
            PageMissingError: the box names a page that the file does not have.
            BoxOutsidePageError: the box is empty or leaves its page.
        """
        return _guarded(lambda: self._add_signature_field(name, box, after_certification))

    def _add_signature_field(self, name: str, box: Box, after_certification: object) -> Field:
        self._adder.require_permission(after_certification=bool(after_certification))
        self._adder.add(name, box)
        return self._field(name, "/Sig")

    def store(self, **streams: tuple[bytes, ...]) -> bytes:
        """Add DER values to the document security store and return the new revision.

        Args:
            streams: values for the keys ``Certs``, ``CRLs`` and ``OCSPs``; those that the file
                has already are not added again.

        Returns:
            The file as it was when there is nothing new; of a file on the disk only what is
            appended.
        """
        return _guarded(lambda: self._store(streams))

    def _store(self, streams: dict[str, tuple[bytes, ...]]) -> bytes:
        root: Any = self._writer.root
        held = root["/DSS"] if "/DSS" in root else generic.DictionaryObject()
        changed = False
        for key, values in streams.items():
            array = entry(held, f"/{key}", generic.ArrayObject())
            present = {one.get_object().data for one in array}
            fresh = [value for value in dict.fromkeys(values) if value not in present]
            refs = [self._writer.add_object(generic.StreamObject(stream_data=v)) for v in fresh]
            if refs:
                held[pdf_name(f"/{key}")] = generic.ArrayObject([*array, *refs])
                changed = True
        if not changed:
            return self._whole()
        if "/DSS" in root:
            self._writer.update_container(held)
        else:
            held["/Type"] = pdf_name("/DSS")
            root["/DSS"] = self._writer.add_object(held)
            self._writer.update_root()
        return self._appended()

    def append(self) -> bytes:
        """Write the revision without a signature: who gets the file signs it later."""
        return _guarded(self._appended)

    def _appended(self) -> bytes:
        self._writer.write_in_place()
        return self._whole()

    def _whole(self) -> bytes:
        stream = self._writer.prev.stream
        if self._overlay is None:
            whole: bytes = stream.getvalue()
            return whole
        stream.flush()
        return self._overlay.update

    def _written(self, signature: PdfSignedData) -> Hollow:
        steps = signature.fill(self._writer, "sha256", in_place=True, chunk_size=CHUNK)
        prepared, _ = next(steps)
        steps.close()
        return Hollow(
            pdf=self._whole(),
            digest=prepared.document_digest,
            hole=(prepared.reserved_region_start, prepared.reserved_region_end),
        )


def _guarded(act: Callable[[], T]) -> T:
    try:
        return act()
    except _FOREIGN as error:
        raise UnreadablePdfError(reason=type(error).__name__) from error
