"""Draws the head of page 1: issuing body, number, date, marks, title and addressees."""

from reportlab.lib.colors import Color
from reportlab.lib.enums import TA_CENTER, TA_LEFT
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph
from sheet import BLACK, Sheet, style
from sources import KIND_NAMES, Book, Source

RED = Color(0.86, 0.07, 0.09)
NUMBER_BLANK = " " * 12  # 39 pt at 13 pt: four digits and a little air
DAY_BLANK = " " * 8  # 26 pt at 13 pt italic: two digits and a little air
STAMPS = {"HỎA TỐC": 30, "THƯỢNG KHẨN": 40, "KHẨN": 20, "MẬT": 20, "TỐI MẬT": 30, "TUYỆT MẬT": 40}


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
    letterhead = book.letterheads[source.unit]
    for line in letterhead.superior:
        sheet.centred(x, line, sheet.face.caps, 12)
        sheet.y -= 15
    width = 0.0
    for line in letterhead.body:
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
        look = style(sheet, fontSize=12, leading=14, alignment=TA_CENTER)
        text = Paragraph("V/v " + source.subject, look)
        if source.form == "party":
            text = Paragraph(f"<i>V/v {source.subject}</i>", look)
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


def head(sheet: Sheet, source: Source, book: Book) -> None:
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
    look = style(sheet, fontName=sheet.face.bold, alignment=TA_CENTER, leading=17)
    text = Paragraph(source.subject, look)
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
        look = style(sheet, fontName=sheet.face.caps_bold, alignment=TA_CENTER)
        sheet.put(Paragraph(source.competence, look), before=8)


def _addressed(sheet: Sheet, source: Source) -> None:
    word = "Kính trình:" if source.form == "party" and source.kind == "TTr" else "Kính gửi:"
    if len(source.addressed) == 1:
        look = style(sheet, alignment=TA_CENTER)
        sheet.put(Paragraph(f"{word} {source.addressed[0]}", look), before=10)
        return
    first = style(sheet, leftIndent=sheet.width * 0.2, alignment=TA_LEFT)
    sheet.put(Paragraph(word, first), before=10)
    rest = style(sheet, leftIndent=sheet.width * 0.34, alignment=TA_LEFT)
    for index, line in enumerate(source.addressed):
        end = "." if index == len(source.addressed) - 1 else ";"
        sheet.put(Paragraph(f"- {line}{end}", rest), before=2)
