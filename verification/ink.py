"""Whether ink that was on a page is still to be read once more has been drawn over it."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pypdfium2

from verification.errors import UnreadableFileError
from verification.inspect import Limits, require_no_bomb

Box: TypeAlias = tuple[float, float, float, float]
Picture: TypeAlias = npt.NDArray[np.uint8]

# Two pixels a point show twelve-point text well; a sheet at this scale has two million.
_SCALE = 2.0
_MAX_PIXELS = 2_000_000
# Squares of eight points: less than a word, more than a letter.
_TILE = 16
# Grey levels. A red seal is dark, but never black.
_DARK, _LIGHT, _BLACK = 128, 176, 48
# Pixels of ink from which a square counts as written on.
_TILE_INK = 12
# Shares: of the ink that is gone, of a square that is black, of a square with new ink.
_LOST, _PAINTED, _WRITTEN = 0.8, 0.95, 0.05
# Text across text: most of a word, or a good part of some lines (squares, share of those with
# ink). A number on its line touches none, a stamp beside a name or another stamp touches few.
_ACROSS = ((6, 0.7), (20, 0.3))
# Blue, green and red in per mille.
_GREY = (114, 587, 299)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A part of a page, in points; ``page`` counts from 0, ``sheet`` is what the page shows.

    ``had_look`` tells that the field was drawn before: what gives way to its mark is its own.
    """

    page: int
    part: Box
    sheet: Box
    had_look: bool = False


class Pair:
    """A file without and with what a revision drew, opened once for all its marks."""

    def __init__(self, before: bytes, after: bytes) -> None:
        self._opened: list[pypdfium2.PdfDocument] = []
        try:
            require_no_bomb(after, Limits())
            for pdf in (before, after):
                document = pypdfium2.PdfDocument(pdf)
                self._opened.append(document)
                # Without its forms a document is drawn without its fields.
                document.init_forms()
        except (pypdfium2.PdfiumError, UnreadableFileError):
            self.close()

    def close(self) -> None:
        """Close both; a pair that is closed says nothing any more."""
        for document in self._opened:
            document.close()
        self._opened.clear()

    def compare(self, place: Place, *, letters: bool) -> bool | None:
        """Tell whether a place was hidden or overwritten; None if it cannot be drawn.

        Args:
            place: where to look.
            letters: whether it writes; a seal may lie across a signature, text not across text.
        """
        if not self._opened:
            return None
        before, after = self._opened
        try:
            pictures = _drawn(before, place, fields=not place.had_look), _drawn(after, place)
        except (pypdfium2.PdfiumError, ValueError):
            return None
        if pictures[0].shape != pictures[1].shape:
            return None
        return hides(*pictures, letters=letters)


def _drawn(document: pypdfium2.PdfDocument, place: Place, *, fields: bool = True) -> Picture:
    left, bottom, right, top = place.part
    scale = min(_SCALE, (_MAX_PIXELS / max(1.0, (right - left) * (top - bottom))) ** 0.5)
    sheet = place.sheet
    crop = (left - sheet[0], bottom - sheet[1], sheet[2] - right, sheet[3] - top)
    page = document[place.page]
    if page.get_rotation():
        # Margins turn with the page: it is drawn whole, and smaller.
        crop, scale = (0.0, 0.0, 0.0, 0.0), 1.0
    bitmap = page.render(scale=scale, crop=crop, may_draw_forms=fields)
    colours = bitmap.to_numpy()[..., :3].astype(np.uint32)
    grey: Picture = (colours @ np.array(_GREY, np.uint32) // 1000).astype(np.uint8)
    return grey


def hides(before: Picture, after: Picture, *, letters: bool) -> bool:
    """Tell whether ink was taken away, blackened, or written across.

    Args:
        before: grey levels without the drawing.
        after: grey levels with it, of the same shape.
        letters: whether it writes.
    """
    size = _by_tile(np.ones(before.shape, dtype=np.bool_))
    ink = _by_tile(before < _DARK)
    inked = ink >= _TILE_INK
    lost = _by_tile((before < _DARK) & (after >= _LIGHT))
    black = _by_tile(after < _BLACK)
    blackened = (black >= _PAINTED * size) & (ink < _PAINTED * size)
    if bool(np.any(inked & ((lost >= _LOST * ink) | blackened))):
        return True
    new = _by_tile((before >= _LIGHT) & (after < _DARK))
    across = int(np.count_nonzero(inked & (new >= _WRITTEN * size)))
    written = int(np.count_nonzero(inked))
    return letters and any(
        across >= least and across >= share * written for least, share in _ACROSS
    )


def _by_tile(picture: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Count the pixels that are set in each square."""
    rows, columns = range(0, picture.shape[0], _TILE), range(0, picture.shape[1], _TILE)
    by_row = np.add.reduceat(picture.astype(np.int64), rows, axis=0)
    counts: npt.NDArray[np.int64] = np.add.reduceat(by_row, columns, axis=1)
    return counts
