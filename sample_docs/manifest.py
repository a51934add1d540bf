"""The manifest: for each sample what it is and what the service must make of it."""

import io
from collections.abc import Mapping

import pikepdf
from sources import Book, Source

HEAD = """\
# What lies in this folder and what the service must make of it. Written by build.py from sources/.
#
# file             relative to this folder; empty for a document that exists on paper only
# kind             abbreviation of the decree or of the Party; CV for công văn
# symbol           the number line after the number and its separator ("/" state, "-" Party)
# number, date     only where they are printed on the page; 0 and "" where the service fills them
# signer_key       key of the officer in docsvc/demo/data/organisations.toml; empty: not among them
# authority        the last prefix above the signature: TM. KT. TL. T/M …; empty for a title alone
# urgency, secrecy codes of the catalogue, or none
# form, make       form of the page: state, party, front; how the file was made: plain, scan …
# text_layer       false for a scan
# expect           archived | refused-secret | quarantined | rejected | paper-only
# reason           the stable code, where the file is not archived
# completeness     of the document at the end of the road: both | none
"""

URGENCY = {
    "none": "none",
    "KHẨN": "urgent",
    "THƯỢNG KHẨN": "very-urgent",
    "HỎA TỐC": "express",
}
SECRECY = {
    "none": "none",
    "MẬT": "confidential",
    "TỐI MẬT": "secret",
    "TUYỆT MẬT": "top-secret",
}
PREFIXES = ("TM.", "KT.", "TL.", "TUQ.", "Q.", "T/M", "K/T", "T/L")


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


Value = str | int | bool | tuple[str, ...]


def authority(lines: tuple[str, ...]) -> str:
    """Return the last prefix of the authority lines: who signs "TM. … KT. …" signs for another."""
    found = [line.partition(" ")[0] for line in lines if line.startswith(PREFIXES)]
    return found[-1] if found else ""


def _value(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return _quote(value)
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
        "date": source.issued.isoformat() if source.issued else "",
        "subject": source.subject,
        "signer": officer.full_name if officer else source.signer_name,
        "signer_key": source.signer,
        "authority": authority(source.authority),
        "authority_lines": source.authority,
        "urgency": URGENCY[source.urgency],
        "secrecy": SECRECY[source.secrecy],
        "form": source.form,
        "make": source.make if source.path else "",
        "pages": page_count(pdf),
        "text_layer": source.make != "scan",
        "expect": source.expect,
        "reason": source.reason,
        "completeness": "both" if source.expect == "archived" else "none",
        "about": source.about,
    }
    lines = [f"{key} = {_value(value)}" for key, value in facts.items()]
    return "\n".join(["[[document]]", *lines, ""])


def write(book: Book, files: Mapping[str, bytes]) -> bytes:
    """Return the text of the manifest for the built files, by their paths."""
    entries = [_entry(source, book, files.get(source.path)) for source in book.sources]
    return ("\n".join([HEAD, *entries])).encode()
