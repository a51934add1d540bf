"""Hybrid-reference files (ISO 32000-2 §7.5.8.4), and how a reader of 1999 sees them."""

from __future__ import annotations

import io
import re
import zlib
from typing import TYPE_CHECKING

import pikepdf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_STREAM = re.compile(rb"/XRefStm\s+\d+")


def as_hybrid(
    pdf: bytes, hide: Callable[[pikepdf.Object], bool], *, packed: bool = True, short: bool = False
) -> bytes:
    """Write a file whose table does not know the objects that are to be hidden.

    Args:
        pdf: a file without signatures.
        hide: which objects only the cross-reference stream names.
        packed: they lie in an object stream; else they stand in the file as any other.
        short: the trailer tells a size that leaves the hidden objects out.
    """
    with pikepdf.open(io.BytesIO(pdf)) as document:
        bodies = {item.objgen[0]: _body(item) for item in document.objects if item.objgen[0]}
        hidden = {item.objgen[0] for item in document.objects if _may_hide(item) and hide(item)}
        root = document.trailer.Root.objgen[0]
        if short:  # the hidden objects get the last numbers
            bodies, hidden, root = _renumbered(bodies, hidden, root)
        return _written(bodies, hidden, root, packed=packed, short=short)


def for_old_readers(pdf: bytes) -> bytes:
    """Return the file as a reader sees it that does not know of cross-reference streams."""
    return _STREAM.sub(lambda found: b" " * len(found[0]), pdf)


def _may_hide(item: pikepdf.Object) -> bool:
    return item.objgen[0] != 0 and not isinstance(item, pikepdf.Stream)


def _body(item: pikepdf.Object) -> bytes:
    if not isinstance(item, pikepdf.Stream):
        return item.unparse(resolved=True)
    raw = item.read_raw_bytes()
    head = pikepdf.Dictionary(dict(item.items()))
    head.Length = len(raw)
    return head.unparse() + b"\nstream\n" + raw + b"\nendstream"


def _renumbered(
    bodies: Mapping[int, bytes], hidden: set[int], root: int
) -> tuple[dict[int, bytes], set[int], int]:
    order = [*sorted(set(bodies) - hidden), *sorted(hidden)]
    new = {old: index for index, old in enumerate(order, 1)}

    def renamed(body: bytes) -> bytes:
        head, mark, tail = body.partition(b"\nstream\n")
        head = re.sub(rb"(\d+) 0 R", lambda f: b"%d 0 R" % new[int(f[1])], head)
        return head + mark + tail

    renewed = {new[number]: renamed(body) for number, body in bodies.items()}
    return renewed, {new[number] for number in hidden}, new[root]


def _object_stream(bodies: Mapping[int, bytes], hidden: set[int]) -> bytes:
    index, data = [], b""
    for number in sorted(hidden):
        index.append(f"{number} {len(data)}")
        data += bodies[number] + b" "
    first = (" ".join(index) + " ").encode()
    packed = zlib.compress(first + data)
    head = f"<</Type/ObjStm/N {len(hidden)}/First {len(first)}/Filter/FlateDecode"
    return f"{head}/Length {len(packed)}>>\nstream\n".encode() + packed + b"\nendstream"


def _written(
    bodies: dict[int, bytes], hidden: set[int], root: int, *, packed: bool, short: bool
) -> bytes:
    container = max(bodies) + 1
    written = dict(bodies)
    if packed:
        written = {number: body for number, body in bodies.items() if number not in hidden}
        written[container] = _object_stream(bodies, hidden)
    size = container + 2
    out, offsets = bytearray(b"%PDF-1.7\n%\xb5\xb5\xb5\xb5\n"), {}
    for number, body in sorted(written.items()):
        offsets[number] = len(out)
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    stream_at = len(out)
    offsets[container + 1] = stream_at
    order = sorted(hidden)
    rows = b""
    for number in range(size):
        if number in offsets:
            row = (1, offsets[number], 0)
        elif number in hidden:
            row = (2, container, order.index(number))
        else:
            row = (0, 0, 65535)
        rows += bytes([row[0]]) + row[1].to_bytes(4, "big") + row[2].to_bytes(2, "big")
    fixed = f"/Root {root} 0 R/ID[<00><00>]"
    out += f"{container + 1} 0 obj\n<</Type/XRef/Size {size}/W[1 4 2]{fixed}".encode()
    out += f"/Length {len(rows)}>>\nstream\n".encode() + rows + b"\nendstream\nendobj\n"
    first_at = len(out)
    told = min(hidden) if short else size
    shown = {n: at for n, at in offsets.items() if n not in hidden and n < told}
    lines = [
        f"{shown[n]:010d} 00000 n\r\n" if n in shown else "0000000000 65535 f\r\n"
        for n in range(told)
    ]
    out += f"xref\n0 {told}\n{''.join(lines)}trailer\n<</Size {told}{fixed}>>\n".encode()
    out += f"startxref\n{first_at}\n%%EOF\n".encode()
    second_at = len(out)
    trailer = f"<</Size {told}{fixed}/Prev {first_at}/XRefStm {stream_at}>>"
    out += f"xref\n0 0\ntrailer\n{trailer}\nstartxref\n{second_at}\n%%EOF\n".encode()
    return bytes(out)
