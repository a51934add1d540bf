"""Workers that are killed at random, while documents come in, lose nothing and do nothing twice.

``ROAD_STORM=200/50`` sets how many documents come in and how many kills fall among them; the
default is a short storm. ``make storm`` measures the long one; ``ROAD_STORM_FIGURES`` names the
file that takes what was measured, a JSON object a line.
"""

from __future__ import annotations

import json
import os
import random
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import road_end

if TYPE_CHECKING:
    from support.road import OpenRoad, Road, WorkerProcess

_END_LIMIT_S = 600.0
# Seconds between heartbeats, and after which the others take up what a worker held.
_BEAT = (0.5, 4.0)
# A worker needs about two seconds to come up: some are killed before that, most at work.
_LIFE_S = {1: (0.5, 5.0), 3: (0.1, 1.7)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """How many documents come in, how many workers take them on, and how often one is killed."""

    documents: int
    kills: int
    workers: int


def rage(opened: Road, storm: Storm, chance: random.Random) -> list[WorkerProcess]:
    """Let documents in and kill workers; return those that live afterwards."""
    workers = [_start(opened, number) for number in range(storm.workers)]
    fed = 0
    for kill in range(1, storm.kills + 1):
        portion = storm.documents * kill // storm.kills - fed
        opened.feed(portion)
        fed += portion
        time.sleep(chance.uniform(*_LIFE_S[storm.workers]))
        number = chance.randrange(storm.workers)
        workers[number].kill()
        workers[number] = _start(opened, number)
    return workers


def _start(opened: Road, number: int) -> WorkerProcess:
    return opened.start_worker(f"worker-{number}", beat=_BEAT)


@pytest.mark.crash
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("database", "stores", "workers"),
    [
        ("sqlite", "folder", 1),
        pytest.param("postgresql", "s3", 3, marks=pytest.mark.postgres),
    ],
)
def test_every_document_arrives_once_however_often_workers_are_killed(
    open_road: OpenRoad,
    database: str,
    stores: str,
    workers: int,
) -> None:
    documents, kills = map(int, os.environ.get("ROAD_STORM", "24/6").split("/"))
    opened = open_road(database=database, stores=stores)
    began = time.monotonic()
    storm = Storm(documents=documents, kills=kills, workers=workers)
    survivors = rage(opened, storm, random.Random())  # noqa: S311  # no secret
    opened.wait(limit_s=_END_LIMIT_S)
    took = time.monotonic() - began
    for worker in survivors:
        worker.kill()

    road_end.check(opened, expected=documents)

    figures = os.environ.get("ROAD_STORM_FIGURES")
    if figures is not None:
        measured = asdict(storm) | {
            "database": database,
            "stores": stores,
            "took_s": round(took, 1),
        }
        with Path(figures).open("a") as file:
            file.write(json.dumps(measured) + "\n")
