"""What a SIM PKI operator calls back, kept by transaction as a service would keep it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Desk:
    """Listens for call-backs and keeps what a service would keep of one transaction."""

    server: ThreadingTCPServer
    posted: list[tuple[str, bytes]] = field(default_factory=list)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/mobile"

    def next(self) -> tuple[str, str, bytes]:
        """Return transaction, secret and body of the next call-back."""
        assert self.arrived.acquire(timeout=10)
        path, body = self.posted.pop(0)
        _, _, transaction, secret = path.split("/")
        return transaction, secret, body


@contextmanager
def listening() -> Iterator[Desk]:
    """Listen on the loopback address as long as it is wanted."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.posted.append((self.path, body))
            self.send_response(200)
            self.end_headers()
            made.arrived.release()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        made = Desk(server)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
