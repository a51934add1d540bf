"""What the stand-ins of remote signing services share: a server over TLS, and the keys they keep.

They live here and not in the demonstration: each of them can be told to lie, and no installation
should be able to start something that signs with another person's key.
"""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import json
import ssl
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Callable

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Reply = tuple[int, Any]

_HASHED = Prehashed(hashes.SHA256())


class Stand(StrEnum):
    """How a request stands with its holder."""

    WAITS = "waits"
    AGREED = "agreed"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass
class Key:
    """A key that a service keeps: ``chain`` from its certificate to the root, in DER."""

    private: PrivateKey
    chain: tuple[bytes, ...]
    side_by_side: bool = False

    @property
    def chain_texts(self) -> list[str]:
        return [base64.b64encode(one).decode() for one in self.chain]

    def value(self, digest: bytes) -> str:
        """Sign a digest; an ECDSA value may stand as r and s side by side."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return base64.b64encode(self.private.sign(digest, padding.PKCS1v15(), _HASHED)).decode()
        made = self.private.sign(digest, ec.ECDSA(_HASHED))
        if self.side_by_side:
            half = (self.private.key_size + 7) // 8
            made = b"".join(one.to_bytes(half) for one in decode_dss_signature(made))
        return base64.b64encode(made).decode()


@dataclass
class Asked:
    """One request that came in."""

    key: Key
    digests: list[bytes]
    documents: list[str] = field(default_factory=list)
    stand: Stand = Stand.WAITS
    polls_to_come: int = 0


@dataclass
class Heard:
    """What a service heard: path, headers, body."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)

    @property
    def bearer(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")


class StandIn:
    """A service that listens on the loopback address; a subclass says what it answers.

    Attributes:
        heard: everything that was asked, in order.
        requests: what waits for the holder or was answered, by name.
        value_of: makes every value instead of the key that was asked.
        late: polls that find nothing yet after the holder has agreed.
        silent: connections to close without an answer.
        failing: status to answer with instead of anything else; 0 for none.
        hanging: holds answers back until it is set.
    """

    name: ClassVar[str]

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.requests: dict[str, Asked] = {}
        self.value_of: Callable[[bytes], str] | None = None
        self.late = 0
        self.silent = 0
        self.failing = 0
        self.released = threading.Event()
        self.released.set()
        self._lock = threading.Lock()
        self._server = _server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._client = httpx.Client(verify=_tls().client, trust_env=False, timeout=10)

    def answer(self, heard: Heard) -> Reply:
        """Answer one question with a status and something that becomes JSON, or bytes."""
        raise NotImplementedError

    def __enter__(self) -> Any:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._client.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._server.server_address[1]}"

    def transport(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Post as the service's own client does; failures are of the kinds that it raises."""
        try:
            answer = self._client.post(url, content=body, headers=dict(headers))
        except httpx.TimeoutException as error:
            raise TimeoutError(type(error).__name__) from error
        except httpx.HTTPError as error:
            raise ConnectionError(type(error).__name__) from error
        return answer.status_code, answer.content

    def impatient(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Post, and wait for a moment only."""
        with httpx.Client(verify=_tls().client, trust_env=False, timeout=0.2) as client:
            try:
                answer = client.post(url, content=body, headers=dict(headers))
            except httpx.TimeoutException as error:
                raise TimeoutError(type(error).__name__) from error
        return answer.status_code, answer.content

    def settle(self, stand: Stand) -> None:
        """Let the holder, or the time, decide everything that waits."""
        for asked in self.requests.values():
            if asked.stand is Stand.WAITS:
                asked.stand = stand
                asked.polls_to_come = self.late if stand is Stand.AGREED else 0

    def agree(self) -> None:
        self.settle(Stand.AGREED)

    def refuse(self) -> None:
        self.settle(Stand.REFUSED)

    def expire(self) -> None:
        self.settle(Stand.EXPIRED)

    def value(self, key: Key, digest: bytes) -> str:
        """Sign with the key that was asked, or lie."""
        return (self.value_of or key.value)(digest)

    def stand_of(self, asked: Asked) -> Stand:
        """Tell how a request stands when it is polled; late answers need some polls more."""
        if asked.polls_to_come:
            asked.polls_to_come -= 1
            return Stand.WAITS
        return asked.stand

    def count(self, path: str) -> int:
        """Count the questions whose path ends so."""
        return sum(one.path.endswith(path) for one in self.heard)

    def replied(self, heard: Heard) -> Reply | None:
        """Answer, or None where the connection is to be closed without a word."""
        with self._lock:
            self.heard.append(heard)
            if self.silent:
                self.silent -= 1
                self.answer(heard)
                return None
            if self.failing:
                return self.failing, {"error": "server_error", "message": "SERVER_INTERNAL_ERROR"}
            reply = self.answer(heard)
        self.released.wait(10)
        return reply


def other_value(private: PrivateKey) -> Callable[[bytes], str]:
    """Return what makes values with another key than the one of the certificate."""
    return Key(private, ()).value


class _Handler(BaseHTTPRequestHandler):
    stand_in: ClassVar[StandIn]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        reply = self.stand_in.replied(Heard(self.path, dict(self.headers), body))
        if reply is None:
            self.close_connection = True
            return
        status, said = reply
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        # Who asked may have gone: then there is nobody to tell.
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def _server(stand_in: StandIn) -> ThreadingHTTPServer:
    handler = type("Handler", (_Handler,), {"stand_in": stand_in})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.socket = _tls().server.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    return server


@dataclass(frozen=True, kw_only=True)
class _Tls:
    server: ssl.SSLContext
    client: ssl.SSLContext
    pem: bytes


@cache
def _tls() -> _Tls:
    """Make a certificate for the loopback address, and both ends that use it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36500))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "stand-in.pem"
        file.write_bytes(private + pem)
        server.load_cert_chain(file)
    client = ssl.create_default_context(cadata=pem.decode())
    return _Tls(server=server, client=client, pem=pem)


def authority(folder: Path) -> Path:
    """Write what a client of the stand-ins has to trust into a file (PEM)."""
    file = folder / "stand-in-ca.pem"
    file.write_bytes(_tls().pem)
    return file


def trusting() -> ssl.SSLContext:
    """Return a client's side of TLS that trusts the stand-ins."""
    return _tls().client
