"""WebSocket frames (RFC 6455): what the agent needs of them, one text message in and one out."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# RFC 6455 §1.3: what proves that the other side speaks WebSocket and not something else.
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY_BYTES = 16
_FINAL, _RESERVED, _OPCODE = 0x80, 0x70, 0x0F
_MASKED, _LENGTH = 0x80, 0x7F
_TWO_BYTES, _EIGHT_BYTES = 126, 127
_MAX_CONTROL = 125
_MAX_FRAMES = 1000


class FrameError(Exception):
    """The other side does not keep to the protocol; ``code`` is that of the close frame."""

    def __init__(self, code: int) -> None:
        """Keep the code (RFC 6455 §7.4.1)."""
        super().__init__(code)
        self.code = code


class CloseCode(IntEnum):
    """Why a connection is closed (RFC 6455 §7.4.1)."""

    NORMAL = 1000
    PROTOCOL = 1002
    UNSUPPORTED = 1003
    NOT_TEXT = 1007
    TOO_LARGE = 1009


class Opcode(IntEnum):
    """The kinds of frames."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, unmasked."""

    opcode: Opcode
    final: bool
    payload: bytes


def accept_key(key: str) -> str:
    """Return the answer to ``Sec-WebSocket-Key``.

    Raises:
        ValueError: the key is not 16 bytes in base64.
    """
    if len(base64.b64decode(key, validate=True)) != _KEY_BYTES:
        raise ValueError(key)
    digest = hashlib.sha1(key.encode("ascii") + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


def written(opcode: Opcode, payload: bytes) -> bytes:
    """Return one whole frame, unmasked, as a server sends it."""
    length = len(payload)
    head = bytes([_FINAL | opcode])
    if length <= _MAX_CONTROL:
        return head + bytes([length]) + payload
    if length < 1 << 16:
        return head + bytes([_TWO_BYTES]) + length.to_bytes(2) + payload
    return head + bytes([_EIGHT_BYTES]) + length.to_bytes(8) + payload


def closing(code: int) -> bytes:
    """Return a close frame."""
    return written(Opcode.CLOSE, code.to_bytes(2))


def read_message(
    read: Callable[[int], bytes], send: Callable[[bytes], None], *, max_bytes: int
) -> str | None:
    """Read one text message, pieces put together, pings answered.

    Args:
        read: returns exactly so many bytes.
        send: sends bytes.
        max_bytes: of the whole message.

    Returns:
        The text; None if the other side closes instead.

    Raises:
        FrameError: it does not keep to the protocol, or the message is too large.
    """
    parts: list[bytes] = []
    for _ in range(_MAX_FRAMES):
        frame = read_frame(read, max_bytes=max_bytes - sum(map(len, parts)))
        match frame.opcode:
            case Opcode.CLOSE:
                return None
            case Opcode.PING:
                send(written(Opcode.PONG, frame.payload))
            case Opcode.PONG:
                pass
            case Opcode.BINARY:
                raise FrameError(CloseCode.UNSUPPORTED)
            case Opcode.TEXT | Opcode.CONTINUATION:
                _append(parts, frame)
                if frame.final:
                    return _text(b"".join(parts))
    raise FrameError(CloseCode.PROTOCOL)


def _append(parts: list[bytes], frame: Frame) -> None:
    """Add a piece: a text begins a message, a continuation goes on with one."""
    if (frame.opcode is Opcode.TEXT) == bool(parts):
        raise FrameError(CloseCode.PROTOCOL)
    parts.append(frame.payload)


def read_frame(read: Callable[[int], bytes], *, max_bytes: int) -> Frame:
    """Read one frame of a client.

    Raises:
        FrameError: it is not masked, of no known kind, or larger than it may be.
    """
    first, second = read(2)
    try:
        opcode = Opcode(first & _OPCODE)
    except ValueError as e:
        raise FrameError(CloseCode.PROTOCOL) from e
    final, length = bool(first & _FINAL), second & _LENGTH
    control = opcode >= Opcode.CLOSE
    # RFC 6455 §5.1, §5.2, §5.5: clients mask, nothing was negotiated, control frames are small.
    broken_control = control and (length > _MAX_CONTROL or not final)
    if first & _RESERVED or not second & _MASKED or broken_control:
        raise FrameError(CloseCode.PROTOCOL)
    if length == _TWO_BYTES:
        length = int.from_bytes(read(2))
    elif length == _EIGHT_BYTES:
        length = int.from_bytes(read(8))
    if length > max_bytes and not control:
        raise FrameError(CloseCode.TOO_LARGE)
    mask = read(4)
    return Frame(opcode=opcode, final=final, payload=_unmasked(read(length), mask))


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    length = len(payload)
    pattern = (mask * (length // len(mask) + 1))[:length]
    return (int.from_bytes(payload) ^ int.from_bytes(pattern)).to_bytes(length)


def _text(payload: bytes) -> str:
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError as e:
        raise FrameError(CloseCode.NOT_TEXT) from e
