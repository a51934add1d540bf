"""Kinds of documents: 29 of the state (NĐ 30/2020 Đ7), those of the Party, and copies."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from docsvc.catalog.source import entries, read_table


class Family(StrEnum):
    """Whose rules a kind follows."""

    STATE = "state"
    PARTY = "party"
    COPY = "copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of document.

    Attributes:
        code: stable ASCII name, unique over all families.
        abbreviation: group of the symbol, compared with case (HD is not HĐ); empty for công văn.
        series: documents of one series share a sequence of numbers unless the body splits it.
        archive_code: typeDoc of TT 05/2025/TT-BNV.
    """

    code: str
    family: Family
    abbreviation: str
    vi: str
    en: str
    series: str
    archive_code: str


@cache
def all_kinds() -> tuple[Kind, ...]:
    """Read every kind, in the order of the decree."""
    return tuple(
        Kind(
            code=entry["code"],
            family=Family(entry["family"]),
            abbreviation=entry.get("abbreviation", ""),
            vi=entry["vi"],
            en=entry["en"],
            series=entry["series"],
            archive_code=entry["archive_code"],
        )
        for entry in entries(read_table("kinds"), "kind")
    )


def kind(code: str) -> Kind:
    """Find a kind by its code.

    Raises:
        KeyError: no kind has this code.
    """
    return _by_code()[code]


def with_abbreviation(abbreviation: str, families: Iterable[Family]) -> tuple[Kind, ...]:
    """Find the kinds whose symbol group is exactly this; the Party's QĐ stands for two."""
    wanted = set(families)
    found = (k for k in all_kinds() if abbreviation and k.abbreviation == abbreviation)
    return tuple(k for k in found if k.family in wanted)


@cache
def _by_code() -> dict[str, Kind]:
    return {k.code: k for k in all_kinds()}
