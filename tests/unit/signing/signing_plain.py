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


def appended(pdf: bytes, objects: dict[int, bytes], *, size: int = 25) -> bytes:
    """Append a revision with such objects; their numbers follow each other."""
    previous = int(pdf[pdf.rindex(b"startxref") :].split()[1])
    added, rows = b"", b""
    for number, body in objects.items():
        rows += b"%010d 00000 n \n" % (len(pdf) + len(added))
        added += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    trailer = b"trailer\n<< /Root 1 0 R /Size %d /Prev %d >>\n" % (size, previous)
    table = b"xref\n%d %d\n%b" % (min(objects, default=0), len(objects), rows)
    end = b"startxref\n%d\n%%%%EOF\n" % (len(pdf) + len(added))
    return b"".join((pdf, added, table, trailer, end))


def with_metadata(pdf: bytes, data: bytes, entries: bytes = b"") -> bytes:
    """Give the catalogue metadata, in two revisions."""
    body = b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(data), entries, data)
    catalogue = b"<< /Type /Catalog /AcroForm 2 0 R /Pages 3 0 R /Metadata 26 0 R >>"
    return appended(appended(pdf, {26: body}, size=27), {1: catalogue}, size=27)
