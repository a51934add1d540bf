"""The manifest: for each sample what it is and what the service must make of it."""

import io
from datetime import date

import pikepdf
from sources import Book, Source

HEAD = """\
# What lies in this folder and what the service must make of it. Written by build.py from sources/.
#
# file           relative to this folder; empty for a document that exists on paper only
# symbol         the number line after the number and its separator
# number, date   only where they are printed on the page already (number = 0, date = "": blank)
# expect         archived | refused-secret | quarantined | rejected | paper-only
# reason         the stable code, where the file is not archived
# completeness   of the document at the end of the road: both | none
"""


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def page_count(pdf: bytes | None) -> int:
    """Return the number of pages, 0 for a file that cannot be opened or is not there."""
    if not pdf:
        return 0
    try:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            return len(document.pages)
    except (pikepdf.PdfError, pikepdf.PasswordError):
        return 0


Value = str | int | bool | date | tuple[str, ...]


def _value(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return _quote(value)
        case date():
            return value.isoformat()
        case tuple():
            return "[" + ", ".join(_quote(item) for item in value) + "]"


def _entry(source: Source, book: Book, pdf: bytes | None) -> str:
    officer = book.officers.get(source.signer)
    facts: dict[str, Value] = {
        "name": source.name,
        "file": source.path,
        "title": source.title,
        "unit": source.unit,
        "kind": source.kind,
        "symbol": source.symbol,
        "number": source.number or 0,
        "date": source.issued or "",
        "subject": source.subject,
        "signer": officer.full_name if officer else "",
        "signer_key": source.signer,
        "authority": officer.authority if officer else "",
        "authority_lines": source.authority,
        "urgency": source.urgency,
        "secrecy": source.secrecy,
        "pages": page_count(pdf),
        "text_layer": source.make != "scan",
        "expect": source.expect,
        "reason": source.reason,
        "completeness": "both" if source.expect == "archived" else "none",
        "about": source.about,
    }
    lines = [f"{key} = {_value(value)}" for key, value in facts.items()]
    return "\n".join(["[[document]]", *lines, ""])


def write(book: Book, files: dict[str, bytes | None]) -> bytes:
    """Return the text of the manifest for the built files, by the names of the sources."""
    entries = [_entry(source, book, files[source.name]) for source in book.sources]
    return ("\n".join([HEAD, *entries])).encode()
