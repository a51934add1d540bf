"""Pages for tests: records as the reader makes them, and real PDFs drawn on the spot."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import cv2
import numpy as np
import pypdfium2 as pdfium
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from docsvc.steps.classify.model import Box, Line, Page, Reading, Stamp

FONTS = "/usr/share/fonts/truetype/croscore/"
WIDTH, HEIGHT = A4
PRINTED_SHARE, SCANNED_SHARE = 0.25, 0.55
BODY = "Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025 và"
LEFT, RIGHT = 150.0, 400.0  # centres of the two columns of the head


# --- records -------------------------------------------------------------------------------


def line(text: str, *, x: float, y: float, centred: bool = False, **known: Any) -> Line:
    """A line whose letters are all half the font size wide; ``_`` stands for a blank.

    A blank takes its room, but leaves no character behind, as in a text layer.
    """
    size = known.pop("size", 13.0)
    advance = size / 2
    start = x - advance * len(text) / 2 if centred else x
    spans, shown = [], ""
    for index, letter in enumerate(text):
        if letter != "_":
            spans.append((start + advance * index, start + advance * (index + 1)))
            shown += letter
    box = Box(page=known.pop("page", 0), x0=spans[0][0], y0=y - 3, x1=spans[-1][1], y1=y + 10)
    return Line(
        text=shown,
        raw=known.pop("raw", shown),
        box=box,
        baseline=y,
        size=size,
        spans=tuple(spans),
        **known,
    )


def page(*lines: Line, index: int = 0, **known: Any) -> Page:
    """An A4 page of lines."""
    facts: dict[str, Any] = {
        "width": WIDTH,
        "height": HEIGHT,
        "rotation": 0,
        "origin": (0.0, 0.0),
        **known,
    }
    placed = tuple(replace(one, box=replace(one.box, page=index)) for one in lines)
    return Page(index=index, lines=placed, **facts)


def reading(*pages: Page, stamps: tuple[Stamp, ...] = (), examined: bool = True) -> Reading:
    """A reading of pages."""
    return Reading(pages=pages, page_count=len(pages), stamps=stamps, examined=examined)


# --- PDFs ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a drawn document says; a line of ``extra`` is (x centre, y, text) on page 1."""

    number: str = "Số:            /QĐ-UBND"
    date: str = "Suối Trúc, ngày        tháng        năm 2026"
    title: str = "QUYẾT ĐỊNH"
    subject: tuple[str, ...] = ("Về việc thành lập Tổ công nghệ số cộng đồng",)
    issuer: tuple[str, ...] = ("ỦY BAN NHÂN DÂN", "XÃ SUỐI TRÚC")
    authority: tuple[str, ...] = ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH")
    signer: str = "Nguyễn Văn An"
    body_pages: int = 1
    appendix: bool = False
    extra: tuple[tuple[float, float, str], ...] = ()
    size: tuple[float, float] = A4
    rotate: int = 0
    stamps: tuple[str, ...] = field(default=())


@cache
def _register() -> None:
    for name in ("Regular", "Bold", "Italic"):
        pdfmetrics.registerFont(TTFont(f"Tinos-{name}", f"{FONTS}Tinos-{name}.ttf"))


def draw(letter: Letter) -> bytes:
    """Draw a document of the decree's form."""
    _register()
    buffer = io.BytesIO()
    canvas: Any = Canvas(buffer, pagesize=letter.size)
    _head(canvas, letter)
    for index in range(letter.body_pages):
        top = letter.size[1] - (260 if index == 0 else 60)
        _body(canvas, top, 360)
        if index < letter.body_pages - 1:
            canvas.showPage()
            canvas.setPageRotation(0)
    _closing(canvas, letter)
    if letter.appendix:
        canvas.showPage()
        _centred(canvas, letter.size[0] / 2, 780, "Phụ lục I", "Bold")
        _centred(canvas, 450, 400, "CHỦ TỊCH", "Bold")
        _centred(canvas, 450, 300, "Họ Và Tên", "Bold")
    canvas.save()
    return buffer.getvalue()


def _head(canvas: Any, letter: Letter) -> None:
    canvas.setPageRotation(letter.rotate)
    top = letter.size[1] - 60
    for index, text in enumerate(letter.issuer):
        _centred(canvas, LEFT, top - 15 * index, text, "Bold", 12)
    _centred(canvas, RIGHT, top, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Bold", 12)
    _centred(canvas, RIGHT, top - 16, "Độc lập - Tự do - Hạnh phúc", "Bold", 13)
    _centred(canvas, LEFT, top - 50, letter.number, "Regular", 13)
    _centred(canvas, RIGHT, top - 50, letter.date, "Italic", 13)
    _centred(canvas, letter.size[0] / 2, top - 100, letter.title, "Bold")
    for index, text in enumerate(letter.subject):
        _centred(canvas, letter.size[0] / 2, top - 118 - 17 * index, text, "Bold")
    for x, y, text in letter.extra:
        _centred(canvas, x, y, text, "Bold")
    for index, text in enumerate(letter.stamps):
        _stamp(canvas, LEFT, top - 90 - 30 * index, text)


def _centred(
    canvas: Any, x: float, y: float, text: str, face: str = "Regular", size: float = 14
) -> None:
    canvas.setFont(f"Tinos-{face}", size)
    canvas.drawCentredString(x, y, text)


def _stamp(canvas: Any, x: float, y: float, text: str) -> None:
    canvas.saveState()
    canvas.setStrokeColorRGB(0.86, 0.07, 0.09)
    canvas.setFillColorRGB(0.86, 0.07, 0.09)
    canvas.setLineWidth(1.4)
    canvas.rect(x - 45, y, 90, 22.7)
    _centred(canvas, x, y + 7, text, "Bold", 13.5)
    canvas.restoreState()


def _body(canvas: Any, top: float, low: float) -> None:
    canvas.setFont("Tinos-Regular", 14)
    y = top
    while y > low:
        canvas.drawString(
            85, y, "Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025 và"
        )
        y -= 19


def _closing(canvas: Any, letter: Letter) -> None:
    canvas.setFont("Tinos-Bold", 12)
    canvas.drawString(85, 320, "Nơi nhận:")
    canvas.setFont("Tinos-Regular", 11)
    canvas.drawString(85, 305, "- Như Điều 3;")
    canvas.drawString(85, 291, "- Lưu: VT, VX.")
    for index, text in enumerate(letter.authority):
        _centred(canvas, RIGHT + 20, 320 - 17 * index, text, "Bold")
    _centred(canvas, RIGHT + 20, 210, letter.signer, "Bold")


# --- scans ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubber:
    """A rubber stamp on paper: what it says, where (mm from the top left), how it was pressed."""

    text: str
    at_mm: tuple[float, float] = (45.0, 52.0)
    size_mm: tuple[float, float] = (30.0, 8.0)
    angle: float = 0.0
    colour: tuple[int, int, int] = (205, 30, 45)
    round: bool = False
    framed: bool = True


def scan(
    letter: Letter | None = None,
    *,
    rubbers: tuple[Rubber, ...] = (),
    dpi: int = 200,
    harsh: bool = False,
    grey: bool = False,
) -> bytes:
    """Print a document, stamp it and scan it: a PDF with one picture and no text."""
    image = _printed(letter, dpi)
    # What is judged lies in the upper half; the rest would only take time.
    image = np.ascontiguousarray(image[: int(image.shape[0] * SCANNED_SHARE)])
    for rubber in rubbers:
        image = _pressed(image, rubber, dpi)
    if harsh:
        image = _worn(image)
    picture = Pictures.fromarray(image)
    if grey:
        picture = picture.convert("L")
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG", quality=45 if harsh else 80)
    jpeg.seek(0)
    buffer = io.BytesIO()
    canvas: Any = Canvas(buffer, pagesize=A4)
    low = HEIGHT * (1 - SCANNED_SHARE)
    canvas.drawImage(ImageReader(jpeg), 0, low, WIDTH, HEIGHT - low)
    canvas.save()
    return buffer.getvalue()


def _printed(letter: Letter | None, dpi: int) -> Any:
    if letter is None:
        shape = int(HEIGHT * dpi / 72), int(WIDTH * dpi / 72), 3
        return np.full(shape, 250, np.uint8)
    with pdfium.PdfDocument(draw(letter)) as document:
        image = document[0].render(scale=dpi / 72, rev_byteorder=True).to_numpy()[:, :, :3].copy()
    # The head is enough: to read a body by OCR takes a second a test.
    image[int(image.shape[0] * PRINTED_SHARE) :] = 250
    return image


def _pressed(image: Any, rubber: Rubber, dpi: int) -> Any:
    per_mm = dpi / 25.4
    width, height = (int(side * per_mm) for side in rubber.size_mm)
    margin = int(4 * per_mm)
    ink = Pictures.new("L", (width + 2 * margin, height + 2 * margin), 0)
    pen = ImageDraw.Draw(ink)
    frame = (margin, margin, margin + width, margin + height)
    thick = max(int(0.5 * per_mm), 2)
    if rubber.round:
        pen.ellipse(frame, outline=255, width=thick)
        pen.ellipse([f + (12 if i < 2 else -12) for i, f in enumerate(frame)], outline=255, width=2)
    elif rubber.framed:
        pen.rectangle(frame, outline=255, width=thick)
    font = ImageFont.truetype(f"{FONTS}Tinos-Bold.ttf", int(4.6 * per_mm))
    centre = (margin + width / 2, margin + height / 2)
    pen.multiline_text(centre, rubber.text, fill=255, font=font, anchor="mm", align="center")
    turned = np.asarray(ink.rotate(rubber.angle, expand=True, resample=Pictures.Resampling.BICUBIC))
    x, y = (int(at * per_mm) - margin for at in rubber.at_mm)
    patch = image[y : y + turned.shape[0], x : x + turned.shape[1]]
    share = (turned[: patch.shape[0], : patch.shape[1], None] / 255) * 0.85
    # Ink on ink gets darker, as on paper.
    mixed = patch * (1 - share) + np.minimum(patch, np.array(rubber.colour)) * share
    patch[:] = mixed.astype(np.uint8)
    return image


def _worn(image: Any) -> Any:
    chance = np.random.default_rng(7)
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 0.8, 1.0)
    turned = cv2.warpAffine(image, turn, (width, height), borderValue=(245, 245, 245))
    soft = cv2.GaussianBlur(turned, (3, 3), 0.8).astype(np.int16)
    noisy = soft + chance.normal(0, 9, soft.shape).astype(np.int16)
    return np.clip(noisy, 0, 255).astype(np.uint8)
