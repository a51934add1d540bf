"""A provider whose holders answer later: a service with keys, its signer, and how to start it.

The service is a process of its own, so that it outlives workers that are killed; it keeps what it
was asked in memory and counts it. It behaves as it is told (``POST /behave``):

=============  ==============================================================================
``sign``       the holder signs after ``after_s`` seconds (the default, at once)
``hold``       nobody answers until ``POST /behave`` says otherwise
``refuse``     the holder presses "no"
``stranger``   another person's key signs
``short``      one value too few comes back
``immediate``  the values are in the answer to the request itself
``down``       every request is answered with 503
``unknown``    the service knows no such key
=============  ==============================================================================

A request that is sent again under the same name is the same request. The address of a call-back is
the test: it takes the body and the header that the service would send from ``/call-back/<handle>``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from sqlalchemy import update
from support import servers
from support.servers import Server

from docsvc.organisations.tables import Certificate
from docsvc.steps.sign import factories
from docsvc.steps.sign.providers import CallBack, CallBackRefusedError, Provider
from signing.errors import KeyNotFoundError, SignerUnreachableError
from signing.signers.base import Completed, Outcome, Pending, Refused, Request

if TYPE_CHECKING:
    from support.demo import DemoInstance
    from support.road import Road

    from docsvc.settings import Provider as ProviderSettings
    from docsvc.steps.sign.factories import Surroundings

NAME = "phones"
UNIT = "H99.12.05"
LEADER, SEAL = "84900000001", "84900000002"
HOLDERS = {LEADER: "leader-h99-12-05", SEAL: "seal-h99-12-05"}
STRANGER = "leader-h99-12-06"
SECRET = "a secret of both sides"
_HEADER = "x-signature"
_POLL_AFTER_S = 0.3


# --- the signer --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneSigner:
    """Speaks with the service."""

    client: httpx.Client
    chains: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)

    def chain(self, key_id: str) -> tuple[bytes, ...]:
        if key_id not in self.chains:
            raise KeyNotFoundError
        return self.chains[key_id]

    def sign(self, request: Request) -> Outcome:
        return self._ask(
            "POST",
            "/requests",
            {
                "transaction": request.transaction,
                "key": request.key_id,
                "prompt": request.prompt,
                "code": request.control_code,
                "valid_for_s": request.valid_for_s,
                "items": [base64.b64encode(i.to_be_signed).decode() for i in request.items],
            },
        )

    def poll(self, handle: str) -> Outcome:
        return self._ask("GET", f"/requests/{handle}")

    def cancel(self, handle: str) -> None:
        self._ask("DELETE", f"/requests/{handle}")

    def _ask(self, method: str, path: str, body: object = None) -> Outcome:
        try:
            answer = self.client.request(method, path, json=body)
        except httpx.HTTPError as e:
            raise SignerUnreachableError from e
        if answer.status_code == 404:
            raise KeyNotFoundError
        if answer.status_code != 200:
            raise SignerUnreachableError
        return outcome_of(answer.json())


def outcome_of(said: Mapping[str, Any]) -> Outcome:
    """Read what the service says about a request."""
    match said["state"]:
        case "completed":
            return Completed(values=tuple(base64.b64decode(v) for v in said["values"]))
        case "refused":
            return Refused(code="signing.refused")
        case _:
            return Pending(handle=said["handle"], poll_after_s=_POLL_AFTER_S)


def read_call_back(call_back: CallBack) -> tuple[str, Outcome]:
    """Read a call-back of the service."""
    given = call_back.headers.get(_HEADER, "")
    if not hmac.compare_digest(given, signature_of(call_back.body)):
        raise CallBackRefusedError
    said = json.loads(call_back.body)
    return said["handle"], outcome_of(said)


def signature_of(body: bytes) -> str:
    """Return what the service puts into the header of a call-back."""
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def install() -> None:
    """Let this process know the service's kind, as the libraries of providers do."""

    def make(configured: ProviderSettings, _around: Surroundings) -> Provider:
        client = httpx.Client(
            base_url=configured.url, timeout=configured.timeout_s, trust_env=False
        )
        return Provider(
            signer=PhoneSigner(client=client), read_call_back=read_call_back, close=client.close
        )

    factories.MAKERS["mobile-json"] = make


@contextmanager
def installed() -> Iterator[None]:
    """Let this process know the service's kind for a while."""
    before = factories.MAKERS["mobile-json"]
    install()
    try:
        yield
    finally:
        factories.MAKERS["mobile-json"] = before


# --- the test's side ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Phones:
    """A running service."""

    server: Server
    url: str

    def behave(self, how: str, *, after_s: float = 0.0) -> None:
        """Let every holder behave like this from now on, for what waits already too."""
        self._post("/behave", {"how": how, "after_s": after_s})

    def requests(self) -> list[dict[str, Any]]:
        """Return every request, the oldest first: ``transaction``, ``handle``, ``received``…"""
        found: list[dict[str, Any]] = httpx.get(f"{self.url}/requests", trust_env=False).json()
        return found

    def call_back(self, handle: str) -> tuple[bytes, dict[str, str]]:
        """Return the body and headers that the service would send about a request."""
        body = httpx.get(f"{self.url}/call-back/{handle}", trust_env=False).content
        return body, {_HEADER: signature_of(body)}

    def settings(self, **changes: object) -> dict[str, object]:
        """Return the ``[[providers]]`` table of this service."""
        return {"name": NAME, "kind": "mobile-json", "url": self.url} | changes

    def _post(self, path: str, body: object) -> None:
        httpx.post(f"{self.url}{path}", json=body, trust_env=False).raise_for_status()


def start(folder: Path, demo: DemoInstance) -> Phones:
    """Start the service with keys of the demonstration."""
    port = servers.free_port()
    server = servers.start(
        [sys.executable, Path(__file__), str(demo.pki.folder), str(port)],
        output=folder / "phones.log",
        ready=lambda: servers.is_listening(port),
        environment={"PYTHONPATH": os.pathsep.join(map(str, Path(__file__).parents[1:3]))},
    )
    return Phones(server=server, url=f"http://127.0.0.1:{port}")


def hand_out(opened: Road) -> None:
    """Say in the inventory that leader and seal of the commune have their keys here."""
    with opened.services.transactions() as tx:
        for key_id, role in ((LEADER, "leader"), (SEAL, "organisation")):
            tx.execute(
                update(Certificate)
                .where(Certificate.unit_code == UNIT, Certificate.role == role)
                .values(token=NAME, key_id=key_id)
            )


# --- the service -------------------------------------------------------------------------------


class Desk:
    """What the service knows."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: dict[str, rsa.RSAPrivateKey] = {}
        self._lock = threading.Lock()
        self._asked: dict[str, dict[str, Any]] = {}
        self._how, self._after_s = "sign", 0.0

    def behave(self, how: str, after_s: float) -> None:
        self._how, self._after_s = how, after_s

    def is_down(self) -> bool:
        return self._how == "down"

    def ask(self, wanted: dict[str, Any]) -> dict[str, Any] | None:
        with self._lock:
            if wanted["key"] not in HOLDERS or self._how == "unknown":
                return None
            known = self._asked.get(wanted["transaction"])
            if known is None:
                known = wanted | {
                    "handle": f"h-{len(self._asked)}",
                    "at": time.monotonic(),
                    "received": 0,
                    "cancelled": False,
                    "answer": None,
                }
                self._asked[wanted["transaction"]] = known
            known["received"] += 1
            if self._how != "immediate":
                return {"state": "pending", "handle": known["handle"]}
        return self.answer(known["handle"])

    def answer(self, handle: str) -> dict[str, Any]:
        with self._lock:
            asked = next(a for a in self._asked.values() if a["handle"] == handle)
            asked["answer"] = asked["answer"] or self._made(asked)
            return (asked["answer"] or {"state": "pending"}) | {"handle": handle}

    def _made(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        due = time.monotonic() - asked["at"] >= self._after_s
        if self._how in {"hold", "down", "unknown"} or not due:
            return None
        if self._how == "refuse":
            return {"state": "refused"}
        name = STRANGER if self._how == "stranger" else HOLDERS[asked["key"]]
        items = asked["items"][1:] if self._how == "short" else asked["items"]
        values = [
            self._key(name).sign(base64.b64decode(item), padding.PKCS1v15(), hashes.SHA256())
            for item in items
        ]
        return {"state": "completed", "values": [base64.b64encode(v).decode() for v in values]}

    def _key(self, name: str) -> rsa.RSAPrivateKey:
        if name not in self._keys:
            pem = (self._folder / "keys" / f"{name}.pem").read_bytes()
            key = serialization.load_pem_private_key(pem, None)
            assert isinstance(key, rsa.RSAPrivateKey)
            self._keys[name] = key
        return self._keys[name]

    def cancel(self, handle: str) -> dict[str, Any]:
        with self._lock:
            asked = next(a for a in self._asked.values() if a["handle"] == handle)
            asked["cancelled"] = True
        return {"state": "pending", "handle": handle}

    def requests(self) -> list[dict[str, Any]]:
        with self._lock:
            return [a | {"items": len(a["items"])} for a in self._asked.values()]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    desk: Desk

    def do_GET(self) -> None:
        if self.path == "/requests":
            self._say(200, self.desk.requests())
        elif self.desk.is_down() and not self.path.startswith("/call-back/"):
            self._say(503, {})
        else:
            self._say(200, self.desk.answer(self.path.rpartition("/")[2]))

    def do_DELETE(self) -> None:
        self._say(200, self.desk.cancel(self.path.rpartition("/")[2]))

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/behave":
            self.desk.behave(said["how"], said["after_s"])
            self._say(200, {})
            return
        if self.desk.is_down():
            self._say(503, {})
            return
        answer = self.desk.ask(said)
        self._say(404 if answer is None else 200, answer)

    def _say(self, status: int, what: object) -> None:
        body = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    Handler.desk = Desk(Path(sys.argv[1]))
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
