"""Make BER definite: old tools write indefinite lengths and strings in pieces (X.690 §8.1.3)."""

_MAX_DEPTH = 60
_INDEFINITE = 0x80
_LONG_TAG = 0x1F
_CONSTRUCTED = 0x20
_OCTET_STRING, _PIECES = 0x04, 0x24
_END = b"\x00\x00"


class BerError(Exception):
    """The bytes are no BER; kept inside this package."""


def definite(data: bytes) -> bytes:
    """Return the first element of ``data`` with all lengths definite.

    Raises:
        BerError: the bytes end too early or nest too deep.
    """
    try:
        return _element(data, 0, 0)[0]
    except IndexError as e:
        msg = "end of data"
        raise BerError(msg) from e


def _element(data: bytes, at: int, depth: int) -> tuple[bytes, int]:
    """Return one element and the position after it."""
    if depth > _MAX_DEPTH:
        msg = "nesting"
        raise BerError(msg)
    start, after = at, _after_tag(data, at)
    tag = data[start:after]
    length, at = _length(data, after)
    end = None if length is None else at + length
    if end is not None and end > len(data):
        msg = "length"
        raise BerError(msg)
    if not tag[0] & _CONSTRUCTED:
        if end is None:
            msg = "primitive without length"
            raise BerError(msg)
        return data[start:end], end
    parts: list[bytes] = []
    while at != end and not (end is None and data[at : at + 2] == _END):
        part, at = _element(data, at, depth + 1)
        parts.append(part)
    return _joined(tag, parts), at if end is not None else at + 2


def _after_tag(data: bytes, at: int) -> int:
    if data[at] & _LONG_TAG != _LONG_TAG:
        return at + 1
    at += 1
    while data[at] & _INDEFINITE:
        at += 1
    return at + 1


def _length(data: bytes, at: int) -> tuple[int | None, int]:
    first = data[at]
    if first < _INDEFINITE:
        return first, at + 1
    if first == _INDEFINITE:
        return None, at + 1
    count = first & (_INDEFINITE - 1)
    return int.from_bytes(data[at + 1 : at + 1 + count], "big"), at + 1 + count


def _joined(tag: bytes, parts: list[bytes]) -> bytes:
    """Put an element together; the pieces of an octet string become one."""
    if tag == bytes((_PIECES,)):
        parts = [part[_length(part, 1)[1] :] for part in parts]
        tag = bytes((_OCTET_STRING,))
    body = b"".join(parts)
    if len(body) < _INDEFINITE:
        return tag + bytes((len(body),)) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return tag + bytes((_INDEFINITE | len(size),)) + size + body
