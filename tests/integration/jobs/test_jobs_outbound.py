"""Calls to the outside: only to hosts that are named, only so long, only so much."""

from __future__ import annotations

import contextlib
import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from docsvc import http
from docsvc.http import FetchRefusedError, Outbound

if TYPE_CHECKING:
    from collections.abc import Iterator


class Answers(BaseHTTPRequestHandler):
    """A server with the manners of servers one meets."""

    def do_GET(self) -> None:
        whole: dict[str, tuple[int, bytes, dict[str, str]]] = {
            "/crl": (200, b"revoked: none", {}),
            "/moved": (302, b"", {"Location": "http://169.254.169.254/latest"}),
            "/gone": (404, b"no", {}),
            "/large": (200, b"x" * 5000, {}),
            "/bomb": (200, gzip.compress(b"x" * 5000), {"Content-Encoding": "gzip"}),
        }
        if self.path in whole:
            status, body, headers = whole[self.path]
            self._answer(status, body, **headers)
        elif self.path == "/slow":
            time.sleep(3)
        elif self.path == "/drip":
            self._drip()
        else:
            self.connection.close()

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(40):
                self.wfile.write(b".")
                self.wfile.flush()
                time.sleep(0.1)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
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
    made = Outbound((f"127.0.0.1:{port}",), timeout_s=30)
    yield made
    made.close()


def test_an_allowed_host_is_asked(outbound: Outbound, port: int) -> None:
    assert outbound.get(f"http://127.0.0.1:{port}/crl") == b"revoked: none"


def test_a_body_is_posted_with_its_type(outbound: Outbound, port: int) -> None:
    answer = outbound.post(f"http://127.0.0.1:{port}/tsa", b"query", "application/timestamp-query")
    assert answer == b"application/timestamp-query query"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{other}/crl",
        "http://localhost:{port}/crl",
        "http://127.0.0.1:{port}@169.254.169.254/",
        "http://169.254.169.254/latest/meta-data",
        "ftp://127.0.0.1:{port}/crl",
        "file:///etc/passwd",
        "ldap://127.0.0.1:{port}/cn=CRL",
        "//127.0.0.1:{port}/crl",
        "http:///crl",
        "http://[bad/crl",
        "http://127.0.0.1:{port}0/crl",
        "http://127.0.0.1:notaport/",
        "\x00",
        "",
    ],
)
def test_every_other_address_is_refused(outbound: Outbound, port: int, url: str) -> None:
    with pytest.raises(FetchRefusedError):
        outbound.get(url.format(port=port, other=port - 1))


def test_a_host_without_a_port_allows_all_its_ports(port: int) -> None:
    made = Outbound(("127.0.0.1",), timeout_s=30)
    assert made.get(f"http://127.0.0.1:{port}/crl")
    made.close()


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("crl.example:80", "http://crl.example/x"),
        ("crl.example:443", "https://CRL.example/x"),
        ("CRL.example", "http://crl.example/x"),
        ("[::1]:8080", "http://[::1]:8080/x"),
    ],
)
def test_a_host_is_the_same_however_it_is_written(allowed: str, url: str) -> None:
    made = Outbound((allowed,), timeout_s=30)
    made._require_allowed(url)
    made.close()


def test_an_empty_entry_allows_nothing(port: int) -> None:
    made = Outbound(("",), timeout_s=30)
    with pytest.raises(FetchRefusedError):
        made.get(f"http://127.0.0.1:{port}/crl")
    with pytest.raises(FetchRefusedError):
        made.get("http:///crl")
    made.close()


def test_a_way_on_to_another_host_is_not_followed(outbound: Outbound, port: int) -> None:
    with pytest.raises(ConnectionError):
        outbound.get(f"http://127.0.0.1:{port}/moved")


@pytest.mark.parametrize("path", ["gone", "hangs-up"])
def test_no_good_answer_is_an_error_of_the_connection(
    outbound: Outbound, port: int, path: str
) -> None:
    with pytest.raises(ConnectionError):
        outbound.get(f"http://127.0.0.1:{port}/{path}")


@pytest.mark.parametrize("path", ["large", "bomb"])
def test_an_answer_that_is_too_large_is_cut_off(
    outbound: Outbound, port: int, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_MAX_BYTES", 4999)
    with pytest.raises(ConnectionError, match="limit"):
        outbound.get(f"http://127.0.0.1:{port}/{path}")
    monkeypatch.setattr(http, "_MAX_BYTES", 5000)
    assert outbound.get(f"http://127.0.0.1:{port}/{path}") == b"x" * 5000


@pytest.mark.parametrize("path", ["slow", "drip"])
def test_nobody_is_waited_for_longer_than_allowed(port: int, path: str) -> None:
    made = Outbound((f"127.0.0.1:{port}",), timeout_s=0.5)
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        made.get(f"http://127.0.0.1:{port}/{path}")
    assert time.monotonic() - begun < 3
    made.close()
