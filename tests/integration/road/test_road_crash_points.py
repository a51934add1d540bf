"""A worker that is killed at any moment loses nothing and does nothing twice."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from support import road

if TYPE_CHECKING:
    from support.road import OpenRoad, Road

_END_LIMIT_S = 240.0
# An object of the archive is a dozen files; the archive's own tests die at each of them.
_FILES_OF_AN_OBJECT = 3


def trace(opened: Road) -> list[str]:
    """Let one document pass and return the points it passed."""
    path = opened.folder / "trace"
    (document,) = opened.feed(1)
    worker = opened.start_worker(crash={"trace": str(path), "document": str(document)})
    opened.wait([document], limit_s=_END_LIMIT_S)
    assert worker.stop() == 0
    points = path.read_text().splitlines()
    files = [p for p in points if p.startswith("deposit:put:")]
    left_out = set(files[1 : len(files) - _FILES_OF_AN_OBJECT + 1])
    return [p for p in points if p not in left_out]


def deaths(points: list[str]) -> list[dict[str, str]]:
    """Return how to die: before each point, amid each file, and while another process works."""
    ways = []
    for point in points:
        _, act, number = point.split(":")
        ways.append({"at": point, "mode": "kill"})
        if act == "put":
            ways.append({"at": point, "mode": "torn"})
        if act in {"child", "token"} and number == "1":
            ways.append({"at": point, "mode": "later"})
    return ways


@pytest.mark.crash
@pytest.mark.timeout(1800)
def test_worker_killed_at_every_point_finishes_every_document_once(open_road: OpenRoad) -> None:
    opened = open_road()
    ways = deaths(trace(opened))
    nursery = opened.start_nursery()
    for way in ways:
        (document,) = opened.feed(1)
        died = nursery.live({**way, "document": str(document)})
        assert died == -signal.SIGKILL, f"{way}\n{opened.tail()}"
    opened.start_worker()
    opened.wait(limit_s=_END_LIMIT_S)
    assert opened.workers[-1].stop() == 0
    road.check(opened, expected=len(ways) + 1)
