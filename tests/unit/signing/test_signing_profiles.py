from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from signing_stand_ins import seal_png

from signing.font import Face, reserved_font, width_of
from signing.layouts import (
    ASCENT,
    DESCENT,
    MAX_LINE_WIDTH,
    Incoming,
    appendix_lines,
    block,
    block_size,
    copy_lines,
    incoming_stamp,
    seal_with_caption,
)
from signing.model import Align, Appearance, Box, PlacedLine, Role
from signing.moments import TimeForm, written
from signing.profiles import POINTS_PER_MM, PROFILES, Anchor, Colour, CopyForm, ProfileName

AT = datetime(2024, 3, 12, 14, 30, 15, 999, tzinfo=timezone(timedelta(hours=7)))
BOX = Box(page=0, x0=300, y0=780, x1=550, y1=820)


def test_every_profile_has_a_name_of_its_own() -> None:
    assert list(PROFILES) == list(ProfileName)
    assert all(PROFILES[name].name is name for name in ProfileName)


@pytest.mark.parametrize(
    ("name", "anchor", "image", "font_size"),
    [
        (ProfileName.LEADER, Anchor.TITLE_AND_NAME, Colour.BLUE, None),
        (ProfileName.ORGANISATION, Anchor.LEADER_IMAGE, Colour.RED, None),
        (ProfileName.APPENDIX, Anchor.TOP_RIGHT, None, 10.0),
        (ProfileName.COPY, Anchor.TOP_RIGHT, None, 10.0),
    ],
)
def test_a_main_document_shows_images_alone_and_a_copy_text_alone(
    name: ProfileName, anchor: Anchor, image: Colour | None, font_size: float | None
) -> None:
    profile = PROFILES[name]
    assert (profile.anchor, profile.image, profile.font_size) == (anchor, image, font_size)


def test_only_what_the_decree_lets_the_organisation_sign_alone_needs_no_leader() -> None:
    alone = {name for name, profile in PROFILES.items() if not profile.requires_leader}
    assert alone == {ProfileName.APPENDIX, ProfileName.COPY, ProfileName.INCOMING}


def test_only_the_leader_signs_as_leader() -> None:
    assert PROFILES[ProfileName.LEADER].roles == {Role.LEADER}
    assert PROFILES[ProfileName.ORGANISATION].roles == {Role.ORGANISATION}
    assert PROFILES[ProfileName.COPY].roles == {Role.ORGANISATION}


def test_the_line_of_an_appendix_is_number_and_moment() -> None:
    assert appendix_lines("123/QĐ-UBND", AT) == ("123/QĐ-UBND", "12.03.2024 14:30:15 +07:00")


def test_the_line_of_a_copy_is_form_body_and_moment() -> None:
    assert copy_lines(CopyForm.TRUE, "UBND xã A", AT) == (
        "SAO Y; UBND xã A; 12.03.2024 14:30:15 +07:00",
    )


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (CopyForm.TRUE, "SAO Y"),
        (CopyForm.FROM_COPY, "SAO LỤC"),
        (CopyForm.EXTRACT, "TRÍCH SAO"),
    ],
)
def test_a_copy_says_which_form_it_has(form: CopyForm, words: str) -> None:
    assert copy_lines(form, "UBND xã A", AT)[0].startswith(f"{words}; ")


def test_a_long_name_takes_a_line_of_its_own() -> None:
    name = "Văn phòng Đoàn đại biểu Quốc hội và Hội đồng nhân dân tỉnh Lâm An"
    lines = copy_lines(CopyForm.EXTRACT, name, AT)
    assert lines == ("TRÍCH SAO;", f"{name};", "12.03.2024 14:30:15 +07:00")
    assert max(width_of(line, size=10) for line in lines) < MAX_LINE_WIDTH


def test_moments_are_written_in_vietnamese_time() -> None:
    utc = AT.astimezone(UTC)
    assert written(utc, TimeForm.PRINTED) == "12.03.2024 14:30:15 +07:00"
    assert written(utc, TimeForm.ISO) == "2024-03-12T14:30:15+07:00"
    assert appendix_lines("9/QĐ", utc, form=TimeForm.ISO)[1] == "2024-03-12T14:30:15+07:00"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        written(AT.replace(tzinfo=None), TimeForm.PRINTED)


@pytest.mark.parametrize("face", Face)
def test_a_row_is_one_line_of_the_face_high(face: Face) -> None:
    font = reserved_font(face)
    assert (font.ascent, -font.descent) == (ASCENT * 1000, DESCENT * 1000)


def test_a_block_has_the_size_that_was_asked_for_it() -> None:
    lines = ("123/QĐ-UBND", "12.03.2024 14:30:15 +07:00")
    width, height = block_size(lines, size=10)
    look = block(lines, Box(page=0, x0=0, y0=0, x1=width, y1=height), size=10)
    assert [line.text for line in look.lines] == list(lines)
    assert {(line.size, line.align, line.italic, line.red) for line in look.lines} == {
        (10, Align.RIGHT, False, False)
    }
    assert look.image is None
    assert not look.lines[0].box.overlaps(look.lines[1].box)


def test_a_block_that_is_too_low_is_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        block(("a", "b"), Box(page=0, x0=0, y0=0, x1=99, y1=12), size=10)


def test_a_part_on_another_page_is_refused() -> None:
    line = PlacedLine(text="a", box=Box(page=1, x0=310, y0=790, x1=320, y1=800), size=9)
    with pytest.raises(ValueError, match="outside"):
        Appearance(box=BOX, lines=(line,))


def test_a_seal_with_a_caption_keeps_its_size() -> None:
    seal = Box(page=0, x0=300, y0=400, x1=402, y1=502)
    caption = Box(page=0, x0=280, y0=370, x1=420, y1=396)
    lines = ("Số: 125/QĐ-UBND", "ngày 07 tháng 6 năm 2026")
    look = seal_with_caption(seal_png(), seal, lines=lines, caption=caption, size=10)
    assert look.image
    assert look.image.box == seal
    assert look.box == Box(page=0, x0=280, y0=370, x1=420, y1=502)
    assert [line.text for line in look.lines] == list(lines)
    assert {line.align for line in look.lines} == {Align.CENTRE}


ENTRY = Incoming(organisation="UBND XÃ A", number="125", day="12/3/2024", passed_to="Văn phòng")


def test_the_incoming_stamp_has_its_five_lines_in_a_red_frame() -> None:
    width, height = PROFILES[ProfileName.INCOMING].size_mm or (0, 0)
    box = Box(page=0, x0=0, y0=0, x1=width * POINTS_PER_MM, y1=height * POINTS_PER_MM)
    look = incoming_stamp(ENTRY, box)
    texts = [line.text for line in look.lines]
    assert texts[:8] == [
        "UBND XÃ A",
        "ĐẾN  Số:",
        "125",
        "Ngày:",
        "12/3/2024",
        "Chuyển:",
        "Văn phòng",
        "Số và ký hiệu HS:",
    ]
    assert set(texts[8]) == {"."}
    assert [rule.red for rule in look.rules] == [True]
    assert {line.text for line in look.lines if not line.red} == {"125", "12/3/2024", "Văn phòng"}
