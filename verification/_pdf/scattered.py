"""Object streams found by search: what is left of a file whose sections cannot be read."""

import re
from collections.abc import Iterator

from verification._pdf import objects
from verification._pdf.filters import MAX_UNFOLDED, decoded
from verification._pdf.objects import Buffer, PdfSyntaxError, Stream

_PACKED = re.compile(rb"/ObjStm(?!" + objects.REGULAR + rb")")
# How far before its type the head of an object stream may lie.
_HEAD = 4096


def scattered(data: Buffer) -> Iterator[bytes]:
    """Yield the unfolded bytes of object streams, each once and all within one limit."""
    left, known = MAX_UNFOLDED, {-1}
    for found in _PACKED.finditer(data):
        floor = max(0, found.start() - _HEAD)
        header = data.rfind(b" obj", floor, found.start())
        start = max(data.rfind(sign, floor, max(header, floor)) for sign in (b"\n", b"\r")) + 1
        if left <= 0 or start in known:
            continue
        known.add(start)
        try:
            stream = objects.read_indirect(data, start).value
            if isinstance(stream, Stream):
                end = data.find(b"endstream", stream.start)
                plain = decoded(data[stream.start : end], stream.dictionary, limit=left)
                left -= len(plain)
                yield plain
        except PdfSyntaxError:
            continue
