"""Where a signature goes and what it fills in, from what was recognised and registered. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from signing.model import (
    DAY_FIELD,
    LEADER_FIELD,
    MONTH_FIELD,
    NUMBER_FIELD,
    ORGANISATION_FIELD,
    Box,
    ReservedPlaces,
    Role,
    TextPlace,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

# NORMS 1.4: the number line is 13 points upright, the date line 13 to 14 points italic.
_NUMBER_SIZE = 13.0
_DATE_SIZE = 13.0
_TEXTS = {"number": NUMBER_FIELD, "day": DAY_FIELD, "month": MONTH_FIELD}

# What the seal needs to be free after the leader has signed, whatever tool was used.
_AFTER_LEADER = frozenset({ORGANISATION_FIELD, *_TEXTS.values()})

FIELD_OF = {Role.LEADER: LEADER_FIELD, Role.ORGANISATION: ORGANISATION_FIELD}


def places_of(classification: Mapping[str, Any]) -> ReservedPlaces:
    """Return the places to reserve, from the boxes that were recognised (PDF points)."""
    found: Mapping[str, Any] = classification.get("places") or {}
    texts = tuple(
        TextPlace(
            name=field,
            box=Box(**found[name]),
            font_size=_NUMBER_SIZE if name == "number" else _DATE_SIZE,
            italic=name != "number",
        )
        for name, field in _TEXTS.items()
        if found.get(name)
    )
    return ReservedPlaces(
        texts=texts, leader=_box(found.get("leader")), organisation=_box(found.get("organisation"))
    )


def fills_of(
    classification: Mapping[str, Any], *, number: str, day: str, month: str
) -> dict[str, str]:
    """Return the values of the text fields that were reserved."""
    values = {"number": number, "day": day, "month": month}
    found: Mapping[str, Any] = classification.get("places") or {}
    return {field: values[name] for name, field in _TEXTS.items() if found.get(name)}


def later_fields(role: Role) -> frozenset[str]:
    """Return the fields that others fill or sign after a signature of this role."""
    return _AFTER_LEADER if role is Role.LEADER else frozenset()


def _box(value: Mapping[str, Any] | None) -> Box | None:
    return Box(**value) if value else None
