"""The records of the library: what is to be reserved, what is to be signed, what lies between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from typing_extensions import override

# The places live below one parent field, so that they can't collide with a form of the author.
FIELD_ROOT = "docsvc"
LEADER_FIELD = "docsvc.leader"
ORGANISATION_FIELD = "docsvc.organisation"
NUMBER_FIELD = "docsvc.number"
DAY_FIELD = "docsvc.day"
MONTH_FIELD = "docsvc.month"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPlace:
    """An empty, unlocked text field to be reserved; ``font_size`` in points."""

    name: str
    box: Box
    font_size: float
    italic: bool = False

    def __post_init__(self) -> None:
        """Refuse a name that is not one level below our own parent field."""
        parent, _, name = self.name.partition(".")
        if parent != FIELD_ROOT or not name or "." in name:
            msg = f"a text place is called {FIELD_ROOT}.something"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedPlaces:
    """What is reserved before the first signature; a box of None reserves an invisible field."""

    texts: tuple[TextPlace, ...] = ()
    leader: Box | None = None
    organisation: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturePlan:
    """One signature to be placed into its reserved field.

    Attributes:
        chain: certificates in DER, the signer's first, without the root.
        image: PNG with alpha that is shown in the field's box; None shows nothing.
        fills: value of each reserved text field, filled in the signature's own revision.
        certify: certify the document, form filling allowed (DocMDP, P = 2).
        requires_leader: an organisation signature needs the leader's before it; false only for
            a copy or a separate appendix.
    """

    role: Role
    field_name: str
    chain: tuple[bytes, ...]
    image: bytes | None = None
    fills: Mapping[str, str] = field(default_factory=dict)
    certify: bool = False
    requires_leader: bool = True


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
class ValidationData:
    """What makes signatures checkable later, each in DER."""

    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
