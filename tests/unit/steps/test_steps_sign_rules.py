"""Where a signature goes, from what was recognised."""

from __future__ import annotations

from typing import Any

import pytest

from docsvc.steps.sign.rules import FIELD_OF, fills_of, later_fields, places_of
from signing.model import (
    DAY_FIELD,
    LEADER_FIELD,
    MONTH_FIELD,
    NUMBER_FIELD,
    ORGANISATION_FIELD,
    Align,
    Box,
    ReservedPlaces,
    Role,
)

BOX: dict[str, Any] = {"page": 0, "x0": 1.0, "y0": 2.0, "x1": 3.0, "y1": 4.0}
ALL = ("number", "day", "month", "leader", "organisation")


def recognised(*names: str) -> dict[str, Any]:
    return {"places": {name: BOX if name in names else None for name in ALL}}


def test_every_place_that_was_found_is_reserved() -> None:
    places = places_of(recognised(*ALL))
    assert [(t.name, t.italic, t.align) for t in places.texts] == [
        (NUMBER_FIELD, False, Align.RIGHT),
        (DAY_FIELD, True, Align.CENTRE),
        (MONTH_FIELD, True, Align.CENTRE),
    ]
    assert {t.font_size for t in places.texts} == {13.0}
    assert {t.box for t in places.texts} == {Box(**BOX)}
    assert places.leader == places.organisation == Box(**BOX)


def test_what_is_filled_in_has_the_size_of_the_letters_beside_it() -> None:
    found = recognised("number", "day")
    found["places"] |= {"number_size": 13.5, "date_size": 14.0}
    assert [t.font_size for t in places_of(found).texts] == [13.5, 14.0]


@pytest.mark.parametrize("classification", [{}, {"places": None}, recognised()])
def test_what_was_not_found_is_invisible(classification: dict[str, Any]) -> None:
    assert places_of(classification) == ReservedPlaces(texts=(), leader=None, organisation=None)
    assert fills_of(classification, number="1", day="2", month="3") == {}


def test_only_reserved_fields_are_filled() -> None:
    assert fills_of(recognised("number", "month"), number="15", day="02", month="3") == {
        NUMBER_FIELD: "15",
        MONTH_FIELD: "3",
    }


def test_each_role_has_its_field() -> None:
    assert FIELD_OF == {Role.LEADER: LEADER_FIELD, Role.ORGANISATION: ORGANISATION_FIELD}


def test_after_the_leader_come_number_date_and_seal_and_after_the_seal_nothing() -> None:
    assert later_fields(Role.LEADER) == {NUMBER_FIELD, DAY_FIELD, MONTH_FIELD, ORGANISATION_FIELD}
    assert later_fields(Role.ORGANISATION) == frozenset()
