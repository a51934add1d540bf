"""Sentences for every code: what happened and what to do, in Vietnamese and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import cast

from docsvc.catalog.source import read_table, table_names

# What stands where a fact was not handed over: a message about an error must not raise another.
MISSING_FACT = "–"


class Lang(StrEnum):
    """A language of the messages."""

    VI = "vi"
    EN = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The wording of one code; ``status`` is the HTTP status of an error, else None."""

    code: str
    sentences: Mapping[Lang, str]
    reasons: Mapping[Lang, str]
    actions: Mapping[Lang, str]
    status: int | None


@dataclass(frozen=True, slots=True)
class Spoken:
    """The messages of one language, as a report wants them; an unknown code is said as it is."""

    lang: Lang

    def sentence(self, code: str, facts: Mapping[str, str]) -> str:
        """Say what was found."""
        return sentence(code, self.lang, **_given(facts)) if code in _messages() else code

    def reason(self, code: str) -> str:
        """Say why it matters."""
        return reason(code, self.lang) if code in _messages() else ""

    def action(self, code: str) -> str:
        """Say what to do."""
        return action(code, self.lang) if code in _messages() else ""


class _Facts(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return MISSING_FACT


def codes() -> frozenset[str]:
    """Name every code that has a message."""
    return frozenset(_messages())


def sentence(code: str, lang: str, **facts: object) -> str:
    """Say what happened.

    Args:
        code: dotted code of an error or a reason.
        lang: ``vi`` or ``en``.
        facts: values for the placeholders; those not handed over become a dash.

    Raises:
        KeyError: no table has this code.
    """
    return _messages()[code].sentences[Lang(lang)].format_map(_Facts(facts))


def reason(code: str, lang: str) -> str:
    """Say why it matters; empty where nobody needs to be told.

    Raises:
        KeyError: no table has this code.
    """
    return _messages()[code].reasons[Lang(lang)]


def action(code: str, lang: str, **facts: object) -> str:
    """Say what to do; empty when there is nothing to do.

    Raises:
        KeyError: no table has this code.
    """
    return _messages()[code].actions[Lang(lang)].format_map(_Facts(facts))


def status(code: str) -> int | None:
    """Name the HTTP status of an error; None for a reason that is not an error.

    Raises:
        KeyError: no table has this code.
    """
    return _messages()[code].status


@cache
def _messages() -> dict[str, Message]:
    found: dict[str, Message] = {}
    for name in table_names("messages_"):
        for code, entry in read_table(name).items():
            # The table of the code's own area has the last word.
            if code not in found or name == f"messages_{code.partition('.')[0]}":
                found[code] = _message(code, cast("Mapping[str, object]", entry))
    return found


def _message(code: str, entry: Mapping[str, object]) -> Message:
    number = entry.get("status")
    return Message(
        code=code,
        sentences={lang: str(entry[lang]) for lang in Lang},
        reasons={lang: str(entry.get(f"reason_{lang}", "")) for lang in Lang},
        actions={lang: str(entry.get(f"action_{lang}", "")) for lang in Lang},
        status=number if isinstance(number, int) else None,
    )


def _given(facts: Mapping[str, str]) -> dict[str, str]:
    """Leave out the facts whose names our own arguments have."""
    return {name: value for name, value in facts.items() if name not in {"code", "lang"}}
