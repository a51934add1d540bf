"""The text that a signature shows: the lines of copy and appendix, captions, the incoming stamp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from signing.font import width_of
from signing.model import Align, Appearance, Box, PlacedImage, PlacedLine, Rule
from signing.moments import TimeForm, written
from signing.placing import union
from signing.profiles import POINTS_PER_MM, PROFILES, CopyForm, ProfileName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

# A line of Times under and over its baseline, in font sizes.
DESCENT = 0.216
ASCENT = 0.891
_LEADING = 1.15  # from one line to the next
# Half of the breadth of the paper: what stands right of the middle.
MAX_LINE_WIDTH = 105.0 * POINTS_PER_MM


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What the stamp of an incoming document says; an empty value leaves its dotted line."""

    organisation: str
    number: str = ""
    day: str = ""
    passed_to: str = ""
    file_symbol: str = ""


def appendix_lines(
    number_line: str, at: datetime, *, form: TimeForm = TimeForm.PRINTED
) -> tuple[str, ...]:
    """Return the text on a separate appendix: number and symbol, then the moment of signing.

    Args:
        number_line: number and symbol of the main document, such as ``123/QĐ-UBND``.
        at: moment of signing, with its zone; it is written in Vietnamese time.
        form: how the moment is written.
    """
    return number_line, written(at, form)


def copy_lines(
    copied_as: CopyForm, organisation: str, at: datetime, *, form: TimeForm = TimeForm.PRINTED
) -> tuple[str, ...]:
    """Return the text on an electronic copy: form of the copy, body, moment; in as few lines.

    Args:
        copied_as: which form of copy.
        organisation: name of the body that copies.
        at: moment of signing, with its zone; it is written in Vietnamese time.
        form: how the moment is written.
    """
    size = PROFILES[ProfileName.COPY].font_size or 0.0
    return _wrapped((copied_as, organisation, written(at, form)), size=size)


def block(lines: Sequence[str], box: Box, *, size: float) -> Appearance:
    """Set lines below each other, from the top of a box, to its right edge.

    Raises:
        ValueError: the box is too low for the lines.
    """
    placed = tuple(
        PlacedLine(text=text, box=one, size=size, align=Align.RIGHT)
        for text, one in zip(lines, _rows(box, size=size, count=len(lines)), strict=True)
    )
    return Appearance(box=box, lines=placed)


def block_size(lines: Sequence[str], *, size: float) -> tuple[float, float]:
    """Return the width and height in points that a block of lines takes."""
    width = max(width_of(line, size=size) for line in lines)
    return width, (ASCENT + DESCENT + _LEADING * (len(lines) - 1)) * size


def seal_with_caption(
    png: bytes, seal: Box, *, lines: Sequence[str], caption: Box, size: float
) -> Appearance:
    """Show the seal, and beside it what could not be filled in: number and date.

    For a document that came signed, without places for them. One field, one revision: no page and
    no other field changes.

    Args:
        png: image of the seal.
        seal: the square of the seal.
        lines: number line and date.
        caption: where they go, on the same page.
        size: of the letters, in points.
    """
    below = block(lines, caption, size=size)
    centred = tuple(
        PlacedLine(text=one.text, box=one.box, size=one.size, align=Align.CENTRE)
        for one in below.lines
    )
    return Appearance(box=union(seal, caption), image=PlacedImage(png=png, box=seal), lines=centred)


def incoming_stamp(entry: Incoming, box: Box) -> Appearance:
    """Draw the stamp of an incoming document: a red frame, the body, and four lines (PL IV).

    Args:
        entry: what was registered.
        box: 50 by 35 mm on the page.
    """
    size = PROFILES[ProfileName.INCOMING].font_size or 0.0
    inner = Box(page=box.page, x0=box.x0 + 4, y0=box.y0 + 3, x1=box.x1 - 4, y1=box.y1 - 3)
    rows = _evenly(inner, count=5)
    head = PlacedLine(text=entry.organisation, box=rows[0], size=size, align=Align.CENTRE, red=True)
    labels = _labels(entry)
    lines = tuple(
        line
        for row, (label, value) in zip(rows[1:], labels, strict=True)
        for line in _labelled(label, value, row, size=size)
    )
    frame = Box(page=box.page, x0=box.x0 + 0.5, y0=box.y0 + 0.5, x1=box.x1 - 0.5, y1=box.y1 - 0.5)
    return Appearance(box=box, lines=(head, *lines), rules=(Rule(box=frame, width=1.0, red=True),))


def _labels(entry: Incoming) -> tuple[tuple[str, str], ...]:
    return (
        ("ĐẾN  Số:", entry.number),
        ("Ngày:", entry.day),
        ("Chuyển:", entry.passed_to),
        ("Số và ký hiệu HS:", entry.file_symbol),
    )


def _labelled(label: str, value: str, row: Box, *, size: float) -> Iterator[PlacedLine]:
    """Yield a label in red and its value in black, or dots where there is none."""
    middle = row.x0 + width_of(label + " ", size=size)
    before = Box(page=row.page, x0=row.x0, y0=row.y0, x1=middle, y1=row.y1)
    after = Box(page=row.page, x0=middle, y0=row.y0, x1=row.x1, y1=row.y1)
    yield PlacedLine(text=label, box=before, size=size, red=True)
    if value:
        yield PlacedLine(text=value, box=after, size=size)
    else:
        dots = "." * int(after.width / width_of(".", size=size))
        yield PlacedLine(text=dots, box=after, size=size, red=True)


def _wrapped(parts: Sequence[str], *, size: float) -> tuple[str, ...]:
    """Join parts by semicolons, in as few lines as the top right corner has room for."""
    lines: list[str] = []
    for part in parts:
        joined = f"{lines[-1]}; {part}" if lines else part
        if lines and width_of(joined, size=size) <= MAX_LINE_WIDTH:
            lines[-1] = joined
        else:
            if lines:
                lines[-1] += ";"
            lines.append(part)
    return tuple(lines)


def _rows(box: Box, *, size: float, count: int) -> Iterator[Box]:
    """Yield a box for each line, one line of letters high, from the top down."""
    for index in range(count):
        top = box.y1 - index * _LEADING * size
        yield Box(page=box.page, x0=box.x0, y0=top - (ASCENT + DESCENT) * size, x1=box.x1, y1=top)


def _evenly(box: Box, *, count: int) -> tuple[Box, ...]:
    """Return rows of the same height, from the top down."""
    height = box.height / count
    return tuple(
        Box(
            page=box.page,
            x0=box.x0,
            y0=box.y1 - (index + 1) * height,
            x1=box.x1,
            y1=box.y1 - index * height,
        )
        for index in range(count)
    )
