"""Round every answer: headers of safety, a limit for the body, no trace of a defect."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from docsvc.web import problems
from docsvc.web.errors import BodyTooLargeError

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

log = logging.getLogger(__name__)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: it would turn the Origin of our own forms into "null".
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HSTS = "max-age=31536000"

# A form or a JSON object; nothing a person types is larger.
_SMALL_BODY = 1024 * 1024
# Boundaries and fields round the file.
_ENVELOPE = 64 * 1024
# Several files can be dropped on the desk at once.
_FILES_OF_THE_DESK = 4
_UPLOADS = frozenset({"/api/v1/documents"})
# Who asks whether a file is genuine has no account: strangers get less room on our disk.
_PUBLIC = frozenset({"/api/v1/verify", "/verify"})
_PUBLIC_BYTES = 50 * 1024 * 1024
_DESK = "/desk/receive"
# A file that comes back signed: somewhat larger than the upload it once was.
_RETURNS = ("/signatures/handouts/upload", "/device/upload", "/vgca/upload")
_GROWTH = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Guard:
    """The outermost layer of the application."""

    app: ASGIApp
    max_upload_bytes: int
    https: bool
    answer: Callable[[Request, Exception], Response]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(send, path=scope["path"], https=self.https)
        limit = self._limit(scope["path"])
        try:
            _check_announced(scope, limit)
            await self.app(scope, _limited(receive, limit), answer.send)
        except Exception as e:
            if not isinstance(e, BodyTooLargeError):
                # The trace goes to the log without texts; the client learns the code alone.
                log.exception("web.defect", extra={"path": _route_of(scope)})
            if answer.started:
                raise
            response = await run_in_threadpool(self._told, scope, e)
            await response(scope, receive, answer.send)

    def _told(self, scope: Scope, error: Exception) -> Response:
        request = Request(scope)
        try:
            return self.answer(request, error)
        except Exception:
            # The page of an error reads the database too, which may be what is broken.
            log.exception("web.defect", extra={"path": _route_of(scope)})
            return problems.answer(error, problems.language_of(request))

    def _limit(self, path: str) -> int:
        if path in _UPLOADS:
            return self.max_upload_bytes + _ENVELOPE
        if path in _PUBLIC:
            return min(self.max_upload_bytes, _PUBLIC_BYTES) + _ENVELOPE
        if path.endswith(_RETURNS):
            return self.max_upload_bytes + _GROWTH
        if path == _DESK:
            return _FILES_OF_THE_DESK * self.max_upload_bytes + _ENVELOPE
        return _SMALL_BODY


class _Answer:
    """Knows whether the answer has begun, and adds the headers to it."""

    def __init__(self, send: Send, *, path: str, https: bool) -> None:
        self._send = send
        # Our own files are asked for anew by their tag; everything else stays in no cache.
        self._cached = "no-cache" if path.startswith("/static/") else "no-store"
        self._https = https
        self.started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", self._cached)
            if self._https:
                headers.setdefault("Strict-Transport-Security", _HSTS)
        await self._send(message)


def _check_announced(scope: Scope, limit: int) -> None:
    announced = Headers(scope=scope).get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise BodyTooLargeError(limit=limit)


def _limited(receive: Receive, limit: int) -> Receive:
    """Count what comes in: a body sent in chunks announces nothing."""
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise BodyTooLargeError(limit=limit)
        return message

    return counted


def _route_of(scope: Scope) -> str:
    """Return the pattern of the address: the address itself may name a document."""
    return str(getattr(scope.get("route"), "path", ""))
