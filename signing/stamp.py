"""Reserve the places of number, date, leader and seal, before the first signature.

This is the only module that rewrites a file: `Pdf.save` would destroy a signature, so a file that
bears one is refused. The rewriting also turns hybrid-reference files, as Word writes them, into
plain ones; an XMP claim such as PDF/A is kept as it is.
"""

from __future__ import annotations

import io
import warnings
import zlib
from itertools import chain
from typing import TYPE_CHECKING

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream, String
from typing_extensions import override

from signing.errors import (
    AlreadyReservedError,
    AlreadySignedError,
    BoxOutsidePageError,
    EncryptedPdfError,
    PageMissingError,
    UnreadablePdfError,
)
from signing.font import Apart, Face, Numbers, Packed, font_parts
from signing.model import FIELD_ROOT, LEADER_FIELD, ORGANISATION_FIELD
from signing.xmp import in_order, pdfa_part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    from signing.font import Part, Scalar
    from signing.model import Box, ReservedPlaces, TextPlace

_PRINT, _LOCKED = 4, 128  # annotation flags, ISO 32000-1 §12.5.3
_SIGNATURES_EXIST, _APPEND_ONLY = 1, 2  # /SigFlags, ISO 32000-1 §12.7.2
_TOLERANCE = 0.5  # points that a box may reach beyond its page: rounding of whoever measured it
_SIDEWAYS = (90, 270)
_BUFFER = 1 << 18  # bytes that are written at once
# As the mark will be: to the EU's DSS another /Filter is an undefined change, too.
_NOTHING_DEFLATED = zlib.compress(b"")


def reserve(pdf: bytes, places: ReservedPlaces) -> bytes:
    """Return the file with empty text and signature fields at the given places.

    Args:
        pdf: an unsigned file.
        places: where the fields go; a signature field without a box is invisible.

    Raises:
        UnreadablePdfError: the file can't be parsed.
        EncryptedPdfError: the file is encrypted.
        AlreadySignedError: the file bears a signature, which rewriting would destroy.
        AlreadyReservedError: the places were reserved before.
        PageMissingError: a place names a page that does not exist.
        BoxOutsidePageError: a place is empty or leaves its page.
    """
    output = io.BytesIO()
    _rewrite(io.BytesIO(pdf), output, places)
    return output.getvalue()


def reserve_file(source: Path, target: Path, places: ReservedPlaces) -> None:
    """Write a file with its places reserved, one stream of it in memory at a time.

    Args:
        source: an unsigned file.
        target: where the new one goes; nothing of worth if this raises.
        places: as for `reserve`.

    Raises:
        OSError: a file can't be read or written.
        SigningError: as `reserve` does.
    """
    with source.open("rb") as old, target.open("wb", buffering=0) as new:
        unflushed = _Unflushed(new, _BUFFER)
        _rewrite(old, unflushed, places)
        unflushed.write_rest()


class _Unflushed(io.BufferedWriter):
    """A buffer that is flushed by us: where qpdf does it, a disk that is full ends the process."""

    @override
    def flush(self) -> None:
        """Do nothing yet."""

    def write_rest(self) -> None:
        """Write what is left in the buffer."""
        super().flush()


def _rewrite(source: BinaryIO, target: BinaryIO, places: ReservedPlaces) -> None:
    try:
        # Not mapped: what is read of a map counts as memory of this process.
        with pikepdf.open(source, access_mode=pikepdf.AccessMode.stream) as document:
            if document.is_encrypted:
                raise EncryptedPdfError
            _require_unsigned(document)
            _reserve(document, places)
            _save(document, target)
    except pikepdf.PasswordError as error:
        raise EncryptedPdfError from error
    except (pikepdf.PdfError, TypeError, ValueError, AttributeError) as error:
        raise UnreadablePdfError(reason=type(error).__name__) from error


def _save(document: Pdf, target: BinaryIO) -> None:
    # No object streams: a plain cross-reference table is the quickest to append to, and the only
    # one that PDF/A-1 allows. Version 1.7 spares every later revision an entry in the catalogue.
    with warnings.catch_warnings():
        # Widgets that the author left out of the form are the author's affair.
        warnings.simplefilter("ignore", pikepdf.PageCopyWarning)
        document.save(
            target,
            min_version="1.7",
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            fix_metadata_version=False,
            deterministic_id=True,
            # The author's streams stay as they were packed: ours are, and to pack them anew would
            # cost more than all the rest.
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
        )


def _require_unsigned(document: Pdf) -> None:
    root = document.Root
    if "/Perms" in root and any(key in root.Perms for key in ("/DocMDP", "/UR3")):
        raise AlreadySignedError
    for field in chain(_fields(document), _widgets(document)):
        if field.get("/FT") == Name.Sig and "/V" in field:
            raise AlreadySignedError


def _fields(document: Pdf) -> Iterator[Object]:
    form = document.Root.get("/AcroForm")
    pending = _dictionaries(form.get("/Fields")) if isinstance(form, Dictionary) else []
    seen: set[tuple[int, int]] = set()
    while pending:
        field = pending.pop()
        if field.is_indirect:  # only what is indirect can be its own descendant
            if field.objgen in seen:
                continue
            seen.add(field.objgen)
        yield field
        pending.extend(_dictionaries(field.get("/Kids")))


def _widgets(document: Pdf) -> Iterator[Object]:
    for page in document.pages:
        yield from _dictionaries(page.obj.get("/Annots"))


def _dictionaries(array: Object | None) -> list[Object]:
    if not isinstance(array, Array):
        return []
    return [entry for entry in array if isinstance(entry, Dictionary)]


def _reserve(document: Pdf, places: ReservedPlaces) -> None:
    form = _form(document)
    taken = {str(field.get("/T")) for field in _dictionaries(form.Fields)}
    if FIELD_ROOT in taken:
        raise AlreadyReservedError
    parent = document.make_indirect(Dictionary(T=String(FIELD_ROOT), Kids=Array()))
    _add_fonts(document, form)
    _detach_annotations(document)
    # The signature fields first: whoever looks for one has not to read the others before.
    _add(document, parent, places.leader, _signature_field(), LEADER_FIELD)
    _add(document, parent, places.organisation, _signature_field(), ORGANISATION_FIELD)
    for place in places.texts:
        _add(document, parent, place.box, _text_field(place), place.name)
    form.Fields.append(parent)
    form.SigFlags = _SIGNATURES_EXIST | _APPEND_ONLY
    _announce_pades(document)
    _order_metadata(document)


def _detach_annotations(document: Pdf) -> None:
    """Make every annotation an object of its own: verifiers compare pages by their references."""
    for page in document.pages:
        annotations = page.obj.get("/Annots")
        if isinstance(annotations, Array):
            page.obj.Annots = Array(
                document.make_indirect(entry)
                for entry in annotations
                if isinstance(entry, Dictionary)
            )


def _form(document: Pdf) -> Object:
    root = document.Root
    if not isinstance(root.get("/AcroForm"), Dictionary):
        root.AcroForm = document.make_indirect(Dictionary())
    form = root.AcroForm
    if not isinstance(form.get("/Fields"), Array):
        form.Fields = Array()
    # A reader that is told to make the appearances itself would replace ours.
    if "/NeedAppearances" in form:
        del form.NeedAppearances
    return form


def _add(document: Pdf, parent: Object, box: Box | None, field: Dictionary, name: str) -> None:
    """Hang one merged field and widget below the parent field and onto its page."""
    page = _page(document, 0 if box is None else box.page)
    rotation = int(page.rotation) % 360
    rectangle = [0.0] * 4 if box is None else _rectangle(page, box)
    field.update(
        {
            "/Type": Name.Annot,
            "/Subtype": Name.Widget,
            "/T": String(name.removeprefix(f"{FIELD_ROOT}.")),
            "/Parent": parent,
            "/P": page.obj,
            "/Rect": Array(rectangle),
            # PDF/A wants an appearance of every widget, be it an empty one.
            "/AP": Dictionary(N=_empty_appearance(document, rectangle, rotation)),
        }
    )
    if rotation:
        field["/MK"] = Dictionary(R=rotation)
    widget = document.make_indirect(field)
    parent.Kids.append(widget)
    if isinstance(page.obj.get("/Annots"), Array):
        page.obj.Annots.append(widget)
    else:
        page.obj.Annots = Array([widget])


def _page(document: Pdf, index: int) -> pikepdf.Page:
    if not 0 <= index < len(document.pages):
        raise PageMissingError(page=index + 1, pages=len(document.pages))
    return document.pages[index]


def _rectangle(page: pikepdf.Page, box: Box) -> list[float]:
    a, b, c, d = (float(edge) for edge in page.mediabox)
    left, right, bottom, top = min(a, c), max(a, c), min(b, d), max(b, d)
    inside = (
        left - _TOLERANCE <= box.x0 < box.x1 <= right + _TOLERANCE
        and bottom - _TOLERANCE <= box.y0 < box.y1 <= top + _TOLERANCE
    )
    if not inside:
        raise BoxOutsidePageError(page=box.page + 1, box=[box.x0, box.y0, box.x1, box.y1])
    return [round(edge, 3) for edge in (box.x0, box.y0, box.x1, box.y1)]


def _empty_appearance(document: Pdf, rectangle: list[float], rotation: int) -> Object:
    x0, y0, x1, y1 = rectangle
    # As large as the mark will be: to the EU's DSS another /BBox is an undefined change.
    size = [round(x1 - x0, 3), round(y1 - y0, 3)]
    if rotation in _SIDEWAYS:
        size.reverse()
    return Stream(
        document,
        _NOTHING_DEFLATED,
        {
            "/Type": Name.XObject,
            "/Subtype": Name.Form,
            "/BBox": Array([0, 0, *size]),
            "/Filter": Name.FlateDecode,
        },
    )


def _text_field(place: TextPlace) -> Dictionary:
    face = Face.ITALIC if place.italic else Face.UPRIGHT
    appearance = f"/{face} {round(place.font_size, 2)} Tf 0 g"
    return Dictionary(FT=Name.Tx, F=_PRINT, Q=int(place.align), DA=String(appearance))


def _signature_field() -> Dictionary:
    return Dictionary(FT=Name.Sig, F=_PRINT | _LOCKED)


def _announce_pades(document: Pdf) -> None:
    """Say in /Extensions that ETSI's extensions may be met (EN 319 142-1 clause 5.6)."""
    extensions = document.Root.get("/Extensions", Dictionary())
    extensions["/ESIC"] = Dictionary(BaseVersion=Name("/1.7"), ExtensionLevel=5)
    document.Root.Extensions = extensions


def _order_metadata(document: Pdf) -> None:
    metadata = document.Root.get("/Metadata")
    if not isinstance(metadata, Stream):
        return
    held = metadata.read_bytes()
    ordered = in_order(held)
    if ordered is None:
        del document.Root.Metadata
    elif ordered != held:
        metadata.write(ordered)


def _add_fonts(document: Pdf, form: Object) -> None:
    resources = form.get("/DR", Dictionary())
    fonts = resources.get("/Font", Dictionary())
    for face in Face:
        parts = font_parts(face, with_cid_set=_claims_pdfa_1(document))
        fonts[f"/{face}"] = _made(document, parts)
    resources["/Font"] = fonts
    form.DR = resources
    if "/DA" not in form:
        form.DA = String(f"/{Face.UPRIGHT} 0 Tf 0 g")


def _made(document: Pdf, part: Part) -> Object | int | float:
    """Turn a described part of a font into an object of the file."""
    match part:
        case Apart():
            return document.make_indirect(_dictionary(document, part.entries))
        case Packed():
            return Stream(document, part.data, {"/Filter": Name.FlateDecode, **part.entries})
        case Numbers():
            return Object.parse(part.written)
        case dict():
            return _dictionary(document, part)
        case list():
            return Array(_made(document, one) for one in part)
        case _:
            return _scalar(part)


def _dictionary(document: Pdf, entries: Mapping[str, Part]) -> Dictionary:
    return Dictionary({key: _made(document, one) for key, one in entries.items()})


def _scalar(part: Scalar) -> Object | int | float:
    if isinstance(part, bytes):
        return String(part)
    return Name(part) if isinstance(part, str) else part


def _claims_pdfa_1(document: Pdf) -> bool:
    metadata = document.Root.get("/Metadata")
    return isinstance(metadata, Stream) and pdfa_part(metadata.read_bytes()) == 1
