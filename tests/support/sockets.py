"""A plain WebSocket client for tests, that can also do everything wrong."""

from __future__ import annotations

import os
import socket
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "dGhlIHNhbXBsZSBub25jZQ=="


@contextmanager
def connected(port: int, certificate: Path) -> Iterator[ssl.SSLSocket]:
    """Open a TLS connection to the loopback address; the certificate is checked."""
    context = ssl.create_default_context(cafile=str(certificate))
    with (
        socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as stream,
    ):
        yield stream


def opening(port: int, operation: str, origin: str | None, **headers: str | None) -> bytes:
    """Return the head of a request; a header of None is left out, ``_`` stands for ``-``."""
    fields = {
        "Host": f"127.0.0.1:{port}",
        "Origin": origin,
        "Upgrade": "websocket",
        "Connection": "keep-alive, Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join([f"GET /{operation} HTTP/1.1", *lines, "", ""]).encode()


def frame(payload: bytes, *, first: int = 0x81, masked: bool = True) -> bytes:
    """Return one frame as a client sends it."""
    length = len(payload)
    if length < 126:
        head = bytes([first, (0x80 if masked else 0) | length])
    elif length < 1 << 16:
        head = bytes([first, (0x80 if masked else 0) | 126]) + length.to_bytes(2)
    else:
        head = bytes([first, (0x80 if masked else 0) | 127]) + length.to_bytes(8)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


def everything(stream: ssl.SSLSocket) -> bytes:
    """Read until the other side ends."""
    found = b""
    while piece := stream.recv(65536):
        found += piece
    return found


def ask(port: int, certificate: Path, operation: str, origin: str, message: str) -> str:
    """Send one message as a browser does, and return the answer."""
    with connected(port, certificate) as stream:
        stream.sendall(opening(port, operation, origin))
        head = b""
        while b"\r\n\r\n" not in head:
            head += stream.recv(1)
        assert head.startswith(b"HTTP/1.1 101 "), head
        stream.sendall(frame(message.encode()))
        stream.settimeout(120)
        answer = everything_of_one_frame(stream)
        stream.sendall(frame(b"\x03\xe8", first=0x88))
        return answer.decode()


def everything_of_one_frame(stream: ssl.SSLSocket) -> bytes:
    """Read one unmasked text frame."""

    def exactly(count: int) -> bytes:
        found = b""
        while len(found) < count:
            piece = stream.recv(count - len(found))
            assert piece, "the server ended"
            found += piece
        return found

    first, length = exactly(2)
    assert first == 0x81
    if length == 126:
        length = int.from_bytes(exactly(2))
    elif length == 127:
        length = int.from_bytes(exactly(8))
    return exactly(length)
