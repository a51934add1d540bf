"""Appearance streams as PDF objects: the content, and the image and fonts that it draws on."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from signing._pades.objects import array, entry, number, samples
from signing.appearance import face_of
from signing.font import Apart, Numbers, Packed, font_parts
from signing.xmp import pdfa_part

if TYPE_CHECKING:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    from signing.appearance import Mark, Picture
    from signing.font import Part, Scalar

# sRGB as a colour space of its own (ISO 32000-1 §8.6.5.3): white point of D65, primaries of BT.709.
_WHITE = (0.9505, 1.0, 1.089)
_GAMMA = (2.2, 2.2, 2.2)
_PRIMARIES = (0.4124, 0.2126, 0.0193, 0.3576, 0.7152, 0.1192, 0.1805, 0.0722, 0.9505)
_RGB_COMPONENTS = 3


class Looks:
    """Makes appearances for one file, to the letter of the PDF/A part that it claims."""

    def __init__(self, writer: IncrementalPdfFileWriter) -> None:
        """Remember where the objects go."""
        self._writer = writer
        self._root: Any = writer.root

    def appearance(self, mark: Mark, *, reserved: bool) -> generic.IndirectObject:
        """Add an appearance stream to the revision.

        Args:
            mark: what it draws.
            reserved: the fonts are those of the form; else they come with the appearance.
        """
        resources = generic.DictionaryObject()
        if mark.picture is not None:
            image = self._writer.add_object(self._image(mark.picture))
            resources["/XObject"] = generic.DictionaryObject({pdf_name("/Im"): image})
        if mark.fonts:
            resources["/Font"] = self._fonts(mark.fonts, reserved=reserved)
        colours = self._default_colours()
        if colours is not None:
            resources["/ColorSpace"] = colours
        # Deflated as the empty appearance that it replaces: to the EU's DSS a /Filter that comes or
        # goes is no form filling but an undefined change, against DocMDP.
        stream = generic.StreamObject(
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
        return self._writer.add_object(stream)

    def of_nothing(self) -> generic.DictionaryObject | None:
        """Return the appearance of a field without an area, where the file has to have one.

        PDF/A-1 wants an appearance of every field (ISO 19005-1 §6.9). Elsewhere readers take one
        for more than a timestamp brings along.
        """
        if self._pdfa_part() != 1:
            return None
        stream = generic.StreamObject(
            {
                pdf_name("/Type"): pdf_name("/XObject"),
                pdf_name("/Subtype"): pdf_name("/Form"),
                pdf_name("/BBox"): array(0, 0, 0, 0),
            },
            stream_data=b"",
        )
        return generic.DictionaryObject({pdf_name("/N"): self._writer.add_object(stream)})

    def _fonts(self, names: tuple[str, ...], *, reserved: bool) -> generic.DictionaryObject:
        if reserved:
            held = self._root["/AcroForm"]["/DR"]["/Font"]
            found = {pdf_name(f"/{name}"): held.raw_get(f"/{name}") for name in names}
        else:
            first = self._pdfa_part() == 1
            found = {
                pdf_name(f"/{name}"): self._made(font_parts(face_of(name), with_cid_set=first))
                for name in names
            }
        return generic.DictionaryObject(found)

    def _made(self, part: Part) -> generic.PdfObject:
        """Turn a described part of a font into an object of the file."""
        match part:
            case Apart():
                return self._writer.add_object(self._made(part.entries))
            case Packed():
                return self._writer.add_object(self._stream(part))
            case Numbers():
                return self._made(part.values)
            case dict():
                made = {pdf_name(key): self._made(one) for key, one in part.items()}
                return generic.DictionaryObject(made)
            case list():
                return generic.ArrayObject([self._made(one) for one in part])
            case _:
                return _scalar(part)

    def _stream(self, part: Packed) -> generic.StreamObject:
        entries: dict[generic.NameObject, generic.PdfObject] = {
            pdf_name(key): generic.NumberObject(number) for key, number in part.entries.items()
        }
        entries[pdf_name("/Filter")] = pdf_name("/FlateDecode")
        return generic.StreamObject(entries, encoded_data=part.data)

    def _image(self, picture: Picture) -> generic.StreamObject:
        image = samples(picture, picture.colours, space="/DeviceRGB", bits=8)
        if self._may_shine_through():
            mask = samples(picture, picture.alpha, space="/DeviceGray", bits=8)
            image["/SMask"] = self._writer.add_object(mask)
        else:
            mask = samples(picture, picture.stencil, space=None, bits=1)
            mask["/ImageMask"] = generic.BooleanObject(value=True)
            image["/Mask"] = self._writer.add_object(mask)
        return image

    def _may_shine_through(self) -> bool:
        """Tell whether the file may hold an image with shades of transparency.

        PDF/A-1 knows none (ISO 19005-1 §6.4); later parts want to be told in which colour space
        they are blended (ISO 19005-2 §6.2.10), by an output intent or by a page that is signed
        already. Where that is missing, a stencil of 1 bit is allowed.
        """
        part = self._pdfa_part()
        return part is None or (part > 1 and self._intent_components() is not None)

    def _default_colours(self) -> generic.DictionaryObject | None:
        """Return what grey and RGB of no device stand for, where PDF/A wants to be told.

        An RGB output intent says it for the whole file (ISO 19005-2 §6.2.4.3).
        """
        if self._pdfa_part() is None or self._intent_components() == _RGB_COMPONENTS:
            return None
        white = {pdf_name("/WhitePoint"): array(*_WHITE), pdf_name("/Gamma"): array(*_GAMMA)}
        matrix = {pdf_name("/Matrix"): array(*_PRIMARIES)}
        grey = {**white, pdf_name("/Gamma"): number(_GAMMA[0])}
        return generic.DictionaryObject(
            {
                pdf_name("/DefaultGray"): _space("/CalGray", grey),
                pdf_name("/DefaultRGB"): _space("/CalRGB", {**white, **matrix}),
            }
        )

    def _pdfa_part(self) -> int | None:
        if "/Metadata" not in self._root:
            return None
        return pdfa_part(self._root["/Metadata"].data)

    def _intent_components(self) -> int | None:
        """Return how many components the profile of the PDF/A output intent has."""
        for intent in entry(self._root, "/OutputIntents", ()):
            found = intent.get_object()
            if entry(found, "/S") == "/GTS_PDFA1" and "/DestOutputProfile" in found:
                return int(found["/DestOutputProfile"]["/N"])
        return None


def _space(
    family: str, parameters: dict[generic.NameObject, generic.PdfObject]
) -> generic.ArrayObject:
    return generic.ArrayObject([pdf_name(family), generic.DictionaryObject(parameters)])


def _scalar(part: Scalar) -> generic.PdfObject:
    if isinstance(part, bytes):
        return generic.ByteStringObject(part)
    return pdf_name(part) if isinstance(part, str) else number(part)
