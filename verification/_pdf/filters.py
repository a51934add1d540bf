"""Unfold the streams that structure lives in, under a limit: deflate with predictors only."""

import zlib
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from verification._pdf.objects import PdfObject, PdfSyntaxError

# Object and cross-reference streams hold some thousand small objects.
MAX_UNFOLDED = 64 << 20
_PNG_FIRST = 10
_PNG_SUB, _PNG_UP, _PNG_AVERAGE, _PNG_PAETH = 1, 2, 3, 4
# Rows of one kind are undone together; a stream that changes its kind more often is a trap.
_MAX_RUNS = 100_000

_Bytes: TypeAlias = NDArray[np.uint8]


def decoded(data: bytes, head: dict[str, PdfObject], *, limit: int = MAX_UNFOLDED) -> bytes:
    """Return the unfolded bytes of a stream.

    Args:
        data: encoded bytes.
        head: the stream's dictionary; /Filter is absent, /FlateDecode, or a list of that one.
        limit: most bytes to unfold to.

    Raises:
        PdfSyntaxError: another filter, broken data, or more than the limit.
    """
    name, parameters = _only(head.get("Filter")), _only(head.get("DecodeParms"))
    if name is None:
        return data
    if name not in ("FlateDecode", "Fl"):
        msg = "filter"
        raise PdfSyntaxError(msg)
    pipe = zlib.decompressobj()
    try:
        plain = pipe.decompress(data, limit)
    except zlib.error as e:
        msg = "deflated data"
        raise PdfSyntaxError(msg) from e
    if pipe.unconsumed_tail:
        msg = "limit of a stream"
        raise PdfSyntaxError(msg)
    return _without_predictor(plain, parameters if isinstance(parameters, dict) else {})


def _only(item: PdfObject) -> PdfObject:
    if not isinstance(item, list):
        return item
    if len(item) > 1:
        msg = "chain of filters"
        raise PdfSyntaxError(msg)
    return item[0] if item else None


def _without_predictor(plain: bytes, parameters: dict[str, PdfObject]) -> bytes:
    predictor, columns = parameters.get("Predictor", 1), parameters.get("Columns", 1)
    if predictor == 1:
        return plain
    if not isinstance(predictor, int) or predictor < _PNG_FIRST or not isinstance(columns, int):
        msg = "predictor"
        raise PdfSyntaxError(msg)
    if not 0 < columns <= len(plain):
        msg = "columns"
        raise PdfSyntaxError(msg)
    width = columns + 1
    table = np.frombuffer(plain, np.uint8, len(plain) // width * width).reshape(-1, width)
    return _without_filters(table[:, 0], table[:, 1:].copy()).tobytes()


def _without_filters(kinds: _Bytes, rows: _Bytes) -> _Bytes:
    """Undo the prediction of each row (PNG §9.2), in place, for pixels of one byte."""
    starts = np.flatnonzero(np.diff(kinds, prepend=kinds[:1] + np.uint8(1)))
    if len(starts) > _MAX_RUNS:
        msg = "row filters"
        raise PdfSyntaxError(msg)
    above = np.zeros(rows.shape[1], np.uint8)
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        part = rows[start:end]
        if kinds[start] == _PNG_UP:
            part[0] += above
            np.cumsum(part, axis=0, dtype=np.uint8, out=part)
        elif kinds[start] == _PNG_SUB:
            np.cumsum(part, axis=1, dtype=np.uint8, out=part)
        elif kinds[start]:
            _undo_one_by_one(int(kinds[start]), part, above)
        above = part[-1]
    return rows


def _undo_one_by_one(kind: int, rows: _Bytes, above: _Bytes) -> None:
    """Undo what looks at the row above and to the left."""
    if kind not in {_PNG_AVERAGE, _PNG_PAETH}:
        msg = "row filter"
        raise PdfSyntaxError(msg)
    before = above.tobytes()
    for row in rows:
        before = _png_row(kind, row.tobytes(), before)
        row[:] = np.frombuffer(before, np.uint8)


def _png_row(kind: int, row: bytes, above: bytes) -> bytes:
    out = bytearray()
    left = corner = 0
    for x, up in zip(row, above, strict=True):
        guess = (left + up) // 2 if kind == _PNG_AVERAGE else _paeth(left, up, corner)
        left, corner = (x + guess) & 255, up
        out.append(left)
    return bytes(out)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    distances = (abs(guess - left), abs(guess - up), abs(guess - corner))
    return (left, up, corner)[distances.index(min(distances))]
