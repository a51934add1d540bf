"""Free paper on page 1 for what the organisation shows where it signs alone. Pure.

What was signed may not be written over: `verification` calls that a change, and rightly so. As in
`placing`, everything is measured on the page as it is displayed.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from signing.model import Box
from signing.placing import top_right
from signing.profiles import POINTS_PER_MM

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from signing.placing import Sheet

_STEP = POINTS_PER_MM
_AIR = 2.0
# The line of copy and appendix may go up into the margin as far as printers print, and down as
# far as the head of a document reaches.
_HIGHER, _LOWER = 4, 40  # steps
# As far from the edge of the paper as printers print.
_MARGIN = 8 * POINTS_PER_MM
_HEAD_SHARE = 0.2  # of page 1, where number and date were not found


def free_top_right(sheet: Sheet, size: tuple[float, float], texts: Sequence[Box]) -> Box | None:
    """Return the box of a block of text in the upper right corner that covers nothing.

    Args:
        sheet: page 1.
        size: width and height of the block, in points.
        texts: what stands on the page already, none of which may be covered.

    Returns:
        The place of `placing.top_right`, or the nearest free one above or below it; None where
        the whole edge is written on.
    """
    legal = top_right(sheet, size)
    moves = (step * _STEP for step in sorted(range(-_LOWER, _HIGHER + 1), key=abs))
    boxes = (replace(legal, y0=legal.y0 + move, y1=legal.y1 + move) for move in moves)
    return _first_free(boxes, sheet, texts)


def stamp_box(
    sheet: Sheet, size: tuple[float, float], *, head: Box | None, texts: Sequence[Box]
) -> Box | None:
    """Return free paper for the stamp of an incoming document: the nearest below the head.

    The decree puts it below number and symbol, below the subject, or below the date; where text
    stands there, it goes on down the page and to the right.

    Args:
        sheet: page 1.
        size: width and height of the stamp, in points.
        head: lowest line of number and date, if it was found.
        texts: what stands on the page, none of which may be covered.

    Returns:
        None where there is none on the page.
    """
    width, height = size
    floor = sheet.height * (1 - _HEAD_SHARE) if head is None else head.y0
    top, right = floor - _AIR - height, sheet.width - _MARGIN - width
    rows = range(int((top - _MARGIN) / _STEP) + 1)
    columns = range(int((right - _MARGIN) / _STEP) + 1)
    # A step down counts as much as one to the right.
    places = sorted(product(rows, columns), key=sum)
    boxes = (
        Box(page=sheet.page, x0=x, y0=y, x1=x + width, y1=y + height)
        for x, y in ((_MARGIN + column * _STEP, top - row * _STEP) for row, column in places)
    )
    return _first_free(boxes, sheet, texts)


def _first_free(boxes: Iterable[Box], sheet: Sheet, texts: Sequence[Box]) -> Box | None:
    free = (
        box
        for box in boxes
        if sheet.area.holds(box) and not any(box.overlaps(text) for text in texts)
    )
    return next(free, None)
