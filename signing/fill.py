"""Fill reserved text fields: in the revision of a signature, or in one of their own before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signing._pades.revision import Revision
from signing.appearance import text_mark
from signing.errors import FieldFilledError, FieldMissingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def fill(pdf: bytes, values: Mapping[str, str]) -> bytes:
    """Append a revision that fills text fields, for a signer whose tool can't fill them.

    Args:
        pdf: a file whose places were reserved; the result begins with its bytes, and is the same
            each time.
        values: value of each field by its full name; without any the file stays as it is.

    Raises:
        UnreadablePdfError: the file can't be read strictly.
        FieldMissingError: a field was not reserved.
        FieldFilledError: a field is filled.
        CharacterNotInFontError: a value can't be drawn.
    """
    if not values:
        return pdf
    revision = Revision(pdf)
    write_values(revision, values)
    return revision.append()


def write_values(revision: Revision, values: Mapping[str, str]) -> None:
    """Give each text field its value and its look; raises as `fill` does."""
    for name, value in values.items():
        place = revision.field(name, "/Tx")
        mark = text_mark(value, place.frame, font=place.font, size=place.size, align=place.align)
        revision.fill(place, value, mark)


def empty_fields(pdf: bytes, names: Iterable[str]) -> tuple[str, ...]:
    """Return those of some text fields that were reserved and have no value yet.

    Raises:
        UnreadablePdfError: the file can't be read strictly.
    """
    revision = Revision(pdf)
    return tuple(name for name in names if _is_empty(revision, name))


def _is_empty(revision: Revision, name: str) -> bool:
    try:
        revision.field(name, "/Tx")
    except (FieldMissingError, FieldFilledError):
        return False
    return True
