"""A4 pages with a pen that goes down them, and the sample notice at the foot of each."""

from dataclasses import dataclass, field
from typing import Any

from faces import Face
from reportlab.lib.colors import Color
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm

BLACK = Color(0, 0, 0)
GREY = Color(0.42, 0.42, 0.42)
SAMPLE = "VĂN BẢN MẪU – DỮ LIỆU THỬ NGHIỆM"
LEADING = 1.27


@dataclass(slots=True, kw_only=True)
class Sheet:
    """A canvas with a pen position: the page that is being filled."""

    canvas: Any
    face: Face
    left: float
    right: float  # width of the right margin
    points: float  # size of the body
    size: tuple[float, float] = A4
    bottom: float = 20 * mm
    y: float = field(default=A4[1] - 20 * mm)
    number: int = 1

    @property
    def width(self) -> float:
        """Width of the text block in points."""
        return self.size[0] - self.left - self.right

    def begin(self) -> None:
        """Start a page: the page number stands in the top margin from page 2."""
        self.y = self.size[1] - 20 * mm
        self.bottom = 20 * mm
        if self.number > 1:
            self.canvas.setFont(self.face.regular, 13)
            top = self.size[1] - 14 * mm
            self.canvas.drawCentredString(self.size[0] / 2, top, str(self.number))

    def finish(self) -> None:
        """End a page: it says at its foot that it is a sample."""
        self.canvas.setFillColor(GREY)
        self.canvas.setFont(self.face.caps, 8)
        self.canvas.drawCentredString(self.size[0] / 2, 9 * mm, SAMPLE)
        self.canvas.setFillColor(BLACK)
        self.canvas.showPage()

    def turn(self, *, landscape: bool = False, restart: bool = False) -> None:
        """Go to the next page; an appendix restarts the numbers and may lie on its side."""
        self.finish()
        self.number = 1 if restart else self.number + 1
        if restart:
            self.size = (A4[1], A4[0]) if landscape else A4
        self.canvas.setPageSize(self.size)
        self.begin()

    def room(self) -> float:
        """Return the height that is left on the page."""
        return self.y - self.bottom

    def centred(self, x: float, text: str, font: str, size: float) -> float:
        """Draw one line centred on ``x`` at the pen's height; return its width."""
        self.canvas.setFont(font, size)
        self.canvas.drawCentredString(x, self.y, text)
        return float(self.canvas.stringWidth(text, font, size))

    def rule(self, x: float, width: float, *, drop: float = 4) -> None:
        """Draw a rule centred on ``x``, a little under the pen."""
        self.canvas.setLineWidth(0.6)
        self.canvas.line(x - width / 2, self.y - drop, x + width / 2, self.y - drop)

    def put(self, block: Any, *, before: float, keep: float = 0.0) -> None:
        """Place a paragraph or table, split over pages where needed.

        Args:
            block: something of reportlab with wrap, split and drawOn.
            before: air above it in points.
            keep: height that must still fit below it on the same page.
        """
        self.y -= before
        _, height = block.wrap(self.width, self.room())
        if height + keep <= self.room():
            block.drawOn(self.canvas, self.left, self.y - height)
            self.y -= height
            return
        parts = block.split(self.width, self.room()) if keep == 0.0 else []
        if len(parts) > 1:
            self.put(parts.pop(0), before=0)
        self.turn()
        for part in parts or [block]:
            self.put(part, before=0)


def style(sheet: Sheet, **changes: Any) -> Any:
    """Return the paragraph style of the body, with what differs here."""
    base: dict[str, Any] = {
        "fontName": sheet.face.regular,
        "fontSize": sheet.points,
        "leading": sheet.points * LEADING,
        "alignment": TA_JUSTIFY,
        "allowWidows": 0,
        "allowOrphans": 0,
    }
    return ParagraphStyle("sample", **{**base, **changes})
