"""Writes revisions byte by byte: what an honest tool writes, and what none would."""

import re
import zlib
from collections.abc import Callable, Mapping

from verification._pdf.objects import Name, PdfObject, Ref

# What fills the hole of a signature: from the signed bytes to the container.
Signer = Callable[[bytes], bytes]
Objects = Mapping[int, bytes]

# Room for a container with certificate chain and timestamp, in hex digits.
HOLE = 24_000


def spell(item: PdfObject) -> bytes:
    """Write an object that is not a stream."""
    if isinstance(item, Name):
        return b"/" + re.sub(rb"[^!$&-.0-;=?-Z\\^-z|~]", _escaped, str(item).encode("latin-1"))
    if isinstance(item, Ref):
        return b"%d %d R" % item
    if isinstance(item, dict):
        return b"<<%s>>" % b"".join(
            spell(Name(key)) + b" " + spell(value) for key, value in item.items()
        )
    if isinstance(item, list):
        return b"[%s]" % b" ".join(spell(one) for one in item)
    if isinstance(item, bytes):
        return b"<%s>" % item.hex().encode()
    return str(item).lower().replace("none", "null").encode()


def _escaped(found: re.Match[bytes]) -> bytes:
    return b"#%02X" % found.group()[0]


def stream(data: bytes, head: bytes = b"") -> bytes:
    """Write a stream that is not encoded."""
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(data), head, data)


def look(drawn: bytes, head: bytes = b"", box: bytes = b"0 0 100 100") -> bytes:
    """Write a form XObject: an appearance."""
    return stream(drawn, b"/Type/XObject/Subtype/Form/BBox[%s]%s" % (box, head))


def newest_section(pdf: bytes) -> int:
    """Return the offset of the newest section, 0 if there is none."""
    found = re.findall(rb"startxref\s+(\d+)", pdf)
    return int(found[-1]) if found else 0


def write_objects(pdf: bytes, objects: Objects) -> tuple[bytes, dict[int, int]]:
    """Append objects and tell where each of them stands."""
    out = bytearray(pdf)
    places: dict[int, int] = {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    return bytes(out), places


def write_table(
    pdf: bytes,
    places: Mapping[int, int | None],
    *,
    trailer: bytes = b"",
    root: int = 1,
    previous: int | None = None,
    end: bytes = b"%%EOF\n",
) -> bytes:
    """Append a table, its trailer and the end of the file; a place None is a freed object."""
    offset = len(pdf)
    out = bytearray(pdf + b"xref\n")
    for number, place in sorted(places.items()):
        entry = b"0000000000 00001 f" if place is None else b"%010d 00000 n" % place
        out += b"%d 1\n%s \n" % (number, entry)
    before = newest_section(pdf) if previous is None else previous
    back = b"/Prev %d" % before if before else b""
    out += b"trailer\n<</Size 900/Root %d 0 R/Info 2 0 R%s%s>>\n" % (root, back, trailer)
    return bytes(out) + b"startxref\n%d\n" % offset + end


def append(
    pdf: bytes,
    objects: Objects,
    *,
    trailer: bytes = b"",
    root: int = 1,
    free: tuple[int, ...] = (),
    end: bytes = b"%%EOF\n",
) -> bytes:
    """Append a revision with a cross-reference table."""
    body, places = write_objects(pdf, objects)
    freed = dict.fromkeys(free)
    return write_table(body, {**places, **freed}, trailer=trailer, root=root, end=end)


def pack(objects: Objects, heads: tuple[int, ...] | None = None) -> bytes:
    """Write an object stream; ``heads`` are the numbers it states, if not the true ones."""
    starts, at = [], 0
    for number, body in zip(heads or tuple(objects), objects.values(), strict=True):
        starts.append(b"%d %d" % (number, at))
        at += len(body) + 1
    head = b" ".join(starts) + b" "
    data = zlib.compress(head + b" ".join(objects.values()))
    return stream(
        data,
        b"/Type/ObjStm/N %d/First %d/Filter/FlateDecode" % (len(objects), len(head)),
    )


def write_rows(
    pdf: bytes, rows: Mapping[int, tuple[int, int, int]], *, number: int, more: bytes = b""
) -> bytes:
    """Append a cross-reference stream with these rows, without a ``startxref``."""
    place = len(pdf)
    known = {**rows, number: (1, place, 0)}
    index = b" ".join(b"%d 1" % key for key in sorted(known))
    data = b"".join(
        kind.to_bytes(1, "big") + one.to_bytes(4, "big") + two.to_bytes(2, "big")
        for _, (kind, one, two) in sorted(known.items())
    )
    head = b"/Type/XRef/Size 900/Root 1 0 R/Info 2 0 R/W[1 4 2]/Index[%s]/Filter/FlateDecode%s"
    return pdf + b"%d 0 obj\n%s\nendobj\n" % (
        number,
        stream(zlib.compress(data), head % (index, more)),
    )


def end_at(pdf: bytes, offset: int) -> bytes:
    """Append ``startxref`` and the end of the file."""
    return pdf + b"startxref\n%d\n%%%%EOF\n" % offset


def sign(pdf: bytes, signer: Signer, objects: Objects, *, value: int, more: bytes = b"") -> bytes:
    """Append a revision with a signature.

    Args:
        pdf: the file so far.
        signer: fills the hole.
        objects: what the revision holds besides the signature dictionary.
        value: the number of the signature dictionary.
        more: further entries of it.
    """
    blank = b"<" + b"0" * HOLE + b">"
    range_ = b"[0 %010d %010d %010d]"
    empty = range_ % (0, 0, 0)
    dictionary = (
        b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange%s%s/Contents%s>>"
        % (empty, more, blank)
    )
    hollow = append(pdf, {**objects, value: dictionary})
    start = hollow.index(blank, len(pdf))
    stop = start + len(blank)
    at = hollow.index(empty, len(pdf))
    full = range_ % (start, stop, len(hollow) - stop)
    hollow = hollow[:at] + full + hollow[at + len(empty) :]
    digits = signer(hollow[:start] + hollow[stop:]).hex().encode()
    return hollow[: start + 1] + digits.ljust(HOLE, b"0") + hollow[stop - 1 :]
