from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.model import Box, ReservedPlaces
from signing.placing import (
    LEADER_MAX_HEIGHT,
    LEADER_MAX_WIDTH,
    Landmarks,
    Reason,
    Sheet,
    Snapped,
    around_image,
    caption_box,
    fitted,
    leader_box,
    seal_box,
    snap,
    top_right,
)
from signing.profiles import POINTS_PER_MM, PROFILES, ProfileName

MM = POINTS_PER_MM
A4 = Sheet(page=0, width=210 * MM, height=297 * MM)
LAST = Sheet(page=2, width=210 * MM, height=297 * MM)
TITLE = Box(page=2, x0=380, y0=500, x1=460, y1=512)
NAME = Box(page=2, x0=375, y0=418, x1=465, y1=430)
LEADER = Box(page=2, x0=360, y0=435, x1=480, y1=495)
SIGNED = Landmarks(title=TITLE, name=NAME, leader=LEADER)
BLOCK = (120.0, 24.0)
STAMP = (50 * MM, 35 * MM)


def pointed(
    name: ProfileName,
    point: tuple[float, float],
    *,
    sheet: Sheet = LAST,
    size: tuple[float, float] = (120.0, 50.0),
    landmarks: Landmarks = SIGNED,
) -> Snapped:
    return snap(point, profile=PROFILES[name], sheet=sheet, size=size, landmarks=landmarks)


def test_the_leaders_image_is_centred_between_title_and_name() -> None:
    box = leader_box(TITLE, NAME)
    assert box
    assert box.centre == (420, (TITLE.y0 + NAME.y1) / 2)
    assert NAME.y1 < box.y0
    assert box.y1 < TITLE.y0


def test_the_leaders_image_is_no_larger_than_a_signature() -> None:
    box = leader_box(TITLE, Box(page=2, x0=375, y0=118, x1=465, y1=130))
    assert box
    assert box.width <= LEADER_MAX_WIDTH
    assert box.height <= LEADER_MAX_HEIGHT


def test_a_name_right_below_the_title_leaves_no_room() -> None:
    assert leader_box(TITLE, Box(page=2, x0=375, y0=470, x1=465, y1=482)) is None


@given(width=st.floats(1, 5000), height=st.floats(1, 5000))
def test_an_image_is_fitted_without_a_change_of_proportions(width: float, height: float) -> None:
    box = fitted(LEADER, (width, height))
    assert LEADER.holds(box)
    assert box.width / box.height == pytest.approx(width / height)
    assert box.centre == pytest.approx(LEADER.centre)


@pytest.mark.parametrize("mm", [30.0, 36.0, 42.0])
def test_the_seal_covers_the_left_third_in_its_actual_size(mm: float) -> None:
    box = seal_box(LEADER, mm)
    assert box.width == pytest.approx(mm * 72 / 25.4)
    assert box.height == pytest.approx(mm * 72 / 25.4)
    assert box.x1 == pytest.approx(LEADER.x0 + LEADER.width / 3)
    assert box.centre[1] == pytest.approx(LEADER.centre[1])


def test_a_block_stands_in_the_upper_margin_at_the_right() -> None:
    box = top_right(A4, BLOCK)
    assert A4.width - box.x1 == pytest.approx(15 * MM)
    # NĐ 30 PL I: the text of the document begins 20 mm below the edge, or lower.
    assert A4.height - 20 * MM < box.y0 < box.y1 < A4.height


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_box_keeps_its_area_in_user_space(rotation: int) -> None:
    sheet = Sheet(page=0, width=600, height=800, rotation=rotation, origin=(10, 20))
    box = sheet.to_user(Box(page=0, x0=100, y0=200, x1=160, y1=220))
    sides = (20, 60) if rotation in (90, 270) else (60, 20)
    assert (box.width, box.height) == sides
    whole = sheet.to_user(sheet.area)
    assert (whole.x0, whole.y0) == (10, 20)
    assert whole.holds(box)


def test_the_lower_left_corner_is_found_on_a_turned_page() -> None:
    corner = Box(page=0, x0=0, y0=0, x1=10, y1=5)
    turned = {
        rotation: Sheet(page=0, width=600, height=800, rotation=rotation).to_user(corner)
        for rotation in (90, 180, 270)
    }
    # Turned clockwise by 90 degrees, the lower left of what is seen is the lower right of the page.
    assert (turned[90].x1, turned[90].y0) == (800, 0)
    assert (turned[180].x1, turned[180].y1) == (600, 800)
    assert (turned[270].x0, turned[270].y1) == (0, 600)


@pytest.mark.parametrize("point", [(420, 465), (400, 480), (470, 440)])
def test_a_point_between_title_and_name_is_legal(point: tuple[float, float]) -> None:
    found = pointed(ProfileName.LEADER, point)
    assert found.is_legal
    assert found.box
    assert found.box.centre == pytest.approx((420, 465))


@pytest.mark.parametrize("point", [(100, 465), (420, 700), (420, 300)])
def test_a_point_elsewhere_is_not_the_leaders(point: tuple[float, float]) -> None:
    found = pointed(ProfileName.LEADER, point)
    assert not found.is_legal
    assert found.reason is Reason.NOT_BETWEEN_TITLE_AND_NAME
    assert found.box
    assert found.box.centre == pytest.approx(point)


def test_the_leaders_place_is_on_the_page_of_the_name() -> None:
    found = pointed(ProfileName.LEADER, (420, 465), sheet=A4)
    assert found.reason is Reason.NOT_BETWEEN_TITLE_AND_NAME


@pytest.mark.parametrize("landmarks", [Landmarks(title=TITLE), Landmarks(name=NAME)])
def test_without_title_or_name_nobody_can_tell(landmarks: Landmarks) -> None:
    found = pointed(ProfileName.LEADER, (420, 465), landmarks=landmarks)
    assert found.reason is Reason.UNKNOWN


def test_a_gap_too_narrow_is_said() -> None:
    tight = Landmarks(title=TITLE, name=Box(page=2, x0=375, y0=470, x1=465, y1=482))
    assert pointed(ProfileName.LEADER, (420, 490), landmarks=tight).reason is Reason.TOO_NARROW


SEAL = (36 * MM, 36 * MM)


def test_a_point_near_the_left_third_snaps_the_seal() -> None:
    found = pointed(ProfileName.ORGANISATION, (360, 460), size=SEAL)
    assert found.is_legal
    assert found.box == seal_box(LEADER, 36.0)


def test_a_seal_at_the_right_of_the_signature_is_not_legal() -> None:
    found = pointed(ProfileName.ORGANISATION, (510, 460), size=SEAL)
    assert found.reason is Reason.NOT_OVER_LEFT_THIRD


def test_a_seal_without_a_leaders_image_cannot_be_judged() -> None:
    found = pointed(ProfileName.ORGANISATION, (360, 460), size=SEAL, landmarks=Landmarks())
    assert found.reason is Reason.UNKNOWN


@pytest.mark.parametrize("name", [ProfileName.APPENDIX, ProfileName.COPY])
def test_the_line_of_copy_and_appendix_is_at_the_top_right(name: ProfileName) -> None:
    near = pointed(name, (A4.width - 80, A4.height - 40), sheet=A4, size=BLOCK)
    assert near.is_legal
    assert near.box == top_right(A4, BLOCK)
    far = pointed(name, (100, A4.height - 40), sheet=A4, size=BLOCK)
    assert far.reason is Reason.NOT_TOP_RIGHT
    later = pointed(name, (A4.width - 80, A4.height - 40), sheet=LAST, size=BLOCK)
    assert later.reason is Reason.NOT_ON_FIRST_PAGE


HEAD = Box(page=0, x0=90, y0=730, x1=240, y1=745)
BODY = tuple(Box(page=0, x0=85, y0=y, x1=A4.width - 60, y1=y + 13.0) for y in range(90, 560, 20))


def stamped(point: tuple[float, float], *texts: Box, sheet: Sheet = A4) -> Snapped:
    landmarks = Landmarks(head=HEAD, texts=(HEAD, *texts))
    return pointed(ProfileName.INCOMING, point, sheet=sheet, size=STAMP, landmarks=landmarks)


def test_the_incoming_stamp_goes_into_free_paper_below_the_head() -> None:
    found = stamped((160, 660), *BODY)
    assert found.is_legal
    assert found.box
    assert found.box.y1 <= HEAD.y0
    assert (found.box.width, found.box.height) == pytest.approx(STAMP)


def test_the_incoming_stamp_gives_way_to_text() -> None:
    title = Box(page=0, x0=200, y0=600, x1=400, y1=640)
    found = stamped((160, 660), title, *BODY)
    assert found.is_legal
    assert found.box
    assert not found.box.overlaps(title)


def test_the_incoming_stamp_never_covers_text() -> None:
    full = tuple(Box(page=0, x0=0, y0=y, x1=A4.width, y1=y + 13.0) for y in range(90, 729, 20))
    assert stamped((160, 660), *full).reason is Reason.COVERS_TEXT


@pytest.mark.parametrize("point", [(160, 820), (160, 200)])
def test_the_incoming_stamp_belongs_below_the_head(point: tuple[float, float]) -> None:
    assert stamped(point).reason is Reason.NOT_BELOW_HEAD


def test_the_incoming_stamp_belongs_on_the_first_page() -> None:
    assert stamped((160, 660), sheet=LAST).reason is Reason.NOT_ON_FIRST_PAGE


def test_without_a_head_the_upper_part_of_the_page_is_taken_for_it() -> None:
    found = pointed(ProfileName.INCOMING, (160, 480), sheet=A4, size=STAMP, landmarks=Landmarks())
    assert found.is_legal
    assert found.box
    assert found.box.centre == pytest.approx((160, 480))


def test_a_free_mark_stands_where_it_is_wanted_but_on_the_page() -> None:
    found = pointed(ProfileName.FREE, (2, 3))
    assert found.is_legal
    assert found.box
    assert (found.box.x0, found.box.y0) == (0, 0)


def test_a_mark_larger_than_the_page_stands_nowhere() -> None:
    assert pointed(ProfileName.FREE, (9, 9), size=(900, 9)) == Snapped(
        box=None, reason=Reason.TOO_NARROW
    )


CAPTION = (150.0, 24.0)
SQUARE = Box(page=2, x0=300, y0=400, x1=400, y1=500)


def test_a_caption_stands_below_the_seal() -> None:
    box = caption_box(SQUARE, CAPTION, sheet=LAST, texts=(NAME,))
    assert box
    assert SQUARE.y0 - 3 < box.y1 < SQUARE.y0
    assert box.centre[0] == pytest.approx(350)


def test_a_caption_gives_way_to_text() -> None:
    line = Box(page=2, x0=85, y0=380, x1=500, y1=395)
    box = caption_box(SQUARE, CAPTION, sheet=LAST, texts=(line,))
    assert box
    assert box.y1 <= line.y0


def test_a_caption_goes_above_a_seal_at_the_foot_of_the_page() -> None:
    low = Box(page=2, x0=300, y0=0, x1=400, y1=100)
    box = caption_box(low, CAPTION, sheet=LAST, texts=())
    assert box
    assert box.y0 > low.y1


def test_a_caption_stays_on_the_page() -> None:
    left = Box(page=2, x0=0, y0=400, x1=100, y1=500)
    box = caption_box(left, CAPTION, sheet=LAST, texts=())
    assert box
    assert box.x0 == pytest.approx(0)


def test_a_full_page_has_no_room_for_a_caption() -> None:
    full = Box(page=2, x0=0, y0=0, x1=600, y1=842)
    assert caption_box(SQUARE, CAPTION, sheet=LAST, texts=(full,)) is None


# --- the image that is shown ----------------------------------------------------------------


def places_on(rotation: int) -> ReservedPlaces:
    sheet = replace(LAST, rotation=rotation)
    return ReservedPlaces(
        leader=sheet.to_user(LEADER),
        organisation=sheet.to_user(seal_box(LEADER, 36)),
        rotation=rotation,
    )


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_seal_follows_the_image_on_a_page_that_is_turned(rotation: int) -> None:
    sheet = replace(LAST, rotation=rotation)
    found = around_image(places_on(rotation), (300, 300))
    image = fitted(LEADER, (300, 300))
    assert found.leader
    assert found.organisation
    assert edges(found.leader) == pytest.approx(edges(sheet.to_user(image)))
    assert edges(found.organisation) == pytest.approx(edges(sheet.to_user(seal_box(image, 36))))


def test_an_image_of_the_boxs_own_proportions_moves_nothing() -> None:
    found = around_image(places_on(0), (LEADER.width, LEADER.height))
    assert found.organisation
    assert edges(found.organisation) == pytest.approx(edges(seal_box(LEADER, 36)))


def test_a_leader_without_a_seal_is_fitted_alone() -> None:
    found = around_image(ReservedPlaces(leader=LEADER), (1, 1))
    assert found.leader == fitted(LEADER, (1, 1))
    assert found.organisation is None


def test_an_invisible_leader_stays_invisible() -> None:
    places = ReservedPlaces(organisation=LEADER)
    assert around_image(places, (1, 1)) is places


def edges(box: Box) -> tuple[float, ...]:
    return box.x0, box.y0, box.x1, box.y1


def test_boxes_share_an_area_or_do_not() -> None:
    assert LEADER.overlaps(Box(page=2, x0=470, y0=480, x1=600, y1=600))
    assert not LEADER.overlaps(Box(page=2, x0=480, y0=480, x1=600, y1=600))
    assert not LEADER.overlaps(replace(LEADER, page=1))


@given(
    name=st.sampled_from(ProfileName),
    x=st.floats(-50, 700),
    y=st.floats(-50, 900),
    page=st.sampled_from([A4, LAST]),
)
def test_a_mark_stays_on_its_page_and_a_legal_place_is_legal_again(
    name: ProfileName, x: float, y: float, page: Sheet
) -> None:
    size = {ProfileName.ORGANISATION: SEAL, ProfileName.INCOMING: STAMP}.get(name, BLOCK)
    known = Landmarks(title=TITLE, name=NAME, leader=LEADER, head=HEAD, texts=(HEAD, *BODY))
    found = pointed(name, (x, y), sheet=page, size=size, landmarks=known)
    assert found.box
    if not found.is_legal:
        return
    assert page.area.holds(found.box)
    again = pointed(name, found.box.centre, sheet=page, size=size, landmarks=known)
    assert again.is_legal
    assert again.box
    assert edges(again.box) == pytest.approx(edges(found.box))
