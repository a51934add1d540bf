"""Levels of state secrecy, and the marks and phrases that are not one."""

from dataclasses import dataclass
from functools import cache

from docsvc.catalog.source import entries, read_table, words


@dataclass(frozen=True, slots=True, kw_only=True)
class SecrecyLevel:
    """A level of state secrecy; ``mark`` is compared in capitals and with diacritics."""

    code: str
    mark: str
    vi: str
    en: str
    protected_years: int


@cache
def levels() -> tuple[SecrecyLevel, ...]:
    """Read the levels, the gravest first."""
    return tuple(
        SecrecyLevel(
            code=entry["code"],
            mark=entry["mark"],
            vi=entry["vi"],
            en=entry["en"],
            protected_years=int(entry["protected_years"]),
        )
        for entry in entries(read_table("secrecy"), "level")
    )


def mark_of(code: str | None) -> str:
    """Return the mark of a level as it stands on paper; a dash for none."""
    return next((level.mark for level in levels() if level.code == code), "–")


@cache
def harmless_phrases() -> tuple[str, ...]:
    """Read the phrases in capitals that hold the word MẬT and mark nothing."""
    return words(read_table("secrecy"), "harmless", "phrases")


@cache
def harmless_stamps() -> frozenset[str]:
    """Read the stamps that are known and say nothing about secrecy, in capitals."""
    return frozenset(words(read_table("secrecy"), "stamps", "harmless"))
