"""Reads the pages of a PDF that say what the document is. Runs in a sandboxed child process.

Pure: bytes in, records out; no network, no file but Tesseract's language data.
"""

import re
from collections.abc import Iterator

import pypdfium2 as pdfium

from docsvc.steps.classify import inventory, ocr, stamps
from docsvc.steps.classify.errors import UnreadablePageError
from docsvc.steps.classify.model import Line, Page, Reading, Stamp
from docsvc.steps.classify.textlayer import Fonts, Frame, TextLayer

# The head is on page 1; a long head or a cover pushes the first lines of the body to page 3.
FIRST_PAGES = 3
# The signature stands on one of the last two pages unless appendices follow it.
LAST_PAGES = 2
# With appendices behind it the signature is looked for page by page; official documents sign
# within some dozens of pages, and every page costs 2 ms.
MAX_SEARCHED_PAGES = 60
# Fewer letters than this on page 1 is a scan with a stray header, not a text layer.
MIN_LETTERS = 20
# "Nơi nhận" closes every document; also as TCVN3 and VNI fonts write it.
_CLOSING = re.compile(r"N(?:ơi|¬i|ôi)\s+nh(?:ận|Ën|aän)", re.IGNORECASE)


def read(pdf: bytes) -> Reading:
    """Read text, boxes and marks of the pages that matter.

    Args:
        pdf: the file as it came, not encrypted.

    Raises:
        UnreadablePageError: PDFium cannot open the file or its first page.
    """
    try:
        with pdfium.PdfDocument(pdf) as document:
            return _read(document)
    except pdfium.PdfiumError as e:
        raise UnreadablePageError from e


def _read(document: pdfium.PdfDocument) -> Reading:
    if len(document) == 0:
        raise UnreadablePageError
    fonts = Fonts()
    first, marks, examined, colour = _first_page(document, fonts)
    pages = [first]
    pages += _other_pages(document, fonts)
    return Reading(
        pages=tuple(pages),
        page_count=len(document),
        stamps=marks,
        examined=examined,
        colour=colour,
    )


def _first_page(
    document: pdfium.PdfDocument, fonts: Fonts
) -> tuple[Page, tuple[Stamp, ...], bool, bool | None]:
    page = document[0]
    frame = _frame(page, 0)
    layer = TextLayer(page, frame, fonts)
    lines = layer.lines()
    content = inventory.take(page)
    scanned = sum(map(str.isalpha, layer.text)) < MIN_LETTERS
    layer.close()
    if not (scanned or content.needs_look):
        return _page(frame, lines, scanned=False), (), not layer.cut_short, None
    picture = ocr.render(page, frame, scanned=scanned)
    if scanned:
        lines += ocr.lines(picture)
    found = stamps.find(picture, lines, drawn=content.images == 0 and not scanned)
    page_read = _page(frame, lines, scanned=scanned)
    return page_read, found, not layer.cut_short, stamps.has_colour(picture)


def _other_pages(document: pdfium.PdfDocument, fonts: Fonts) -> Iterator[Page]:
    count = len(document)
    closed = False
    for index in range(1, count):
        near = index < FIRST_PAGES or index >= count - LAST_PAGES
        if not near and (closed or index >= MAX_SEARCHED_PAGES):
            continue
        page = document[index]
        frame = _frame(page, index)
        layer = TextLayer(page, frame, fonts)
        closes = _CLOSING.search(layer.text) is not None
        closed = closed or closes
        if near or closes:
            yield _page(frame, layer.lines(), scanned=not layer.text.strip())
        layer.close()
        page.close()


def _frame(page: pdfium.PdfPage, index: int) -> Frame:
    left, bottom, _, _ = page.get_cropbox()
    width, height = page.get_size()
    return Frame(
        index=index,
        width=width,
        height=height,
        rotation=page.get_rotation() % 360,
        origin=(left, bottom),
    )


def _page(frame: Frame, lines: tuple[Line, ...], *, scanned: bool) -> Page:
    return Page(
        index=frame.index,
        width=frame.width,
        height=frame.height,
        rotation=frame.rotation,
        origin=frame.origin,
        lines=lines,
        scanned=scanned,
    )
