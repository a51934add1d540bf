"""Where number, date, the leader's image and the seal go: boxes on the displayed page.

A place is None where it cannot be computed; the caller then signs invisibly or asks.
"""

from docsvc.steps.classify.closing import Signing
from docsvc.steps.classify.fields import DateLine, NumberLine
from docsvc.steps.classify.model import Box, Line, Page, box_of, mark_of
from docsvc.steps.classify.rows import Row
from signing import model as marks
from signing.placing import Landmarks, caption_box, leader_box, seal_box

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
# Two lines of 10 points: the longest number line, and a date.
CAPTION_SIZE = (150.0, 24.0)


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


def landmarks(
    found: Signing | None, number: NumberLine | None, date: DateLine | None, first: Page
) -> Landmarks:
    """Return what places hang on, on the displayed pages."""
    title = name = image = None
    if found is not None:
        title = _line_box(found.block[-1])
        name = None if found.name is None else _line_box(found.name)
    if title is not None and name is not None and found is not None:
        room = leader_box(title, name)
        image = None if room is None else found.page.sheet.kept(room)
    lowest = min(
        (one.row.box for one in (number, date) if one), key=lambda box: box.y0, default=None
    )
    return Landmarks(
        title=title,
        name=name,
        leader=image,
        head=None if lowest is None else mark_of(lowest),
        texts=tuple(mark_of(line.box) for line in first.lines),
    )


def leader(known: Landmarks) -> Box | None:
    """Return the box between the authority block and the full name (box 7c)."""
    return None if known.leader is None else box_of(known.leader)


def organisation(known: Landmarks, page: Page | None, seal_mm: float | None) -> Box | None:
    """Return the square of the seal: its right edge a third into the leader's box (box 8)."""
    if known.leader is None or page is None or seal_mm is None:
        return None
    kept = page.sheet.kept(seal_box(known.leader, seal_mm))
    return None if kept is None else box_of(kept)


def caption(seal: Box | None, page: Page | None) -> Box | None:
    """Return free paper near the seal: for number and date where they have no blanks."""
    if seal is None or page is None:
        return None
    texts = [mark_of(line.box) for line in page.lines]
    found = caption_box(mark_of(seal), CAPTION_SIZE, sheet=page.sheet, texts=texts)
    return None if found is None else box_of(found)


def _line_box(line: Line) -> marks.Box:
    """Return the box of a line, from the feet of its letters to the top of its accents."""
    return marks.Box(
        page=line.box.page,
        x0=line.box.x0,
        y0=line.baseline - _DESCENT * line.size,
        x1=line.box.x1,
        y1=line.baseline + _ASCENT * line.size,
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
