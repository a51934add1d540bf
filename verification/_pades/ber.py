"""Make BER definite: old tools write indefinite lengths and strings in pieces (X.690 §8.1.3)."""

from collections.abc import Iterator
from enum import StrEnum

_MAX_DEPTH = 60
# A container with chain and timestamp has some thousand; more is looked at by nobody.
_MAX_ELEMENTS = 50_000
_INDEFINITE = 0x80
_LONG_TAG = 0x1F
_CONSTRUCTED = 0x20
_OCTET_STRING, _PIECES = 0x04, 0x24
_END = b"\x00\x00"


class Form(StrEnum):
    """A way to write a length that DER does not have (X.690 §10.1)."""

    INDEFINITE = "indefinite"
    LONG = "long"


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


def forms(data: bytes) -> frozenset[Form]:
    """Tell which lengths in the first element of ``data``, however deep, are not DER's.

    Strings are not looked into.

    Raises:
        BerError: the bytes end too early, nest too deep or have too many elements.
    """
    found: set[Form] = set()
    try:
        _walk(data, 0, 0, iter(range(_MAX_ELEMENTS)), found)
    except IndexError as e:
        msg = "end of data"
        raise BerError(msg) from e
    return frozenset(found)


def _walk(data: bytes, at: int, depth: int, left: Iterator[int], found: set[Form]) -> int:
    """Look at one element and return the position after it."""
    if depth > _MAX_DEPTH or next(left, None) is None:
        msg = "elements"
        raise BerError(msg)
    after = _after_tag(data, at)
    length, first = _length(data, after)
    if length is None:
        found.add(Form.INDEFINITE)
    elif _is_long(data, after, first, length):
        found.add(Form.LONG)
    end = None if length is None else first + length
    if end is not None and not data[at] & _CONSTRUCTED:
        return end
    at = first
    while at != end and not (end is None and data[at : at + 2] == _END):
        at = _walk(data, at, depth + 1, left, found)
    return at if end is not None else at + 2


def _is_long(data: bytes, at: int, first: int, length: int) -> bool:
    """Tell whether a length has more octets than it needs."""
    return first > at + 1 and (length < _INDEFINITE or data[at + 1] == 0)


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
