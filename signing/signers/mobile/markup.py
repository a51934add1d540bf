"""Reads and writes small XML messages; whatever could hurt a reader is refused unread.

Expat, through its own handlers: a document type, and with it every entity, ends the reading at
its first byte; size, depth and count are bounded; names are matched without their namespace,
because operators answer with and without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from signing.signers.mobile.errors import MobileAnswerUnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 1024 * 1024  # a batch of ten CMS with their chains has some 100 KiB
_MAX_DEPTH = 40
_MAX_ELEMENTS = 5_000


@dataclass(slots=True, kw_only=True)
class Element:
    """An element: its local name, its attributes by local name, its text and its children."""

    name: str
    attributes: Mapping[str, str]
    children: list[Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return its own text without space around."""
        return "".join(self.pieces).strip()

    def walk(self) -> Iterator[Element]:
        """Yield itself and everything below it, in document order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def all(self, name: str) -> list[Element]:
        """Return the elements of a local name, itself and below."""
        return [one for one in self.walk() if one.name == name]

    def child(self, *names: str) -> Element | None:
        """Follow local names downwards, the first of each."""
        here: Element | None = self
        for name in names:
            here = next((one for one in here.children if one.name == name), None) if here else None
        return here


def read(document: bytes) -> Element:
    """Read a document.

    Raises:
        MobileAnswerUnreadableError: it is not well-formed, not UTF-8, or beyond a limit.
    """
    if len(document) > MAX_BYTES:
        raise MobileAnswerUnreadableError(reason="size")
    reader = _Reader()
    try:
        # A byte order mark would let another encoding in, whatever the parser was told.
        reader.parser.Parse(document.decode("utf-8"), True)  # noqa: FBT003  # expat takes it by position
    except (expat.ExpatError, ValueError) as error:
        raise MobileAnswerUnreadableError(reason="xml") from error
    return reader.root.children[0]


def element(name: str, *children: str, text: str = "", **attributes: str) -> str:
    """Write an element from written children; empty attributes are left out."""
    written = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items() if value)
    return f"<{name}{written}>{escape(text)}{''.join(children)}</{name.partition(' ')[0]}>"


class _Reader:
    def __init__(self) -> None:
        self.root = Element(name="", attributes={})
        self._open = [self.root]
        self._count = 0
        # The operator's declaration of another encoding is overruled: messages are UTF-8.
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.ProcessingInstructionHandler = self._instruction

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) > _MAX_DEPTH or self._count > _MAX_ELEMENTS:
            raise MobileAnswerUnreadableError(reason="nesting")
        local = {_local(key): value for key, value in attributes.items()}
        made = Element(name=_local(name), attributes=local)
        self._open[-1].children.append(made)
        self._open.append(made)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        self._open[-1].pieces.append(text)

    def _doctype(self, *_: object) -> None:
        raise MobileAnswerUnreadableError(reason="document-type")

    def _instruction(self, *_: object) -> None:
        raise MobileAnswerUnreadableError(reason="instruction")


def _local(name: str) -> str:
    return name.rpartition(" ")[2]
