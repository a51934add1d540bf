"""PDF objects that revisions are made of, built and read through pyHanko's types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from signing.errors import UnreadablePdfError

if TYPE_CHECKING:
    from signing.appearance import Picture

_FORM_FILLING = 2  # /P of DocMDP: form filling and signing, nothing else


def references(array: Any) -> list[generic.Reference]:
    """Return the references in an array of the file, leaving out whatever else is there."""
    return [one.reference for one in array if isinstance(one, generic.IndirectObject)]


def entry(dictionary: Any, key: str, default: Any = None) -> Any:
    """Return an entry of a dictionary, wherever its value lies: ``get`` does not follow it."""
    if key not in dictionary:
        return default
    return dictionary[key]


def dictionary_at(reference: generic.Reference) -> generic.DictionaryObject:
    """Read the dictionary that a reference leads to.

    Raises:
        UnreadablePdfError: it leads to something else.
    """
    found = reference.get_object()
    if not isinstance(found, generic.DictionaryObject):
        raise UnreadablePdfError(reason="not-a-dictionary")
    return found


def partial_name(reference: generic.Reference) -> str:
    """Return the name of a field without those of its parents; empty where it has none."""
    return str(entry(dictionary_at(reference), "/T", ""))


def number(value: float) -> generic.PdfObject:
    """Write a number of the file."""
    return generic.NumberObject(value) if isinstance(value, int) else generic.FloatObject(value)


def array(*numbers: float) -> generic.ArrayObject:
    """Write numbers as an array of the file."""
    return generic.ArrayObject(map(number, numbers))


def samples(
    picture: Picture, deflated: bytes, *, space: str | None, bits: int
) -> generic.StreamObject:
    """Write deflated samples as an image; a mask of 1 bit has no colour space."""
    entries = {
        pdf_name("/Type"): pdf_name("/XObject"),
        pdf_name("/Subtype"): pdf_name("/Image"),
        pdf_name("/Width"): generic.NumberObject(picture.width),
        pdf_name("/Height"): generic.NumberObject(picture.height),
        pdf_name("/BitsPerComponent"): generic.NumberObject(bits),
        pdf_name("/Filter"): pdf_name("/FlateDecode"),
    }
    if space is not None:
        entries[pdf_name("/ColorSpace")] = pdf_name(space)
    return generic.StreamObject(entries, encoded_data=deflated)


def certification() -> generic.DictionaryObject:
    """Write the reference that certifies, form filling allowed (ISO 32000-1 §12.8.2)."""
    parameters = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/TransformParams"),
            pdf_name("/V"): pdf_name("/1.2"),
            pdf_name("/P"): generic.NumberObject(_FORM_FILLING),
        }
    )
    return generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/SigRef"),
            pdf_name("/TransformMethod"): pdf_name("/DocMDP"),
            pdf_name("/TransformParams"): parameters,
        }
    )
