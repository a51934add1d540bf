"""The report as one HTML file: no scripts, nothing fetched, fit to be printed.

The document is built as a tree and never pasted together, so that whatever a certificate or a PDF
holds is text.
"""

import base64
import hashlib
from collections.abc import Iterable
from importlib import resources
from xml.etree.ElementTree import Element, SubElement, tostring

from verification.report.sheet import LampLines, Row, Sheet, SignatureLines
from verification.report.summary import Colour
from verification.report.words import word

_STYLE = resources.files(__package__).joinpath("report.css").read_text("utf-8")
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
"""What such a file may do (Content Security Policy): be styled by its own style sheet."""

# Circle, square, octagon: the colours can be told apart without seeing them.
_SHAPES = {
    Colour.GREEN: ("M20 2a18 18 0 1 0 0 36 18 18 0 0 0 0-36z", "M11 21l6 6 12-13"),
    Colour.GREY: ("M3 3h34v34h-34z", "M15 15.5c0-7 10.5-6 10.5 0 0 4-5.5 4-5.5 8.500M20 29.500v.2"),
    Colour.RED: ("M13 2h14l11 11v14l-11 11h-14l-11-11v-14z", "M13 13l14 14M27 13l-14 14"),
}


def to_html(sheet: Sheet) -> str:
    """Return the report as a whole HTML document."""
    root = Element("html", {"lang": sheet.lang})
    title = word("title.report", sheet.lang)
    head = SubElement(root, "head")
    SubElement(head, "meta", {"charset": "utf-8"})
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": POLICY})
    SubElement(head, "meta", {"name": "viewport", "content": "width=device-width"})
    _add(head, "title", title)
    _add(head, "style", _STYLE)
    main = SubElement(SubElement(root, "body"), "main")
    _add(main, "h1", title)
    _add(main, "p", sheet.facts[0].value, "file")
    if sheet.banner:
        _add(main, "p", sheet.banner, "loud")
    _lay_part(main, sheet)
    _signatures(main, sheet)
    _expert(main, sheet)
    notes = SubElement(main, "footer", {"class": "notes"})
    for note in sheet.notes:
        _add(notes, "p", note)
    return "<!doctype html>\n" + str(tostring(root, encoding="unicode", method="html")) + "\n"


def _lay_part(main: Element, sheet: Sheet) -> None:
    """Draw what everybody reads: the sentence, the lamps, the reasons, what to do."""
    verdict = SubElement(main, "div", {"class": f"verdict {sheet.colour}"})
    _shape(verdict, sheet.colour, "56")
    said = SubElement(verdict, "p")
    _add(said, "small", sheet.verdict)
    _add(said, "span", sheet.sentence)
    _add(main, "h2", word("title.actions", sheet.lang))
    actions = SubElement(main, "ul", {"class": "actions"})
    for each in sheet.actions:
        _add(actions, "li", each)
    _add(main, "h2", word("title.lamps", sheet.lang))
    lamps = SubElement(main, "ul", {"class": "lamps"})
    for lamp in sheet.lamps:
        _lamp(lamps, lamp)
    if sheet.reasons:
        _add(main, "h2", word("title.reasons", sheet.lang))
        reasons = SubElement(main, "ol", {"class": "reasons"})
        for reason in sheet.reasons:
            item = SubElement(reasons, "li")
            _add(item, "strong", reason.sentence)
            _add(item, "p", reason.reason)


def _lamp(lamps: Element, lamp: LampLines) -> None:
    item = SubElement(lamps, "li", {"class": lamp.colour})
    _shape(item, lamp.colour, "40")
    body = SubElement(item, "div")
    _add(body, "h3", lamp.title)
    answer = SubElement(body, "p")
    _add(answer, "span", f"{lamp.word}: ", "word")
    _add(answer, "span", lamp.answer)
    if lamp.details:
        details = SubElement(body, "ul")
        for each in lamp.details:
            _add(details, "li", each)


def _signatures(main: Element, sheet: Sheet) -> None:
    for key, parts in (("signatures", sheet.signatures), ("stamps", sheet.stamps)):
        if parts:
            _add(main, "h2", word(f"title.{key}", sheet.lang))
        for part in parts:
            _add(main, "h3", f"{part.title}: {part.verdict}")
            _table(main, part.fields)
            if part.later:
                _add(main, "p", part.later)


def _expert(main: Element, sheet: Sheet) -> None:
    expert = SubElement(main, "section", {"class": "expert"})
    _add(expert, "h2", word("title.expert", sheet.lang))
    _add(expert, "h3", word("title.file", sheet.lang))
    _table(expert, sheet.facts)
    for part in (*sheet.signatures, *sheet.stamps):
        _part(expert, part, sheet)


def _part(expert: Element, part: SignatureLines, sheet: Sheet) -> None:
    _add(expert, "h3", part.title)
    _table(expert, part.facts)
    for key, rows in (("check", part.checks), ("finding", part.findings)):
        if rows:
            _add(expert, "h4", word(f"title.{key}", sheet.lang))
            _table(expert, rows)


def _table(parent: Element, rows: Iterable[Row]) -> None:
    body = SubElement(SubElement(parent, "table"), "tbody")
    for row in rows:
        line = SubElement(body, "tr")
        SubElement(line, "th", {"scope": "row"}).text = row.label
        _add(line, "td", row.value, row.colour or "")


def _shape(parent: Element, colour: Colour, size: str) -> None:
    box = {"viewBox": "0 0 40 40", "width": size, "height": size, "aria-hidden": "true"}
    drawn = SubElement(parent, "svg", box)
    plate, sign = _SHAPES[colour]
    SubElement(drawn, "path", {"class": "plate", "d": plate})
    SubElement(drawn, "path", {"d": sign})


def _add(parent: Element, tag: str, text: str, kind: str = "") -> None:
    SubElement(parent, tag, {"class": kind} if kind else {}).text = text
