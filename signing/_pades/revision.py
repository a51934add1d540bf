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

from signing._pades.objects import (
    array,
    certification,
    dictionary_at,
    partial_name,
    references,
    samples,
)
from signing.appearance import TURNS, Frame
from signing.errors import (
    AlreadySignedError,
    FieldFilledError,
    FieldMissingError,
    UnreadablePdfError,
)
from signing.font import UPRIGHT_NAME

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pyhanko.sign.signers.pdf_byterange import PdfSignedData

    from signing.appearance import Mark, Picture

T = TypeVar("T")

# What pyHanko is known to let through on malformed files, beside its own errors.
_FOREIGN = (
    PdfError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError,
    NotImplementedError, RecursionError, zlib.error,
)  # fmt: skip
_SIGNATURES_EXIST_APPEND_ONLY = 3
_PRINT_AND_LOCKED = 132
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
        stream = prev.stream
        fresh = generic.ByteStringObject(hashlib.sha256(stream.getbuffer()).digest()[:16])
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Hollow:
    """A finished revision whose signature is missing yet."""

    pdf: bytes
    digest: bytes
    hole: tuple[int, int]


class Revision:
    """Collects the changes of one revision over a file, and writes them once."""

    def __init__(self, pdf: bytes) -> None:
        """Read the file's structure.

        Raises:
            UnreadablePdfError: it does not hold to the letter of ISO 32000; a signature over
                it would be read differently by different programs.
        """
        self.pdf = pdf
        self._writer = _guarded(lambda: _Writer(io.BytesIO(pdf)))
        if self._writer.prev.encrypted:
            raise UnreadablePdfError(reason="encrypted")

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
        if dictionary.get("/FT") != kind:
            raise FieldMissingError(field=name)
        if "/V" in dictionary:
            raise FieldFilledError(field=name)
        x0, y0, x1, y1 = (float(edge) for edge in dictionary["/Rect"])
        rotation = dictionary["/MK"].get("/R", 0) if "/MK" in dictionary else 0
        found = _DEFAULT_APPEARANCE.search(str(dictionary.get("/DA", "")))
        return Field(
            name=name,
            reference=reference,
            dictionary=dictionary,
            frame=Frame(
                width=round(abs(x1 - x0), 3),
                height=round(abs(y1 - y0), 3),
                rotation=int(rotation) if rotation in TURNS else 0,
            ),
            font=found["font"] if found else UPRIGHT_NAME,
            size=float(found["size"]) if found else _DEFAULT_SIZE,
        )

    def filled_value(self, name: str) -> int | None:
        """Return the offset of the object that a field has as its value, or None.

        The object itself is not parsed.
        """
        return _guarded(lambda: self._filled_value(name))

    def _filled_value(self, name: str) -> int | None:
        reference = self._find(name)
        if reference is None or "/V" not in dictionary_at(reference):
            return None
        value = dictionary_at(reference).raw_get("/V")
        # A value within the field, or in an object stream, is none that we have written.
        if not isinstance(value, generic.IndirectObject):
            return None
        offset = self._writer.prev.xrefs[value.reference]
        return offset if isinstance(offset, int) else None

    def hashed(self, name: str, length: int) -> Any:
        """Return the state of a hash over so many first bytes of the file."""
        return hashlib.new(name, memoryview(self.pdf)[:length])

    def _find(self, name: str) -> generic.Reference | None:
        root: Any = self._writer.root
        found: generic.Reference | None = None
        level = root["/AcroForm"].get("/Fields", []) if "/AcroForm" in root else []
        for part in name.split("."):
            found = next((ref for ref in references(level) if partial_name(ref) == part), None)
            if found is None:
                return None
            level = dictionary_at(found).get("/Kids", [])
        return found

    def show(self, field: Field, mark: Mark) -> None:
        """Give a field its appearance."""
        _guarded(lambda: self._show(field, mark))

    def _show(self, field: Field, mark: Mark) -> None:
        stream = self._writer.add_object(self._appearance(mark))
        field.dictionary["/AP"] = generic.DictionaryObject({pdf_name("/N"): stream})
        self._writer.mark_update(field.reference)

    def fill(self, field: Field, value: str, mark: Mark) -> None:
        """Give a text field its value and its appearance."""
        field.dictionary["/V"] = generic.TextStringObject(value)
        self.show(field, mark)

    def _appearance(self, mark: Mark) -> generic.StreamObject:
        resources = generic.DictionaryObject()
        if mark.picture is not None:
            image = self._writer.add_object(self._image(mark.picture))
            resources["/XObject"] = generic.DictionaryObject({pdf_name("/Im"): image})
        if mark.font is not None:
            fonts = self._writer.root["/AcroForm"]["/DR"]["/Font"]
            key = pdf_name(f"/{mark.font}")
            resources["/Font"] = generic.DictionaryObject({key: fonts.raw_get(key)})
        # Deflated as the empty appearance that it replaces: to the EU's DSS a /Filter that comes or
        # goes is no form filling but an undefined change, against DocMDP.
        return generic.StreamObject(
            {
                pdf_name("/Filter"): pdf_name("/FlateDecode"),
                pdf_name("/Type"): pdf_name("/XObject"),
                pdf_name("/Subtype"): pdf_name("/Form"),
                pdf_name("/BBox"): array(0, 0, *mark.frame.seen),
                pdf_name("/Matrix"): array(*mark.frame.matrix),
                pdf_name("/Resources"): resources,
            },
            encoded_data=zlib.compress(mark.content),
        )

    def _image(self, picture: Picture) -> generic.StreamObject:
        image = samples(picture, picture.colours, space="/DeviceRGB", bits=8)
        if self._claims_pdfa_1():
            # PDF/A-1 knows no transparency (ISO 19005-1 §6.4); a stencil of 1 bit is allowed.
            mask = samples(picture, picture.stencil, space=None, bits=1)
            mask["/ImageMask"] = generic.BooleanObject(value=True)
            image["/Mask"] = self._writer.add_object(mask)
        else:
            mask = samples(picture, picture.alpha, space="/DeviceGray", bits=8)
            image["/SMask"] = self._writer.add_object(mask)
        return image

    def _claims_pdfa_1(self) -> bool:
        root: Any = self._writer.root
        if "/Metadata" not in root:
            return False
        text: bytes = root["/Metadata"].data
        return b"pdfaid:part>1<" in text or b'pdfaid:part="1"' in text

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
            if reference != but and field.get("/FT") == "/Sig" and "/V" in field:
                raise AlreadySignedError
            pending.extend(references(field.get("/Kids", [])))
        raise UnreadablePdfError(reason="form")

    def timestamp(self, *, reserved_bytes: int) -> Hollow:
        """Add an invisible field with an empty document timestamp and write the revision."""
        return _guarded(lambda: self._timestamp(reserved_bytes))

    def _timestamp(self, reserved_bytes: int) -> Hollow:
        signature = DocumentTimestamp(bytes_reserved=2 * reserved_bytes)
        form, fields = self._form()
        page, _ = self._writer.find_page_for_modification(0)
        taken = {partial_name(reference) for reference in references(fields)}
        count = next(n for n in range(1, len(taken) + 2) if f"docsvc-timestamp-{n}" not in taken)
        field = generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/Annot"),
                pdf_name("/Subtype"): pdf_name("/Widget"),
                pdf_name("/FT"): pdf_name("/Sig"),
                pdf_name("/T"): generic.TextStringObject(f"docsvc-timestamp-{count}"),
                pdf_name("/F"): generic.NumberObject(_PRINT_AND_LOCKED),
                pdf_name("/Rect"): array(0, 0, 0, 0),
                pdf_name("/P"): page,
                pdf_name("/V"): self._writer.add_object(signature),
            }
        )
        reference = self._writer.add_object(field)
        fields.append(reference)
        self._writer.update_container(fields)
        self._annotate(page, reference)
        if form.get("/SigFlags") != _SIGNATURES_EXIST_APPEND_ONLY:
            form["/SigFlags"] = generic.NumberObject(_SIGNATURES_EXIST_APPEND_ONLY)
            self._writer.update_container(form)
        return self._written(signature)

    def _form(self) -> tuple[generic.DictionaryObject, generic.ArrayObject]:
        root: Any = self._writer.root
        if "/AcroForm" not in root:
            form = generic.DictionaryObject({pdf_name("/Fields"): generic.ArrayObject()})
            root["/AcroForm"] = self._writer.add_object(form)
            self._writer.update_root()
        return root["/AcroForm"], root["/AcroForm"]["/Fields"]

    def _annotate(self, page: generic.Reference, widget: generic.IndirectObject) -> None:
        dictionary = dictionary_at(page)
        if "/Annots" in dictionary:
            annotations = dictionary["/Annots"]
            annotations.append(widget)
            self._writer.update_container(annotations)
        else:
            dictionary["/Annots"] = generic.ArrayObject([widget])
            self._writer.update_container(dictionary)

    def store(self, **streams: tuple[bytes, ...]) -> bytes:
        """Add DER values to the document security store and return the new revision.

        Args:
            streams: values for the keys ``Certs``, ``CRLs`` and ``OCSPs``; those that the file
                has already are not added again.

        Returns:
            The file as it was when there is nothing new.
        """
        return _guarded(lambda: self._store(streams))

    def _store(self, streams: dict[str, tuple[bytes, ...]]) -> bytes:
        root: Any = self._writer.root
        held = root["/DSS"] if "/DSS" in root else generic.DictionaryObject()
        changed = False
        for key, values in streams.items():
            array = held.get(f"/{key}", generic.ArrayObject())
            present = {entry.get_object().data for entry in array}
            fresh = [value for value in dict.fromkeys(values) if value not in present]
            refs = [self._writer.add_object(generic.StreamObject(stream_data=v)) for v in fresh]
            if refs:
                held[pdf_name(f"/{key}")] = generic.ArrayObject([*array, *refs])
                changed = True
        if not changed:
            return self.pdf
        if "/DSS" in root:
            self._writer.update_container(held)
        else:
            held["/Type"] = pdf_name("/DSS")
            root["/DSS"] = self._writer.add_object(held)
            self._writer.update_root()
        self._writer.write_in_place()
        whole: bytes = self._writer.prev.stream.getvalue()
        return whole

    def _written(self, signature: PdfSignedData) -> Hollow:
        steps = signature.fill(self._writer, "sha256", in_place=True)
        prepared, output = next(steps)
        steps.close()
        return Hollow(
            pdf=output.getvalue(),
            digest=prepared.document_digest,
            hole=(prepared.reserved_region_start, prepared.reserved_region_end),
        )


def _guarded(act: Callable[[], T]) -> T:
    try:
        return act()
    except _FOREIGN as error:
        raise UnreadablePdfError(reason=type(error).__name__) from error
