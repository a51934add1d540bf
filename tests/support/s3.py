"""An S3 server for a test session: moto in a child process on the loopback address.

It has put-if-absent, versioning and object lock, but does not check signatures.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
from support import servers
from support.servers import Server

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


ACCESS_KEY = "test-access-key"
SECRET_KEY = "test-secret-key"
REGION = "us-east-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Server:
    """A running server; ``endpoint`` is its address, the keys are any."""

    endpoint: str
    server: Server

    def create_bucket(self, name: str, *, object_lock: bool = False) -> str:
        """Make a bucket (3 characters or more) and return its address, ``s3://name``."""
        headers = {"x-amz-bucket-object-lock-enabled": "true"} if object_lock else {}
        httpx.put(f"{self.endpoint}/{name}", headers=headers, timeout=30).raise_for_status()
        return f"s3://{name}"

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the ``AWS_*`` variables that lead obstore and boto3 to this server."""
        return {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ALLOW_HTTP": "true",
        }

    def stop(self) -> None:
        """End the server; what it held is gone."""
        self.server.stop()


def start(folder: Path) -> S3Server:
    """Start a server; what it says goes to ``s3.log`` in the folder."""
    port = servers.free_port()
    server = servers.start(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        output=folder / "s3.log",
        ready=lambda: servers.is_listening(port),
    )
    return S3Server(endpoint=f"http://127.0.0.1:{port}", server=server)
