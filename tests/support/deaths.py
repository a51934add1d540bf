"""Where a worker can die on the road of a document, and how to make it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.road import Nursery, Road

END_LIMIT_S = 240.0
# An object of the archive is a dozen files; the archive's own tests die at each of them.
_FILES_OF_AN_OBJECT = 3
# Who shares token and database with others may find a point passed by; not three times.
_TRIES = 3


def trace(opened: Road) -> list[str]:
    """Let a document pass and return the points it passed; one before it opens book and token."""
    path = opened.folder / "trace"
    for number in range(2):
        (document,) = opened.feed(1)
        crash = {"trace": str(path), "document": str(document)} if number else None
        worker = opened.start_worker(crash=crash)
        opened.wait([document], limit_s=END_LIMIT_S)
        assert worker.stop() == 0
    points = path.read_text().splitlines()
    files = [p for p in points if p.startswith("deposit:put:")]
    left_out = set(files[1 : len(files) - _FILES_OF_AN_OBJECT + 1])
    return [p for p in points if p not in left_out]


def deaths(points: list[str]) -> list[dict[str, str]]:
    """Return how to die: before each thing that lasts, amid each file, while a process works.

    Where a step ends the next begins, and before a child opens a file nothing has happened yet.
    """
    ways = []
    for point in points:
        step, act, number = point.split(":")
        if act.startswith("child-"):
            # A worker that knows the answers of revocation services asks once.
            ways += [{"at": point, "mode": "later"}] if number == "1" else []
        elif (step, act) != ("take", "end"):
            ways.append({"at": point, "mode": "kill"})
            if act in {"put", "token"}:
                ways.append({"at": point, "mode": "torn" if act == "put" else "later"})
    return ways


def die(opened: Road, nursery: Nursery, way: dict[str, str]) -> int:
    """Let a worker die on the road of a new document; return how many documents that took."""
    for tries in range(1, _TRIES + 1):
        (document,) = opened.feed(1)
        if nursery.live({**way, "document": str(document)}) == -signal.SIGKILL:
            return tries
    pytest.fail(f"{way} was not reached\n{opened.tail()}")
