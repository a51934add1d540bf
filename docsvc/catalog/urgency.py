"""Degrees of urgency and their stamps (NĐ 30/2020 PL I)."""

from dataclasses import dataclass
from functools import cache

from docsvc.catalog.source import entries, read_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgency:
    """A degree of urgency; a higher ``rank`` is more urgent."""

    code: str
    mark: str
    vi: str
    en: str
    width_mm: int
    height_mm: int
    rank: int


@cache
def urgencies() -> tuple[Urgency, ...]:
    """Read the degrees, the longest mark first so that it is matched first."""
    found = (
        Urgency(
            code=entry["code"],
            mark=entry["mark"],
            vi=entry["vi"],
            en=entry["en"],
            width_mm=int(entry["width_mm"]),
            height_mm=int(entry["height_mm"]),
            rank=int(entry["rank"]),
        )
        for entry in entries(read_table("urgency"), "urgency")
    )
    return tuple(sorted(found, key=lambda urgency: -len(urgency.mark)))
