"""PDF dates, and the one time zone of this product."""

import re
from datetime import UTC, datetime, timedelta, timezone

# Vietnam has had one offset, without summer time, since 1975.
VIETNAM = timezone(timedelta(hours=7))

_DATE = re.compile(
    r"(?:D:)?(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?"
    r"(?:(Z)|([+-])(\d{2})'?(\d{2})?'?)?"
)


def pdf_date(item: object) -> datetime | None:
    """Read a date string (ISO 32000-2 §7.9.4); without an offset it is Vietnam's time.

    Args:
        item: the value of an entry, of any type.

    Returns:
        An aware time, or None if the item is no date.
    """
    found = _DATE.match(item.decode("latin-1")) if isinstance(item, bytes) else None
    if found is None:
        return None
    year, month, day, hour, minute, second = (
        int(part or default)
        for part, default in zip(found.groups()[:6], (0, 1, 1, 0, 0, 0), strict=True)
    )
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=_zone(found))
    except ValueError:
        return None


def _zone(found: re.Match[str]) -> timezone:
    if found.group(7):
        return UTC
    if not found.group(8):
        return VIETNAM
    away = timedelta(hours=int(found.group(9)), minutes=int(found.group(10) or 0))
    return timezone(-away if found.group(8) == "-" else away)
