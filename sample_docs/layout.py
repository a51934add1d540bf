"""Lays a source out on A4 pages in the form of the decree (state, front) or of the Party."""

import io
from typing import Any

from faces import Face, assign, register
from head import head
from reportlab.lib.enums import TA_CENTER, TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph
from reportlab.platypus import Table as Grid
from sheet import BLACK, Sheet, style
from sources import Appendix, Book, Source

SHORT = 90  # a line this short without a full stop is a heading: it stays with the next block
SIGNATURE_GAP = 78.0  # points left free for the signature, about five blank lines


def _grid(sheet: Sheet, source: Source, name: str) -> Any:
    table = source.tables[name]
    total = sum(table.widths)
    cell = style(sheet, fontSize=12, leading=14.5, alignment=TA_LEFT)
    first = style(sheet, fontName=sheet.face.bold, fontSize=12, leading=14.5, alignment=TA_CENTER)
    middle = style(sheet, fontSize=12, leading=14.5, alignment=TA_CENTER)

    def show(text: str) -> Any:
        short = text.replace(".", "").replace(",", "").replace("%", "").strip()
        return Paragraph(text, middle if short.isdigit() or len(text) <= 4 else cell)  # noqa: PLR2004

    rows = [[Paragraph(text, first) for text in table.head]]
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
    plain = style(sheet, firstLineIndent=10 * mm)
    bold = style(sheet, fontName=face.bold, firstLineIndent=10 * mm, alignment=TA_LEFT)
    centred = style(sheet, fontName=face.caps_bold, alignment=TA_CENTER)
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
    first = style(sheet, fontName=face.bold_italic, fontSize=12, leading=14, alignment=TA_LEFT)
    item = style(sheet, fontSize=11, leading=13, alignment=TA_LEFT)
    title = "<u>Nơi nhận:</u>" if source.form == "party" else "Nơi nhận:"
    if source.form == "party":
        first = style(sheet, fontSize=14, leading=17, alignment=TA_LEFT)
    lines = [Paragraph(title, first)]
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
    look = style(sheet, fontName=face.bold, alignment=TA_CENTER)
    sheet.put(Paragraph(appendix.label, look), before=0)
    sheet.put(Paragraph(appendix.title, look), before=2)
    if appendix.note:
        look = style(sheet, fontName=face.italic, alignment=TA_CENTER)
        sheet.put(Paragraph(appendix.note, look), before=2)
    sheet.rule(sheet.left + sheet.width / 2, sheet.width * 0.2, drop=5)
    sheet.y -= 8
    _flow(sheet, source, appendix.body)


def _address(sheet: Sheet, text: str) -> None:
    """Draw box 13 at the foot of page 1, under a rule over the whole width."""
    look = style(sheet, fontSize=11, leading=13, alignment=TA_CENTER)
    block = Paragraph(text, look)
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
    head(sheet, source, book)
    legal = style(sheet, fontName=face.italic, firstLineIndent=10 * mm)
    for index, line in enumerate(source.legal):
        end = "." if index == len(source.legal) - 1 else ";"
        sheet.put(Paragraph(line + end, legal), before=4)
    _, height = _closing(sheet, source)
    _flow(sheet, source, source.body, keep=height)
    _sign(sheet, source, book)
    for appendix in source.appendices:
        _append(sheet, source, appendix)
    sheet.finish()
    canvas.save()
    return buffer.getvalue()
