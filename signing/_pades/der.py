"""The few lines of DER that a signature needs.

Written by concatenation, which costs microseconds; read to the letter, because what others wrote is
embedded byte by byte.
"""

from __future__ import annotations

from typing import NamedTuple

SEQUENCE, SET, INTEGER, OCTET_STRING, BOOLEAN = 0x30, 0x31, 0x02, 0x04, 0x01
NULL = bytes.fromhex("0500")
ID_DATA = bytes.fromhex("06092a864886f70d010701")
ID_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
ID_CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903")
ID_MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
ID_SIGNING_CERTIFICATE = bytes.fromhex("060b2a864886f70d010910020c")
ID_SIGNING_CERTIFICATE_V2 = bytes.fromhex("060b2a864886f70d010910022f")
ID_SIGNATURE_TIMESTAMP = bytes.fromhex("060b2a864886f70d010910020e")
ID_SHA256 = bytes.fromhex("0609608648016503040201")
ID_SHA256_WITH_RSA = bytes.fromhex("06092a864886f70d01010b")
ID_ECDSA_WITH_SHA256 = bytes.fromhex("06082a8648ce3d040302")
ID_RSA = bytes.fromhex("06092a864886f70d010101")
ID_RSA_PSS = bytes.fromhex("06092a864886f70d01010a")
ID_MGF1 = bytes.fromhex("06092a864886f70d010108")

_CONSTRUCTED, _INDEFINITE = 0x20, 0x80
_MAX_DEPTH = 32  # a certificate takes twelve


def tlv(tag: int, *parts: bytes) -> bytes:
    """Encode one value: tag, definite length, contents."""
    length = sum(map(len, parts))
    if length < 0x80:  # noqa: PLR2004  # X.690 §8.1.3.4: the short form
        header = bytes((tag, length))
    else:
        octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
        header = bytes((tag, 0x80 | len(octets))) + octets
    return b"".join((header, *parts))


def sequence(*parts: bytes) -> bytes:
    """Encode a SEQUENCE."""
    return tlv(SEQUENCE, *parts)


def set_of(*parts: bytes) -> bytes:
    """Encode a SET OF: DER wants its members in the order of their encodings (X.690 §11.6)."""
    return tlv(SET, *sorted(parts))


def integer(value: int) -> bytes:
    """Encode a non-negative INTEGER."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


class NotDerError(Exception):
    """Bytes from elsewhere are not DER; ``reason`` says in which way."""

    def __init__(self, *, reason: str) -> None:
        """Keep the reason: it becomes a fact of the error that is raised instead."""
        super().__init__(reason)
        self.reason = reason


class Value(NamedTuple):
    """One value: its tag byte, its contents, and its whole encoding."""

    tag: int
    content: bytes
    whole: bytes


def parse(encoded: bytes) -> Value:
    """Read bytes that are one value and nothing more.

    Raises:
        NotDerError: they are not.
    """
    value, end = _read(encoded, 0)
    if end != len(encoded):
        raise NotDerError(reason="trailing-bytes")
    return value


def children(content: bytes) -> list[Value]:
    """Read the members of a constructed value.

    Raises:
        NotDerError: its contents are not a row of values.
    """
    found, at = [], 0
    while at < len(content):
        value, at = _read(content, at)
        found.append(value)
    return found


def require_deep(value: Value, *, depth: int = 0) -> None:
    """Check a value down to its leaves.

    Raises:
        NotDerError: something within is not DER, or nested without end.
    """
    if depth > _MAX_DEPTH:
        raise NotDerError(reason="depth")
    if value.tag & _CONSTRUCTED:
        for member in children(value.content):
            require_deep(member, depth=depth + 1)


def _read(encoded: bytes, at: int) -> tuple[Value, int]:
    if len(encoded) - at < 2 or encoded[at] & 0x1F == 0x1F:  # noqa: PLR2004  # tag and length
        raise NotDerError(reason="header")
    size, start = encoded[at + 1], at + 2
    if size == _INDEFINITE:
        raise NotDerError(reason="indefinite-length")
    if size > _INDEFINITE:
        octets = encoded[start : start + size - _INDEFINITE]
        start += len(octets)
        size = int.from_bytes(octets)
        # X.690 §10.1: the definite form in the least number of octets.
        if size < _INDEFINITE or octets[0] == 0:
            raise NotDerError(reason="length")
    if start + size > len(encoded):
        raise NotDerError(reason="truncated")
    return Value(
        encoded[at], encoded[start : start + size], encoded[at : start + size]
    ), start + size
