"""Both ways of the first half side by side, and what a file holds, object by object."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from unittest.mock import patch

import pikepdf
from signing_stand_ins import NOW

from signing.errors import SigningError
from signing.plainly import NotPlainError, prepare_tail
from signing.prepare import prepare

if TYPE_CHECKING:
    from signing.model import Prepared, SignaturePlan


def is_plain(pdf: bytes, plan: SignaturePlan) -> bool:
    try:
        prepare_tail(pdf, plan=plan, at=NOW)
    except NotPlainError:
        return False
    except SigningError:
        return True
    return True


def reason_of(pdf: bytes, plan: SignaturePlan) -> str | None:
    """Return why a file goes the long way; None for a plain one."""
    try:
        prepare_tail(pdf, plan=plan, at=NOW)
    except NotPlainError as error:
        return error.reason
    return None


def the_long_way(pdf: bytes, plan: SignaturePlan) -> Prepared:
    """Prepare with pyHanko's reader and writer, as if the file were not plain."""
    with patch("signing.prepare.prepare_tail", side_effect=NotPlainError(reason="test")):
        return prepare(pdf, plan=plan, at=NOW)


def outcome_of_the_long_way(pdf: bytes, plan: SignaturePlan) -> tuple[object, ...]:
    try:
        return ("prepared", objects(the_long_way(pdf, plan).pdf))
    except SigningError as error:
        return (error.code, error.facts)


def outcome(pdf: bytes, plan: SignaturePlan) -> tuple[object, ...]:
    try:
        return ("prepared", objects(prepare(pdf, plan=plan, at=NOW).pdf))
    except SigningError as error:
        return (error.code, error.facts)


def objects(pdf: bytes) -> dict[object, tuple[bytes, bytes]]:
    """Return each object as qpdf writes it, and the raw bytes of streams.

    The byte range is left out: it tells how many bytes a way needs to write the same.
    """
    with pikepdf.open(io.BytesIO(pdf)) as document:
        found: dict[object, tuple[bytes, bytes]] = {
            one.objgen: _written(one) for one in document.objects if isinstance(one, pikepdf.Object)
        }
        for key, value in document.trailer.items():
            if key != "/Prev":
                found[key] = (pikepdf.Dictionary(V=value).unparse(), b"")
    return found


def _written(one: pikepdf.Object) -> tuple[bytes, bytes]:
    if isinstance(one, pikepdf.Stream):
        return pikepdf.Dictionary(dict(one.items())).unparse(), one.read_raw_bytes()
    if isinstance(one, pikepdf.Dictionary) and "/ByteRange" in one:
        return pikepdf.Dictionary(
            {k: v for k, v in one.items() if k != "/ByteRange"}
        ).unparse(), b""
    return one.unparse(), b""


# A small file with reserved fields, by hand: its numbers are its own, whatever `reserve` does.
_OBJECTS = {
    1: b"<< /AcroForm 2 0 R /Extensions << /A << /B 5 >> >> /Pages 3 0 R /Type /Catalog >>",
    2: b"<< /DR << /Font << /DocsvcTinos 9 0 R >> >> /Fields [ 5 0 R ] /SigFlags 3 >>",
    3: b"<< /Count 1 /Kids [ 4 0 R ] /Type /Pages >>",
    4: b"<< /Annots [ 6 0 R 7 0 R ] /MediaBox [ 0 0 595.28 841.89 ] /Parent 3 0 R /Type /Page >>",
    5: b"<< /Kids [ 6 0 R 7 0 R ] /T (docsvc) >>",
    6: b"<< /F 132 /FT /Sig /P 4 0 R /Parent 5 0 R /Rect [ 350 150 470 210 ] /Subtype /Widget"
    b" /T (leader) /Type /Annot >>",
    7: b"<< /DA (/DocsvcTinos 13 Tf 0 g) /F 4 /FT /Tx /P 4 0 R /Parent 5 0 R /Q 1"
    b" /Rect [ 110 700 150 716 ] /Subtype /Widget /T (number) /Type /Annot >>",
    8: b"<< /Length 1 >>\nstream\n \nendstream",
    9: b"<< /BaseFont /Helvetica /Subtype /Type1 /Type /Font >>",
}
ID = b"/ID [<%b><%b>]" % (b"0123456789abcdef" * 2, b"fedcba9876543210" * 2)
SIZE = len(_OBJECTS) + 1


def plain_pdf() -> bytes:
    """Return a file that is plainly simple, in known words."""
    pdf, rows = b"%PDF-1.7\n", b"0000000000 65535 f \n"
    for number, body in _OBJECTS.items():
        rows += b"%010d 00000 n \n" % len(pdf)
        pdf += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"xref\n0 %d\n%btrailer << /Root 1 0 R /Size %d %b >>\n" % (SIZE, rows, SIZE, ID)
    return pdf + table + b"startxref\n%d\n%%%%EOF\n" % len(pdf)


def startxref_of(pdf: bytes) -> int:
    return int(pdf[pdf.rindex(b"startxref") :].split()[1])


def size_of(pdf: bytes) -> int:
    return int(pdf[pdf.rindex(b"/Size ") :].split()[1])


def appended(pdf: bytes, objects: dict[int, bytes]) -> bytes:
    """Append a revision with such objects; their numbers follow each other."""
    added, rows = b"", b""
    for number, body in objects.items():
        rows += b"%010d 00000 n \n" % (len(pdf) + len(added))
        added += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    size = max(size_of(pdf), max(objects, default=0) + 1)
    trailer = b"trailer\n<< /Root 1 0 R /Size %d /Prev %d >>\n" % (size, startxref_of(pdf))
    table = b"xref\n%d %d\n%b" % (min(objects, default=0), len(objects), rows)
    end = b"startxref\n%d\n%%%%EOF\n" % (len(pdf) + len(added))
    return b"".join((pdf, added, table, trailer, end))


def commented(pdf: bytes) -> bytes:
    """Append what changes nothing and is not in the grammar of plain files."""
    return pdf + b"%% a comment\nstartxref\n%d\n%%%%EOF\n" % startxref_of(pdf)


def with_metadata(pdf: bytes, data: bytes, entries: bytes = b"") -> bytes:
    """Give the catalogue metadata, in two revisions."""
    body = b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(data), entries, data)
    catalogue = b"<< /Type /Catalog /AcroForm 2 0 R /Pages 3 0 R /Metadata %d 0 R >>" % SIZE
    return appended(appended(pdf, {SIZE: body}), {1: catalogue})
