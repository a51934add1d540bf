"""Marks on page 1 that were stamped or drawn: found by red ink or by a frame, then read.

Whatever is found is handed on, read or not; what it means is decided by the secrecy rules.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from docsvc.steps.classify import ocr
from docsvc.steps.classify.marks import Meaning, meaning
from docsvc.steps.classify.model import Box, Ink, Line, Shape, Stamp
from docsvc.steps.classify.ocr import Image, Picture
from signing.profiles import POINTS_PER_MM

# Red is what stands out of green and blue by this much; faded stamp ink on grey paper still does.
_RED_LEAD = 45
# Pixels of colour that make a scan a colour scan (a red line, a blue signature).
_MIN_COLOUR_SHARE = 0.0003
# Letters of one stamp are closer than this; two stamps side by side are farther apart.
_REACH_MM = 3.0
# Smaller than this is dirt or a comma in red: the level stamps are 20 x 8 mm and larger.
_MIN_WIDTH_MM, _MIN_HEIGHT_MM = 7.0, 3.0
_MIN_INK = 0.02
# A seal is round, 30 to 45 mm; its ink reaches the edge of the circle and not the corners.
_ROUND_MM = (26.0, 50.0)
_ROUND_RATIO = 0.8
# One line of letters is lower than this.
_LINE_MM = 13.0
# A side of a frame is inked along most of its length.
_SIDE_INK = 0.6
# Uneven ink and a little slant leave this part of a side's line in one row of pixels.
_UNEVEN = 0.7
# The frame lies within this part of a side.
_RIM = 0.12
# Heights of a line that Tesseract reads well; what it misreads at one it often reads at another.
_READ_HEIGHTS = (64, 48, 36)
_MAX_MARKS = 24
# A framed stamp on a grey page: 20 to 40 x 8 mm, with its slant; darker than this is ink.
_FRAME_WIDTH_MM, _FRAME_HEIGHT_MM = (15.0, 60.0), (6.0, 18.0)
_FRAME_FILL = 0.7
_DARK = 90


class _Mark(NamedTuple):
    rect: tuple[int, int, int, int]  # left, top, width, height in pixels
    ink: Ink


def has_colour(picture: Picture) -> bool:
    """Tell whether a page is in colour; red stamps cannot be told apart on a grey one."""
    red, green, blue = cv2.split(picture.image)
    high, low = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    spread = np.asarray(cv2.subtract(high, low), np.uint8)
    return cv2.countNonZero(_inked(spread)) > _MIN_COLOUR_SHARE * spread.size


def find(picture: Picture, lines: Sequence[Line], *, drawn: bool) -> tuple[Stamp, ...]:
    """Find and read the marks on the top of page 1.

    Args:
        picture: as rendered.
        lines: the text of the page; typed red text is no mark unless it is framed.
        drawn: the page holds no picture: a framed mark's text is in the text layer.
    """
    typed = lines if drawn else ()
    red = _redness(picture.image)
    found: list[Stamp] = []
    for mark in islice(_red_marks(red, picture), _MAX_MARKS):
        stamp = _read(mark, red, picture, typed)
        loose = stamp.shape is Shape.LOOSE
        # Letters inside a seal or a frame were read with it.
        within = any(_holds(outer.box, stamp.box) for outer in found)
        if not (loose and (within or _inside(stamp.box, typed))):
            found.append(stamp)
    if not has_colour(picture):
        # On a grey page the colour of ink says nothing; only the frame is left to go by.
        dark = np.asarray(255 - cv2.cvtColor(picture.image, cv2.COLOR_RGB2GRAY), np.uint8)
        found += [_read(mark, dark, picture, typed) for mark in _dark_marks(dark, picture.scale)]
    return tuple(found)


def _dark_marks(dark: Image, scale: float) -> list[_Mark]:
    ink = np.asarray(cv2.threshold(dark, _DARK, 1, cv2.THRESH_BINARY)[1], np.uint8)
    outlines, _ = cv2.findContours(ink, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    marks = []
    for outline in outlines:
        left, top, width, height = (int(value) for value in cv2.boundingRect(outline))
        fits = all(
            low < side / scale / POINTS_PER_MM < high
            for side, (low, high) in ((width, _FRAME_WIDTH_MM), (height, _FRAME_HEIGHT_MM))
        )
        if fits and cv2.contourArea(outline) > _FRAME_FILL * width * height:
            marks.append(_Mark((left, top, width, height), Ink.DARK))
    return marks[:_MAX_MARKS]


def _holds(outer: Box, inner: Box) -> bool:
    return (
        outer.x0 <= inner.x0
        and inner.x1 <= outer.x1
        and outer.y0 <= inner.y0
        and inner.y1 <= outer.y1
    )


def _redness(image: Image) -> Image:
    """Return how red every pixel is, 0 to 255."""
    red, green, blue = cv2.split(image)
    return np.asarray(cv2.subtract(red, cv2.max(green, blue)), np.uint8)


def _inked(red: Image) -> Image:
    """Return 1 where a pixel stands out, else 0."""
    return np.asarray(cv2.threshold(red, _RED_LEAD, 1, cv2.THRESH_BINARY)[1], np.uint8)


def _red_marks(red: Image, picture: Picture) -> Iterator[_Mark]:
    ink = _inked(red)
    if not cv2.countNonZero(ink):
        return
    reach = max(int(_REACH_MM * POINTS_PER_MM * picture.scale), 1)
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    count, _, boxes, _ = cv2.connectedComponentsWithStats(joined)
    # The largest first: a seal before the letters inside it.
    sizes = sorted(range(1, count), key=lambda i: -int(boxes[i][2]) * int(boxes[i][3]))
    for index in sizes:
        left, top, width, height = (int(value) for value in boxes[index][:4])
        wide = width / picture.scale > _MIN_WIDTH_MM * POINTS_PER_MM
        high = height / picture.scale > _MIN_HEIGHT_MM * POINTS_PER_MM
        inked = ink[top : top + height, left : left + width].mean() > _MIN_INK
        if wide and high and inked:
            yield _Mark((left, top, width, height), Ink.RED)


def _read(mark: _Mark, red: Image, picture: Picture, lines: Sequence[Line]) -> Stamp:
    left, top, width, height = mark.rect
    box = picture.box(left, top, left + width, top + height)
    upright = _deskewed(red[top : top + height, left : left + width])
    shape = _shape(upright, picture.scale)
    text, confidence = _inside(box, lines), 1.0
    if not text and shape is not Shape.ROUND:
        text, confidence = _letters(upright, shape, picture.scale)
    return Stamp(box=box, ink=mark.ink, shape=shape, text=text, confidence=round(confidence, 3))


def _deskewed(red: Image) -> Image:
    """Turn a mark upright by the smallest rectangle round its ink."""
    points = cv2.findNonZero(_inked(red))
    centre, size, angle = cv2.minAreaRect(points)
    # OpenCV names either side the width; a mark lies within 45 degrees of upright.
    turns = round(angle / 90)
    angle -= 90 * turns
    size = (size[1], size[0]) if turns % 2 else size
    margin = 4
    turned = cv2.warpAffine(
        red, cv2.getRotationMatrix2D(centre, angle, 1.0), (red.shape[1], red.shape[0])
    )
    shape = (int(size[0]) + margin, int(size[1]) + margin)
    return np.asarray(cv2.getRectSubPix(turned, shape, centre), np.uint8)


def _shape(red: Image, scale: float) -> Shape:
    ink = _inked(red)
    height, width = ink.shape
    low, high = (mm * POINTS_PER_MM * scale for mm in _ROUND_MM)
    square = min(width, height) / max(width, height)
    corner = max(int(min(width, height) * 0.12), 1)
    rims = ink[:corner], ink[-corner:]
    corners = any(rim[:, :corner].any() or rim[:, -corner:].any() for rim in rims)
    if square > _ROUND_RATIO and low < max(width, height) < high and not corners:
        return Shape.ROUND
    return Shape.FRAMED if _framed(ink) else Shape.LOOSE


def _framed(ink: Image) -> bool:
    """Tell whether three sides at least are inked along most of their length."""
    height, width = ink.shape
    rim_y, rim_x = max(int(height * 0.22), 2), max(int(width * 0.12), 2)
    sides = (
        ink[:rim_y].any(axis=0).mean() if _line_in(ink[:rim_y], 1) else 0.0,
        ink[-rim_y:].any(axis=0).mean() if _line_in(ink[-rim_y:], 1) else 0.0,
        ink[:, :rim_x].any(axis=1).mean() if _line_in(ink[:, :rim_x], 0) else 0.0,
        ink[:, -rim_x:].any(axis=1).mean() if _line_in(ink[:, -rim_x:], 0) else 0.0,
    )
    return sum(bool(side > _SIDE_INK) for side in sides) >= 3  # noqa: PLR2004  # of four


def _line_in(rim: Image, axis: int) -> bool:
    """Tell whether a rim holds a line along its length, uneven ink allowed."""
    profile = rim.mean(axis=axis)
    return bool(float(profile.max()) > _SIDE_INK * _UNEVEN)


def _letters(red: Image, shape: Shape, scale: float) -> tuple[str, float]:
    """Read the letters, in several ways until they are words of a known mark."""
    inner = _without_frame(red) if shape is Shape.FRAMED else red
    lines = inner.shape[0] / scale > _LINE_MM * POINTS_PER_MM
    best = "", 0.0
    for attempt in _attempts(inner, grow=not lines):
        text, confidence = ocr.read_mark(attempt, lines=lines)
        known = meaning(text).meaning
        if known in (Meaning.LEVEL, Meaning.HARMLESS):
            return text, confidence
        if known is not Meaning.UNREAD and confidence >= best[1]:
            best = text, confidence
    return best


def _attempts(red: Image, *, grow: bool) -> Iterator[Image]:
    """Make dark letters on white: as inked, smaller, and in black and white only."""
    strongest = max(int(red.max()), 1)
    dark = (255 - red.astype(np.uint16) * 255 // strongest).astype(np.uint8)
    heights = _READ_HEIGHTS if grow else (dark.shape[0],)
    sized = [_resized(dark, height / dark.shape[0]) for height in heights]
    yield from map(_padded, sized)
    yield _padded(cv2.threshold(sized[-1], 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1])


def _resized(image: Image, share: float) -> cv2.typing.MatLike:
    return cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_CUBIC)


def _padded(image: cv2.typing.MatLike) -> Image:
    white = cv2.copyMakeBorder(image, 16, 16, 16, 16, cv2.BORDER_CONSTANT, value=255)
    return np.ascontiguousarray(white, np.uint8)


def _without_frame(red: Image) -> Image:
    """Cut away the frame: the rows and columns at the rim that are inked along their length."""
    ink = _inked(red)
    top, bottom = _between_sides(ink.mean(axis=1))
    left, right = _between_sides(ink[top:bottom].mean(axis=0))
    return red[top:bottom, left:right]


def _between_sides(profile: npt.NDArray[np.float64]) -> tuple[int, int]:
    """Return where the inside begins and ends: after the outermost line on either side."""
    inked = profile > _SIDE_INK * _UNEVEN
    start, end = _after_line(inked), len(inked) - _after_line(inked[::-1])
    return start, max(end, start + 1)


def _after_line(inked: npt.NDArray[np.bool_]) -> int:
    rim = max(int(len(inked) * _RIM), 1)
    found = np.flatnonzero(inked[:rim])
    if not found.size:
        return 0
    # The first run of inked rows is the frame; a later one is the stem of a letter.
    gaps = np.flatnonzero(~inked[found[0] :])
    # One pixel more: the edge of a line is soft.
    return int(found[0] + gaps[0]) + 1 if gaps.size else 0


def _inside(box: Box, lines: Sequence[Line]) -> str:
    within = [
        line
        for line in lines
        if box.x0 < line.box.centre_x < box.x1 and box.y0 < line.box.centre_y < box.y1
    ]
    return " ".join(line.text for line in within)
