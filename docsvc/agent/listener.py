"""The door of the agent: TLS on the loopback address, for pages of allowed origins.

A page of any site can try to open a WebSocket to this PC: browsers do not stop it, but they say
who it is. So the Origin has to be one that was allowed when the agent was started, and the Host
has to be this PC by its own address: a name that somebody else points here is refused.
"""

from __future__ import annotations

import contextlib
import logging
import socketserver
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from typing_extensions import override

from docsvc.agent import frames
from docsvc.agent.errors import PortTakenError
from docsvc.agent.frames import CloseCode, FrameError, Opcode

if TYPE_CHECKING:
    import socket
    import ssl

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
_MAX_HEAD = 16 * 1024
_MAX_MESSAGE = 1024 * 1024
# A person is only asked once the message is here; until then nobody has to be waited for.
_READ_S = 15.0
_GOODBYE_S = 2.0
_MAX_CONNECTIONS = 8
_VERSION = "13"

_PAGE = (
    "<!doctype html><html lang='vi'><meta charset='utf-8'><title>docsvc agent</title>"
    "<h1>docsvc agent</h1><p>Phần mềm ký đang chạy và trình duyệt đã tin chứng thư của nó. "
    "Hãy quay lại trang ký văn bản.</p><p lang='en'>The agent is running and the browser trusts "
    "its certificate. Go back to the page of the document.</p></html>"
)

# What is asked (the last part of the address), by which origin, with which message.
Answerer = Callable[[str, str, str], str]


class _RefusedError(Exception):
    """The request gets an HTTP status instead of a WebSocket."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """The head of an HTTP request; names of headers in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]

    def has(self, name: str, word: str) -> bool:
        """Tell whether a header lists a word."""
        listed = self.headers.get(name, "").lower().split(",")
        return word in {each.strip() for each in listed}


class Listener(socketserver.ThreadingTCPServer):
    """Listens until it is told to stop; each connection has a thread, and there are few."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self, port: int, *, context: ssl.SSLContext, origins: frozenset[str], answer: Answerer
    ) -> None:
        """Take the port.

        Args:
            port: of the loopback address; 0: a free one.
            context: with the certificate of this PC.
            origins: whose pages may ask, as browsers write them: ``https://desk.example``.
            answer: answers a message; it must not raise.

        Raises:
            PortTakenError: another program has it.
        """
        try:
            super().__init__((HOST, port), _Connection)
        except OSError as e:
            raise PortTakenError(port=port) from e
        self.context = context
        self.origins = origins
        self.answer = answer
        self.places = threading.BoundedSemaphore(_MAX_CONNECTIONS)

    @property
    def port(self) -> int:
        """Return the port."""
        return int(self.server_address[1])

    @property
    def hosts(self) -> frozenset[str]:
        """Return what a browser that means this PC writes as Host."""
        return frozenset({f"{HOST}:{self.port}", f"localhost:{self.port}"})

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Log a defect without what was said."""
        # Called while the exception is handled.
        log.exception("agent.connection-failed")  # noqa: LOG004


class _Connection(socketserver.BaseRequestHandler):
    """One connection: a handshake, a message, an answer."""

    server: Listener
    request: socket.socket

    @override
    def handle(self) -> None:
        if not self.server.places.acquire(blocking=False):
            return
        try:
            self.request.settimeout(_READ_S)
            with self.server.context.wrap_socket(self.request, server_side=True) as stream:
                self._serve(stream)
        except (OSError, EOFError):
            # The browser went away, does not trust us yet, or was silent for too long.
            log.info("agent.connection-lost")
        finally:
            self.server.places.release()

    def _serve(self, stream: ssl.SSLSocket) -> None:
        reader = _Reader(stream)
        try:
            head = reader.head()
            opening = self._opening(head)
        except _RefusedError as e:
            log.warning("agent.refused", extra={"status": e.status})
            stream.sendall(_response(e.status, ""))
            return
        stream.sendall(opening)
        if head.has("upgrade", "websocket"):
            self._talk(stream, reader, head)

    def _opening(self, head: _Head) -> bytes:
        """Return the answer that opens the WebSocket (RFC 6455 §4.2), or shows the page."""
        if head.headers.get("host") not in self.server.hosts:
            raise _RefusedError(HTTPStatus.MISDIRECTED_REQUEST)
        if not head.has("upgrade", "websocket"):
            return _page(head)
        if head.headers.get("origin") not in self.server.origins:
            raise _RefusedError(HTTPStatus.FORBIDDEN)
        if head.headers.get("sec-websocket-version") != _VERSION:
            raise _RefusedError(HTTPStatus.UPGRADE_REQUIRED)
        if head.method != "GET" or not head.has("connection", "upgrade"):
            raise _RefusedError(HTTPStatus.BAD_REQUEST)
        try:
            key = frames.accept_key(head.headers.get("sec-websocket-key", ""))
        except ValueError as e:
            raise _RefusedError(HTTPStatus.BAD_REQUEST) from e
        return (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {key}\r\n\r\n"
        ).encode("ascii")

    def _talk(self, stream: ssl.SSLSocket, reader: _Reader, head: _Head) -> None:
        try:
            message = frames.read_message(reader.exactly, stream.sendall, max_bytes=_MAX_MESSAGE)
        except FrameError as e:
            stream.sendall(frames.closing(e.code))
            return
        if message is None:
            stream.sendall(frames.closing(CloseCode.NORMAL))
            return
        operation = head.path.partition("?")[0].removeprefix("/")
        told = self.server.answer(operation, head.headers["origin"], message)
        stream.sendall(frames.written(Opcode.TEXT, told.encode("utf-8")))
        stream.sendall(frames.closing(CloseCode.NORMAL))
        stream.settimeout(_GOODBYE_S)
        with contextlib.suppress(OSError, EOFError, FrameError):
            frames.read_frame(reader.exactly, max_bytes=_MAX_HEAD)


class _Reader:
    """Reads from a connection as much as is wanted, and no more than is allowed."""

    def __init__(self, stream: ssl.SSLSocket) -> None:
        self._stream = stream
        self._held = b""

    def exactly(self, count: int) -> bytes:
        """Return so many bytes.

        Raises:
            EOFError: the other side ends before.
            TimeoutError: it is silent for too long.
        """
        while len(self._held) < count:
            self._more()
        taken, self._held = self._held[:count], self._held[count:]
        return taken

    def head(self) -> _Head:
        """Read the head of an HTTP request.

        Raises:
            _RefusedError: it is too long, or is none.
        """
        while b"\r\n\r\n" not in self._held:
            if len(self._held) > _MAX_HEAD:
                raise _RefusedError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            self._more()
        text, _, self._held = self._held.partition(b"\r\n\r\n")
        first, *lines = text.decode("latin-1").split("\r\n")
        words = first.split(" ")
        if len(words) != 3 or words[2] != "HTTP/1.1":  # noqa: PLR2004  # RFC 9112 §3
            raise _RefusedError(HTTPStatus.BAD_REQUEST)
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            # Said twice, it is believed neither time: who reads the other one sees another request.
            headers[name.lower()] = "" if name.lower() in headers else value.strip()
        return _Head(method=words[0], path=words[1], headers=headers)

    def _more(self) -> None:
        piece = self._stream.recv(64 * 1024)
        if not piece:
            raise EOFError
        self._held += piece


def _page(head: _Head) -> bytes:
    """Show whoever opens the address in the browser that it is trusted."""
    if head.method != "GET" or head.path != "/":
        raise _RefusedError(HTTPStatus.NOT_FOUND)
    return _response(HTTPStatus.OK, _PAGE)


def _response(status: HTTPStatus, body: str) -> bytes:
    content = body.encode("utf-8")
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(content)}\r\nContent-Security-Policy: default-src 'none'\r\n"
        "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + content
