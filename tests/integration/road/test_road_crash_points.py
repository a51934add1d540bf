"""A worker that is killed at any moment loses nothing and does nothing twice."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from support import road

if TYPE_CHECKING:
    from support.road import OpenRoad, Road

# A killed worker needs seconds to come back, on a busy machine many.
_LIFE_LIMIT_S = 120.0
_END_LIMIT_S = 240.0


def trace(opened: Road) -> list[str]:
    """Let one document pass and return the points it passed."""
    path = opened.folder / "trace"
    (document,) = opened.feed(1)
    worker = opened.start_worker(crash={"trace": str(path), "document": str(document)})
    opened.wait([document], limit_s=_END_LIMIT_S)
    assert worker.stop() == 0
    return path.read_text().splitlines()


def deaths(points: list[str]) -> list[dict[str, str]]:
    """Return how to die at each point: before it, and where half of it can be done, amid it."""
    before = [{"at": point, "mode": "kill"} for point in points]
    amid = {"put": "torn", "child": "later", "token": "later", "stamp": "later"}
    acts = [(point, point.split(":")[1]) for point in points]
    return before + [{"at": p, "mode": amid[act]} for p, act in acts if act in amid]


def die(opened: Road, death: dict[str, str]) -> None:
    """Start a worker that dies on the road of a new document."""
    (document,) = opened.feed(1)
    worker = opened.start_worker(crash={**death, "document": str(document)})
    assert worker.process.wait(_LIFE_LIMIT_S) == -signal.SIGKILL, f"{death} {opened.tail()}"
    worker.kill()  # what it left of its children, if the group outlived it


@pytest.mark.crash
@pytest.mark.timeout(1800)
def test_worker_killed_at_every_point_finishes_every_document_once(open_road: OpenRoad) -> None:
    opened = open_road()
    ways = deaths(trace(opened))
    for way in ways:
        die(opened, way)
    opened.start_worker()
    opened.wait(limit_s=_END_LIMIT_S)
    assert opened.workers[-1].stop() == 0
    road.check(opened, expected=len(ways) + 1)
