"""Pages as pictures, and Tesseract on them, inside this process and on one thread."""

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pypdfium2 as pdfium

from docsvc.steps.classify.errors import LanguageDataMissingError
from docsvc.steps.classify.model import Box, Line
from docsvc.steps.classify.textlayer import Frame
from docsvc.steps.classify.words import plain

if TYPE_CHECKING:
    import tesserocr

Image = npt.NDArray[np.uint8]

# 200 dpi is what the decree asks of digitised paper and what Tesseract reads small type at;
# a stamp is 8 mm high and clear at 150.
SCAN_DPI = 200
STAMP_DPI = 150
# The head and its stamps lie in the upper half of page 1.
TOP_SHARE = 0.5
# Half a page of A3 at 200 dpi; a larger page is drawn coarser, never larger.
MAX_PIXELS = 8_000_000
# Where the packages of the distribution put the language data, the newest version last.
_DATA_GLOB = "/usr/share/tesseract-ocr/*/tessdata/vie.traineddata"
# Symbols are in no dictionary, and are read with a low confidence; only noise is left out.
_MIN_CONFIDENCE = 3
# A gap wider than this many letter heights parts columns.
_GAP = 1.6
# Tesseract tends to read the letter once as Vietnamese and once more as Icelandic.
_DOUBLED = re.compile("[ĐÐ]+")


class Picture(NamedTuple):
    """The top of page 1, RGB, with what is needed to lead pixels to points."""

    image: Image
    scale: float
    frame: Frame

    def box(self, left: float, top: float, right: float, bottom: float) -> Box:
        """Lead pixels, from the top, to a box on the displayed page."""
        height = self.frame.height
        return Box(
            page=self.frame.index,
            x0=left / self.scale,
            y0=height - bottom / self.scale,
            x1=right / self.scale,
            y1=height - top / self.scale,
        )


def render(page: pdfium.PdfPage, frame: Frame, *, scanned: bool) -> Picture:
    """Draw the top of a page, annotations included."""
    scale = (SCAN_DPI if scanned else STAMP_DPI) / 72
    area = max(frame.width * frame.height * TOP_SHARE, 1.0)
    scale = min(scale, (MAX_PIXELS / area) ** 0.5)
    below = frame.height * (1 - TOP_SHARE)
    bitmap = page.render(scale=scale, crop=(0, below, 0, 0), rev_byteorder=True)
    image = bitmap.to_numpy()[:, :, :3].copy()
    bitmap.close()
    return Picture(image, scale, frame)


class Word(NamedTuple):
    """A word that Tesseract read, in pixels from the top left; confidence 0 to 100."""

    text: str
    left: int
    top: int
    right: int
    bottom: int
    baseline: float
    confidence: float
    begins_line: bool


def read_mark(image: Image, *, lines: bool) -> tuple[str, float]:
    """Read a mark, dark on light, as one line or as a block; confidence 0 to 1."""
    import tesserocr  # noqa: PLC0415  # OMP_THREAD_LIMIT must be set before, see _engine

    engine = _engine()
    engine.SetPageSegMode(tesserocr.PSM.SINGLE_BLOCK if lines else tesserocr.PSM.SINGLE_LINE)
    _show(engine, image)
    text = plain(engine.GetUTF8Text())
    return text, engine.MeanTextConf() / 100


def lines(picture: Picture) -> tuple[Line, ...]:
    """Read the head of a scan. Red ink is left out: it is the stamps', which are read apart."""
    import tesserocr  # noqa: PLC0415  # OMP_THREAD_LIMIT must be set before, see _engine

    engine = _engine()
    engine.SetPageSegMode(tesserocr.PSM.AUTO)
    # Red ink is bright in the red channel, so it fades into the paper.
    _show(engine, np.ascontiguousarray(picture.image[:, :, 0]))
    engine.Recognize()
    words = [word for word in _words(engine) if word.confidence >= _MIN_CONFIDENCE]
    return tuple(_line(piece, picture) for piece in _pieces(words))


@cache
def _engine() -> "tesserocr.PyTessBaseAPI":
    # More threads make single lines slower and starve the other workers (measured).
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    import tesserocr  # noqa: PLC0415  # the limit above is read when the library is loaded

    return tesserocr.PyTessBaseAPI(path=str(_data_folder()), lang="vie")


def _data_folder() -> Path:
    found = sorted(Path("/").glob(_DATA_GLOB.removeprefix("/")), key=_version)
    if not found:
        raise LanguageDataMissingError
    return found[-1].parent


def _version(data: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in data.parts[-3].split(".") if part.isdigit())


def _show(engine: "tesserocr.PyTessBaseAPI", image: Image) -> None:
    height, width = image.shape
    engine.SetImageBytes(image.tobytes(), width, height, 1, width)


def _words(engine: "tesserocr.PyTessBaseAPI") -> Iterator[Word]:
    from tesserocr import RIL, iterate_level  # noqa: PLC0415  # as above

    for item in iterate_level(engine.GetIterator(), RIL.WORD):
        box = item.BoundingBox(RIL.WORD)
        base = item.Baseline(RIL.WORD)
        if box is None:
            continue
        baseline = (base[0][1] + base[1][1]) / 2 if base else box[3]
        yield Word(
            item.GetUTF8Text(RIL.WORD),
            box[0],
            box[1],
            box[2],
            box[3],
            baseline,
            item.Confidence(RIL.WORD),
            item.IsAtBeginningOf(RIL.TEXTLINE),
        )


def _pieces(words: list[Word]) -> Iterator[list[Word]]:
    piece: list[Word] = []
    for word in words:
        gap = word.left - piece[-1].right if piece else 0
        if piece and (word.begins_line or gap > _GAP * (word.bottom - word.top)):
            yield piece
            piece = []
        piece.append(word)
    if piece:
        yield piece


def _line(words: list[Word], picture: Picture) -> Line:
    text = ""
    spans: list[tuple[float, float]] = []
    for word in words:
        left, width = word.left / picture.scale, (word.right - word.left) / picture.scale
        if text:
            text += " "
            spans.append((spans[-1][1], left))
        letter = _DOUBLED.sub("Đ", plain(word.text))
        step = width / max(len(letter), 1)
        spans += [(left + i * step, left + (i + 1) * step) for i in range(len(letter))]
        text += letter
    box = picture.box(
        min(w.left for w in words),
        min(w.top for w in words),
        max(w.right for w in words),
        max(w.bottom for w in words),
    )
    return Line(
        text=text,
        raw=text,
        box=box,
        baseline=picture.frame.height - words[0].baseline / picture.scale,
        # A line of capitals with tones is about as high as its font size.
        size=box.height,
        font="",
        spans=tuple(spans),
        confidence=round(min(w.confidence for w in words) / 100, 3),
    )
