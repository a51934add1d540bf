"""Where a signature goes and what it fills in, from what was recognised and registered. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    TextPlace,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

# NĐ 30 PL I: the number line is 13 points upright, the date line 13 to 14 points italic; the size
# of the letters on the page counts where it is known.
_SIZE = 13.0
_TEXTS = {"number": NUMBER_FIELD, "day": DAY_FIELD, "month": MONTH_FIELD}

FIELD_OF = {Role.LEADER: LEADER_FIELD, Role.ORGANISATION: ORGANISATION_FIELD}


def places_of(classification: Mapping[str, Any]) -> ReservedPlaces:
    """Return the places to reserve, from the boxes that were recognised (PDF points)."""
    found: Mapping[str, Any] = classification.get("places") or {}
    texts = tuple(
        TextPlace(
            name=field,
            box=Box(**found[name]),
            font_size=found.get("number_size" if name == "number" else "date_size") or _SIZE,
            italic=name != "number",
            # The number belongs to its symbol, without a space; day and month stand free.
            align=Align.RIGHT if name == "number" else Align.CENTRE,
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


def _box(value: Mapping[str, Any] | None) -> Box | None:
    return Box(**value) if value else None
