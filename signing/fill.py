"""Fill reserved text fields: in the revision of a signature, or in one of their own before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from signing._pades.revision import Revision
from signing.appearance import image_mark, text_mark
from signing.errors import FieldFilledError, FieldMissingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from signing.appearance import Frame, Mark
    from signing.model import Align, SignaturePlan


class Place(Protocol):
    """A field as far as drawing needs to know it."""

    @property
    def frame(self) -> Frame:
        """Return its size, and how it is turned."""
        ...

    @property
    def font(self) -> str:
        """Return the name of its font in the form."""
        ...

    @property
    def size(self) -> float:
        """Return the size of its letters in points."""
        ...

    @property
    def align(self) -> Align:
        """Return where in it a text stands."""
        ...


F = TypeVar("F", bound=Place)


class Draft(Protocol[F]):
    """A revision under construction, however it is written."""

    def field(self, name: str, kind: str) -> F:
        """Find an empty field; see `Revision.field`."""
        ...

    def fill(self, field: F, value: str, mark: Mark) -> None:
        """Give a text field its value and its appearance."""
        ...

    def show(self, field: F, mark: Mark) -> None:
        """Give a field its appearance."""
        ...


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


def write_values(draft: Draft[F], values: Mapping[str, str]) -> None:
    """Give each text field its value and its look; raises as `fill` does."""
    for name, value in values.items():
        place = draft.field(name, "/Tx")
        mark = text_mark(value, place.frame, font=place.font, size=place.size, align=place.align)
        draft.fill(place, value, mark)


def draw(draft: Draft[F], plan: SignaturePlan) -> F:
    """Fill in what a plan says, show its image, and return its reserved signature field."""
    write_values(draft, plan.fills)
    field = draft.field(plan.field_name, "/Sig")
    if plan.image is not None and field.frame.width and field.frame.height:
        draft.show(field, image_mark(plan.image, field.frame))
    return field


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
