"""Prefixes of signing authority (NĐ 30/2020 Đ13, HD 05-HD/VPTW) and the titles of heads."""

from dataclasses import dataclass
from functools import cache

from docsvc.catalog.kinds import Family
from docsvc.catalog.source import entries, read_table, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A prefix before the title; ``forms`` are the spellings met on paper."""

    code: str
    family: Family
    forms: tuple[str, ...]
    vi: str
    en: str


@cache
def authorities() -> tuple[Authority, ...]:
    """Read every prefix."""
    return tuple(
        Authority(
            code=entry["code"],
            family=Family(entry["family"]),
            forms=tuple(entry["forms"].split()),
            vi=entry["vi"],
            en=entry["en"],
        )
        for entry in entries(read_table("authority"), "authority")
    )


@cache
def titles() -> tuple[str, ...]:
    """Read the titles, in capitals, the longest first."""
    return tuple(sorted(words(read_table("authority"), "titles", "heads"), key=lambda t: -len(t)))
