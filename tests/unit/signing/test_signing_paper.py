"""Lines and stamps keep off what was signed: the nearest free paper, or none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signing.model import Box
from signing.paper import free_top_right, stamp_box
from signing.placing import Sheet, top_right
from signing.profiles import POINTS_PER_MM

MM = POINTS_PER_MM
A4 = Sheet(page=0, width=210 * MM, height=297 * MM)
BLOCK = (120.0, 24.0)
STAMP = (50 * MM, 35 * MM)
HEAD = Box(page=0, x0=90, y0=700, x1=260, y1=714)


def test_a_free_corner_is_where_the_line_goes() -> None:
    elsewhere = Box(page=0, x0=80, y0=400, x1=300, y1=412)
    assert free_top_right(A4, BLOCK, (elsewhere,)) == top_right(A4, BLOCK)


def test_a_line_that_would_cover_text_goes_to_the_nearest_free_paper() -> None:
    legal = top_right(A4, BLOCK)
    below = replace(legal, y0=legal.y0 - 40, y1=legal.y0 + 5)
    up = free_top_right(A4, BLOCK, (below,))
    assert up
    assert 0 < up.y0 - legal.y0 <= 4 * MM
    above = replace(legal, y0=legal.y1 - 5, y1=A4.height)
    down = free_top_right(A4, BLOCK, (above,))
    assert down
    assert legal.y0 - 3 * MM < down.y0 < legal.y0


def test_where_the_whole_edge_is_written_on_there_is_no_place_for_a_line() -> None:
    assert free_top_right(A4, BLOCK, (A4.area,)) is None
    low = Sheet(page=0, width=210 * MM, height=10 * MM)
    assert free_top_right(low, (20.0, 40.0), ()) is None


def test_the_stamp_stands_at_the_left_below_the_head() -> None:
    box = stamp_box(A4, STAMP, head=HEAD, texts=(HEAD,))
    assert box
    assert (box.x0, box.width, box.height) == pytest.approx((8 * MM, *STAMP))
    assert HEAD.y0 - 3 < box.y1 < HEAD.y0


def test_without_a_head_the_stamp_stands_below_the_upper_fifth() -> None:
    box = stamp_box(A4, STAMP, head=None, texts=())
    assert box
    assert A4.height * 0.8 - 3 < box.y1 < A4.height * 0.8


def test_the_stamp_keeps_off_text_to_the_right_or_further_down() -> None:
    title = Box(page=0, x0=0, y0=600, x1=250, y1=690)
    beside = stamp_box(A4, STAMP, head=HEAD, texts=(HEAD, title))
    assert beside
    assert beside.x0 >= title.x1 or beside.y1 <= title.y0
    wide = replace(title, x1=A4.width)
    under = stamp_box(A4, STAMP, head=HEAD, texts=(wide,))
    assert under
    assert under.y1 <= wide.y0


def test_a_page_full_of_text_or_too_small_takes_no_stamp() -> None:
    assert stamp_box(A4, STAMP, head=HEAD, texts=(A4.area,)) is None
    small = Sheet(page=0, width=40 * MM, height=30 * MM)
    assert stamp_box(small, STAMP, head=None, texts=()) is None
