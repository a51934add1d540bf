"""The door of the agent: who may come in, and what of the protocol is held to."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest
from support import sockets

from docsvc.agent.certificate import local_certificate
from docsvc.agent.errors import PortTakenError
from docsvc.agent.listener import Listener
from docsvc.clock import SystemClock
from docsvc.http import Outbound, Reach

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docsvc.agent.certificate import LocalCertificate

DESK = "https://desk.example"
ACCEPTED = b"HTTP/1.1 101 Switching Protocols\r\n"
CLOSED = b"\x88\x02"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> LocalCertificate:
    return local_certificate(tmp_path_factory.mktemp("agent"), now=SystemClock().now())


@pytest.fixture(scope="module")
def listener(certificate: LocalCertificate) -> Iterator[Listener]:
    def answer(operation: str, origin: str, message: str) -> str:
        return f"{operation}|{origin}|{message}"

    with Listener(
        0, context=certificate.context(), origins=frozenset({DESK}), answer=answer
    ) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def trusted(certificate: LocalCertificate) -> Path:
    return certificate.certificate


def status(listener: Listener, trusted: Path, head: bytes) -> int:
    with sockets.connected(listener.port, trusted) as stream:
        stream.sendall(head)
        return int(sockets.everything(stream).split(b" ")[1])


def test_message_of_an_allowed_page_is_answered(listener: Listener, trusted: Path) -> None:
    told = sockets.ask(listener.port, trusted, "SignApproved", DESK, '{"việc": "ký"}')

    assert told == f'SignApproved|{DESK}|{{"việc": "ký"}}'


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 1_000_000])
def test_messages_of_all_sizes_come_through(listener: Listener, trusted: Path, size: int) -> None:
    told = sockets.ask(listener.port, trusted, "x", DESK, "a" * size)

    assert told == f"x|{DESK}|" + "a" * size


def test_query_is_no_part_of_the_operation(listener: Listener, trusted: Path) -> None:
    assert sockets.ask(listener.port, trusted, "Op?a=1", DESK, "").startswith("Op|")


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://desk.example", "https://desk.example:8443", "null", None],
)
def test_page_of_another_origin_is_refused(
    listener: Listener, trusted: Path, origin: str | None
) -> None:
    assert status(listener, trusted, sockets.opening(listener.port, "x", origin)) == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "[::1]:8987", None])
def test_other_name_for_this_pc_is_refused(
    listener: Listener, trusted: Path, host: str | None
) -> None:
    """DNS rebinding: a name of somebody else's that points to the loopback address."""
    assert status(listener, trusted, sockets.opening(listener.port, "x", DESK, Host=host)) == 421


def test_localhost_is_this_pc(listener: Listener, trusted: Path) -> None:
    with sockets.connected(listener.port, trusted) as stream:
        host = f"localhost:{listener.port}"
        stream.sendall(sockets.opening(listener.port, "x", DESK, Host=host))
        stream.sendall(sockets.frame(b"", first=0x88))
        assert sockets.everything(stream).startswith(ACCEPTED)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Sec_WebSocket_Version": "8"}, 426),
        ({"Connection": "close"}, 400),
        ({"Sec_WebSocket_Key": "short"}, 400),
        ({"Sec_WebSocket_Key": "é"}, 400),
        ({"Sec_WebSocket_Key": None}, 400),
        ({"Upgrade": None}, 404),
        ({"Upgrade": "h2c"}, 404),
    ],
)
def test_handshake_that_is_none_is_refused(
    listener: Listener, trusted: Path, headers: dict[str, str | None], expected: int
) -> None:
    head = sockets.opening(listener.port, "x", DESK, **headers)

    assert status(listener, trusted, head) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"POST / HTTP/1.1\r\nHost: %b\r\n\r\n", 404),
        (b"GET /other HTTP/1.1\r\nHost: %b\r\n\r\n", 404),
        (b"GET / HTTP/1.0\r\nHost: %b\r\n\r\n", 400),
        (b"nonsense\r\nHost: %b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: %b\r\nHost: evil\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: %b\r\nX: " + b"a" * 16_500, 431),
    ],
)
def test_request_that_is_none_is_refused(
    listener: Listener, trusted: Path, head: bytes, expected: int
) -> None:
    host = f"127.0.0.1:{listener.port}".encode()

    assert status(listener, trusted, head.replace(b"%b", host)) == expected


def test_address_opened_in_a_browser_says_that_it_is_trusted(
    listener: Listener, trusted: Path
) -> None:
    with sockets.connected(listener.port, trusted) as stream:
        stream.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{listener.port}\r\n\r\n".encode())
        page = sockets.everything(stream).decode()

    assert page.startswith("HTTP/1.1 200 OK")
    assert "default-src 'none'" in page
    assert "docsvc agent" in page


def closed_with(listener: Listener, trusted: Path, *parts: bytes) -> int:
    """Send frames after the handshake; return the code of the close frame."""
    with sockets.connected(listener.port, trusted) as stream:
        stream.sendall(sockets.opening(listener.port, "x", DESK) + b"".join(parts))
        said = sockets.everything(stream).partition(b"\r\n\r\n")[2]
    assert said.startswith(CLOSED), said
    return int.from_bytes(said[2:4])


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((sockets.frame(b"a", masked=False),), 1002),
        ((sockets.frame(b"a", first=0xC1),), 1002),
        ((sockets.frame(b"a", first=0x83),), 1002),
        ((sockets.frame(b"a", first=0x80),), 1002),
        ((sockets.frame(b"a", first=0x01), sockets.frame(b"a", first=0x81)), 1002),
        ((sockets.frame(b"a" * 126, first=0x89),), 1002),
        ((sockets.frame(b"a", first=0x09),), 1002),
        ((sockets.frame(b"a", first=0x82),), 1003),
        ((sockets.frame(b"\xff"),), 1007),
        ((b"\x81\xff" + (2_000_000).to_bytes(8),), 1009),
        ((sockets.frame(b"a" * 600_000, first=0x01), b"\x80\xff" + (600_000).to_bytes(8)), 1009),
        ((sockets.frame(b"", first=0x8A),) * 1000, 1002),
        ((sockets.frame(b"", first=0x88),), 1000),
    ],
)
def test_frames_against_the_protocol_end_the_connection(
    listener: Listener, trusted: Path, parts: tuple[bytes, ...], code: int
) -> None:
    assert closed_with(listener, trusted, *parts) == code


def test_message_in_pieces_is_put_together_and_pings_are_answered(
    listener: Listener, trusted: Path
) -> None:
    with sockets.connected(listener.port, trusted) as stream:
        stream.sendall(sockets.opening(listener.port, "x", DESK))
        stream.sendall(sockets.frame(b"", first=0x01) + sockets.frame(b"alive?", first=0x89))
        stream.sendall(sockets.frame(b"one ", first=0x00) + sockets.frame(b"two", first=0x80))
        # Said beforehand, so that nobody has to wait for the goodbye.
        stream.sendall(sockets.frame(b"", first=0x88))
        said = sockets.everything(stream).partition(b"\r\n\r\n")[2]

    assert said.startswith(b"\x8a\x06alive?\x81")
    assert f"x|{DESK}|one two".encode() in said


def test_browser_that_goes_away_harms_nobody(listener: Listener, trusted: Path) -> None:
    for part in (b"", b"GET / HT", sockets.opening(listener.port, "x", DESK) + b"\x81"):
        with sockets.connected(listener.port, trusted) as stream:
            stream.sendall(part)

    assert sockets.ask(listener.port, trusted, "x", DESK, "still here").endswith("still here")


def test_who_speaks_no_tls_gets_no_answer(listener: Listener) -> None:
    with socket.create_connection(("127.0.0.1", listener.port), timeout=20) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
        said = b""
        with contextlib.suppress(ConnectionError):
            said = plain.recv(100)
        assert b"HTTP" not in said


def test_certificate_is_for_this_pc_alone(listener: Listener, trusted: Path) -> None:
    context = ssl.create_default_context(cafile=str(trusted))
    with (
        socket.create_connection(("127.0.0.1", listener.port), timeout=20) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        context.wrap_socket(plain, server_hostname="desk.example")


def test_listener_is_reached_from_this_pc_only(listener: Listener) -> None:
    assert listener.server_address[0] == "127.0.0.1"


def test_port_that_is_taken_is_said(listener: Listener, certificate: LocalCertificate) -> None:
    with pytest.raises(PortTakenError):
        Listener(
            listener.port,
            context=certificate.context(),
            origins=frozenset(),
            answer=lambda *_: "",
        )


def test_connections_beyond_a_few_are_dropped(listener: Listener) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            assert listener.places.acquire(timeout=20)
            stack.callback(listener.places.release)
        with socket.create_connection(("127.0.0.1", listener.port), timeout=20) as plain:
            assert plain.recv(1) == b""


def test_offices_own_authority_is_trusted_where_it_is_named(
    listener: Listener, trusted: Path
) -> None:
    reach, address = Reach(allow=("127.0.0.1",)), f"https://127.0.0.1:{listener.port}/"
    own = Outbound(reach, timeout_s=20, ca_file=trusted)
    stranger = Outbound(reach, timeout_s=20)

    assert b"docsvc agent" in own.get(address)
    with pytest.raises(OSError, match="ConnectError"):
        stranger.get(address)

    own.close()
    stranger.close()
