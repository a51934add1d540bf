"""XML that is written the same way every time, and read without doctypes or entities."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from archive.errors import InvalidDepositError, InvalidPackageError

MAX_BYTES = 64 * 2**20
"""The METS of a package of ours has some 10 kB; more than this is not read."""

MAX_DEPTH = 64
"""METS, PREMIS and EAD nest about ten deep."""

# XML 1.0 §2.2: other characters can't be written at all, not even as references.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Tag:
    """An element to write: prefixed name, attributes in order, children or text."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: tuple[Tag, ...] = ()
    text: str = ""


def to_bytes(root: Tag) -> bytes:
    """Write a document in UTF-8.

    Raises:
        InvalidDepositError: a text has a character that XML can't hold.
    """
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', *_lines(root, indent="")]
    document = "\n".join(lines) + "\n"
    if match := _FORBIDDEN.search(document):
        raise InvalidDepositError(character=f"U+{ord(match[0]):04X}")
    return document.encode()


def parse(raw: bytes, *, path: str) -> Element:
    """Read a document; names are ``{namespace}local``.

    Args:
        raw: the document.
        path: its name in the package, for the error.

    Raises:
        InvalidPackageError: it is no XML, too large, too deep, or has a doctype (and so could
            define entities).
    """
    if len(raw) > MAX_BYTES:
        raise InvalidPackageError(path=path, size=len(raw))
    builder = TreeBuilder()
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise InvalidPackageError(path=path, depth=depth)
        builder.start(_qualified(name), {_qualified(k): v for k, v in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_qualified(name))

    def refuse(*_: object) -> NoReturn:
        raise InvalidPackageError(path=path, doctype=True)

    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(raw, True)  # noqa: FBT003 - expat takes the flag by position only
    except (expat.ExpatError, LookupError, ValueError) as e:
        raise InvalidPackageError(path=path, reason=type(e).__name__) from e
    return builder.close()


def _qualified(name: str) -> str:
    return f"{{{name}" if "}" in name else name


def _lines(tag: Tag, *, indent: str) -> list[str]:
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in tag.attributes.items())
    opening = f"{indent}<{tag.name}{attributes}"
    if tag.text:
        return [f"{opening}>{escape(tag.text)}</{tag.name}>"]
    if not tag.children:
        return [f"{opening}/>"]
    inner = [line for child in tag.children for line in _lines(child, indent=indent + " ")]
    return [f"{opening}>", *inner, f"{indent}</{tag.name}>"]
