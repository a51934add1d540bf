"""What a killed worker has begun, workers on other machines finish: PostgreSQL and S3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support import deaths, road_end

if TYPE_CHECKING:
    from support.road import OpenRoad

# Seconds between heartbeats, and after which the others take up what a worker held.
_BEAT = (0.5, 4.0)


@pytest.mark.crash
@pytest.mark.postgres
@pytest.mark.timeout(1200)
def test_workers_on_many_machines_finish_what_a_killed_one_has_begun(open_road: OpenRoad) -> None:
    opened = open_road(database="postgresql", stores="s3")
    boundaries = [w for w in deaths.deaths(deaths.trace(opened)) if ":commit:" in w["at"]]
    nursery = opened.start_nursery()

    fed = sum(deaths.die(opened, nursery, way) for way in boundaries)

    others = [opened.start_worker(f"worker-{number}", beat=_BEAT) for number in range(1, 4)]
    opened.wait(limit_s=deaths.END_LIMIT_S)
    for worker in others:
        worker.kill()
    road_end.check(opened, expected=fed + 2)
