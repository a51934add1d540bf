"""Read PDF objects out of bytes (ISO 32000-2 §7.2, §7.3).

Strict where it matters, never recursive without a limit, and never a foreign exception.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

# Real files nest less than 30 deep; each level costs two Python frames.
MAX_DEPTH = 120
# The largest object outside a stream that is worth reading (a /Contents of 128 KiB is 262 kB).
_MAX_TOKENS = 400_000

WHITE = rb"\x00\t\n\f\r "
_DELIMITERS = rb"()<>\[\]{}/%"
_SKIP = re.compile(rb"(?:[" + WHITE + rb"]+|%[^\r\n]*)*")
REGULAR = rb"[^" + WHITE + _DELIMITERS + rb"]"
_TOKEN = re.compile(
    rb"(?P<ref>(\d{1,10})[" + WHITE + rb"]+(\d{1,5})[" + WHITE + rb"]+R(?!" + REGULAR + rb"))"
    rb"|(?P<real>[+-]?(?:\d+\.\d*|\.\d+)(?!" + REGULAR + rb"))"
    rb"|(?P<int>[+-]?\d+(?!" + REGULAR + rb"))"
    rb"|/(?P<name>" + REGULAR + rb"*)"
    rb"|(?P<open><<|\[)|(?P<close>>>|\])"
    rb"|\((?P<plain>[^()\\\r]*)\)|(?P<paren>\()"
    rb"|<(?P<hex>[0-9A-Fa-f" + WHITE + rb"]*)>"
    rb"|(?P<word>" + REGULAR + rb"+)"
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
_NAME_HEX = re.compile(r"#([0-9A-Fa-f]{2})")
_HEADER = re.compile(
    rb"[" + WHITE + rb"]*(\d{1,10})[" + WHITE + rb"]+(\d{1,5})[" + WHITE + rb"]+obj"
)
_STREAM = re.compile(rb"stream(\r\n|\n|\r)")


class PdfSyntaxError(Exception):
    """The bytes do not follow the grammar of PDF; kept inside this package."""


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


def skip(data: bytes, at: int) -> int:
    """Return the position after white space and comments."""
    found = _SKIP.match(data, at)
    return at if found is None else found.end()


def read_indirect(data: bytes, at: int) -> Parsed:
    """Read ``N G obj …`` at an offset; for a stream the end is that of the ``stream`` keyword.

    Raises:
        PdfSyntaxError: there is no such thing at this place.
    """
    header = _HEADER.match(data, at)
    if header is None:
        msg = "object header"
        raise PdfSyntaxError(msg)
    reader = _Reader(data, header.end())
    value = reader.value(0)
    parsed = Parsed(value=value, spans=reader.spans, duplicate_keys=reader.duplicate_keys)
    parsed.number, parsed.generation = int(header.group(1)), int(header.group(2))
    parsed.start, parsed.end = header.start(1), reader.at
    after = skip(data, reader.at)
    if isinstance(value, dict):
        stream = _STREAM.match(data, after)
        if stream is not None:
            parsed.value, parsed.end = Stream(value, stream.end()), stream.end()
    return parsed


def read_value(data: bytes, at: int) -> tuple[PdfObject, int]:
    """Read one direct object and return it with the position after it.

    Raises:
        PdfSyntaxError: there is no object at this place.
    """
    reader = _Reader(data, at)
    return reader.value(0), reader.at


class _Reader:
    """A cursor over bytes; one for each object that is read."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at
        self.spans: dict[str, tuple[int, int]] = {}
        self.duplicate_keys = False
        self._left = _MAX_TOKENS

    def value(self, depth: int) -> PdfObject:
        """Read the next object."""
        found = self._token()
        value = self._scalar(found)
        if not isinstance(value, _Open):
            return value
        if depth > MAX_DEPTH:
            msg = "nesting"
            raise PdfSyntaxError(msg)
        return self._dictionary(depth) if value.dictionary else self._array(depth)

    def _token(self) -> re.Match[bytes]:
        self.at = skip(self.data, self.at)
        found = _TOKEN.match(self.data, self.at)
        self._left -= 1
        if found is None or self._left < 0:
            msg = "token"
            raise PdfSyntaxError(msg)
        self.at = found.end()
        return found

    def _scalar(self, found: re.Match[bytes]) -> "PdfObject | _Open":
        kind = found.lastgroup
        if kind == "name":
            return _name(found.group("name"))
        if kind == "ref":
            return Ref(int(found.group(2)), int(found.group(3)))
        if kind == "paren":
            return self._literal()
        if kind == "open":
            return _Open(dictionary=found.group("open") == b"<<")
        return _plain(kind or "", found)

    def _array(self, depth: int) -> list[PdfObject]:
        items: list[PdfObject] = []
        while not self._closes(b"]"):
            items.append(self.value(depth + 1))
        return items

    def _dictionary(self, depth: int) -> dict[str, PdfObject]:
        items: dict[str, PdfObject] = {}
        while not self._closes(b">>"):
            key = self.value(depth + 1)
            if not isinstance(key, Name):
                msg = "dictionary key"
                raise PdfSyntaxError(msg)
            start = skip(self.data, self.at)
            value = self.value(depth + 1)
            again = key in items or (depth == 0 and key in self.spans)
            self.duplicate_keys = self.duplicate_keys or again
            # ISO 32000-2 §7.3.7: an entry whose value is null is as good as absent.
            if value is not None:
                items[str(key)] = value
            if depth == 0:
                self.spans[str(key)] = (start, self.at)
        return items

    def _closes(self, mark: bytes) -> bool:
        self.at = skip(self.data, self.at)
        if not self.data.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

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
        msg = "string"
        raise PdfSyntaxError(msg)


@dataclass(frozen=True, slots=True)
class _Open:
    dictionary: bool


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
    text = raw.decode("latin-1")
    if "#" in text:
        text = _NAME_HEX.sub(lambda found: chr(int(found.group(1), 16)), text)
    return Name(text)


def _plain(kind: str, found: re.Match[bytes]) -> PdfObject:
    """Read a token that stands for itself."""
    text = found.group(kind)
    if kind == "int":
        return int(text[:_MAX_DIGITS])
    if kind == "real":
        return float(text)
    if kind == "plain":
        return text
    if kind == "hex":
        digits = text.translate(None, b"\x00\t\n\f\r ")
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
    if text in _KEYWORDS:
        return _KEYWORDS[text]
    msg = "keyword"
    raise PdfSyntaxError(msg)
