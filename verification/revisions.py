"""Signature fields, their byte ranges, and what part of the file each signature covers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from verification._pades import raw
from verification._pdf import xref
from verification._pdf.document import Document
from verification._pdf.objects import BLANKS, WHITE, Parsed, PdfObject, PdfSyntaxError, Ref
from verification._pdf.xref import Section
from verification.model import Coverage, Finding, Indication, SubIndication

# Fields beyond this many are a trap, not a form.
_MAX_FIELDS = 20_000
# All that fields list as their kids, one named by many counted each time.
_MAX_KIDS = 200_000
_LEFT_OVER = re.compile(rb"/ByteRange(?=[" + WHITE + rb"\[])")
_HEX_STRING = re.compile(rb"<[0-9A-Fa-f" + WHITE + rb"]*>")


@dataclass(slots=True)
class SignedField:
    """A signature field with its value, and what was found about its structure.

    ``end`` is where the signed bytes end; ``revision`` the section they end with; ``hole`` the
    half-open span of the hex string of /Contents with its angle brackets.
    """

    name: str
    number: int | None = None
    dictionary: dict[str, PdfObject] = field(default_factory=dict)
    lock: dict[str, PdfObject] = field(default_factory=dict)
    sub_filter: str = ""
    contents: bytes = b""
    hole: tuple[int, int] = (0, 0)
    end: int = 0
    revision: int = -1
    coverage: Coverage = Coverage.NONE
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_timestamp(self) -> bool:
        """Tell whether it is a document timestamp (EN 319 142-1 §5.5)."""
        return self.sub_filter == "ETSI.RFC3161"

    def fail(self, check: str, code: str, **facts: str) -> None:
        """Note that the structure is not that of a signature."""
        self.findings.append(
            Finding(
                check=check,
                code=code,
                indication=Indication.TOTAL_FAILED,
                sub_indication=SubIndication.FORMAT_FAILURE,
                facts=facts,
            )
        )


def form_fields(
    document: Document, revision: int
) -> Iterator[tuple[str, Ref | None, dict[str, PdfObject]]]:
    """Yield full name, reference and dictionary (with inherited /FT and /V) of each field.

    Raises:
        PdfSyntaxError: the form is broken, endless, or a field comes twice.
    """
    catalog = document.dictionary(document.root(revision), revision)
    form = document.dictionary(catalog.get("AcroForm"), revision)
    waiting: list[tuple[PdfObject, str, dict[str, PdfObject]]] = [
        (item, "", {}) for item in document.array(form.get("Fields"), revision)
    ]
    seen: set[int] = set()
    listed = 0
    while waiting:
        item, prefix, inherited = waiting.pop(0)
        if isinstance(item, Ref):
            if item.number in seen:
                continue
            seen.add(item.number)
        one = {**inherited, **document.dictionary(item, revision)}
        own = one.pop("T", None)
        title = document.resolve(own, revision)
        name = ".".join(part for part in (prefix, text_of(title)) if part)
        kids = document.array(one.get("Kids"), revision)
        listed += len(kids)
        if len(seen) > _MAX_FIELDS or listed > _MAX_KIDS:
            msg = "fields"
            raise PdfSyntaxError(msg)
        named = [kid for kid in kids if "T" in document.dictionary(kid, revision)]
        passed_on: dict[str, PdfObject] = {key: one[key] for key in ("FT", "V", "Ff") if key in one}
        waiting.extend((kid, name, passed_on) for kid in named)
        if not named:
            yield name, item if isinstance(item, Ref) else None, one


def signed_fields(document: Document) -> list[SignedField]:
    """Return all signature fields that bear a value, by where their signed bytes end.

    Raises:
        PdfSyntaxError: the form cannot be read.
    """
    found: list[SignedField] = []
    newest = document.newest
    for name, _, one in form_fields(document, newest):
        if document.resolve(one.get("FT"), newest) == "Sig" and "V" in one:
            signed = SignedField(name=name, lock=document.dictionary(one.get("Lock"), newest))
            _read_value(document, signed, one["V"])
            found.append(signed)
    _require_own_values(found)
    return sorted(found, key=lambda signed: signed.end)


def left_over(document: Document, signed: list[SignedField]) -> int:
    """Count signature dictionaries in the bytes that are no field's value.

    One that a later revision wrote again is counted: nothing else tells it from a destroyed one.
    """
    numbers = [each.number for each in signed] + _usage_rights(document)
    spans = [
        (parsed.start, parsed.end)
        for parsed in (_parsed_value(document, number) for number in numbers)
        if parsed is not None
    ]
    count = sum(
        not any(start <= found < end for start, end in spans) for found in _byte_ranges(document)
    )
    if count or signed:
        return count
    # Programs that rewrite a file pack dictionaries away; only then is there need to unpack.
    return sum(len(_LEFT_OVER.findall(text)) for text in document.packed())


def _byte_ranges(document: Document) -> Iterator[int]:
    """Yield where entries of that name stand; a search for a word is quicker than for a pattern.

    The data of a large stream has none: a file that is attached keeps its signatures to itself.
    """
    for start, end in document.structure():
        at = document.data.find(b"/ByteRange", start, end)
        while at >= 0:
            if _LEFT_OVER.match(document.data, at) is not None:
                yield at
            at = document.data.find(b"/ByteRange", at + 1, end)


def _usage_rights(document: Document) -> list[int | None]:
    """Return the signatures by which a program was given rights: they are nobody's word.

    ISO 32000-1 §12.8.2.3; a document that bears one and no other is unsigned.
    """
    newest = document.newest
    catalog = document.dictionary(document.root(newest), newest)
    rights = document.dictionary(catalog.get("Perms"), newest)
    items = [rights.get(key) for key in ("UR", "UR3")]
    return [item.number for item in items if isinstance(item, Ref)]


def trailing(document: Document) -> int:
    """Count the bytes after the last ``%%EOF`` that are not white space."""
    found = xref.last_startxref(document.data, len(document.data))
    after = len(document.data) if found is None else found[1]
    return len(document.data[after:].strip(BLANKS))


def text_of(title: PdfObject) -> str:
    """Return a text string as it is read (ISO 32000-2 §7.9.2.2); empty if it is none."""
    if not isinstance(title, bytes):
        return ""
    if title.startswith(b"\xfe\xff"):
        return title[2:].decode("utf-16-be", "replace")
    if title.startswith(b"\xef\xbb\xbf"):
        return title[3:].decode("utf-8", "replace")
    return title.decode("latin-1")


def _parsed_value(document: Document, number: int | None) -> Parsed | None:
    entry = None if number is None else document.locate(number, document.newest)
    if entry is None or entry.container is not None:
        return None
    return document.parsed(entry.offset)


def _read_value(document: Document, signed: SignedField, value: PdfObject) -> None:
    """Read the signature dictionary; V-02 and V-03 speak of what is wrong with it."""
    signed.number = value.number if isinstance(value, Ref) else None
    parsed = _parsed_value(document, signed.number)
    if parsed is None or not isinstance(parsed.value, dict) or parsed.number != signed.number:
        signed.fail("V-02", "verification.signature-not-in-file")
        return
    signed.dictionary = parsed.value
    sub_filter = document.resolve(parsed.value.get("SubFilter"), document.newest)
    signed.sub_filter = str(sub_filter) if isinstance(sub_filter, str) else ""
    if parsed.duplicate_keys:
        signed.fail("V-02", "verification.duplicate-key")
    _read_range(document, signed, parsed)


def _read_range(document: Document, signed: SignedField, parsed: Parsed) -> None:
    numbers = document.array(signed.dictionary.get("ByteRange"), document.newest)
    contents, span = signed.dictionary.get("Contents"), parsed.spans.get("Contents")
    if not isinstance(contents, bytes) or not contents.strip(b"\x00") or span is None:
        signed.fail("V-02", "verification.no-contents")
        return
    signed.contents = _container(document, signed, contents)
    signed.hole = span
    start, until, after, rest = (
        [one if isinstance(one, int) and not isinstance(one, bool) else -1 for one in numbers]
        + [-1] * 4
    )[:4]
    if len(numbers) != 4 or min(start, until, after, rest) < 0:  # noqa: PLR2004 -- ISO 32000-2 §12.8.1: two pairs
        signed.fail("V-03", "verification.byte-range-malformed")
        return
    signed.end = after + rest
    if start != 0 or after < until or signed.end > len(document.data):
        destroyed = signed.end > len(document.data)
        signed.fail(
            "V-03",
            "verification.signature-destroyed"
            if destroyed
            else "verification.byte-range-malformed",
        )
        return
    whole = document.data[span[0] : span[1]]
    if (until, after) != span or _HEX_STRING.fullmatch(whole) is None:
        signed.fail("V-03", "verification.byte-range-gap")
        signed.coverage = Coverage.PARTIAL
        return
    _place(document, signed)


def _container(document: Document, signed: SignedField, contents: bytes) -> bytes:
    """Return /Contents as CMS: the oldest kind is a bare value, with its certificates in /Cert."""
    if signed.sub_filter != "adbe.x509.rsa_sha1":
        return contents
    item = document.resolve(signed.dictionary.get("Cert"), document.newest)
    items = item if isinstance(item, list) else [item]
    return raw.wrap(contents, tuple(one for one in items if isinstance(one, bytes)))


def _place(document: Document, signed: SignedField) -> None:
    """Find the revision that the signed bytes end with (V-04)."""
    end = signed.end
    signed.coverage = Coverage.PARTIAL
    revision = document.newest
    while revision > 0 and document.history[revision].offset >= end:
        revision -= 1
    boundary = xref.last_startxref(document.data, end)
    base = document.history[revision]
    stops = boundary is not None and not document.data[boundary[1] : end].strip(BLANKS)
    if boundary is None or not stops or boundary[0] != base.offset:
        signed.fail("V-04", "verification.not-a-revision")
        return
    if not all(_lies_before(section, end) for section in document.history[: revision + 1]):
        signed.fail("V-04", "verification.outside-of-range")
        return
    signed.revision = revision
    last = revision == document.newest
    rest = document.data[end:].strip(BLANKS)
    signed.coverage = Coverage.WHOLE_FILE if last and not rest else Coverage.WHOLE_REVISION


def _lies_before(section: Section, end: int) -> bool:
    """Tell whether a section and all that it points to lie in the signed bytes."""
    places = (section.offset, section.end, section.hybrid_offset or 0)
    return max(places) <= end and section.reach < end


def _require_own_values(found: list[SignedField]) -> None:
    """Note fields that share one signature: a viewer shows it twice (V-02)."""
    owners: dict[int, list[SignedField]] = {}
    for signed in found:
        if signed.number is not None:
            owners.setdefault(signed.number, []).append(signed)
    for sharing in owners.values():
        for signed in sharing[1:]:
            signed.fail("V-02", "verification.signature-shared")
