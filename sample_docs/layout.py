"""Lays a source out on A4 pages in the form of the decree (state, front) or of the Party."""

import io
from dataclasses import dataclass, field
from typing import Any

from faces import Face, assign, register
from reportlab.lib.colors import Color
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph
from reportlab.platypus import Table as Grid
from sources import KIND_NAMES, Appendix, Book, Source

RED = Color(0.86, 0.07, 0.09)
BLACK = Color(0, 0, 0)
GREY = Color(0.42, 0.42, 0.42)
SAMPLE = "VĂN BẢN MẪU – DỮ LIỆU THỬ NGHIỆM"
LEADING = 1.27
SHORT = 90  # a line this short without a full stop is a heading: it stays with the next block
SIGNATURE_GAP = 78.0  # points left free for the signature, about five blank lines
NUMBER_BLANK = " " * 12  # 39 pt at 13 pt: four digits and a little air
DAY_BLANK = " " * 8  # 26 pt at 13 pt italic: two digits and a little air
STAMPS = {"HỎA TỐC": 30, "THƯỢNG KHẨN": 40, "KHẨN": 20, "MẬT": 20, "TỐI MẬT": 30, "TUYỆT MẬT": 40}


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
    pages: int = 1

    @property
    def width(self) -> float:
        """Width of the text block in points."""
        return self.size[0] - self.left - self.right

    def begin(self) -> None:
        """Draw what every page carries: the sample footer, and the page number from page 2."""
        self.y = self.size[1] - 20 * mm
        self.bottom = 20 * mm
        self.canvas.setFillColor(GREY)
        self.canvas.setFont(self.face.caps, 8)
        self.canvas.drawCentredString(self.size[0] / 2, 9 * mm, SAMPLE)
        self.canvas.setFillColor(BLACK)
        if self.number > 1:
            self.canvas.setFont(self.face.regular, 13)
            self.canvas.drawCentredString(
                self.size[0] / 2, self.size[1] - 14 * mm, f"{self.number}"
            )

    def turn(self, *, landscape: bool = False, restart: bool = False) -> None:
        """Go to the next page; an appendix restarts the numbers and may lie on its side."""
        self.canvas.showPage()
        self.pages += 1
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


def _style(sheet: Sheet, **changes: Any) -> Any:
    base: dict[str, Any] = {
        "fontName": sheet.face.regular,
        "fontSize": sheet.points,
        "leading": sheet.points * LEADING,
        "alignment": TA_JUSTIFY,
        "allowWidows": 0,
        "allowOrphans": 0,
    }
    return ParagraphStyle("sample", **{**base, **changes})


def blank_or(value: str | None, blank: str) -> str:
    """Return the value, or the blank that the service fills later."""
    return blank if value is None else value


def number_text(source: Source) -> str:
    """Return the number line as it is printed."""
    before, after = source.number_line
    number = None if source.number is None else f"{source.number:02d}"
    return before.strip() + blank_or(number and " " + number, NUMBER_BLANK) + after


def date_text(source: Source, place: str) -> str:
    """Return the date line as it is printed; months below 3 have two digits, by the decree."""
    if source.issued is None:
        return f"{place}, ngày{DAY_BLANK}tháng{DAY_BLANK}năm {source.year}"
    day, month = source.issued.day, source.issued.month
    shown = f"{month:02d}" if month < 3 else f"{month}"  # noqa: PLR2004 - the decree's own limit
    return f"{place}, ngày {day:02d} tháng {shown} năm {source.issued.year}"


def _stamp(sheet: Sheet, x: float, text: str, *, colour: Color = RED) -> None:
    """Draw a framed stamp centred on ``x``, at its real size, below the pen."""
    width, height = STAMPS.get(text, 20) * mm, 8 * mm
    if text not in STAMPS:
        width = sheet.canvas.stringWidth(text, sheet.face.caps_bold, 13) + 16
    sheet.y -= height
    sheet.canvas.setStrokeColor(colour)
    sheet.canvas.setFillColor(colour)
    sheet.canvas.setLineWidth(1.4)
    sheet.canvas.rect(x - width / 2, sheet.y, width, height)
    sheet.canvas.setFont(sheet.face.caps_bold, 13.5)
    sheet.canvas.drawCentredString(x, sheet.y + height / 2 - 4.8, text)
    sheet.canvas.setFillColor(BLACK)
    sheet.canvas.setStrokeColor(BLACK)


def _left_head(sheet: Sheet, source: Source, book: Book, x: float) -> float:
    """Draw boxes 2, 3, 5b, 10a and 10b; return the height of the number line."""
    head = book.letterheads[source.unit]
    for line in head.superior:
        sheet.centred(x, line, sheet.face.caps, 12)
        sheet.y -= 15
    width = 0.0
    for line in head.body:
        width = sheet.centred(x, line, sheet.face.caps_bold, 12)
        sheet.y -= 15
    if source.form == "party":
        sheet.centred(x, "*", sheet.face.regular, 13)
        sheet.y -= 15
    else:
        sheet.rule(x, width * 0.42, drop=-10)
        sheet.y -= 9
    level = sheet.y
    sheet.centred(x, number_text(source), sheet.face.regular, 13)
    if source.kind == "CV":
        column = 2 * (x - sheet.left)
        style = _style(sheet, fontSize=12, leading=14, alignment=TA_CENTER)
        text = Paragraph("V/v " + source.subject, style)
        if source.form == "party":
            text = Paragraph(f"<i>{source.subject}</i>", style)
        _, height = text.wrap(column, 200)
        text.drawOn(sheet.canvas, sheet.left, sheet.y - 8 - height)
        sheet.y -= 8 + height
    _marks(sheet, source, x)
    return level


def _marks(sheet: Sheet, source: Source, x: float) -> None:
    """Draw the secrecy mark (box 10a) and the urgency stamp (box 10b)."""
    level = source.secrecy
    match source.mark:
        case "text":
            sheet.y -= 22
            sheet.centred(x, level, sheet.face.caps_bold, 14)
        case "spaced":
            sheet.y -= 22
            spaced = "   ".join(" ".join(word) for word in level.split())
            sheet.centred(x, spaced, sheet.face.caps_bold, 14)
        case "stamp":
            sheet.y -= 8
            _stamp(sheet, x, level)
        case _:
            pass
    if source.urgency != "none":
        sheet.y -= 8
        _stamp(sheet, x, source.urgency)


def _right_head(sheet: Sheet, source: Source, book: Book, level: float, x: float) -> None:
    """Draw boxes 1, 4 and 11."""
    face = sheet.face
    if source.form == "party":
        width = sheet.centred(x, "ĐẢNG CỘNG SẢN VIỆT NAM", face.caps_bold, 15)
        sheet.rule(x, width, drop=3)
    else:
        sheet.centred(x, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", face.caps_bold, 12)
        sheet.y -= 16
        width = sheet.centred(x, "Độc lập - Tự do - Hạnh phúc", face.bold, 13)
        sheet.rule(x, width)
    sheet.y = min(level, sheet.y - 18)
    sheet.centred(x, date_text(source, book.letterheads[source.unit].place), face.italic, 13)
    if source.note:
        sheet.y -= 10
        _stamp(sheet, x, source.note, colour=BLACK)


def _head(sheet: Sheet, source: Source, book: Book) -> None:
    """Draw the top of page 1 and the title block."""
    top = sheet.y - 10
    share = 0.40 if source.form == "state" else 0.43
    sheet.y = top
    level = _left_head(sheet, source, book, sheet.left + sheet.width * share / 2)
    left_end, sheet.y = sheet.y, top
    _right_head(sheet, source, book, level, sheet.left + sheet.width * (1 + share) / 2)
    sheet.y = min(left_end, sheet.y) - 12
    if source.kind != "CV":
        _title(sheet, source)
    if source.addressed:
        _addressed(sheet, source)
    sheet.y -= 6


def _title(sheet: Sheet, source: Source) -> None:
    middle = sheet.left + sheet.width / 2
    sheet.y -= 20
    sheet.centred(middle, KIND_NAMES[source.kind].upper(), sheet.face.caps_bold, 14)
    style = _style(sheet, fontName=sheet.face.bold, alignment=TA_CENTER, leading=17)
    text = Paragraph(source.subject, style)
    narrow = sheet.width * 0.86
    _, height = text.wrap(narrow, 200)
    while text.wrap(narrow - 8, 200)[1] == height and narrow > sheet.width / 2:
        narrow -= 8  # balances the lines: no line with a word alone
    text.wrap(narrow, 200)
    text.drawOn(sheet.canvas, middle - narrow / 2, sheet.y - 4 - height)
    sheet.y -= 4 + height
    if source.form == "party":
        sheet.y -= 10
        sheet.centred(middle, "-----", sheet.face.regular, 13)
        sheet.y -= 6
    else:
        sheet.rule(middle, sheet.width * 0.2, drop=3)
        sheet.y -= 10
    if source.competence:
        style = _style(sheet, fontName=sheet.face.caps_bold, alignment=TA_CENTER)
        sheet.put(Paragraph(source.competence, style), before=8)


def _addressed(sheet: Sheet, source: Source) -> None:
    word = "Kính trình:" if source.form == "party" and source.kind == "TTr" else "Kính gửi:"
    if len(source.addressed) == 1:
        style = _style(sheet, alignment=TA_CENTER)
        sheet.put(Paragraph(f"{word} {source.addressed[0]}", style), before=10)
        return
    first = _style(sheet, leftIndent=sheet.width * 0.2, alignment=TA_LEFT)
    sheet.put(Paragraph(word, first), before=10)
    rest = _style(sheet, leftIndent=sheet.width * 0.34, alignment=TA_LEFT)
    for index, line in enumerate(source.addressed):
        end = "." if index == len(source.addressed) - 1 else ";"
        sheet.put(Paragraph(f"- {line}{end}", rest), before=2)


def _grid(sheet: Sheet, source: Source, name: str) -> Any:
    table = source.tables[name]
    total = sum(table.widths)
    cell = _style(sheet, fontSize=12, leading=14.5, alignment=TA_LEFT)
    head = _style(sheet, fontName=sheet.face.bold, fontSize=12, leading=14.5, alignment=TA_CENTER)
    middle = _style(sheet, fontSize=12, leading=14.5, alignment=TA_CENTER)

    def show(text: str) -> Any:
        short = text.replace(".", "").replace(",", "").replace("%", "").strip()
        return Paragraph(text, middle if short.isdigit() or len(text) <= 4 else cell)  # noqa: PLR2004

    rows = [[Paragraph(text, head) for text in table.head]]
    rows += [[show(text) for text in row] for row in table.rows]
    grid = Grid(rows, colWidths=[sheet.width * w / total for w in table.widths], repeatRows=1)
    grid.setStyle(
        [
            ("FONT", (0, 0), (-1, -1), sheet.face.regular, 12),
            ("GRID", (0, 0), (-1, -1), 0.5, BLACK),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LEFTPADDING", (0, 0), (-1, -1), 4),
            ("RIGHTPADDING", (0, 0), (-1, -1), 4),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ]
    )
    return grid


def _flow(sheet: Sheet, source: Source, blocks: tuple[str, ...], *, keep: float = 0.0) -> None:
    """Place the blocks of a text; the last keeps company with what follows it.

    A line of the source is a block: ``# `` a bold heading, ``= `` centred and bold, ``| `` a table
    by its name, anything else a justified paragraph with reportlab's inline markup.
    """
    face = sheet.face
    plain = _style(sheet, firstLineIndent=10 * mm)
    bold = _style(sheet, fontName=face.bold, firstLineIndent=10 * mm, alignment=TA_LEFT)
    centred = _style(sheet, fontName=face.caps_bold, alignment=TA_CENTER)
    for index, block in enumerate(blocks):
        last = index == len(blocks) - 1
        match block[:2]:
            case "# ":
                sheet.put(Paragraph(block[2:], bold), before=7, keep=40)
            case "= ":
                sheet.put(Paragraph(block[2:], centred), before=9, keep=40)
            case "| ":
                sheet.put(_grid(sheet, source, block[2:]), before=8)
            case _:
                lead = 40.0 if len(block) < SHORT and block[-1] not in ".;,:" else 0.0
                sheet.put(Paragraph(block, plain), before=6, keep=keep if last else lead)


def _recipients(sheet: Sheet, source: Source) -> list[Any]:
    """Return the lines of box 9b as paragraphs with their heights wrapped."""
    face = sheet.face
    head = _style(sheet, fontName=face.bold_italic, fontSize=12, leading=14, alignment=TA_LEFT)
    item = _style(sheet, fontSize=11, leading=13, alignment=TA_LEFT)
    title = "<u>Nơi nhận:</u>" if source.form == "party" else "Nơi nhận:"
    if source.form == "party":
        head = _style(sheet, fontSize=14, leading=17, alignment=TA_LEFT)
    lines = [Paragraph(title, head)]
    for index, line in enumerate(source.recipients):
        end = "." if index == len(source.recipients) - 1 else ";"
        lines.append(Paragraph(f"- {line}{end}", item))
    return lines


def _closing(sheet: Sheet, source: Source) -> tuple[list[tuple[Any, float]], float]:
    """Measure the block of recipients and signature: its left lines and its whole height."""
    column = sheet.width * 0.46
    left = [(line, line.wrap(column, 600)[1]) for line in _recipients(sheet, source)]
    right = 17 * len(source.authority) + SIGNATURE_GAP + 20
    return left, max(sum(height for _, height in left), right) + 14


def _sign(sheet: Sheet, source: Source, book: Book) -> None:
    left, height = _closing(sheet, source)
    if sheet.room() < height:
        sheet.turn()
    sheet.y -= 14
    top = sheet.y
    for line, line_height in left:
        line.drawOn(sheet.canvas, sheet.left, sheet.y - line_height)
        sheet.y -= line_height
    low, sheet.y = sheet.y, top - 12
    x = sheet.left + sheet.width * 0.74
    for index, text in enumerate(source.authority):
        party_own = source.form == "party" and index == len(source.authority) - 1
        font = sheet.face.caps if party_own else sheet.face.caps_bold
        sheet.centred(x, text, font, 14)
        sheet.y -= 17
    sheet.y -= SIGNATURE_GAP - 17 + 14
    sheet.centred(x, book.officers[source.signer].full_name, sheet.face.bold, 14)
    sheet.y = min(low, sheet.y)


def _append(sheet: Sheet, source: Source, appendix: Appendix) -> None:
    sheet.turn(landscape=appendix.landscape, restart=True)
    face = sheet.face
    style = _style(sheet, fontName=face.bold, alignment=TA_CENTER)
    sheet.put(Paragraph(appendix.label, style), before=0)
    sheet.put(Paragraph(appendix.title, style), before=2)
    if appendix.note:
        style = _style(sheet, fontName=face.italic, alignment=TA_CENTER)
        sheet.put(Paragraph(appendix.note, style), before=2)
    sheet.rule(sheet.left + sheet.width / 2, sheet.width * 0.2, drop=5)
    sheet.y -= 8
    _flow(sheet, source, appendix.body)


def _address(sheet: Sheet, text: str) -> None:
    """Draw box 13 at the foot of page 1, under a rule over the whole width."""
    style = _style(sheet, fontSize=11, leading=13, alignment=TA_CENTER)
    block = Paragraph(text, style)
    _, height = block.wrap(sheet.width, 60)
    sheet.canvas.setLineWidth(0.5)
    sheet.canvas.line(sheet.left, 15 * mm + height, sheet.left + sheet.width, 15 * mm + height)
    block.drawOn(sheet.canvas, sheet.left, 14 * mm)


def render(source: Source, book: Book, face: Face) -> bytes:
    """Return the PDF of a source, the same bytes each time."""
    register(face)
    buffer = io.BytesIO()
    canvas: Any = Canvas(buffer, pagesize=A4, invariant=1, initialFontName=face.regular)
    assign(face, canvas._doc)  # noqa: SLF001  # the fonts keep their codes by document
    canvas.setTitle(f"{source.subject}")
    canvas.setAuthor(" ".join(book.letterheads[source.unit].body))
    canvas.setCreator("docsvc sample documents")
    party = source.form == "party"
    right = 15 * mm if party else 18 * mm
    sheet = Sheet(canvas=canvas, face=face, left=30 * mm, right=right, points=source.points)
    sheet.begin()
    if source.footer:
        _address(sheet, book.letterheads[source.unit].address)
        sheet.bottom += 10 * mm
    _head(sheet, source, book)
    legal = _style(sheet, fontName=face.italic, firstLineIndent=10 * mm)
    for index, line in enumerate(source.legal):
        end = "." if index == len(source.legal) - 1 else ";"
        sheet.put(Paragraph(line + end, legal), before=4)
    _, height = _closing(sheet, source)
    _flow(sheet, source, source.body, keep=height)
    _sign(sheet, source, book)
    for appendix in source.appendices:
        _append(sheet, source, appendix)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()
