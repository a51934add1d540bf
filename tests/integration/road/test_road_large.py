"""A large file is signed by leader and body and timestamped without lying in anybody's memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from support import memory, road
from support.pdfsig import said_by_pdfsig

from docsvc.documents import revisions
from docsvc.documents import service as documents
from docsvc.documents.appending import appended
from docsvc.documents.service import Arrival
from docsvc.worker import Runner
from docsvc.workflow import Step

if TYPE_CHECKING:
    from pathlib import Path

    from support.road import OpenRoad, Road

PAGES = 32  # of 2 MB
MAX_ABOVE_IDLE_KB = 64_000  # what issue 4 allows for 100 MB
BEFORE = (Step.INSPECT, Step.CLASSIFY, Step.CONFIRM)
SIGNING = (Step.SIGN_LEADER, Step.REGISTER, Step.SIGN_ORGANISATION, Step.TIMESTAMP)
TASKS = "support.sandbox_tasks"

LEADER = {"page": 0, "x0": 300, "y0": 100, "x1": 440, "y1": 170}
SEAL = {"page": 0, "x0": 260, "y0": 90, "x1": 360, "y1": 190}
BLANKS = {
    name: {"page": 0, "x0": 60 + 80 * place, "y0": 760, "x1": 120 + 80 * place, "y1": 776}
    for place, name in enumerate(("number", "day", "month"))
}
CAPTION = {"page": 0, "x0": 60, "y0": 100, "x1": 250, "y1": 140}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """The most that was resident above idle while one document was signed, in kB."""

    worker: int
    child: int


def put(opened: Road, path: Path, places: dict[str, Any]) -> UUID:
    """Put a file where the leader has just said yes."""
    services, document_id = opened.services, uuid4()
    with path.open("rb") as file:
        data = appended(file.fileno(), b"", check=lambda _state: None)
        services.stores.put_appended(document_id, Step.RECEIVE, data)
    arrival = Arrival(
        unit_code=road.UNIT, sha256=data.digest, size=data.size, file_name="scan.pdf",
        source="test", actor="test", declared_not_secret=True,
    )  # fmt: skip
    at = services.clock.now()
    with services.transactions() as tx:
        document = documents.add(tx, document_id, arrival, at=at)
        document.kind, document.symbol, document.subject = "quyet-dinh", "QĐ-UBND", "thử"
        document.signer, document.classification = "Nguyễn Văn An", {"places": places}
        for step in road.EVERY_STEP:
            documents.allow(tx, document_id, step, account="clerk", at=at)
        for step in BEFORE:
            documents.advance(tx, document_id, step, at=at)
    return document_id


def walked(opened: Road, document_id: UUID) -> Peaks:
    """Sign and stamp a document; both processes measure themselves."""
    sandbox, runner = opened.services.sandbox, Runner(opened.services)
    idle_child = sandbox.run(f"{TASKS}:forget_peak").facts["idle_kb"]
    idle = memory.forget_peak()
    taken = [runner.take(document_id).step for _ in SIGNING]
    peak = memory.peak_kb()
    child = sandbox.run(f"{TASKS}:peak").facts["peak_kb"]
    assert tuple(taken) == SIGNING
    return Peaks(worker=peak - idle, child=child - idle_child)


@pytest.mark.parametrize("places", [BLANKS, {"caption": CAPTION}], ids=["blanks", "caption"])
def test_a_large_file_is_signed_with_little_memory(
    open_road: OpenRoad, tmp_path: Path, places: dict[str, Any]
) -> None:
    opened = open_road(workers=1)
    places = places | {"leader": LEADER, "organisation": SEAL}
    small, large = tmp_path / "small.pdf", tmp_path / "large.pdf"
    memory.write_scan(small, 1)
    memory.write_scan(large, PAGES)
    walked(opened, put(opened, small, places))
    document_id = put(opened, large, places)
    peaks = walked(opened, document_id)
    assert peaks.worker < MAX_ABOVE_IDLE_KB
    assert peaks.child < MAX_ABOVE_IDLE_KB
    with opened.services.transactions() as tx:
        last = revisions.last_revision(tx, document_id)
    signed = tmp_path / "signed.pdf"
    with signed.open("wb") as file:
        opened.services.blobs.fetch(last.digest, file)
    told = said_by_pdfsig(signed)
    assert told.count("Signature is Valid") >= len((Step.SIGN_LEADER, Step.SIGN_ORGANISATION))
    assert "Total document signed" in told
