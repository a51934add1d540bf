"""Where each profile may stand on a page, and whether a point that a person chose is legal. Pure.

Everything here is measured on the page as it is displayed: origin at the lower left, points, after
rotation and cropping. `Sheet.to_user` leads a box to default user space, which a field needs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING

from signing.model import Box
from signing.profiles import POINTS_PER_MM, Anchor, Profile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signing.model import ReservedPlaces

# The handwritten signature is some 50 x 25 mm; less than 20 pt shows nothing.
LEADER_MAX_WIDTH = 142.0
LEADER_MAX_HEIGHT = 85.0
LEADER_MIN_HEIGHT = 20.0
_LEADER_RATIO = 2.4
_AIR = 2.0
# NĐ 30 PL I: the right margin is 15 to 20 mm, the one above 20 to 25 mm; the line stands in it.
_RIGHT_MARGIN = 15 * POINTS_PER_MM
_TOP_MARGIN = 7 * POINTS_PER_MM
# Who clicks so near to the legal place means it.
_REACH = 20 * POINTS_PER_MM
# A stamp gives way to text in steps of one millimetre, and by so much at most.
_STEP = POINTS_PER_MM
_GIVES_WAY = 25
_HEAD_SHARE = 0.2  # of page 1, where number and date were not found


class Reason(StrEnum):
    """Why a place is not legal; each has its sentence in the catalogue."""

    NOT_BETWEEN_TITLE_AND_NAME = "signing.place-not-between-title-and-name"
    NOT_OVER_LEFT_THIRD = "signing.place-not-over-left-third"
    NOT_TOP_RIGHT = "signing.place-not-top-right"
    NOT_ON_FIRST_PAGE = "signing.place-not-on-first-page"
    NOT_BELOW_HEAD = "signing.place-not-below-head"
    COVERS_TEXT = "signing.place-covers-text"
    TOO_NARROW = "signing.place-too-narrow"
    UNKNOWN = "signing.place-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page as it is displayed.

    Attributes:
        page: counts from zero.
        width: of the displayed page.
        height: of the displayed page.
        rotation: clockwise degrees, 0, 90, 180 or 270.
        origin: lower-left corner of the visible box in default user space.
    """

    page: int
    width: float
    height: float
    rotation: int = 0
    origin: tuple[float, float] = (0.0, 0.0)

    @property
    def area(self) -> Box:
        """Return the whole page."""
        return Box(page=self.page, x0=0.0, y0=0.0, x1=self.width, y1=self.height)

    def to_user(self, box: Box) -> Box:
        """Lead a box from the displayed page to the page's default user space."""
        x, y = self.origin
        match self.rotation:
            case 90:
                x0, x1, y0, y1 = self.height - box.y1, self.height - box.y0, box.x0, box.x1
            case 180:
                x0, x1 = self.width - box.x1, self.width - box.x0
                y0, y1 = self.height - box.y1, self.height - box.y0
            case 270:
                x0, x1, y0, y1 = box.y0, box.y1, self.width - box.x1, self.width - box.x0
            case _:
                x0, x1, y0, y1 = box.x0, box.x1, box.y0, box.y1
        return Box(page=box.page, x0=x0 + x, y0=y0 + y, x1=x1 + x, y1=y1 + y)

    def kept(self, box: Box) -> Box | None:
        """Move a box onto the page; None where it is larger than the page."""
        if box.width > self.width or box.height > self.height:
            return None
        x = min(max(box.x0, 0.0), self.width - box.width)
        y = min(max(box.y0, 0.0), self.height - box.height)
        return Box(page=box.page, x0=x, y0=y, x1=x + box.width, y1=y + box.height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmarks:
    """What of a document the places hang on.

    Attributes:
        title: lowest line of the authority block (box 7a), baseline to top of capitals.
        name: the full name below it (box 7b), the same.
        leader: where the leader's image is, or will be.
        head: lowest line of number and date on page 1.
        texts: lines of text of the page that is asked about.
    """

    title: Box | None = None
    name: Box | None = None
    leader: Box | None = None
    head: Box | None = None
    texts: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapped:
    """Where a mark comes to stand; ``reason`` says why that is not legal, None that it is."""

    box: Box | None
    reason: Reason | None = None

    @property
    def is_legal(self) -> bool:
        """Tell whether the decree puts it there."""
        return self.reason is None


def leader_box(title: Box, name: Box) -> Box | None:
    """Return the box of the leader's image, centred between title and name (box 7c).

    Args:
        title: lowest line of the authority block.
        name: the full name below it.

    Returns:
        None where there is no room for a signature.
    """
    top, bottom = title.y0 - _AIR, name.y1 + _AIR
    height = min(top - bottom, LEADER_MAX_HEIGHT)
    if height < LEADER_MIN_HEIGHT:
        return None
    width = min(LEADER_MAX_WIDTH, _LEADER_RATIO * height)
    x, y = (title.centre[0] + name.centre[0]) / 2, (top + bottom) / 2
    return _around((x, y), (width, height), page=title.page)


def fitted(box: Box, size: tuple[float, float]) -> Box:
    """Return the part of a box that an image of these proportions takes, centred.

    Args:
        box: what the image is fitted into.
        size: width and height of the image, in any unit.
    """
    scale = min(box.width / size[0], box.height / size[1])
    return _around(box.centre, (size[0] * scale, size[1] * scale), page=box.page)


def seal_box(leader: Box, seal_mm: float) -> Box:
    """Return the square of the seal: its right edge a third into the leader's image (box 8).

    Args:
        leader: the leader's image as it is drawn.
        seal_mm: diameter of the unit's seal.
    """
    side = seal_mm * POINTS_PER_MM
    right = leader.x0 + leader.width / 3
    low = leader.centre[1] - side / 2
    return Box(page=leader.page, x0=right - side, y0=low, x1=right, y1=low + side)


def around_image(places: ReservedPlaces, size: tuple[float, float]) -> ReservedPlaces:
    """Let the leader's box be what the image takes of it, and the seal follow to its left third.

    Args:
        places: as computed before the image was known, in default user space.
        size: width and height of the leader's image, in any unit.
    """
    if places.leader is None:
        return places
    # A page of no size is turned about its corner: there and back again.
    shown = Sheet(page=places.leader.page, width=0, height=0, rotation=places.rotation)
    turned = replace(shown, rotation=-places.rotation % 360)
    leader = turned.to_user(places.leader)
    image = fitted(leader, size)
    organisation = places.organisation
    if organisation is not None:
        moved = image.x0 + image.width / 3 - leader.x0 - leader.width / 3
        organisation = shown.to_user(_moved(turned.to_user(organisation), x=moved))
    return replace(places, leader=shown.to_user(image), organisation=organisation)


def top_right(sheet: Sheet, size: tuple[float, float]) -> Box:
    """Return the box of a block of text in the upper right corner of a page (box 14)."""
    right, top = sheet.width - _RIGHT_MARGIN, sheet.height - _TOP_MARGIN
    return Box(page=sheet.page, x0=right - size[0], y0=top - size[1], x1=right, y1=top)


def union(one: Box, other: Box) -> Box:
    """Return the smallest box round two of one page."""
    return Box(
        page=one.page,
        x0=min(one.x0, other.x0),
        y0=min(one.y0, other.y0),
        x1=max(one.x1, other.x1),
        y1=max(one.y1, other.y1),
    )


def caption_box(
    seal: Box, size: tuple[float, float], *, sheet: Sheet, texts: Sequence[Box]
) -> Box | None:
    """Return the free place nearest to the seal for a caption: below it, else above it.

    On a page that is full, that is the lower or the upper margin.

    Args:
        seal: the square of the seal.
        size: width and height of the caption, in points.
        sheet: the page.
        texts: its lines of text, none of which may be covered.

    Returns:
        None where the page is full.
    """
    x = min(max(seal.centre[0], size[0] / 2), sheet.width - size[0] / 2)
    half = size[1] / 2 + _AIR
    steps = [index * _STEP for index in range(round(sheet.height / _STEP))]
    heights = [seal.y0 - half - step for step in steps] + [seal.y1 + half + s for s in steps]
    boxes = (_around((x, y), size, page=sheet.page) for y in heights)
    free = (
        box
        for box in boxes
        if sheet.area.holds(box) and not any(box.overlaps(text) for text in texts)
    )
    return next(free, None)


def snap(
    point: tuple[float, float],
    *,
    profile: Profile,
    sheet: Sheet,
    size: tuple[float, float],
    landmarks: Landmarks,
) -> Snapped:
    """Snap a point to the legal place of a profile, and say whether it is one.

    Args:
        point: where a person pointed, on the displayed page.
        profile: whose mark it is.
        sheet: the page that was pointed at.
        size: width and height of the mark, in points.
        landmarks: what is known of the document.

    Returns:
        The box of the mark: the legal one, or where the person pointed.
    """
    here = sheet.kept(_around(point, size, page=sheet.page))
    if here is None:
        return Snapped(box=None, reason=Reason.TOO_NARROW)
    match profile.anchor:
        case Anchor.TITLE_AND_NAME:
            return _at_leader(here, size, landmarks)
        case Anchor.LEADER_IMAGE:
            return _at_seal(here, size, sheet, landmarks)
        case Anchor.TOP_RIGHT:
            return _at_top_right(here, size, sheet)
        case Anchor.BELOW_HEAD:
            return _below_head(here, sheet, landmarks)
        case Anchor.NOTHING:  # pragma: no branch  # the last of a closed set
            return Snapped(box=here)


def _at_leader(here: Box, size: tuple[float, float], marks: Landmarks) -> Snapped:
    if marks.title is None or marks.name is None:
        return Snapped(box=here, reason=Reason.UNKNOWN)
    room = leader_box(marks.title, marks.name)
    if room is None:
        return Snapped(box=here, reason=Reason.TOO_NARROW)
    if _is_near(here, room):
        return Snapped(box=fitted(room, size))
    return Snapped(box=here, reason=Reason.NOT_BETWEEN_TITLE_AND_NAME)


def _at_seal(here: Box, size: tuple[float, float], sheet: Sheet, marks: Landmarks) -> Snapped:
    if marks.leader is None:
        return Snapped(box=here, reason=Reason.UNKNOWN)
    legal = sheet.kept(seal_box(marks.leader, size[0] / POINTS_PER_MM))
    if legal is not None and _is_near(here, legal):
        return Snapped(box=legal)
    return Snapped(box=here, reason=Reason.NOT_OVER_LEFT_THIRD)


def _at_top_right(here: Box, size: tuple[float, float], sheet: Sheet) -> Snapped:
    if sheet.page != 0:
        return Snapped(box=here, reason=Reason.NOT_ON_FIRST_PAGE)
    legal = sheet.kept(top_right(sheet, size))
    if legal is not None and _is_near(here, legal):
        return Snapped(box=legal)
    return Snapped(box=here, reason=Reason.NOT_TOP_RIGHT)


def _below_head(here: Box, sheet: Sheet, marks: Landmarks) -> Snapped:
    if sheet.page != 0:
        return Snapped(box=here, reason=Reason.NOT_ON_FIRST_PAGE)
    floor = sheet.height * (1 - _HEAD_SHARE) if marks.head is None else marks.head.y0
    lowest = sheet.height / 2 - here.height
    if here.y1 > floor + _REACH or here.y0 < lowest:
        return Snapped(box=here, reason=Reason.NOT_BELOW_HEAD)
    below = _moved(here, y=min(0.0, floor - here.y1))
    room = Box(page=sheet.page, x0=0.0, y0=0.0, x1=sheet.width, y1=floor)
    for box in _ways_out(below):
        if room.holds(box) and not any(box.overlaps(text) for text in marks.texts):
            return Snapped(box=box)
    return Snapped(box=below, reason=Reason.COVERS_TEXT)


def _ways_out(box: Box) -> list[Box]:
    """Return the box and where it may give way to, nearest first."""
    steps = [index * _STEP for index in range(-_GIVES_WAY, _GIVES_WAY + 1)]
    moves = sorted(product(steps, steps), key=lambda move: abs(move[0]) + abs(move[1]))
    return [_moved(box, x=x, y=y) for x, y in moves]


def _moved(box: Box, *, x: float = 0.0, y: float = 0.0) -> Box:
    return replace(box, x0=box.x0 + x, x1=box.x1 + x, y0=box.y0 + y, y1=box.y1 + y)


def _is_near(here: Box, legal: Box) -> bool:
    """Tell whether the middle of a box lies within another, or a little outside of it."""
    (x, y), page = here.centre, here.page
    return (
        page == legal.page
        and legal.x0 - _REACH <= x <= legal.x1 + _REACH
        and legal.y0 - _REACH <= y <= legal.y1 + _REACH
    )


def _around(centre: tuple[float, float], size: tuple[float, float], *, page: int) -> Box:
    x, y = centre
    width, height = size
    return Box(page=page, x0=x - width / 2, y0=y - height / 2, x1=x + width / 2, y1=y + height / 2)
