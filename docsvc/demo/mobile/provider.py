"""The stand-in at work: an operator and its phones over HTTPS, on the loopback address.

=======================  ====================================================
``POST /soap``           ETSI TS 102 204 in SOAP 1.1 or 1.2
``POST /rest/service``   the same in JSON, authorised by HMAC
``GET /phone``           what waits on the phones; ``POST`` presses a button
=======================  ====================================================
"""

from __future__ import annotations

import logging
import secrets
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING, Self, TypeAlias
from urllib.parse import parse_qs

from typing_extensions import override

from docsvc.demo.mobile import phone, tls
from docsvc.demo.mobile.json_form import JsonForm
from docsvc.demo.mobile.operator import Answer, Operator
from docsvc.demo.mobile.prompts import Phones, State
from docsvc.demo.mobile.soap_form import SoapForm
from docsvc.http import Outbound, Reach

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable
    from pathlib import Path

    from docsvc.clock import Clock
    from docsvc.demo.mobile.prompts import Prompt
    from docsvc.demo.mobile.subscribers import Subscriber

log = logging.getLogger(__name__)

Said: TypeAlias = "tuple[int, str, bytes]"  # HTTP status, media type, body

HOST = "127.0.0.1"
_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'"
_MAX_REQUEST_BYTES = 1024 * 1024
_CALL_BACK_LIMIT_S = 10.0
_STOP_LIMIT_S = 5.0
_POLL_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who may ask the operator: AP_ID and AP_PWD or API key."""

    ap_id: str
    secret: str = field(repr=False)


class MobileProvider:
    """An operator with its subscribers; a context manager that listens while it is open.

    Args:
        subscribers: phones and their keys.
        account: who may ask.
        clock: the time.
        folder: where the certificate of the connection is kept.
        port: of the loopback address; 0 takes a free one.
        qualified: SOAP answers carry their namespace.
    """

    def __init__(
        self,
        subscribers: Iterable[Subscriber],
        account: Account,
        *,
        clock: Clock,
        folder: Path,
        port: int = 0,
        qualified: bool = True,
    ) -> None:
        self.phones = Phones(subscribers, clock)
        self.operator = Operator(self.phones, clock)
        self.heard: list[bytes] = []
        self.said: list[bytes] = []
        self.call_back_failures = 0
        self._soap = SoapForm(
            ap_id=account.ap_id, secret=account.secret, clock=clock, qualified=qualified
        )
        self._json = JsonForm(ap_id=account.ap_id, secret=account.secret, clock=clock)
        self._asked_in_json: set[str] = set()
        self.token = secrets.token_hex(16)
        self.certificate = tls.create(folder)
        self._server = _Server(port, self, tls.context(folder))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_S,), daemon=True
        )
        self.phones.on_answer = self._call_back

    @property
    def url(self) -> str:
        """Return the address of the provider, without a slash at the end."""
        return f"https://{HOST}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(_STOP_LIMIT_S)

    def soap(self, body: bytes) -> Said | None:
        """Answer a SOAP message; None: fall silent."""
        self.heard.append(body)
        asked = self._soap.read(body)
        answer = _refused(asked) if isinstance(asked, int) else self.operator.answer(asked)
        return None if answer is None else self._kept(self._soap.write(answer, body))

    def json(self, body: bytes, headers: dict[str, str], path: str) -> Said | None:
        """Answer a JSON message; see `soap`."""
        self.heard.append(body)
        asked = self._json.read(body, headers, path)
        if isinstance(asked, int):
            return self._kept(self._json.write(_refused(asked)))
        self._asked_in_json.add(asked.ap_transaction)
        answer = self.operator.answer(asked)
        return None if answer is None else self._kept(self._json.write(answer))

    def _kept(self, said: Said) -> Said:
        self.said.append(said[2])
        return said

    def _call_back(self, prompt: Prompt) -> None:
        """Call back in a thread of its own: who presses the button does not wait for it."""
        answer = self.operator.notification(prompt)
        if answer is not None:
            threading.Thread(target=self._deliver, args=(prompt, answer), daemon=True).start()

    def _deliver(self, prompt: Prompt, answer: Answer) -> None:
        in_json = prompt.ap_transaction in self._asked_in_json
        form = self._json if in_json else self._soap
        media_type, body = form.notify(answer)
        self.said.append(body)
        outbound = Outbound(Reach(allow=(HOST,)), timeout_s=_CALL_BACK_LIMIT_S)
        for _ in range(self.phones.script_of(prompt.subscriber.msisdn).call_backs):
            try:
                outbound.post(prompt.call_back, body, media_type)
            except OSError:
                self.call_back_failures += 1
                log.warning("demo.mobile-call-back-failed")
        outbound.close()


def _refused(status: int) -> Answer:
    return Answer(kind="MSS_SignatureResp", state=State(status=status))


class _Server(ThreadingTCPServer):
    # Not HTTPServer: that one looks its own name up, which takes seconds where no resolver answers.
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, provider: MobileProvider, context: ssl.SSLContext) -> None:
        self.provider = provider
        self._context = context
        super().__init__((HOST, port), _Handler)

    @override
    def get_request(self) -> tuple[ssl.SSLSocket, object]:
        connection, address = super().get_request()
        # The handshake waits for the peer: it happens with the first read, in the peer's thread.
        wrapped = self._context.wrap_socket(
            connection, server_side=True, do_handshake_on_connect=False
        )
        return wrapped, address

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        log.debug("demo.mobile-connection-ended")


class _Handler(BaseHTTPRequestHandler):
    timeout = 30.0
    server: _Server

    def do_GET(self) -> None:
        pages = {
            "/phone": ("text/html; charset=utf-8", self._page),
            "/phone.css": ("text/css; charset=utf-8", lambda: phone.STYLE),
        }
        if self.path not in pages:
            self._send(404, "text/plain", b"")
            return
        media_type, content = pages[self.path]
        self._send(200, media_type, content().encode("utf-8"))

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        if not 0 <= length <= _MAX_REQUEST_BYTES:
            self._send(413, "text/plain", b"")
            return
        body = self.rfile.read(length)
        if self.path == "/phone":
            self._press(body)
            return
        answer = self._answer(body)
        if answer is not None:
            self._send(*answer)

    def _answer(self, body: bytes) -> Said | None:
        if self.path == "/soap":
            return self.server.provider.soap(body)
        if self.path == "/rest/service":
            return self.server.provider.json(body, dict(self.headers.items()), self.path)
        return 404, "text/plain", b""

    def _page(self) -> str:
        provider = self.server.provider
        return phone.page(provider.phones.waiting(), token=provider.token)

    def _press(self, body: bytes) -> None:
        fields = parse_qs(body.decode("utf-8", "replace"))
        token, prompt, answer = (
            fields.get(name, [""])[0] for name in ("token", "prompt", "answer")
        )
        provider = self.server.provider
        if not secrets.compare_digest(token.encode(), provider.token.encode()):
            self._send(403, "text/plain", b"")
            return
        provider.phones.say(prompt, agrees=answer == "yes")
        self.send_response(303)
        self.send_header("Location", "/phone")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status: int, media_type: str, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(data)))
        self.send_header(
            "Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'"
        )
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(data)

    @override
    def log_message(self, format: str, *args: object) -> None:
        log.debug("demo.mobile-asked")
