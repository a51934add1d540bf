"""Records of reading and classifying a document. Boxes are in PDF points.

The reading measures a page as a person sees it: origin at the lower left of the displayed page,
after rotation and cropping. The classification hands out boxes in the page's default user space,
which is what a signature field needs; :meth:`Page.to_user` leads from one to the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from signing import model as marks
from signing.placing import Landmarks, Sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle on a page (0-based), lower-left origin, PDF points."""

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
    def centre_x(self) -> float:
        """Return the horizontal centre."""
        return (self.x0 + self.x1) / 2

    @property
    def centre_y(self) -> float:
        """Return the vertical centre."""
        return (self.y0 + self.y1) / 2


def mark_of(box: Box) -> marks.Box:
    """Return a box as those who place marks write it."""
    return marks.Box(page=box.page, x0=box.x0, y0=box.y0, x1=box.x1, y1=box.y1)


def box_of(mark: marks.Box) -> Box:
    """Return a box that was computed for a mark."""
    return Box(page=mark.page, x0=mark.x0, y0=mark.y0, x1=mark.x1, y1=mark.y1)


def union(boxes: Sequence[Box]) -> Box:
    """Return the smallest box round boxes of one page."""
    return Box(
        page=boxes[0].page,
        x0=min(b.x0 for b in boxes),
        y0=min(b.y0 for b in boxes),
        x1=max(b.x1 for b in boxes),
        y1=max(b.y1 for b in boxes),
    )


class Encoding(StrEnum):
    """How the codes of a font stand for Vietnamese letters."""

    UNICODE = "unicode"
    TCVN3 = "tcvn3"
    TCVN3_CAPITALS = "tcvn3-capitals"
    VNI = "vni"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A piece of a line: text without a wide gap in it.

    Attributes:
        text: decoded and in NFC.
        raw: as the file gives it.
        box: on the displayed page.
        baseline: height of the baseline on the displayed page.
        spans: left and right edge of every character of ``text``; empty outside the zones where
            a blank could stand (the head of page 1).
    """

    text: str
    raw: str
    box: Box
    baseline: float
    size: float
    font: str = ""
    bold: bool = False
    encoding: Encoding = Encoding.UNICODE
    spans: tuple[tuple[float, float], ...] = ()
    confidence: float = 1.0


class Ink(StrEnum):
    """The colour a mark was found by."""

    RED = "red"
    DARK = "dark"


class Shape(StrEnum):
    """What a mark looks like."""

    FRAMED = "framed"
    ROUND = "round"
    LOOSE = "loose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A mark on page 1 that was seen, not typed; ``text`` is empty where nothing was read."""

    box: Box
    ink: Ink
    shape: Shape
    text: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page that was read.

    Attributes:
        index: 0-based.
        width: of the displayed page.
        height: of the displayed page.
        rotation: clockwise degrees, 0, 90, 180 or 270.
        origin: lower-left corner of the visible box in default user space.
        scanned: there is no text layer; ``lines`` come from OCR, if any were wanted.
    """

    index: int
    width: float
    height: float
    rotation: int
    origin: tuple[float, float]
    lines: tuple[Line, ...]
    scanned: bool = False

    @property
    def sheet(self) -> Sheet:
        """Return the page without what is on it."""
        return Sheet(
            page=self.index,
            width=self.width,
            height=self.height,
            rotation=self.rotation,
            origin=self.origin,
        )

    def to_user(self, box: Box) -> Box:
        """Lead a box from the displayed page to the page's default user space."""
        return box_of(self.sheet.to_user(mark_of(box)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read of a file.

    Attributes:
        pages: in order, not all of them (see the limits of the reader).
        page_count: of the whole file.
        stamps: marks on page 1.
        examined: page 1 was looked at as far as needed; False when a limit stopped that.
        colour: page 1 as an image has colour; None when it was not rendered.
    """

    pages: tuple[Page, ...]
    page_count: int
    stamps: tuple[Stamp, ...] = ()
    examined: bool = True
    colour: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A value, where it was read, and how sure that is (0 to 1)."""

    value: str
    page: int
    box: Box
    confidence: float


class SecrecyVerdict(StrEnum):
    """What the secrecy gate says."""

    SECRET = "secret"  # noqa: S105  # a verdict, not a password
    DOUBTFUL = "doubtful"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One finding: a code of the messages, and what it was found on."""

    code: str
    level: str | None = None
    word: str = ""
    box: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrecy:
    """The verdict of the secrecy gate; ``level`` is a code of the catalogue when it is secret."""

    verdict: SecrecyVerdict
    level: str | None = None
    reasons: tuple[Reason, ...] = ()


class NumberForm(StrEnum):
    """Which of the two number lines a document has."""

    STATE = "state"
    PARTY = "party"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What is known of the unit that uploads; every part may be empty."""

    organisation_names: tuple[str, ...] = ()
    signer_names: tuple[str, ...] = ()
    seal_mm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Empty places to reserve, in default user space; None where there is none to compute.

    Sizes are those of the letters beside the blanks, in points. The caption is where number and
    date go where they have no blanks; ``rotation`` is that of the page of both signatures.
    """

    number: Box | None = None
    number_size: float | None = None
    day: Box | None = None
    month: Box | None = None
    date_size: float | None = None
    leader: Box | None = None
    organisation: Box | None = None
    caption: Box | None = None
    rotation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """What a document says of itself, for the clerk to confirm.

    A field that was not found is None. ``kind`` holds a code of the catalogue, ``date`` an ISO
    date, ``partial_date`` an ISO year or year and month where the rest is blank, ``symbol`` what
    follows the number (``QĐ-UBND``; ``KH/ĐU`` for the Party), ``year`` the group of a normative
    document. ``addressees`` stand after "Kính gửi", ``recipients`` under "Nơi nhận"; both are
    joined by "; ". ``sheets`` and ``landmarks`` are of the pages as displayed: what a place that a
    person chooses is judged by.
    """

    secrecy: Secrecy
    stamps: tuple[Stamp, ...] = ()
    number_form: NumberForm | None = None
    kind: Field | None = None
    number: Field | None = None
    year: Field | None = None
    symbol: Field | None = None
    date: Field | None = None
    partial_date: Field | None = None
    subject: Field | None = None
    issuer: Field | None = None
    parent: Field | None = None
    signer: Field | None = None
    authority: Field | None = None
    collective: Field | None = None
    title: Field | None = None
    addressees: Field | None = None
    recipients: Field | None = None
    urgency: Field | None = None
    places: Places = Places()
    sheets: tuple[Sheet, ...] = ()
    landmarks: Landmarks = field(default_factory=Landmarks)
