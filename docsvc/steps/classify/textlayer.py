"""The text layer of a page as lines with boxes, read with as few calls to PDFium as possible.

A call through ctypes costs about 2 µs, so a loop over every character of a page is too slow. Text
comes in one call, boxes come per line, and single characters are asked only where it matters: in
the head of page 1 and where a line has a wide gap or a legacy font.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from ctypes import byref, c_double, c_ushort, c_void_p, cast, create_string_buffer
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from docsvc.steps.classify.encodings import clusters, decode, encoding_of, guess
from docsvc.steps.classify.model import Box, Encoding, Line, union

# A full page of 14 pt text holds 3 000 characters, a dense table 8 000.
MAX_CHARACTERS = 20_000
# A page of an official document has some 50 lines; a table with a cell a line has some hundreds.
MAX_LINES = 1_500
# Lines longer than this are running text; a number line and a date line that PDFium joined have a
# wide gap between them, so they are parted all the same.
_MAX_HEAD_LINE = 60
# Number, date, urgency and secrecy stand in the upper half of page 1.
_HEAD_SHARE = 0.45
# A gap wider than this many times the font size parts columns; a word space is 0.25 to 0.6.
_GAP = 1.0
_LINE = re.compile(r"[^\r\n]+")
# PDFium marks a hyphen at the end of a line so.
_HYPHENS = str.maketrans({"\x02": "-", "\ufffe": "-", "\x00": " ", "\xa0": " "})
# Letters of Latin-1 that Vietnamese in Unicode never has, and legacy fonts use all the time.
_LEGACY_TELL = re.compile(
    "[\xa1-\xbf\xc4-\xc7\xcb\xce\xcf\xd1\xd6-\xd8\xdb\xdc\xde\xdf\xe4-\xe7\xeb\xee\xef\xf1\xf6-\xf8\xfb\xfc\xfe\xff]"
)
_SURROGATES = range(0xD800, 0xE000)
_LAST_CODE = 0x10FFFF
_BOLD_WEIGHT = 600
_FONT_NAME_BYTES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """How the displayed page lies in default user space."""

    index: int
    width: float
    height: float
    rotation: int
    origin: tuple[float, float]

    @property
    def is_plain(self) -> bool:
        """Tell whether user space is what is seen."""
        return self.rotation == 0 and self.origin == (0.0, 0.0)

    def seen(self, x: float, y: float) -> tuple[float, float]:
        """Lead a point from user space to the displayed page."""
        x, y = x - self.origin[0], y - self.origin[1]
        match self.rotation:
            case 90:
                return y, self.height - x
            case 180:
                return self.width - x, self.height - y
            case 270:
                return self.width - y, x
            case _:
                return x, y

    def corners(
        self, left: float, bottom: float, right: float, top: float
    ) -> tuple[float, float, float, float]:
        """Lead a rectangle from user space to the displayed page: left, bottom, right, top."""
        (xa, ya), (xb, yb) = self.seen(left, bottom), self.seen(right, top)
        return min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        """Lead a rectangle from user space to a box on the displayed page."""
        x0, y0, x1, y1 = self.corners(left, bottom, right, top)
        return Box(page=self.index, x0=x0, y0=y0, x1=x1, y1=y1)


@dataclass(slots=True)
class Fonts:
    """Names and weights of the fonts of a document, asked once each."""

    known: dict[int, tuple[str, bool]] = field(default_factory=dict)

    def of(self, text_object: object) -> tuple[str, bool] | None:
        """Return the base name of a text object's font and whether it is bold."""
        handle = pdfium_c.FPDFTextObj_GetFont(text_object) if text_object else None
        if not handle:
            return None
        key = cast(handle, c_void_p).value or 0
        if key not in self.known:
            self.known[key] = _name_and_weight(handle)
        return self.known[key]


def _name_and_weight(handle: object) -> tuple[str, bool]:
    buffer = create_string_buffer(_FONT_NAME_BYTES)
    pdfium_c.FPDFFont_GetBaseFontName(handle, buffer, _FONT_NAME_BYTES)
    name = buffer.value.decode("utf-8", "replace")
    heavy = pdfium_c.FPDFFont_GetWeight(handle) >= _BOLD_WEIGHT
    return name, heavy or "bold" in name.lower()


class Letter(NamedTuple):
    """One character of the text layer: where it stands in the page's text, its box and font.

    A tuple, not a record of the usual form: hundreds are made a page, and this costs a fifth.
    """

    at: int
    character: str
    x0: float
    y0: float
    x1: float
    y1: float
    font: tuple[str, bool]


class TextLayer:
    """The text of one loaded page."""

    def __init__(self, page: pdfium.PdfPage, frame: Frame, fonts: Fonts) -> None:
        self._textpage = page.get_textpage()
        self._raw = self._textpage.raw
        self._frame = frame
        self._fonts = fonts
        count = max(self._textpage.count_chars(), 0)
        self.cut_short = count > MAX_CHARACTERS
        self.text = self._characters(min(count, MAX_CHARACTERS))

    def close(self) -> None:
        """Let go of PDFium's memory."""
        self._textpage.close()

    def lines(self) -> tuple[Line, ...]:
        """Read the lines, in the order of the file, parted at wide gaps."""
        guessed = guess(self.text)
        found: list[Line] = []
        for match in _LINE.finditer(self.text):
            if len(found) >= MAX_LINES:
                self.cut_short = True
                break
            found += self._pieces(match.start(), match.end(), guessed)
        return tuple(found)

    def _characters(self, count: int) -> str:
        buffer = (c_ushort * (count + 1))()
        written = pdfium_c.FPDFText_GetText(self._raw, 0, count, buffer)
        # The call leaves out what has no Unicode value; then indices would no longer agree.
        text = bytes(buffer)[: 2 * count].decode("utf-16-le", "replace")
        if written != count + 1 or len(text) != count:
            codes = [pdfium_c.FPDFText_GetUnicode(self._raw, i) for i in range(count)]
            text = "".join("\ufffd" if not _is_letter(code) else chr(code) for code in codes)
        return text.translate(_HYPHENS)

    def _pieces(self, start: int, end: int, guessed: Encoding) -> Iterator[Line]:
        text = self.text[start:end]
        rects = self._rects(start, end - start) if text.strip() else []
        if not rects:
            return
        size = self._size_at(start)
        font = self._font_at(start)
        if not self._needs_letters(rects, size, text):
            yield self._plain(start, text, font=font, box=union(rects), guessed=guessed)
            return
        letters = self._letters(start, end, None if len(rects) > 1 else font)
        for piece in _parted(letters, _GAP * size):
            yield self._lettered(piece, guessed)

    def _plain(
        self, start: int, text: str, *, font: tuple[str, bool], box: Box, guessed: Encoding
    ) -> Line:
        encoding = _encoding(font[0], guessed)
        raw = text.strip()
        return Line(
            text=decode(raw, encoding),
            raw=raw,
            box=box,
            baseline=self._baseline(start),
            size=self._size_at(start),
            font=font[0],
            bold=font[1],
            encoding=encoding,
        )

    def _lettered(self, letters: Sequence[Letter], guessed: Encoding) -> Line:
        text, spans = "", []
        for font, run in groupby(letters, key=lambda letter: letter.font):
            of_run = list(run)
            raw = "".join(letter.character for letter in of_run)
            for piece, first, end in clusters(raw, _encoding(font[0], guessed)):
                text += piece
                span = (of_run[first].x0, of_run[end - 1].x1)
                spans += [span] * len(piece)
        name, bold = letters[0].font
        return Line(
            text=text,
            raw="".join(letter.character for letter in letters),
            box=self._round(letters),
            baseline=self._baseline(letters[0].at),
            size=self._size_at(letters[0].at),
            font=name,
            bold=bold,
            encoding=_encoding(name, guessed),
            spans=tuple(spans),
        )

    def _round(self, letters: Sequence[Letter]) -> Box:
        return Box(
            page=self._frame.index,
            x0=min(letter.x0 for letter in letters),
            y0=min(letter.y0 for letter in letters),
            x1=max(letter.x1 for letter in letters),
            y1=max(letter.y1 for letter in letters),
        )

    def _letters(self, start: int, end: int, font: tuple[str, bool] | None) -> Iterator[Letter]:
        left, right, bottom, top = c_double(), c_double(), c_double(), c_double()
        refs = byref(left), byref(right), byref(bottom), byref(top)
        last = self._font_at(start)
        plain = self._frame.is_plain
        for at in range(start, end):
            pdfium_c.FPDFText_GetCharBox(self._raw, at, *refs)
            corners = left.value, bottom.value, right.value, top.value
            if not plain:
                corners = self._frame.corners(*corners)
            # A space that PDFium made up belongs to no object; it takes the font before it.
            last = font or self._fonts.of(self._object_at(at)) or last
            yield Letter(at, self.text[at], *corners, last)

    def _rects(self, start: int, count: int) -> list[Box]:
        left, top, right, bottom = c_double(), c_double(), c_double(), c_double()
        refs = byref(left), byref(top), byref(right), byref(bottom)
        found = []
        for index in range(pdfium_c.FPDFText_CountRects(self._raw, start, count)):
            pdfium_c.FPDFText_GetRect(self._raw, index, *refs)
            found.append(self._frame.box(left.value, bottom.value, right.value, top.value))
        return found

    def _needs_letters(self, rects: Sequence[Box], size: float, text: str) -> bool:
        top = max(rect.y1 for rect in rects)
        in_head = self._frame.index == 0 and top > self._frame.height * (1 - _HEAD_SHARE)
        if in_head and len(text) <= _MAX_HEAD_LINE:
            return True
        pairs = pairwise(rects)
        gapped = any(not -size < after.x0 - before.x1 < _GAP * size for before, after in pairs)
        return gapped or (len(rects) > 1 and _LEGACY_TELL.search(text) is not None)

    def _object_at(self, at: int) -> object:
        return pdfium_c.FPDFText_GetTextObject(self._raw, at)

    def _font_at(self, start: int) -> tuple[str, bool]:
        at = next(i for i in range(start, len(self.text)) if not self.text[i].isspace())
        return self._fonts.of(self._object_at(at)) or ("", False)

    def _size_at(self, at: int) -> float:
        size = float(pdfium_c.FPDFText_GetFontSize(self._raw, at))
        matrix = pdfium_c.FS_MATRIX()
        if not pdfium_c.FPDFText_GetMatrix(self._raw, at, byref(matrix)):
            return size
        # A producer may set size 1 and put the real one into the matrix.
        return size * float((matrix.c**2 + matrix.d**2) ** 0.5)

    def _baseline(self, at: int) -> float:
        x, y = c_double(), c_double()
        pdfium_c.FPDFText_GetCharOrigin(self._raw, at, byref(x), byref(y))
        return self._frame.seen(x.value, y.value)[1]


def _is_letter(code: int) -> bool:
    return code <= _LAST_CODE and code not in _SURROGATES


def _encoding(font: str, guessed: Encoding) -> Encoding:
    named = encoding_of(font)
    return guessed if named is Encoding.UNICODE else named


def _parted(letters: Iterable[Letter], gap: float) -> Iterator[list[Letter]]:
    """Part letters where the next stands far to the right, or to the left, of the last."""
    piece: list[Letter] = []
    spaces: list[Letter] = []
    for letter in letters:
        if letter.character.isspace():
            spaces.append(letter)
            continue
        if piece and not -gap < letter.x0 - piece[-1].x1 < gap:
            yield piece
            piece = []
        piece += [*spaces, letter] if piece else [letter]
        spaces = []
    if piece:
        yield piece
