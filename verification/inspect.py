"""Facts about a PDF, found under limits. Run it in a child process: every file is hostile here."""

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO

import pikepdf

from verification._pdf.objects import BLANKS
from verification.errors import (
    DecompressionBombError,
    EmptyFileError,
    EncryptedFileError,
    NotAPdfError,
    TooLargeError,
    TooManyPagesError,
    TruncatedFileError,
    UnreadableFileError,
)

# ISO 32000-2 annex I: readers look for the header in the first, for %%EOF in the last 1024 bytes.
_EDGE = 1024
_CHUNK = 1 << 20
# Filters beyond this many on one stream serve no purpose but to hide a bomb.
_MAX_FILTERS = 4
# An object that is not a stream and is longer than this is data, not structure.
_MAX_UNPARSED = 8 << 20
_TEXT_PAGES = 40
# All kids that fields list; a form with more is a trap.
_MAX_KIDS = 200_000
_MAX_FORM_DEPTH = 3

_HEADER = re.compile(rb"%PDF-(\d\.\d)")
_STREAM = re.compile(rb"stream\r?\n")
_FLATE = re.compile(rb"/(?:FlateDecode|Fl)\b")
_SHOW_TEXT = re.compile(rb"(?:T[jJ]|['\"])(?=[\s\[(<]|$)")
_PDFA_PART = re.compile(rb"pdfaid:part\s*(?:=\s*[\"']|>)\s*(\d)")
_PDFA_CONFORMANCE = re.compile(rb"pdfaid:conformance\s*(?:=\s*[\"']|>)\s*([A-Za-z])")
_ACTIVE = re.compile(
    rb"/(JavaScript|JS|Launch|XFA|RichMedia|EmbeddedFile|SubmitForm|ImportData|GoToE|GoToR|"
    rb"Rendition|Movie|Sound)(?=[\s/<>\[\]()]|$)"
)
_SIGNATURE = re.compile(rb"/ByteRange(?=[\s\[])")
_CANON = {b"JS": "JavaScript", b"EmbeddedFile": "EmbeddedFile"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a file may cost. Sizes in bytes; a stream limit counts unfolded bytes."""

    max_bytes: int = 200 << 20
    max_pages: int = 5_000
    max_stream_bytes: int = 160 << 20
    max_unfolded_bytes: int = 640 << 20
    allow_encrypted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureFacts:
    """Signatures as the form fields show them, and those that no field reaches any more.

    ``fields`` are names of signed fields; ``empty_fields`` wait for a signature; ``left_over``
    counts signature dictionaries that a rewrite cut off or never belonged to a field.
    """

    count: int
    fields: tuple[str, ...]
    empty_fields: tuple[str, ...]
    left_over: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a PDF is. Page sizes are (width, height) in points, rotation applied."""

    version: str
    pages: int
    encrypted: bool
    hybrid_reference: bool
    repaired: bool
    active_content: tuple[str, ...]
    embedded_files: tuple[str, ...]
    signatures: SignatureFacts
    pdfa: str | None
    has_text_layer: bool
    fonts: tuple[str, ...]
    page_sizes: tuple[tuple[float, float], ...]

    @property
    def acts(self) -> tuple[str, ...]:
        """Name what the file would do when it is opened, embedded files among it."""
        return (*self.active_content, *(("embedded-files",) if self.embedded_files else ()))


def inspect(pdf: bytes, *, limits: Limits | None = None) -> Facts:
    """Find the facts of a file, or say by a named error why it is refused.

    Args:
        pdf: the whole file.
        limits: what the file may cost; the defaults of ``Limits`` if left out.

    Returns:
        The facts; nothing in the file is executed, fetched or rendered.

    Raises:
        UnreadableFileError: one of its subclasses, each with its own code.
    """
    bounds = limits or Limits()
    header = _require_pdf(pdf, bounds)
    require_no_bomb(pdf, bounds)
    try:
        document, repaired = _open(pdf)
        with document:
            return _facts(document, pdf, header, repaired=repaired, limits=bounds)
    except UnreadableFileError:
        raise
    except pikepdf.PasswordError as e:
        raise EncryptedFileError from e
    except Exception as e:
        # qpdf and its binding raise a dozen types on hostile input; the name is fact enough.
        raise UnreadableFileError(cause=type(e).__name__) from e


def _require_pdf(pdf: bytes, limits: Limits) -> str:
    if not pdf.strip(BLANKS):
        raise EmptyFileError
    if len(pdf) > limits.max_bytes:
        raise TooLargeError(size=len(pdf), limit=limits.max_bytes)
    found = _HEADER.search(pdf, 0, _EDGE)
    if found is None:
        raise NotAPdfError
    return found.group(1).decode()


def require_no_bomb(pdf: bytes, limits: Limits) -> None:
    """Unfold every deflated stream once, in small pieces that are thrown away."""
    total = 0
    stop = -1
    for start in _STREAM.finditer(pdf):
        if pdf[start.start() - 3 : start.start()] == b"end":
            continue
        filters = len(_FLATE.findall(_dictionary_before(pdf, start.start())))
        if filters == 0:
            continue
        if stop < start.end():
            end = pdf.find(b"endstream", start.end())
            stop = len(pdf) if end < 0 else end
        piece = (start.end(), stop)
        total += _unfolded(pdf, piece, min(filters, _MAX_FILTERS), limits.max_stream_bytes)
        if total > limits.max_unfolded_bytes:
            raise DecompressionBombError(limit=limits.max_unfolded_bytes)


def _dictionary_before(pdf: bytes, end: int) -> bytes:
    """Return the bytes from the object's header to its stream, at most 4 KiB."""
    floor = max(0, end - 4096)
    start = pdf.rfind(b" obj", floor, end)
    return pdf[max(start, floor) : end]


def _unfolded(pdf: bytes, piece: tuple[int, int], stages: int, limit: int) -> int:
    """Count the bytes that a deflated stream unfolds to, over all its stages."""
    pipes = [zlib.decompressobj() for _ in range(stages)]
    total = 0
    at, stop = piece
    while at < stop and not pipes[0].eof:
        try:
            total += _push(pdf[at : min(at + _CHUNK, stop)], pipes, limit - total)
        except zlib.error:
            break
        at += _CHUNK
    return total


def _push(data: bytes, pipes: list["zlib._Decompress"], left: int) -> int:
    """Press one piece through the stages and count what comes out of the last."""
    head, rest = pipes[0], pipes[1:]
    total = 0
    while data and not head.eof:
        out = head.decompress(data, _CHUNK)
        total += _push(out, rest, left - total) if rest else len(out)
        if total > left:
            raise DecompressionBombError(limit=left)
        data = head.unconsumed_tail
    return total


def _open(pdf: bytes) -> tuple[pikepdf.Pdf, bool]:
    """Open a file as it stands, or repaired; a file without its end is not repaired."""
    try:
        return pikepdf.open(BytesIO(pdf), attempt_recovery=False), False
    except pikepdf.PasswordError:
        raise
    except Exception as e:
        if b"%%EOF" not in pdf[-_EDGE:]:
            raise TruncatedFileError from e
    return pikepdf.open(BytesIO(pdf)), True


def _facts(
    document: pikepdf.Pdf, pdf: bytes, version: str, *, repaired: bool, limits: Limits
) -> Facts:
    if document.is_encrypted and not limits.allow_encrypted:
        raise EncryptedFileError
    pages = len(document.pages)
    if pages > limits.max_pages:
        raise TooManyPagesError(pages=pages, limit=limits.max_pages)
    if pages == 0:
        raise UnreadableFileError(cause="no-pages")
    active, signature_dictionaries = _search(document)
    fonts, shows_text = _text_layer(document)
    return Facts(
        version=version,
        pages=pages,
        encrypted=document.is_encrypted,
        hybrid_reference=b"/XRefStm" in pdf,
        repaired=repaired,
        active_content=active,
        embedded_files=tuple(sorted(document.attachments.keys())),
        signatures=_signatures(document, signature_dictionaries),
        pdfa=_pdfa_claim(document),
        has_text_layer=shows_text,
        fonts=fonts,
        page_sizes=tuple(_size(page) for page in document.pages),
    )


def _search(document: pikepdf.Pdf) -> tuple[tuple[str, ...], int]:
    """Search all objects for what acts, and count signature dictionaries."""
    active: set[str] = set()
    signatures = 0
    for item in document.objects:
        text = _structure(item)
        signatures += len(_SIGNATURE.findall(text))
        for name in _ACTIVE.findall(text):
            active.add(_CANON.get(name, name.decode()))
    return tuple(sorted(active)), signatures


def _structure(item: object) -> bytes:
    """Return an object without its stream data, names in their plain spelling."""
    if isinstance(item, pikepdf.Stream):
        item = pikepdf.Dictionary(dict(item.stream_dict.items()))
    return item.unparse(resolved=True)[:_MAX_UNPARSED] if isinstance(item, pikepdf.Object) else b""


def _signatures(document: pikepdf.Pdf, dictionaries: int) -> SignatureFacts:
    signed: list[str] = []
    empty: list[str] = []
    reached: set[tuple[int, int]] = set()
    for name, value in _signature_fields(document):
        if value is None:
            empty.append(name)
        else:
            signed.append(name)
            reached.add(value)
    return SignatureFacts(
        count=len(signed),
        fields=tuple(signed),
        empty_fields=tuple(empty),
        left_over=max(0, dictionaries - len(reached)),
    )


def _signature_fields(
    document: pikepdf.Pdf,
) -> Iterator[tuple[str, tuple[int, int] | None]]:
    """Yield name and value's object number of each signature field of the form."""
    form = document.Root.get("/AcroForm")
    if not isinstance(form, pikepdf.Dictionary):
        return
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[pikepdf.Object, str, pikepdf.Object | None]] = [
        (field, "", None) for field in _array(form.get("/Fields"))
    ]
    listed = 0
    while waiting and listed <= _MAX_KIDS:
        field, prefix, kind = waiting.pop(0)
        if not isinstance(field, pikepdf.Dictionary) or field.objgen in seen:
            continue
        if field.is_indirect:
            seen.add(field.objgen)
        kind = field.get("/FT", kind)
        own = field.get("/T")
        name = ".".join(filter(None, (prefix, "" if own is None else str(own))))
        below = list(_array(field.get("/Kids")))
        listed += len(below)
        kids = [kid for kid in below if listed <= _MAX_KIDS and "/T" in kid]
        if kids:
            waiting.extend((kid, name, kind) for kid in kids)
        elif kind == pikepdf.Name.Sig:
            value = field.get("/V")
            yield name, None if value is None else value.objgen


def _array(item: object) -> Iterable[pikepdf.Object]:
    return list(item) if isinstance(item, pikepdf.Array) else ()


def _pdfa_claim(document: pikepdf.Pdf) -> str | None:
    """Return the claim of the metadata, such as ``2b``; a claim is not a proof."""
    stream = document.Root.get("/Metadata")
    if not isinstance(stream, pikepdf.Stream):
        return None
    text = stream.read_bytes()
    part = _PDFA_PART.search(text)
    if part is None:
        return None
    conformance = _PDFA_CONFORMANCE.search(text)
    return (part.group(1) + (b"" if conformance is None else conformance.group(1))).decode().lower()


def _text_layer(document: pikepdf.Pdf) -> tuple[tuple[str, ...], bool]:
    """Return font names and whether text is shown, read off the first pages."""
    fonts: set[str] = set()
    shows = False
    # What many pages and forms share is looked at once.
    read: set[tuple[int, int]] = set()
    for page in list(document.pages)[:_TEXT_PAGES]:
        found = set(_fonts(page.obj.get("/Resources"), _MAX_FORM_DEPTH, set()))
        fonts |= found
        shows = shows or (bool(found) and _shows_text(page, read))
    return tuple(sorted(fonts)), shows


def _fonts(resources: object, depth: int, seen: set[tuple[int, int]]) -> Iterator[str]:
    if not isinstance(resources, pikepdf.Dictionary):
        return
    for font in _values(resources.get("/Font")):
        if isinstance(font, pikepdf.Dictionary) and "/BaseFont" in font:
            yield str(font["/BaseFont"]).removeprefix("/")
    if depth:
        for form in _values(resources.get("/XObject")):
            if not isinstance(form, pikepdf.Stream) or form.objgen in seen:
                continue
            seen.add(form.objgen)
            if form.get("/Subtype") == pikepdf.Name.Form:
                yield from _fonts(form.get("/Resources"), depth - 1, seen)


def _values(item: object) -> list[pikepdf.Object]:
    return [value for _, value in item.items()] if isinstance(item, pikepdf.Dictionary) else []


def _shows_text(page: pikepdf.Page, read: set[tuple[int, int]]) -> bool:
    contents = page.obj.get("/Contents")
    parts = _array(contents) if isinstance(contents, pikepdf.Array) else (contents,)
    drawn = _values(page.obj.get("/Resources", pikepdf.Dictionary()).get("/XObject"))
    found = {
        one.objgen: one
        for one in (*parts, *drawn)
        if isinstance(one, pikepdf.Stream) and one.objgen not in read
    }
    read.update(found)
    return any(
        _SHOW_TEXT.search(one.read_bytes()) is not None
        for one in found.values()
        if one.get("/Subtype") != pikepdf.Name.Image
    )


def _size(page: pikepdf.Page) -> tuple[float, float]:
    x0, y0, x1, y1 = (float(edge) for edge in page.mediabox)
    width, height = abs(x1 - x0), abs(y1 - y0)
    turned = int(page.obj.get("/Rotate", 0)) % 180 == 90  # noqa: PLR2004 -- degrees
    return (height, width) if turned else (width, height)
