"""Read PDF objects out of bytes (ISO 32000-2 §7.2, §7.3).

Strict where it matters, never recursive without a limit, and never a foreign exception.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from mmap import mmap
from typing import NamedTuple, TypeAlias

# Real files nest less than 30 deep; each level costs two Python frames.
MAX_DEPTH = 120
# The largest object outside a stream that is worth reading (a /Contents of 128 KiB is 262 kB).
_MAX_TOKENS = 400_000

WHITE = rb"\x00\t\n\f\r "
# The same as bytes, where no pattern is made of it.
BLANKS = b"\x00\t\n\f\r "
_DELIMITERS = rb"()<>\[\]{}/%"
# Possessive throughout: what white space, a comment or a token has taken is not given back.
_BLANK = rb"(?:[" + WHITE + rb"]++|%[^\r\n]*+)*+"
_SKIP = re.compile(_BLANK)
REGULAR = rb"[^" + WHITE + _DELIMITERS + rb"]"
# The first, empty group tells where the token begins behind the white space.
_TOKEN = re.compile(
    _BLANK + rb"()(?:"
    rb"/(?P<name>" + REGULAR + rb"*+)"
    rb"|(?P<ref>(\d{1,10})[" + WHITE + rb"]++(\d{1,5})[" + WHITE + rb"]++R(?!" + REGULAR + rb"))"
    rb"|(?P<real>[+-]?(?:\d+\.\d*|\.\d+)(?!" + REGULAR + rb"))"
    rb"|(?P<int>[+-]?\d+(?!" + REGULAR + rb"))"
    rb"|(?P<mark><<|>>|\[|\])"
    rb"|\((?P<plain>[^()\\\r]*+)\)|(?P<paren>\()"
    rb"|<(?P<hex>[0-9A-Fa-f" + WHITE + rb"]*+)>"
    rb"|(?P<word>" + REGULAR + rb"++))"
)
_PAREN_PART = re.compile(rb"[^()\\\r]+|\\(?:[0-7]{1,3}|\r\n|.)|\r\n?|[()]", re.DOTALL)
_ESCAPES = {
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"b": b"\b",
    b"f": b"\f",
    b"\n": b"",
    b"\r": b"",
    b"\r\n": b"",
}
_KEYWORDS: dict[bytes, bool | None] = {b"true": True, b"false": False, b"null": None}
# Longer integers are nonsense, and Python is slow on very long ones.
_MAX_DIGITS = 40
# Names of the standard are shorter; a longer one is not worth keeping from file to file.
_COMMON_NAME = 24
_NAME_HEX = re.compile(r"#([0-9A-Fa-f]{2})")
# Many entries may point into the same white space: there is an end to how far each looks.
_HEADER = re.compile(
    rb"[%s]{0,255}+(\d{1,10})[%s]{1,255}+(\d{1,5})[%s]{1,255}+obj" % ((WHITE,) * 3)
)
_STREAM = re.compile(rb"stream(\r\n|\n|\r)")


# A file in memory, or mapped into it: both give bytes when sliced.
Buffer: TypeAlias = bytes | mmap


class PdfSyntaxError(Exception):
    """The bytes do not follow the grammar of PDF; kept inside this package.

    ``reached`` is how far an object was read before that was found.
    """

    reached = 0


class Name(str):
    """A PDF name without its slash, ``#xx`` decoded."""

    __slots__ = ()


class Ref(NamedTuple):
    """An indirect reference."""

    number: int
    generation: int


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream: its dictionary, and where its encoded bytes begin in the file."""

    dictionary: dict[str, "PdfObject"]
    start: int


PdfObject: TypeAlias = (
    "bool | int | float | bytes | Name | Ref | list[PdfObject] | dict[str, PdfObject]"
    " | Stream | None"
)


@dataclass(slots=True)
class Parsed:
    """An indirect object: value, identity, half-open span from ``N G obj`` to its last token.

    ``spans`` tells where each value of the outermost dictionary stands.
    """

    value: PdfObject
    number: int = 0
    generation: int = 0
    start: int = 0
    end: int = 0
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    duplicate_keys: bool = False


def skip(data: Buffer, at: int) -> int:
    """Return the position after white space and comments."""
    found = _SKIP.match(data, at)
    return at if found is None else found.end()


def read_indirect(data: Buffer, at: int) -> Parsed:
    """Read ``N G obj …`` at an offset; for a stream the end is that of the ``stream`` keyword.

    Raises:
        PdfSyntaxError: there is no such thing at this place.
    """
    header = _HEADER.match(data, at)
    if header is None:
        msg = "object header"
        raise PdfSyntaxError(msg)
    reader = _Reader(data, header.end())
    try:
        value = reader.value()
    except PdfSyntaxError as e:
        e.reached = reader.at
        raise
    parsed = Parsed(value=value, spans=reader.spans, duplicate_keys=reader.duplicate_keys)
    parsed.number, parsed.generation = int(header.group(1)), int(header.group(2))
    parsed.start, parsed.end = header.start(1), reader.at
    if isinstance(value, dict):
        stream = _STREAM.match(data, skip(data, reader.at))
        if stream is not None:
            parsed.value, parsed.end = Stream(value, stream.end()), stream.end()
    return parsed


def read_value(data: Buffer, at: int) -> tuple[PdfObject, int]:
    """Read one direct object and return it with the position after it.

    Raises:
        PdfSyntaxError: there is no object at this place.
    """
    reader = _Reader(data, at)
    return reader.value(), reader.at


class _Reader:
    """A cursor over bytes; one for each object that is read."""

    def __init__(self, data: Buffer, at: int) -> None:
        self.data = data
        self.at = at
        self.spans: dict[str, tuple[int, int]] = {}
        self.duplicate_keys = False
        self._left = _MAX_TOKENS

    def value(self) -> PdfObject:
        """Read the next object."""
        return self._value(self._token(), 0)

    def _value(self, found: re.Match[bytes], depth: int) -> PdfObject:
        kind = found.lastgroup
        if kind == "name":
            return _name(found["name"])
        if kind == "ref":
            return Ref(int(found[4]), int(found[5]))
        if kind == "mark":
            return self._container(found["mark"], depth)
        if kind == "paren":
            return self._literal()
        return _plain(kind, found)

    def _token(self) -> re.Match[bytes]:
        found = _TOKEN.match(self.data, self.at)
        self._left -= 1
        if found is None or self._left < 0:
            msg = "token"
            raise PdfSyntaxError(msg)
        self.at = found.end()
        return found

    def _container(self, mark: bytes, depth: int) -> PdfObject:
        if depth > MAX_DEPTH:
            msg = "nesting"
            raise PdfSyntaxError(msg)
        if mark == b"<<":
            return self._dictionary(depth)
        if mark == b"[":
            return self._array(depth)
        msg = "closing mark"
        raise PdfSyntaxError(msg)

    def _array(self, depth: int) -> list[PdfObject]:
        items: list[PdfObject] = []
        while True:
            found = self._token()
            if found["mark"] == b"]":
                return items
            items.append(self._value(found, depth + 1))

    def _dictionary(self, depth: int) -> dict[str, PdfObject]:
        items: dict[str, PdfObject] = {}
        while True:
            found = self._token()
            if found.lastgroup != "name":
                if found["mark"] == b">>":
                    return items
                msg = "dictionary key"
                raise PdfSyntaxError(msg)
            key = str(_name(found["name"]))
            found = self._token()
            value = self._value(found, depth + 1)
            again = key in items or (depth == 0 and key in self.spans)
            self.duplicate_keys = self.duplicate_keys or again
            # ISO 32000-2 §7.3.7: an entry whose value is null is as good as absent.
            if value is not None:
                items[key] = value
            if depth == 0:
                self.spans[key] = (found.start(1), self.at)

    def _literal(self) -> bytes:
        """Read a string with parentheses or escapes in it (§7.3.4.2)."""
        parts: list[bytes] = []
        depth = 1
        for found in _PAREN_PART.finditer(self.data, self.at):
            part = found.group()
            depth += (part == b"(") - (part == b")")
            if depth == 0:
                self.at = found.end()
                return b"".join(parts)
            parts.append(_unescaped(part))
        self.at = len(self.data)
        msg = "string"
        raise PdfSyntaxError(msg)


def _unescaped(part: bytes) -> bytes:
    if part[:1] == b"\r":
        return b"\n"
    if part[:1] != b"\\":
        return part
    code = part[1:]
    if code.isdigit() and code[0] < ord("8"):
        return bytes((int(code, 8) & 255,))
    return _ESCAPES.get(code, code)


def _name(raw: bytes) -> Name:
    return _known_name(raw) if len(raw) <= _COMMON_NAME else _decoded_name(raw)


def _decoded_name(raw: bytes) -> Name:
    text = raw.decode("latin-1")
    if "#" in text:
        text = _NAME_HEX.sub(lambda found: chr(int(found.group(1), 16)), text)
    return Name(text)


_known_name = lru_cache(maxsize=1024)(_decoded_name)


def _plain(kind: str | None, found: re.Match[bytes]) -> PdfObject:
    """Read a token that stands for itself."""
    text = found[kind or 0]
    if kind == "int":
        return int(text[:_MAX_DIGITS])
    if kind == "real":
        return float(text)
    if kind == "plain":
        return text
    if kind == "hex":
        digits = text.translate(None, BLANKS)
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
    if text in _KEYWORDS:
        return _KEYWORDS[text]
    msg = "keyword"
    raise PdfSyntaxError(msg)
