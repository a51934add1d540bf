"""How a moment is written where people read it: in Vietnamese time (NĐ 30 PL I II.8)."""

from __future__ import annotations

from datetime import timedelta, timezone
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_VIETNAM = timezone(timedelta(hours=7))


class TimeForm(StrEnum):
    """The decree names day, time and zone "by ISO 8601"; offices print dots, data have dashes."""

    PRINTED = "printed"
    ISO = "iso"


def written(at: datetime, form: TimeForm) -> str:
    """Write a moment: ``12.03.2024 14:30:15 +07:00`` or ``2024-03-12T14:30:15+07:00``.

    Raises:
        ValueError: the moment has no zone.
    """
    if at.tzinfo is None:
        msg = "a moment that is shown needs its zone"
        raise ValueError(msg)
    local = at.astimezone(_VIETNAM).replace(microsecond=0)
    match form:
        case TimeForm.PRINTED:
            return local.strftime("%d.%m.%Y %H:%M:%S +07:00")
        case TimeForm.ISO:  # pragma: no branch  # the last of a closed set
            return local.isoformat()
