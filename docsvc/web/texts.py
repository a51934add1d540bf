"""The words of the pages, in Vietnamese and English, and the choice between them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

from docsvc.catalog.messages import Lang
from docsvc.catalog.source import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEFAULT = Lang.VI


def label(key: str, lang: Lang, **facts: object) -> str:
    """Return the wording of ``key``, filled with ``facts``.

    Raises:
        KeyError: the table has no such key, or the wording wants a fact that was not given.
    """
    return labels()[key][lang].format(**facts)


@cache
def labels() -> Mapping[str, Mapping[Lang, str]]:
    """Return every wording by its dotted key."""
    return dict(_walk("", read_table("labels")))


def preferred(accept_language: str) -> Lang:
    """Choose by the header ``Accept-Language`` (RFC 9110 §12.5.4); Vietnamese in doubt."""
    weights: dict[str, float] = {}
    for part in accept_language.split(","):
        name, _, rest = part.strip().partition(";")
        weights.setdefault(name.split("-")[0].lower(), _weight(rest))
    return Lang.EN if weights.get("en", 0) > weights.get("vi", 0) else DEFAULT


def chosen(cookie: str | None, accept_language: str) -> Lang:
    """Choose by what the person has clicked, else by the browser's header."""
    return Lang(cookie) if cookie in set(Lang) else preferred(accept_language)


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _walk(prefix: str, table: Mapping[str, object]) -> Iterator[tuple[str, Mapping[Lang, str]]]:
    for name, value in table.items():
        inner = cast("Mapping[str, object]", value)
        key = f"{prefix}{name}"
        if set(inner) == set(Lang):
            yield key, {lang: str(inner[lang]) for lang in Lang}
        else:
            yield from _walk(f"{key}.", inner)
