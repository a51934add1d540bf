"""The small grammar of plainly simple files: a strict part of what ISO 32000-2 §7.3 allows.

Whatever lies outside of it is not wrong; it is left to pyHanko's reader. So the grammar has no
comments, no ``#`` in names, no parentheses within strings, no generations but 0, and every value
is kept as the bytes that it is written with.
"""

from __future__ import annotations

import re
from mmap import mmap
from typing import Final

Buffer = bytes | mmap

_MAX_DEPTH: Final = 16  # of arrays and dictionaries in each other; real ones have 5

_SPACE = rb"[ \t\r\n]*+"
_NAME = rb"/[^\x00-\x20\x7f-\xff()<>\[\]{}/%#]++"
_REFERENCE = rb"[1-9]\d{0,7}+ 0 R"
_NUMBER = rb"-?\d{1,10}+(?:\.\d{1,10}+)?"
_LITERAL = rb"\((?:[^()\\\r]|\\[nrtbf()\\]|\\[0-3][0-7]{2})*+\)"
_HEX = rb"<(?:[0-9A-Fa-f]{2})*+>"
# Numbers and words end where something else begins: `12x` is no number here.
_BARE = (
    rb"(?:" + rb"|".join((_REFERENCE, _NUMBER, rb"true|false|null")) + rb")(?=[ \t\r\n/()<>\[\]])"
)
_SCALAR = rb"(?:" + rb"|".join((_NAME, _BARE, _LITERAL, _HEX)) + rb")"
_FLAT = rb"(?:" + _SCALAR + rb"|\[(?:" + _SPACE + _SCALAR + rb")*+" + _SPACE + rb"\])"

_KEY = re.compile(_SPACE + rb"(" + _NAME + rb")" + _SPACE)
_FLAT_VALUE = re.compile(_SPACE + _FLAT)
_OPEN = re.compile(_SPACE + rb"<<")
_CLOSE = re.compile(_SPACE + rb">>")
_OPEN_ARRAY = re.compile(_SPACE + rb"\[")
_CLOSE_ARRAY = re.compile(_SPACE + rb"\]")
_ELEMENTS = re.compile(_SPACE + rb"(" + _SCALAR + rb")")
_TO = re.compile(rb"([1-9]\d{0,7}) 0 R")
_PLAIN_STRING = re.compile(rb"\(([ -'*-\[\]-~]*)\)")
_PLAIN_TEXT = re.compile(r"[ -'*-\[\]-~]*")

Entries = dict[bytes, bytes]


class NotPlainError(Exception):
    """The file is not plainly simple; ``reason`` says in what. It may well be sound."""

    def __init__(self, *, reason: str) -> None:
        """Keep the reason, for whoever wonders why a file takes the long way."""
        super().__init__(reason)
        self.reason = reason


def dictionary(buffer: Buffer, at: int, *, depth: int = 0) -> tuple[Entries, int]:
    """Split a dictionary into its keys and the bytes of their values.

    Returns:
        The entries in their order, and the offset behind the dictionary.

    Raises:
        NotPlainError: there is none of this grammar at this offset, or it names a key twice.
    """
    opened = _OPEN.match(buffer, at)
    if opened is None:
        raise NotPlainError(reason="dictionary")
    entries: Entries = {}
    at = opened.end()
    while (closed := _CLOSE.match(buffer, at)) is None:
        key = _KEY.match(buffer, at)
        if key is None or key[1] in entries:
            raise NotPlainError(reason="key")
        at = _end_of_value(buffer, key.end(), depth)
        entries[key[1]] = buffer[key.end() : at]
    return entries, closed.end()


def _end_of_value(buffer: Buffer, at: int, depth: int) -> int:
    flat = _FLAT_VALUE.match(buffer, at)
    if flat is not None:
        return flat.end()
    if depth == _MAX_DEPTH:
        raise NotPlainError(reason="depth")
    array = _OPEN_ARRAY.match(buffer, at)
    if array is None:
        return dictionary(buffer, at, depth=depth + 1)[1]
    at = array.end()
    while (closed := _CLOSE_ARRAY.match(buffer, at)) is None:
        at = _end_of_value(buffer, at, depth + 1)
    return closed.end()


def reference(value: bytes) -> int:
    """Return the number of the object that a value refers to.

    Raises:
        NotPlainError: the value is no reference.
    """
    found = _TO.fullmatch(value)
    if found is None:
        raise NotPlainError(reason="reference")
    return int(found[1])


def elements(value: bytes) -> list[bytes]:
    """Return the elements of an array that holds no other.

    Raises:
        NotPlainError: the value is something else.
    """
    if not value.startswith(b"[") or _FLAT_VALUE.fullmatch(value) is None:
        raise NotPlainError(reason="array")
    return _ELEMENTS.findall(value, 1)


def numbers(value: bytes) -> list[float]:
    """Return an array of numbers.

    Raises:
        NotPlainError: the value is something else.
    """
    try:
        return [float(element) for element in elements(value)]
    except ValueError as error:
        raise NotPlainError(reason="number") from error


def whole_number(value: bytes) -> int:
    """Return a value that is a whole number, zero or more.

    Raises:
        NotPlainError: it is something else.
    """
    if not value.isdigit():
        raise NotPlainError(reason="whole-number")
    return int(value)


def string(value: bytes) -> str:
    """Return a literal string of printable ASCII without an escape.

    Raises:
        NotPlainError: the value is something else, be it another writing of such a string.
    """
    found = _PLAIN_STRING.fullmatch(value)
    if found is None:
        raise NotPlainError(reason="string")
    return found[1].decode("ascii")


def text(value: str) -> bytes:
    """Write a text string (ISO 32000-2 §7.9.2.2): ASCII as it is, all else in UTF-16."""
    if _PLAIN_TEXT.fullmatch(value):
        return b"(" + value.encode("ascii") + b")"
    return b"<feff" + value.encode("utf-16-be").hex().encode("ascii") + b">"


def written(entries: Entries) -> bytes:
    """Write a dictionary."""
    return b"<< " + b" ".join(key + b" " + value for key, value in entries.items()) + b" >>"
