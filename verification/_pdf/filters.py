"""Unfold the streams that structure lives in, under a limit: deflate with predictors only."""

import zlib

from verification._pdf.objects import PdfObject, PdfSyntaxError

# Object and cross-reference streams hold some thousand small objects.
MAX_UNFOLDED = 64 << 20
_PNG_FIRST = 10
_PNG_UP, _PNG_AVERAGE, _PNG_PAETH = 2, 3, 4


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
    before = bytes(columns)
    rows: list[bytes] = []
    for at in range(0, len(plain) - columns, columns + 1):
        before = _png_row(plain[at], plain[at + 1 : at + 1 + columns], before)
        rows.append(before)
    return b"".join(rows)


def _png_row(kind: int, row: bytes, above: bytes) -> bytes:
    """Undo one row's prediction (PNG §9.2) for pixels of one byte."""
    if kind == 0:
        return row
    if kind == _PNG_UP:
        return bytes((x + y) & 255 for x, y in zip(row, above, strict=True))
    if kind in (1, _PNG_AVERAGE, _PNG_PAETH):
        return _png_row_left(kind, row, above)
    msg = "row filter"
    raise PdfSyntaxError(msg)


def _png_row_left(kind: int, row: bytes, above: bytes) -> bytes:
    out = bytearray()
    left = corner = 0
    for x, up in zip(row, above, strict=True):
        if kind == 1:
            guess = left
        elif kind == _PNG_AVERAGE:
            guess = (left + up) // 2
        else:
            guess = _paeth(left, up, corner)
        left, corner = (x + guess) & 255, up
        out.append(left)
    return bytes(out)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    distances = (abs(guess - left), abs(guess - up), abs(guess - corner))
    return (left, up, corner)[distances.index(min(distances))]
