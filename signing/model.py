"""The records of the library: what is to be reserved, what is to be signed, what lies between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

from typing_extensions import override

from signing.errors import PreparedMismatchError

# The places live below one parent field, so that they can't collide with a form of the author.
FIELD_ROOT = "docsvc"
LEADER_FIELD = "docsvc.leader"
ORGANISATION_FIELD = "docsvc.organisation"
NUMBER_FIELD = "docsvc.number"
DAY_FIELD = "docsvc.day"
MONTH_FIELD = "docsvc.month"
# A field that is made for a signature where none was reserved stands by itself: a file of
# another tool may have a form of its own.
ADDED_FIELD = "docsvc-organisation"

_ROUNDING = 0.01  # points


class Role(StrEnum):
    """Who signs: the competent person, or the body with its seal."""

    LEADER = "leader"
    ORGANISATION = "organisation"


class Level(StrEnum):
    """The PAdES baseline levels (EN 319 142-1 clause 6)."""

    B_B = "B-B"
    B_T = "B-T"
    B_LT = "B-LT"
    B_LTA = "B-LTA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle on a page: PDF points in the page's default user space, y upwards.

    ``page`` counts from zero. A page that is shown turned (/Rotate) keeps its own user space.
    """

    page: int
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Return the width in points."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Return the height in points."""
        return self.y1 - self.y0

    @property
    def centre(self) -> tuple[float, float]:
        """Return the point in the middle."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def holds(self, other: Box) -> bool:
        """Tell whether another box lies within this one, but for rounding."""
        return (
            self.page == other.page
            and self.x0 - _ROUNDING <= other.x0 <= other.x1 <= self.x1 + _ROUNDING
            and self.y0 - _ROUNDING <= other.y0 <= other.y1 <= self.y1 + _ROUNDING
        )

    def overlaps(self, other: Box) -> bool:
        """Tell whether another box shares an area with this one."""
        return (
            self.page == other.page
            and self.x0 < other.x1
            and other.x0 < self.x1
            and self.y0 < other.y1
            and other.y0 < self.y1
        )


class Align(IntEnum):
    """Where text stands in a box that is wider; the values are those of /Q (ISO 32000-1 §12.7)."""

    LEFT = 0
    CENTRE = 1
    RIGHT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPlace:
    """An empty, unlocked text field to be reserved.

    ``font_size`` is in points. A box that is `line_height` of it high keeps the baseline: see
    `profiles.line_box`.
    """

    name: str
    box: Box
    font_size: float
    italic: bool = False
    align: Align = Align.CENTRE

    def __post_init__(self) -> None:
        """Refuse a name that is not one level below our own parent field."""
        parent, _, name = self.name.partition(".")
        if parent != FIELD_ROOT or not name or "." in name:
            msg = f"a text place is called {FIELD_ROOT}.something"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedPlaces:
    """What is reserved before the first signature; a box of None reserves an invisible field.

    ``rotation`` is how the page of both signatures is shown turned, clockwise in degrees.
    """

    texts: tuple[TextPlace, ...] = ()
    leader: Box | None = None
    organisation: Box | None = None
    rotation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedImage:
    """A PNG with alpha, fitted into a box."""

    png: bytes
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLine:
    """One line of text in a box, ``size`` points high; smaller where it would not fit."""

    text: str
    box: Box
    size: float
    align: Align = Align.LEFT
    italic: bool = False
    red: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The frame round a box, or a line where the box is flat; ``width`` in points."""

    box: Box
    width: float
    red: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """What a signature shows, each part in a box within ``box``, the rectangle of its field.

    All boxes are on one page, in its default user space.
    """

    box: Box
    image: PlacedImage | None = None
    lines: tuple[PlacedLine, ...] = ()
    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a part that would be cut off at the edge of the field."""
        parts = [line.box for line in self.lines] + [rule.box for rule in self.rules]
        if self.image is not None:
            parts.append(self.image.box)
        if not all(self.box.holds(part) for part in parts):
            msg = "a part of an appearance lies outside of its box"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturePlan:
    """One signature, to be placed into its reserved field or into a new one.

    Attributes:
        chain: certificates in DER, the signer's first, without the root.
        image: PNG with alpha that is shown in the field's box; None shows nothing.
        fills: value of each reserved text field, filled in the signature's own revision.
        certify: certify the document, form filling allowed (DocMDP, P = 2).
        requires_leader: an organisation signature needs the leader's before it; false only for
            a copy, a separate appendix or the stamp of an incoming document.
        leader_field: field that holds the leader's signature; another tool has its own name.
        leaders: SHA-256 (hex) of the certificates that may have made the leader's signature;
            empty: any but the signer's own, which ``verification`` judges later.
        appearance: what is shown in place of ``image``; makes the field if it was not reserved.
        after_certification: make it even in a file that is certified, if form filling is allowed.
            Tools of the state do so; strict readers then call the certification broken.
    """

    role: Role
    field_name: str
    chain: tuple[bytes, ...]
    image: bytes | None = None
    fills: Mapping[str, str] = field(default_factory=dict)
    certify: bool = False
    requires_leader: bool = True
    leader_field: str = LEADER_FIELD
    leaders: frozenset[str] = frozenset()
    appearance: Appearance | None = None
    after_certification: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The first half of a signature, as plain data that may wait for days.

    Attributes:
        pdf: the whole new revision, its hole filled with zeros.
        digest: SHA-256 of everything but the hole.
        hole: half-open span ``[start, end)`` of the hex string with its angle brackets.
        to_be_signed: DER of the signed attributes; empty for a document timestamp.
        is_fresh: this very object was made in this process, its digest over its bytes. What
            was stored, sent or changed never is: `complete` then hashes the file again.
    """

    pdf: bytes
    digest: bytes
    hole: tuple[int, int]
    to_be_signed: bytes
    is_fresh: bool = field(default=False, init=False, repr=False, compare=False)

    @classmethod
    def fresh(
        cls, *, pdf: bytes, digest: bytes, hole: tuple[int, int], to_be_signed: bytes
    ) -> Prepared:
        """Make one whose digest was just taken, over just these bytes."""
        made = cls(pdf=pdf, digest=digest, hole=hole, to_be_signed=to_be_signed)
        object.__setattr__(made, "is_fresh", True)
        return made

    @override
    def __reduce__(self) -> tuple[object, ...]:
        """Travel as plain data: whoever unpickles or copies it has one that is not fresh."""
        return _stored, (self.pdf, self.digest, self.hole, self.to_be_signed)


def _stored(pdf: bytes, digest: bytes, hole: tuple[int, int], to_be_signed: bytes) -> Prepared:
    return Prepared(pdf=pdf, digest=digest, hole=hole, to_be_signed=to_be_signed)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedFile:
    """The first half of a signature over a file, as plain data that may wait for days.

    Attributes:
        length: of the file in bytes.
        update: what is to be appended, its hole filled with zeros.
        digest: SHA-256 of the file and the update but the hole.
        hole: half-open span ``[start, end)`` of the hex string in the whole of both.
        to_be_signed: DER of the signed attributes.
    """

    length: int
    update: bytes
    digest: bytes
    hole: tuple[int, int]
    to_be_signed: bytes

    @property
    def alone(self) -> Prepared:
        """Return the update as the first half of a file of its own, for `signature_value`.

        Its digest is of the whole: that this belongs to the file is seen by who copies that, with
        `require_file`.
        """
        start, end = self.hole
        return Prepared.fresh(
            pdf=self.update,
            digest=self.digest,
            hole=(start - self.length, end - self.length),
            to_be_signed=self.to_be_signed,
        )

    def require_file(self, state: Any) -> None:
        """Check that this was made of a file.

        Args:
            state: SHA-256 over the file, which is fed with more.

        Raises:
            PreparedMismatchError: it is another file, or the digest is not of the update.
        """
        start, end = (edge - self.length for edge in self.hole)
        with memoryview(self.update) as update:
            state.update(update[:start])
            state.update(update[end:])
        if state.digest() != self.digest:
            raise PreparedMismatchError(reason="digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationData:
    """What makes signatures checkable later, each in DER."""

    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
