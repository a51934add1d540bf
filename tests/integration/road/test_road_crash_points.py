"""A worker that is killed at any moment loses nothing and does nothing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support import deaths, road_end

if TYPE_CHECKING:
    from support.road import OpenRoad


@pytest.mark.crash
@pytest.mark.timeout(1200)
def test_worker_killed_at_every_point_finishes_every_document_once(open_road: OpenRoad) -> None:
    opened = open_road()
    ways = deaths.deaths(deaths.trace(opened))
    nursery = opened.start_nursery()

    fed = sum(deaths.die(opened, nursery, way) for way in ways)

    opened.feed(1)  # so that somebody is at work before all are asked to stop
    last = opened.start_worker()
    opened.wait(limit_s=deaths.END_LIMIT_S)
    assert last.stop() == 0
    road_end.check(opened, expected=fed + 3)
