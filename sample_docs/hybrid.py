"""Writes a hybrid-reference file the way a word processor does (ISO 32000-1 §7.5.8.4).

A classic cross-reference table shows what a reader of 1999 needs. The structure tree lies in an
object stream: the table calls its objects free, and a second, empty section points with
``/XRefStm`` to the cross-reference stream that knows them.
"""

import io
import zlib
from collections.abc import Iterator, Mapping

import pikepdf
from pikepdf import Array, Dictionary, Name, Object
from variants import save

FREE, PLAIN, COMPRESSED = 0, 1, 2


def _add_structure(document: pikepdf.Pdf) -> None:
    """Tag each page as one paragraph of one document."""
    root = document.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    whole = document.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document, P=root))
    parts: list[Object] = []
    for index, page in enumerate(document.pages):
        page.contents_add(b"/P <</MCID 0>> BDC", prepend=True)
        page.contents_add(b"EMC")
        page.contents_coalesce()
        page.StructParents = index
        element = Dictionary(Type=Name.StructElem, S=Name.P, P=whole, Pg=page.obj, K=0)
        parts.append(document.make_indirect(element))
    whole.K = Array(parts)
    numbers = [item for index, part in enumerate(parts) for item in (index, Array([part]))]
    root.K = Array([whole])
    root.ParentTree = document.make_indirect(Dictionary(Nums=Array(numbers)))
    root.ParentTreeNextKey = len(parts)
    document.Root.StructTreeRoot = root
    document.Root.MarkInfo = Dictionary(Marked=True)
    document.Root.Lang = "vi-VN"


def _hidden(document: pikepdf.Pdf) -> set[int]:
    """Return the numbers of the objects that only the cross-reference stream shall know."""
    root = document.Root.StructTreeRoot
    numbers = {root.objgen[0], root.ParentTree.objgen[0]}
    for item in document.objects:
        if isinstance(item, Dictionary) and item.get(Name.Type) == Name.StructElem:
            numbers.add(item.objgen[0])
    return numbers


def _body(item: Object) -> bytes:
    """Return an object as it stands between ``obj`` and ``endobj``."""
    if isinstance(item, pikepdf.Stream):
        raw = item.read_raw_bytes()
        head = Dictionary(dict(item.items()))
        head.Length = len(raw)
        return head.unparse() + b"\nstream\n" + raw + b"\nendstream"
    return item.unparse(resolved=True)


def _object_stream(hidden: Mapping[int, bytes]) -> bytes:
    """Return the body of the object stream with these objects, in the order of their numbers."""
    index, data = [], b""
    for number, body in sorted(hidden.items()):
        index.append(f"{number} {len(data)}")
        data += body + b" "
    first = (" ".join(index) + " ").encode()
    packed = zlib.compress(first + data)
    head = f"<</Type/ObjStm/N {len(hidden)}/First {len(first)}/Filter/FlateDecode"
    return f"{head}/Length {len(packed)}>>\nstream\n".encode() + packed + b"\nendstream"


def _table(offsets: Mapping[int, int], size: int) -> bytes:
    """Return the classic table: what has no offset is on the free list."""
    free = [number for number in range(size) if number not in offsets]
    following = dict(zip(free, [*free[1:], 0], strict=True))
    rows = [
        f"{offsets[n]:010d} 00000 n\r\n" if n in offsets else f"{following[n]:010d} 65535 f\r\n"
        for n in range(size)
    ]
    return f"xref\n0 {size}\n{''.join(rows)}".encode()


def _entries(
    offsets: Mapping[int, int], hidden: Mapping[int, bytes], container: int, size: int
) -> Iterator[bytes]:
    """Yield the rows of the cross-reference stream, fields of 1, 4 and 2 bytes."""
    order = {number: place for place, number in enumerate(sorted(hidden))}
    for number in range(size):
        kind, second, third = FREE, 0, 65535
        if number in offsets:
            kind, second, third = PLAIN, offsets[number], 0
        elif number in order:
            kind, second, third = COMPRESSED, container, order[number]
        yield bytes([kind]) + second.to_bytes(4, "big") + third.to_bytes(2, "big")


def _write(document: pikepdf.Pdf) -> bytes:
    concealed = _hidden(document)
    bodies = {item.objgen[0]: _body(item) for item in document.objects if item.objgen[0]}
    hidden = {number: bodies.pop(number) for number in sorted(concealed)}
    trailer = document.trailer
    fixed = f"/Root {trailer.Root.objgen[0]} 0 R/Info {trailer.Info.objgen[0]} 0 R"
    identity = bytes(trailer.ID[0]).hex().upper()
    fixed += f"/ID[<{identity}><{identity}>]"
    container = max([*bodies, *hidden]) + 1
    size = container + 2  # the object stream and the cross-reference stream
    bodies[container] = _object_stream(hidden)
    out = bytearray(b"%PDF-1.7\n%\xb5\xb5\xb5\xb5\n")
    offsets = {}
    for number, body in sorted(bodies.items()):
        offsets[number] = len(out)
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    offsets[container + 1] = stream_at = len(out)
    rows = zlib.compress(b"".join(_entries(offsets, hidden, container, size)))
    out += f"{container + 1} 0 obj\n<</Type/XRef/Size {size}/W[1 4 2]{fixed}".encode()
    out += f"/Filter/FlateDecode/Length {len(rows)}>>\nstream\n".encode()
    out += rows + b"\nendstream\nendobj\n"
    plain = {number: at for number, at in offsets.items() if number < container}
    first_at = len(out)
    out += _table(plain, size)
    out += f"trailer\n<</Size {size}{fixed}>>\nstartxref\n{first_at}\n%%EOF\n".encode()
    second_at = len(out)
    out += b"xref\n0 0\ntrailer\n"
    out += f"<</Size {size}{fixed}/Prev {first_at}/XRefStm {stream_at}>>\n".encode()
    return bytes(out + f"startxref\n{second_at}\n%%EOF\n".encode())


def as_hybrid(pdf: bytes) -> bytes:
    """Return the file with a structure tree that only the cross-reference stream can find."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        _add_structure(document)
        tagged = save(document)
    with pikepdf.open(io.BytesIO(tagged)) as document:
        return _write(document)
