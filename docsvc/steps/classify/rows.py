"""Lines of a page put together to rows, as a person reads them from left to right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docsvc.steps.classify.model import Box, Line, Page, union

# Two pieces share a row when their baselines differ by less than this part of the font size.
_SAME_BASELINE = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Pieces on one baseline, from left to right, joined by single spaces.

    Attributes:
        starts: index in ``text`` at which each piece begins.
    """

    pieces: tuple[Line, ...]
    text: str
    starts: tuple[int, ...]
    box: Box

    @property
    def baseline(self) -> float:
        """Return the height of the baseline."""
        return self.pieces[0].baseline

    @property
    def size(self) -> float:
        """Return the font size of the first piece."""
        return self.pieces[0].size

    def edges(self, at: int) -> tuple[float, float]:
        """Return the left and right edge of the character at ``at``; of its piece if unknown."""
        index = max(i for i, start in enumerate(self.starts) if start <= at)
        piece = self.pieces[index]
        within = min(at - self.starts[index], len(piece.text) - 1)
        return piece.spans[within] if piece.spans else (piece.box.x0, piece.box.x1)

    def span_box(self, start: int, end: int) -> Box:
        """Return the box of the characters of ``text[start:end]``."""
        left, right = self.edges(start)[0], self.edges(max(start, end - 1))[1]
        return Box(page=self.box.page, x0=left, y0=self.box.y0, x1=right, y1=self.box.y1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page with its rows, from the top down."""

    page: Page
    rows: tuple[Row, ...]

    @property
    def pieces(self) -> Iterator[Line]:
        """Walk the pieces of every row, from the top down and from left to right."""
        return (piece for row in self.rows for piece in row.pieces)

    def above(self, share: float) -> tuple[Row, ...]:
        """Return the rows in the upper part of the page; ``share`` is of its height."""
        low = self.page.height * (1 - share)
        return tuple(row for row in self.rows if row.baseline > low)


def sheet(page: Page) -> Sheet:
    """Put the lines of a page together to rows."""
    ordered = sorted(page.lines, key=lambda line: (-line.baseline, line.box.x0))
    groups: list[list[Line]] = []
    for line in ordered:
        if groups and groups[-1][0].baseline - line.baseline < _SAME_BASELINE * line.size:
            groups[-1].append(line)
        else:
            groups.append([line])
    rows = tuple(_row(sorted(group, key=lambda line: line.box.x0)) for group in groups)
    return Sheet(page=page, rows=rows)


def _row(pieces: Sequence[Line]) -> Row:
    starts, text = [], ""
    for piece in pieces:
        text += " " if text else ""
        starts.append(len(text))
        text += piece.text
    box = union([piece.box for piece in pieces])
    return Row(pieces=tuple(pieces), text=text, starts=tuple(starts), box=box)
