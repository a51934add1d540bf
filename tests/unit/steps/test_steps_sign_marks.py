"""The line of a copy: where it goes, what it says, and that its moment moves nothing."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from docsvc.steps.sign.marks import (
    NoRoomForLineError,
    appendix_line,
    copy_line,
    field_of,
    stamp_look,
)
from signing.layouts import Incoming
from signing.model import Box
from signing.placing import Sheet
from signing.profiles import ProfileName

AT = datetime(2026, 3, 12, 7, 30, 15, tzinfo=UTC)
LATER = datetime(2026, 11, 28, 23, 59, 59, tzinfo=UTC)
BODY = "Ủy ban nhân dân xã Suối Trúc"


def read(*texts: Box, rotation: int = 0) -> dict[str, Any]:
    size = (842.0, 595.0) if rotation in {90, 270} else (595.0, 842.0)
    sheet = Sheet(page=0, width=size[0], height=size[1], rotation=rotation)
    plain = asdict(sheet) | {"origin": list(sheet.origin)}  # as JSON gives it back
    return {"sheets": [plain], "landmarks": {"texts": [asdict(one) for one in texts]}}


@pytest.mark.parametrize(
    ("kind", "words"),
    [("ban-sao-y", "SAO Y"), ("ban-sao-luc", "SAO LỤC"), ("ban-trich-sao", "TRÍCH SAO")],
)
def test_the_line_says_form_body_and_moment_in_vietnamese_time(kind: str, words: str) -> None:
    look = copy_line(kind, BODY, read()).look(AT)
    said = " ".join(one.text for one in look.lines)
    assert said == f"{words}; {BODY}; 12.03.2026 14:30:15 +07:00"


def test_the_moment_does_not_move_the_line() -> None:
    line = copy_line("ban-sao-y", BODY, read())
    assert line.box(AT) == line.box(LATER)
    assert line.look(AT) != line.look(LATER)


def test_the_line_keeps_off_what_stands_in_the_corner() -> None:
    free = copy_line("ban-sao-y", BODY, read()).box(AT)
    moved = copy_line("ban-sao-y", BODY, read(free)).box(AT)
    assert not moved.overlaps(free)
    assert (moved.x0, moved.x1) == (free.x0, free.x1)


def test_a_page_that_is_full_has_no_room() -> None:
    everywhere = Box(page=0, x0=0, y0=0, x1=595, y1=842)
    with pytest.raises(NoRoomForLineError):
        copy_line("ban-sao-y", BODY, read(everywhere)).look(AT)


def test_on_a_turned_page_the_line_stands_where_the_reader_sees_the_corner() -> None:
    look = copy_line("ban-sao-y", BODY, read(rotation=90)).look(AT)
    # A quarter turn clockwise leads the upper left of user space to the upper right.
    assert look.box.height > look.box.width
    assert look.box.x1 < 100
    assert look.box.y1 > 700
    assert all(look.box.holds(one.box) for one in look.lines)


@pytest.mark.parametrize("rotation", [0, 90])
def test_the_stamp_says_body_number_and_day_on_free_paper(rotation: int) -> None:
    head = Box(page=0, x0=80, y0=500, x1=250, y1=512)
    known = read(head, rotation=rotation)
    known["landmarks"]["head"] = asdict(head)
    look = stamp_look(Incoming(organisation=BODY, number="12", day="05/11/2026"), known)
    assert look
    assert {BODY, "12", "05/11/2026"} <= {one.text for one in look.lines}
    assert all(look.box.holds(one.box) for one in (*look.lines, *look.rules))
    assert (look.box.width > look.box.height) == (rotation == 0)


def test_a_page_without_free_paper_takes_no_stamp() -> None:
    everywhere = Box(page=0, x0=0, y0=0, x1=595, y1=842)
    assert stamp_look(Incoming(organisation=BODY), read(everywhere)) is None


def test_each_copy_has_a_field_of_its_own() -> None:
    one, other = UUID(int=1 << 120), UUID(int=2 << 120)
    fields = {field_of(ProfileName.COPY, each) for each in (one, other)}
    assert len(fields | {field_of(ProfileName.APPENDIX, one)}) == 3


def test_an_appendix_bears_the_number_of_its_document_and_the_moment() -> None:
    line = appendix_line("123/QĐ-UBND", read())
    assert [one.text for one in line.look(AT).lines] == [
        "123/QĐ-UBND",
        "12.03.2026 14:30:15 +07:00",
    ]
    assert line.profile is ProfileName.APPENDIX
