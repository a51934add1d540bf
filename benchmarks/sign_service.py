"""Memory that the service takes to sign one large file: leader, body, timestamp.

Runs as a program of its own, since a worker has children: ``python sign_service.py SMALL LARGE``
prints MB above idle for each step, of the worker and of its children, as they are once the small
file has gone the same way.
"""

from __future__ import annotations

import json
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import psutil
from resident import forget_peak, peak_kb

from docsvc.bootstrap import open_services
from docsvc.demo import instance as demonstration
from docsvc.demo.authority import Authority
from docsvc.documents import service as documents
from docsvc.documents.appending import appended
from docsvc.documents.service import Arrival
from docsvc.migrations import upgrade
from docsvc.worker import Runner
from docsvc.workflow import Step

if TYPE_CHECKING:
    from typing import Any

    from docsvc.bootstrap import Services

_UNIT, _SIGNER = "H99.12.05", "Nguyễn Văn An"
_BEFORE = (Step.INSPECT, Step.CLASSIFY, Step.CONFIRM)
_SIGNING = (Step.SIGN_LEADER, Step.REGISTER, Step.SIGN_ORGANISATION, Step.TIMESTAMP)
_PLACES = {
    name: {"page": 0, "x0": x0, "y0": y0, "x1": x1, "y1": y1}
    for name, x0, y0, x1, y1 in (
        ("number", 60, 760, 120, 776),
        ("day", 140, 760, 200, 776),
        ("month", 220, 760, 280, 776),
        ("leader", 300, 100, 440, 170),
        ("organisation", 260, 90, 360, 190),
    )
}


def main() -> None:
    """Measure and print."""
    small, large = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory(dir=large.parent) as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
        free.close()
        made = demonstration.prepare(Path(folder), port=port, workers=1)
        with Authority.start(Path(folder) / "demo", port):
            services = open_services(made.settings)
            upgrade(services.engine)
            demonstration.populate(services, made)
            _peaks(services, _received(services, small))
            peaks = _peaks(services, _received(services, large))
            services.close()
    json.dump(peaks, sys.stdout)


def _received(services: Services, path: Path) -> UUID:
    """Put a file where the leader has just said yes: what comes before is not measured."""
    document_id = uuid4()
    with path.open("rb") as file:
        data = appended(file.fileno(), b"", check=lambda _state: None)
        services.stores.put_appended(document_id, Step.RECEIVE, data)
    arrival = Arrival(
        unit_code=_UNIT, sha256=data.digest, size=data.size, file_name=path.name,
        source="benchmark", actor="benchmark", declared_not_secret=True,
    )  # fmt: skip
    at = services.clock.now()
    with services.transactions() as tx:
        document = documents.add(tx, document_id, arrival, at=at)
        document.kind, document.symbol, document.subject = "quyet-dinh", "QĐ-UBND", path.name
        document.signer, document.classification = _SIGNER, {"places": _PLACES}
        for step in (Step.CONFIRM, Step.SIGN_LEADER, Step.SIGN_ORGANISATION):
            documents.allow(tx, document_id, step, account="benchmark", at=at)
        for step in _BEFORE:
            documents.advance(tx, document_id, step, at=at)
    return document_id


def _peaks(services: Services, document_id: UUID) -> dict[str, Any]:
    """Take the steps; return MB above idle of the worker and of the child that took most."""
    runner, peaks = Runner(services), {}
    for step in _SIGNING:
        processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
        idle = {one.pid: forget_peak(one.pid) for one in processes}
        taken = runner.take(document_id)
        if taken.step is not step:
            sys.exit(f"the step {step} was not taken")
        above = {pid: (peak_kb(pid) - before) / 1000 for pid, before in idle.items()}
        worker = above.pop(processes[0].pid)
        peaks[str(step)] = {"worker": round(worker, 1), "child": round(max(above.values()), 1)}
    return peaks


if __name__ == "__main__":
    main()
