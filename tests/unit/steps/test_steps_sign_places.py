"""Number and date beside the seal, and places that a person points at."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any

import pikepdf
import pytest
from signing_stand_ins import NOW, Pki, blank_pdf, seal_png
from signing_steps import leader_plan

from docsvc.catalog import messages
from docsvc.steps.classify.model import (
    Box,
    Classification,
    Field,
    Places,
    Secrecy,
    SecrecyVerdict,
)
from docsvc.steps.classify.places import CAPTION_SIZE
from docsvc.steps.classify.tasks import _CLASSIFICATION
from docsvc.steps.sign.rules import needs_caption, places_of, sealed_with_caption, snapped
from docsvc.steps.sign.tasks import prepare
from signing.layouts import block_size
from signing.placing import Landmarks, Reason, Sheet, seal_box
from signing.profiles import POINTS_PER_MM, ProfileName

_CLEAR = Secrecy(verdict=SecrecyVerdict.CLEAR)
SEAL = Box(page=1, x0=300, y0=400, x1=402, y1=502)
CAPTION = Box(page=1, x0=276, y0=372, x1=426, y1=396)
BLANK = Box(page=0, x0=100, y0=700, x1=140, y1=715)
ISSUED = date(2026, 6, 7)
PNG = b"png"


def facts(places: Places, **known: Any) -> dict[str, Any]:
    found = Classification(secrecy=_CLEAR, places=places, **known)
    return _CLASSIFICATION.dump_python(found, mode="json")  # type: ignore[no-any-return]


def value(text: str) -> Field:
    return Field(value=text, page=0, box=BLANK, confidence=1.0)


def seal_of(found: dict[str, Any]) -> Any:
    return sealed_with_caption(found, PNG, number_line="125/QĐ-UBND", issued_on=ISSUED)


def test_a_page_without_blanks_shows_number_and_date_beside_the_seal() -> None:
    found = facts(Places(organisation=SEAL, caption=CAPTION))
    look = seal_of(found)
    assert [line.text for line in look.lines] == ["Số: 125/QĐ-UBND", "ngày 07 tháng 6 năm 2026"]
    reserved = places_of(found).organisation
    assert reserved == look.box
    assert reserved
    assert (reserved.y0, reserved.y1) == (CAPTION.y0, SEAL.y1)


@pytest.mark.parametrize(
    ("known", "places", "wanted"),
    [
        ({}, Places(), True),
        ({}, Places(number=BLANK, day=BLANK, month=BLANK), False),
        ({}, Places(number=BLANK, day=BLANK), False),
        ({}, Places(number=BLANK), True),
        ({}, Places(day=BLANK, month=BLANK), True),
        ({"number": value("12"), "date": value("2026-06-07")}, Places(), False),
        ({"number": value("12")}, Places(month=BLANK), False),
    ],
)
def test_a_caption_is_needed_where_something_can_be_filled_in_nowhere(
    known: dict[str, Field], places: Places, wanted: object
) -> None:
    assert needs_caption(facts(places, **known)) is wanted


@pytest.mark.parametrize(
    "places",
    [
        Places(caption=CAPTION),
        Places(organisation=SEAL),
        Places(organisation=SEAL, caption=CAPTION, number=BLANK, day=BLANK),
    ],
)
def test_without_need_or_room_the_seal_stands_alone(places: Places) -> None:
    found = facts(places)
    assert seal_of(found) is None
    box = places_of(found).organisation
    assert box is None or (box.y0, box.y1) == (SEAL.y0, SEAL.y1)


def test_blanks_without_fields_are_none_for_number_and_date() -> None:
    found = facts(Places(organisation=SEAL, caption=CAPTION, number=BLANK, day=BLANK))
    assert needs_caption(found, has_fields=False)
    look = sealed_with_caption(
        found, PNG, number_line="125/QĐ-UBND", issued_on=ISSUED, has_fields=False
    )
    assert look
    assert look.lines[0].text == "Số: 125/QĐ-UBND"
    printed = facts(Places(), number=value("125"), date=value("2026-06-07"))
    assert not needs_caption(printed, has_fields=False)


def test_two_lines_fit_into_the_caption() -> None:
    longest = "Số: 123456/QĐ-UBMTTQVN-BTT"
    width, height = block_size((longest, "ngày 07 tháng 12 năm 2026"), size=10)
    assert width <= CAPTION_SIZE[0]
    assert height <= CAPTION_SIZE[1]


# --- pointing ------------------------------------------------------------------------------


def mark(box: Box) -> Any:
    from docsvc.steps.classify.model import mark_of  # noqa: PLC0415

    return mark_of(box)


LEADER = Box(page=1, x0=360, y0=435, x1=480, y1=495)
SHEETS = tuple(Sheet(page=n, width=595.0, height=842.0) for n in range(2))
POINTED = facts(
    Places(),
    sheets=SHEETS,
    landmarks=Landmarks(leader=mark(LEADER), texts=(mark(BLANK),)),
)


def test_a_seal_snaps_over_the_leaders_image() -> None:
    side = 36 * POINTS_PER_MM
    found = snapped(
        POINTED, (350, 460), page=1, profile=ProfileName.ORGANISATION, size=(side, side)
    )
    assert found.is_legal
    assert found.box == seal_box(mark(LEADER), 36)


def test_a_place_without_landmarks_cannot_be_judged() -> None:
    found = snapped(POINTED, (350, 460), page=1, profile=ProfileName.LEADER, size=(50, 20))
    assert found.reason is Reason.UNKNOWN


def test_text_of_the_first_page_is_in_the_way_of_the_incoming_stamp() -> None:
    size = (50 * POINTS_PER_MM, 35 * POINTS_PER_MM)
    found = snapped(POINTED, (130, 640), page=0, profile=ProfileName.INCOMING, size=size)
    assert found.is_legal
    assert found.box
    assert not found.box.overlaps(mark(BLANK))


@pytest.mark.parametrize("known", [POINTED, {}])
def test_a_page_that_was_not_read_cannot_be_judged(known: dict[str, Any]) -> None:
    found = snapped(known, (1, 1), page=7, profile=ProfileName.FREE, size=(5, 5))
    assert (found.box, found.reason) == (None, Reason.UNKNOWN)


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("lang", messages.Lang)
def test_the_lamp_says_why_and_what_to_do(reason: Reason, lang: messages.Lang) -> None:
    assert messages.sentence(reason, lang)
    assert messages.action(reason, lang)
    assert messages.status(reason) is None


# --- the leader's image --------------------------------------------------------------------


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


def test_leader_and_seal_are_reserved_round_the_image_that_is_shown(pki: Pki) -> None:
    room = Places(leader=LEADER, organisation=SEAL)
    plan = replace(leader_plan(pki), image=seal_png())  # as wide as it is high
    places = places_of(facts(room))
    answer = prepare(blank_pdf(), plan, NOW.isoformat(), places)
    with pikepdf.open(io.BytesIO(answer.frames[0])) as document:
        (parent,) = document.Root.AcroForm.Fields
        leader, organisation = ([float(n) for n in kid.Rect] for kid in parent.Kids)
    assert leader == [390, 435, 450, 495]
    # The left third of what is seen begins 30 points further right, and ends 10 before.
    assert organisation == [SEAL.x0 + 10, SEAL.y0, SEAL.x1 + 10, SEAL.y1]


def test_without_an_image_places_are_reserved_as_computed(pki: Pki) -> None:
    plan = replace(leader_plan(pki), image=None)
    places = places_of(facts(Places(leader=LEADER)))
    answer = prepare(blank_pdf(), plan, NOW.isoformat(), places)
    with pikepdf.open(io.BytesIO(answer.frames[0])) as document:
        (parent,) = document.Root.AcroForm.Fields
        assert [float(n) for n in parent.Kids[0].Rect] == [360, 435, 480, 495]
