"""The demonstration authority at work: OCSP, CRLs, CA certificates and RFC 3161 over HTTP.

``Authority.start`` runs it as a child process; ``python -m docsvc.demo.authority FOLDER PORT``
runs it in the foreground. It answers on the loopback address only.

====================  =================================================
``POST /tsa``         a timestamp
``POST /ocsp/CA``     state of a certificate of ``state`` or ``party``
``GET /crl/CA.crl``   the CRL of ``root``, ``state`` or ``party``
``GET /ca/CA.crt``    the CA's own certificate
``GET /health``       the number of the process
====================  =================================================
"""

from __future__ import annotations

import argparse
import http.client
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING, Self

from typing_extensions import override

from docsvc import logs
from docsvc.clock import SystemClock
from docsvc.demo import pki as demo_pki
from docsvc.demo.answers import Answers
from docsvc.demo.errors import AuthorityNotReadyError, OtherPortError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

log = logging.getLogger(__name__)

HOST = "127.0.0.1"

# A timestamp or OCSP request has some hundred bytes; more is a mistake.
MAX_REQUEST_BYTES = 64 * 1024

_READY_LIMIT_S = 20.0
_STOP_LIMIT_S = 5.0
_POLL_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """The handle of a running authority; ``stop`` it, or use it as a context manager."""

    url: str
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, folder: Path, port: int, *, limit_s: float = _READY_LIMIT_S) -> Self:
        """Start the authority of a demonstration folder and wait until it answers.

        It ends with this process, whatever way this process ends. What it says goes to
        ``authority.log`` in the folder.

        Raises:
            OtherPortError: the certificates of the folder name another port.
            AuthorityNotReadyError: it ended at once, or gave no answer within ``limit_s``.
        """
        made_for = demo_pki.load(folder).port
        if made_for != port:
            raise OtherPortError(made_for=made_for, wanted=port)
        command = [sys.executable, "-m", __spec__.name, str(folder), str(port), "--until-eof"]
        with (folder / "authority.log").open("ab") as output:
            process = subprocess.Popen(  # noqa: S603  our own module, no shell
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        authority = cls(url=demo_pki.authority_url(port), process=process)
        try:
            _wait_until_ready(process, port, limit_s)
        except BaseException:
            authority.stop()
            raise
        return authority

    def stop(self) -> None:
        """End the child process, by force if it doesn't go; stopping twice is harmless."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, limit_s: float) -> None:
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if process.poll() is not None:
            raise AuthorityNotReadyError(port=port, exit_code=process.returncode)
        if _answering(port) == process.pid:
            return  # another authority on the port would tell its own number
        time.sleep(_POLL_S)
    raise AuthorityNotReadyError(port=port, waited_s=limit_s)


def _answering(port: int) -> int | None:
    """Return the process id of the authority on a port; None where none answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("GET", "/health")
        return int(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()


class _Server(ThreadingTCPServer):
    # Not HTTPServer: that one looks its own name up, which takes seconds where no resolver answers.
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, answers: Answers) -> None:
        self.answers = answers
        super().__init__((HOST, port), _Handler)

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        log.warning("demo.authority-request-failed", exc_info=True)  # noqa: LOG014  called in one


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # callers keep their connection
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one packet
    timeout = 30.0
    server: _Server

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
            return
        if not 0 <= length <= MAX_REQUEST_BYTES:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        self._answer(self.rfile.read(length))

    def _answer(self, body: bytes) -> None:
        found = self.server.answers.answer(self.command, self.path, body)
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        media_type, data = found
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    @override
    def log_message(self, format: str, *args: object) -> None:
        log.debug("demo.authority-asked", extra={"path": self.path})


def _stop_at_eof() -> None:
    """End this process when its standard input ends, which is when its parent ends."""
    while sys.stdin.buffer.read(1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the authority in the foreground until it is told to stop."""
    parser = argparse.ArgumentParser(prog="docsvc.demo.authority", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--until-eof", action="store_true", help="end when standard input ends")
    options = parser.parse_args(arguments)
    logs.configure()
    answers = Answers(demo_pki.load(options.folder), SystemClock())
    with _Server(options.port, answers) as server:
        if options.until_eof:
            threading.Thread(target=_stop_at_eof, daemon=True).start()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        log.info("demo.authority-ready", extra={"port": options.port})
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
