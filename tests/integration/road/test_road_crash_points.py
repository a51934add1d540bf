"""A worker that is killed at any moment loses nothing and does nothing twice."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from support import road

if TYPE_CHECKING:
    from support.road import Nursery, OpenRoad, Road

_END_LIMIT_S = 240.0
# An object of the archive is a dozen files; the archive's own tests die at each of them.
_FILES_OF_AN_OBJECT = 3
# Who shares token and database with others may find a point passed by; not three times.
_TRIES = 3
_BEAT = (0.5, 4.0)


def trace(opened: Road) -> list[str]:
    """Let a document pass and return the points it passed; one before it opens book and token."""
    path = opened.folder / "trace"
    for number in range(2):
        (document,) = opened.feed(1)
        crash = {"trace": str(path), "document": str(document)} if number else None
        worker = opened.start_worker(crash=crash)
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
        works = act == "token" or act.startswith("child-")
        if works and number != "1":
            continue  # a worker that knows the answers of revocation services asks once
        ways.append({"at": point, "mode": "kill"})
        if act == "put":
            ways.append({"at": point, "mode": "torn"})
        if works:
            ways.append({"at": point, "mode": "later"})
    return ways


def die(opened: Road, nursery: Nursery, way: dict[str, str]) -> int:
    """Let a worker die on the road of a new document; return how many documents that took."""
    for tries in range(1, _TRIES + 1):
        (document,) = opened.feed(1)
        if nursery.live({**way, "document": str(document)}) == -signal.SIGKILL:
            return tries
    pytest.fail(f"{way} was not reached\n{opened.tail()}")


@pytest.mark.crash
@pytest.mark.timeout(1200)
def test_worker_killed_at_every_point_finishes_every_document_once(open_road: OpenRoad) -> None:
    opened = open_road()
    ways = deaths(trace(opened))
    nursery = opened.start_nursery()

    fed = sum(die(opened, nursery, way) for way in ways)

    opened.feed(1)  # so that somebody is at work before all are asked to stop
    last = opened.start_worker()
    opened.wait(limit_s=_END_LIMIT_S)
    assert last.stop() == 0
    road.check(opened, expected=fed + 3)


@pytest.mark.crash
@pytest.mark.postgres
@pytest.mark.timeout(1200)
def test_workers_on_many_machines_finish_what_a_killed_one_has_begun(open_road: OpenRoad) -> None:
    opened = open_road(database="postgresql", stores="s3")
    boundaries = [w for w in deaths(trace(opened)) if ":commit:" in w["at"] or w["mode"] == "later"]
    nursery = opened.start_nursery()

    fed = sum(die(opened, nursery, way) for way in boundaries)

    others = [opened.start_worker(f"worker-{number}", beat=_BEAT) for number in range(1, 4)]
    opened.wait(limit_s=_END_LIMIT_S)
    for worker in others:
        worker.kill()
    road.check(opened, expected=fed + 2)
