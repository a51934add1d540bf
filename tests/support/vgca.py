"""A stand-in of the Government's signing helper, for tests and for Linux.

It speaks the helper's protocol on a real WebSocket over TLS, fetches and uploads as the helper
does, and signs with another tool than ours. Nobody is asked for a PIN.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
from support import foreign
from support.demo import DemoInstance

from docsvc.agent.certificate import local_certificate
from docsvc.agent.listener import Answerer, Listener
from docsvc.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


FIELDS = {"SignApproved": "docsvc.leader", "SignIssued": "docsvc.organisation"}
OPERATIONS = (*FIELDS, "SignAppendix", "SignCopy", "SignIncome")


@dataclass(slots=True)
class Helper:
    """The stand-in; ``spoil`` changes a signed file before it is sent, ``lies`` hides a refusal."""

    demo: DemoInstance
    holders: dict[str, str]
    new_field: bool = False
    lies: bool = False
    spoil: Callable[[bytes], bytes] = bytes
    heard: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, operation: str, _origin: str, message: str) -> str:
        """Do what a page asks for."""
        told = json.loads(message)
        self.heard.append({"operation": operation} | told)
        if operation not in OPERATIONS:
            return json.dumps({"Status": 1, "Message": "unknown", "Error": operation})
        sent = self._sign(operation, told)
        # True or the number 0 are good; False, which is 0 too, is not.
        good = str(sent["Status"]) in {"True", "0"}
        return json.dumps(
            {
                "Status": 0 if good or self.lies else 1,
                "Message": sent["Message"],
                "FileName": sent["FileName"],
                "FileServer": sent["FileServer"],
                "DocumentNumber": told["DocNumber"],
                "DocumentDate": told["IssuedDate"],
            }
        )

    def _sign(self, operation: str, told: dict[str, Any]) -> dict[str, Any]:
        with httpx.Client(trust_env=False, timeout=60) as client:
            pdf = client.get(told["FileName"]).raise_for_status().content
            signed = foreign.sign(
                pdf,
                self.demo.pki,
                self.holders[operation],
                field=operation if self.new_field else FIELDS[operation],
                new=self.new_field,
            )
            files = {"uploadfile": ("signed.pdf", self.spoil(signed), "application/pdf")}
            answer = client.post(told["FileUploadHandler"], files=files)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found


@contextmanager
def running(helper: Helper, folder: Path, origin: str, *, port: int) -> Iterator[Helper]:
    """Run the stand-in as long as it is wanted."""
    with listening(helper.answer, folder, origin, port=port):
        yield helper


@contextmanager
def listening(answer: Answerer, folder: Path, origin: str, *, port: int) -> Iterator[None]:
    """Let whatever answers the helper's protocol be found by pages of one origin."""
    certificate = local_certificate(folder, now=SystemClock().now())
    with Listener(
        port,
        context=certificate.context(),
        origins=frozenset({origin}),
        answer=answer,
    ) as listener:
        thread = threading.Thread(target=listener.serve_forever, daemon=True)
        thread.start()
        yield
        listener.shutdown()
        thread.join()
