"""The words of a report: labels of its own, and the sentences that its caller brings."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Literal, Protocol, cast

Language = Literal["vi", "en"]


class Phrases(Protocol):
    """What codes mean, in one language; a code that nobody has worded is said as it is."""

    def sentence(self, code: str, facts: Mapping[str, str]) -> str:
        """Say what was found."""

    def reason(self, code: str) -> str:
        """Say why it matters; empty if there is nothing to say."""

    def action(self, code: str) -> str:
        """Say what to do; empty if there is nothing to do."""


def word(key: str, lang: Language, **facts: str) -> str:
    """Return the wording of a dotted key, filled with facts.

    Raises:
        KeyError: the table has no such key, or the wording wants a fact that was not given.
    """
    wording = words()[key][lang]
    return wording.format_map(facts) if facts else wording


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """Return every wording by its dotted key."""
    text = resources.files(__package__).joinpath("words.toml").read_text("utf-8")
    return dict(_walk("", tomllib.loads(text)))


def _walk(prefix: str, table: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for name, value in table.items():
        inner = cast("Mapping[str, object]", value)
        key = f"{prefix}{name}"
        if set(inner) == {"vi", "en"}:
            yield key, cast("Mapping[str, str]", inner)
        else:
            yield from _walk(f"{key}.", inner)
