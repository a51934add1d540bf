"""Where number, date, the leader's image and the seal go: boxes on the displayed page.

A place is None where it cannot be computed; the caller then signs invisibly or asks.
"""

from docsvc.steps.classify.closing import Signing
from docsvc.steps.classify.fields import DateLine, NumberLine
from docsvc.steps.classify.model import Box, Page
from docsvc.steps.classify.rows import Row

POINTS_PER_MM = 72 / 25.4
# Less than this holds no two digits at 13 pt (6.5 pt each).
MIN_BLANK = 9.0
# Air between a blank and the words beside it.
_MARGIN = 0.5
# Height of a line of text under and over its baseline, in font sizes.
_DESCENT = 0.25
_ASCENT = 0.9
# The same as Times has it. A field exactly one such line high is filled in on the baseline of the
# words beside it: `signing` sets a value into the middle of its field.
FIELD_DESCENT = 0.216
FIELD_ASCENT = 0.891
# The handwritten signature is some 50 x 25 mm; less than 20 pt shows nothing.
LEADER_MAX_WIDTH = 142.0
LEADER_MAX_HEIGHT = 85.0
LEADER_MIN_HEIGHT = 20.0
_LEADER_RATIO = 2.4
_AIR = 2.0


def number(line: NumberLine | None) -> Box | None:
    """Return the blank between "Số:" and the symbol, if no number is printed."""
    if line is None or line.match["num"]:
        return None
    return _between(line.row, line.match.end("colon") - 1, line.match.start("end"))


def day(line: DateLine | None) -> Box | None:
    """Return the blank after "ngày", if no day is printed."""
    if line is None or line.part("day") is not None:
        return None
    return _between(line.row, line.match.end("before") - 1, line.match.start("middle"))


def month(line: DateLine | None) -> Box | None:
    """Return the blank after "tháng", if no month is printed."""
    if line is None or line.part("month") is not None:
        return None
    return _between(line.row, line.match.end("middle") - 1, line.match.start("after"))


def size(line: NumberLine | DateLine | None) -> float | None:
    """Return the size of the letters of a line, in points."""
    return None if line is None else round(line.row.size, 2)


def leader(found: Signing | None) -> Box | None:
    """Return the box between the authority block and the full name (box 7c)."""
    if found is None or found.name is None:
        return None
    last = found.block[-1]
    top = last.baseline - _DESCENT * last.size - _AIR
    bottom = found.name.baseline + _ASCENT * found.name.size + _AIR
    height = min(top - bottom, LEADER_MAX_HEIGHT)
    if height < LEADER_MIN_HEIGHT:
        return None
    width = min(LEADER_MAX_WIDTH, _LEADER_RATIO * height)
    x = (last.box.centre_x + found.name.box.centre_x) / 2
    y = (top + bottom) / 2
    return _kept_on(
        Box(
            page=last.box.page,
            x0=x - width / 2,
            y0=y - height / 2,
            x1=x + width / 2,
            y1=y + height / 2,
        ),
        found.page,
    )


def organisation(leader_box: Box | None, page: Page | None, seal_mm: float | None) -> Box | None:
    """Return the square of the seal: its right edge a third into the leader's box (box 8)."""
    if leader_box is None or page is None or seal_mm is None:
        return None
    side = seal_mm * POINTS_PER_MM
    right = leader_box.x0 + leader_box.width / 3
    low = leader_box.centre_y - side / 2
    return _kept_on(
        Box(page=leader_box.page, x0=right - side, y0=low, x1=right, y1=low + side), page
    )


def _between(row: Row, before: int, after: int) -> Box | None:
    left, right = row.edges(before)[1] + _MARGIN, row.edges(after)[0] - _MARGIN
    if right - left < MIN_BLANK:
        return None
    return Box(
        page=row.box.page,
        x0=left,
        y0=row.baseline - FIELD_DESCENT * row.size,
        x1=right,
        y1=row.baseline + FIELD_ASCENT * row.size,
    )


def _kept_on(box: Box, page: Page) -> Box | None:
    """Move a box onto its page; None where it is larger than the page."""
    if box.width > page.width or box.height > page.height:
        return None
    x = min(max(box.x0, 0.0), page.width - box.width)
    y = min(max(box.y0, 0.0), page.height - box.height)
    return Box(page=box.page, x0=x, y0=y, x1=x + box.width, y1=y + box.height)
