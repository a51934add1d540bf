"""Do programs of all kinds see the same pages (V-18)?

Our reader is strict about what it reads, but a file may be built so that others read something
else. A file whose structure is plain leaves no choice, and costs no more than a look at it. Where
it is odd (hybrid, or with bytes in front), qpdf reads it as well, and each object that a page or
the form shows has to be the same. Updates are held to one reading by ``changes`` already.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from io import BytesIO

import numpy as np
import pikepdf

from verification import changes
from verification._pdf import objects
from verification._pdf.document import Document
from verification._pdf.objects import Buffer, PdfObject, PdfSyntaxError, Ref, Stream
from verification._pdf.xref import FREE
from verification.context import remark, unsure
from verification.model import Finding, SubIndication
from verification.steps import Forms, same

# What of the catalog is no part of a page or of the form.
_NOT_SHOWN = frozenset(
    {"StructTreeRoot", "Metadata", "PieceInfo", "Names", "Dests", "Outlines", "OutputIntents"}
    | {"DSS", "Extensions", "Threads"}
)
_HEADER = re.compile(rb"(?<![0-9])(\d{1,10})[" + objects.WHITE + rb"]+\d{1,5} obj")
_BLANKS = 64
# So much is counted at once: it stays in the cache of the processor.
_CHUNK = 1 << 20
# Comparing takes 0.2 ms an object; an odd file that shows more of them is a trap.
_MAX_OBJECTS = 20_000


def compare(document: Document) -> list[Finding]:
    """Judge whether others see what we see.

    Returns:
        Findings about the file; a file of plain structure has none.
    """
    findings: list[Finding] = []
    # Some programs count from the head of the file, others from the first byte.
    odd = document.data[:5] != b"%PDF-"
    unnamed = _unnamed(document)
    if unnamed:
        findings.append(remark("V-18", "verification.objects-unnamed", count=str(unnamed)))
    is_hybrid = any(section.hybrid_offset is not None for section in document.history)
    if not (odd or is_hybrid):
        return findings
    signed = _is_signed(document)
    if is_hybrid:
        findings += _about_hidden(document, signed=signed)
    if not signed:
        return findings
    try:
        difference = _difference(document)
    except Exception as e:  # noqa: BLE001 -- qpdf and its binding raise a dozen types
        difference = type(e).__name__
    if difference:
        findings.append(
            unsure("V-18", "verification.views-differ", SubIndication.GENERIC, cause=difference)
        )
    return findings


def _is_signed(document: Document) -> bool:
    """Tell whether a signature may be in the file; a mapped one has ``find`` alone."""
    return any(text.find(b"/ByteRange") >= 0 for text in (document.data, *document.packed()))


def _unnamed(document: Document) -> int:
    """Count objects that stand in the bytes although no section ever named their place."""
    known = {
        entry.offset
        for section in document.history
        for entry in section.entries.values()
        if entry.container is None
    }
    known.discard(FREE.offset)
    for section in document.history:
        known |= {section.hybrid_offset or -1} - {-1}
        known |= {section.offset} if section.stream_numbers else set()
    if _count(document.data, b" obj") <= len(known):
        return 0
    starts = {found.start() for found in _HEADER.finditer(document.data)}
    return len(starts - {_header_at(document.data, one) for one in known})


def _header_at(data: Buffer, offset: int) -> int:
    """Return where an object begins that an entry points at, a little white space before it."""
    return offset + objects.skip(data[offset : offset + _BLANKS], 0)


def _count(data: Buffer, word: bytes) -> int:
    """Count a word; by its last two letters at once, which are rarer than a blank."""
    found, last = 0, np.frombuffer(word[-2:], np.uint16)
    for start in range(0, len(data), _CHUNK):
        first = max(start - len(word) + 1, 0)
        part = np.frombuffer(data, np.uint8, min(start + _CHUNK, len(data)) - first, first)
        for odd in (0, 1):
            pairs = part[odd : len(part) - (len(part) - odd) % 2].view(np.uint16)
            ends = np.flatnonzero(pairs == last) * 2 + odd + 1
            ends = ends[ends >= len(word) - 1]
            for back, letter in enumerate(reversed(word[:-2]), start=2):
                ends = ends[part[ends - back] == letter]
            found += len(ends)
    return found


def _about_hidden(document: Document, *, signed: bool) -> list[Finding]:
    """Judge what only readers of cross-reference streams see (ISO 32000-2 §7.5.8.4).

    Where nobody signed, there is no verdict that it could leave open.
    """
    hidden = {
        number: index
        for index, section in enumerate(document.history)
        for number in section.hidden
        if not any(
            older.entries.get(number) == section.entries[number] and number not in older.hidden
            for older in document.history[:index]
        )
    }
    if not hidden:
        return []
    try:
        shown = hidden.keys() & _shown(document)
    except PdfSyntaxError:
        shown = set(hidden)
    shown -= _harmless(document, hidden, {hidden[number] for number in shown})
    if shown and signed:
        code = "verification.hidden-objects-shown"
        return [unsure("V-18", code, SubIndication.GENERIC, count=str(len(shown)))]
    return [remark("V-18", "verification.hybrid-reference", count=str(len(hidden)))]


def _harmless(document: Document, hidden: dict[int, int], revisions: set[int]) -> set[int]:
    """Return what was hidden by revisions that did no more than sign.

    A tool that signs a hybrid file writes its update as one, too. Programs that know tables alone
    miss the signature then, and its mark; what they show of the page is the same.
    """
    forms = Forms(document, 0)
    steps = {one: changes.analyse(document, one, forms) for one in revisions - {0}}
    signing = {one for one, step in steps.items() if not step.reasons and not step.filled}
    return {number for number, revision in hidden.items() if revision in signing}


def _shown(document: Document) -> set[int]:
    """Return the numbers of all objects that pages and form show."""
    root = document.root(document.newest)
    catalog = document.dictionary(root, document.newest)
    seen = {root.number}
    waiting = [value for key, value in catalog.items() if key not in _NOT_SHOWN]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Ref):
            if item.number in seen:
                continue
            seen.add(item.number)
            item = document.get(item.number, document.newest)
        waiting.extend(_inside(item))
        if len(seen) > _MAX_OBJECTS:
            msg = "objects"
            raise PdfSyntaxError(msg)
    return seen


def _inside(item: PdfObject) -> Iterable[PdfObject]:
    if isinstance(item, Stream):
        # A stream's metadata speak of it; a picture of that name stands in another dictionary.
        return [value for key, value in item.dictionary.items() if key != "Metadata"]
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()


def _difference(document: Document) -> str:
    """Return what differs between our reading and that of qpdf, nothing if they agree."""
    with pikepdf.open(BytesIO(document.data)) as other:
        if other.Root.objgen[0] != document.root(document.newest).number:
            return "catalog"
        for number in sorted(_shown(document)):
            entry = document.locate(number, document.newest)
            ours = _seen(document, document.get(number, document.newest))
            theirs = other.get_object(number, 0 if entry is None else entry.generation)
            if not _agrees(document, ours, theirs):
                return f"object {number}"
    return ""


def _seen(document: Document, item: PdfObject) -> PdfObject:
    """Return an object as qpdf gives it: what leads to nowhere is null (§7.3.10)."""
    if isinstance(item, Ref):
        return None if document.locate(item.number, document.newest) is None else item
    if isinstance(item, list):
        return [_seen(document, one) for one in item]
    if isinstance(item, Stream):
        return Stream(_entries_seen(document, item.dictionary), item.start)
    return _entries_seen(document, item) if isinstance(item, dict) else item


def _entries_seen(document: Document, entries: dict[str, PdfObject]) -> dict[str, PdfObject]:
    kept = {key: _seen(document, value) for key, value in entries.items()}
    return {key: value for key, value in kept.items() if value is not None}


def _agrees(document: Document, ours: PdfObject, theirs: pikepdf.Object) -> bool:
    if isinstance(theirs, pikepdf.Stream) != isinstance(ours, Stream):
        return False
    if isinstance(theirs, pikepdf.Stream) and isinstance(ours, Stream):
        head = pikepdf.Dictionary(dict(theirs.stream_dict.items()))
        raw = document.raw(ours, document.newest)
        # qpdf puts a number where /Length was a reference; the bytes tell whether it is right.
        heads = (_without_length(_read(head)), _without_length(ours.dictionary))
        return same(*heads) and theirs.read_raw_bytes() == raw
    return same(_read(theirs), ours)


def _read(theirs: object) -> PdfObject:
    """Return what qpdf read; its binding turns numbers into those of Python."""
    if isinstance(theirs, Decimal):
        return float(theirs)
    if not isinstance(theirs, pikepdf.Object):
        return theirs if isinstance(theirs, int) else None
    return objects.read_value(theirs.unparse(resolved=True), 0)[0]


def _without_length(head: PdfObject) -> PdfObject:
    entries = head if isinstance(head, dict) else {}
    return {key: value for key, value in entries.items() if key != "Length"}
