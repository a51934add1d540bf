"""Whom outbound calls reach in tests: a server with good and bad manners, and who may call it.

A folder's ``conftest.py`` imports the fixtures.
"""

from __future__ import annotations

import contextlib
import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from docsvc.http import Outbound, Reach

if TYPE_CHECKING:
    from collections.abc import Iterator


class Answers(BaseHTTPRequestHandler):
    """A server with the manners of servers one meets."""

    def do_GET(self) -> None:
        here = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
        whole: dict[str, tuple[int, bytes, dict[str, str]]] = {
            "/crl": (200, b"revoked: none", {}),
            "/moved": (302, b"", {"Location": "http://169.254.169.254/latest"}),
            "/moved-here": (301, b"", {"Location": "/crl"}),
            "/moved-home": (302, b"", {"Location": f"{here}/crl"}),
            "/moved-to-a-file": (302, b"", {"Location": "file:///etc/passwd"}),
            "/moved-to-nowhere": (302, b"", {"Location": "http://[bad/"}),
            "/moved-without-a-place": (302, b"", {}),
            "/round": (302, b"", {"Location": "/round"}),
            "/gone": (404, b"no", {}),
            "/large": (200, b"x" * 5000, {}),
            "/bomb": (200, gzip.compress(b"x" * 5000), {"Content-Encoding": "gzip"}),
            "/cookie": (200, b"", {"Set-Cookie": "who=me"}),
            "/echo": (200, str(self.headers).encode(), {}),
            "/headers": (200, b"", {f"X-{n}": "x" * 1000 for n in range(200)}),
        }
        odd = {
            "/slow": self._wait,
            "/drip": self._drip,
            "/drip-headers": self._drip_headers,
            "/endless": self._endless,
        }
        if self.path in whole:
            status, body, headers = whole[self.path]
            self._answer(status, body, **headers)
        elif self.path in odd:
            with contextlib.suppress(OSError):
                odd[self.path]()
        else:
            self.connection.close()

    def _wait(self) -> None:
        time.sleep(3)

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(40):
            self.wfile.write(b".")
            self.wfile.flush()
            time.sleep(0.1)

    def _drip_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self._drip_bytes()

    def _drip_bytes(self) -> None:
        for _ in range(40):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.1)

    def _endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(b"x" * 65536)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/moved-here":
            self._answer(302, b"", Location="/tsa")
            return
        if self.path == "/slow":
            self._wait()
        if self.path == "/refused":
            self._answer(401, self.headers["Authorization"].encode() + b" " + body)
            return
        self._answer(200, self.headers["Content-Type"].encode() + b" " + body)

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        del format, args


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        del request, client_address


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = Quiet(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def outbound(port: int) -> Iterator[Outbound]:
    made = Outbound(Reach(allow=(f"127.0.0.1:{port}",)), timeout_s=30)
    yield made
    made.close()
