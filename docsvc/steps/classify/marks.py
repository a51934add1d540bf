"""What the words of a mark mean: a level of secrecy, a known stamp, or something to look at.

Compared with diacritics: MẶT (front, as in MẶT TRẬN TỔ QUỐC) is not MẬT. What OCR may have misread
is compared without them too, and then it can raise doubt, or name a stamp that is nothing like a
level; it never clears one.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from docsvc.catalog.secrecy import harmless_phrases, harmless_stamps, levels
from docsvc.steps.classify.words import condensed, plain, toned

EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_WORD = re.compile(r"(?<!\w)(?:(?:TUYỆT|TỐI) ?)?MẬT(?!\w)")
_NOT_LETTERS = re.compile(r"[\W_\d]+")
# The register stamp of incoming documents: "ĐẾN", with a number or a date to fill in.
_ARRIVED = re.compile(r"(?<!\w)ĐẾN(?!\w).*(?<!\w)(?:SỐ|NGÀY|CHUYỂN)", re.DOTALL)
# "SAO Y; UBND xã A; 12.03.2024" begins with a known stamp; "ĐẾN" is too short to trust so.
_SHORT = 3
# One letter in five may be misread before a known stamp is no longer taken for itself.
_LETTERS_A_MISTAKE = 5
# Nothing on a stamp is longer; what is, was not read from one.
_MAX_LETTERS = 80


class Meaning(StrEnum):
    """What the words of a mark come to."""

    LEVEL = "level"
    NEAR_LEVEL = "near-level"
    HARMLESS = "harmless"
    UNKNOWN = "unknown"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A meaning, and the code of the level where it is one."""

    meaning: Meaning
    level: str | None = None


def meaning(text: str) -> Mark:
    """Say what the words that were read from a stamp mean."""
    shown = toned(plain(text[:_MAX_LETTERS].replace("_", " "))).upper()
    read = _NOT_LETTERS.sub("", shown)
    level = level_of(read) or _level_without_accents(folded(read)) or _level_among(shown)
    if level:
        return Mark(meaning=Meaning.LEVEL, level=level)
    if not read:
        return Mark(meaning=Meaning.UNREAD)
    if _is_known(read) or _ARRIVED.search(shown):
        return Mark(meaning=Meaning.HARMLESS)
    if _is_near_level(shown):
        return Mark(meaning=Meaning.NEAR_LEVEL)
    return Mark(meaning=Meaning.HARMLESS if _is_nearly_known(read) else Meaning.UNKNOWN)


def level_of(read: str) -> str | None:
    """Return the code of the level whose mark this is, in capitals and without spaces."""
    return _marks().get(read)


def unexplained_level(text: str) -> str | None:
    """Return a level in capitals that no everyday phrase explains: "BẢO MẬT" is explained."""
    for phrase in _phrases():
        text = phrase.sub(" ", text)
    found = _WORD.search(text)
    return found[0] if found else None


def is_level_but_accents(text: str) -> bool:
    """Tell whether text is a level but for its diacritics, as OCR loses them."""
    return folded(EDGES.sub("", condensed(text)).upper()) in _folded_marks()


def folded(text: str) -> str:
    """Return text without diacritics."""
    parts = unicodedata.normalize("NFD", text)
    return "".join(c for c in parts if not unicodedata.combining(c))


@cache
def _marks() -> dict[str, str]:
    return {condensed(level.mark): level.code for level in levels()}


@cache
def _folded_marks() -> dict[str, str]:
    return {folded(mark): code for mark, code in _marks().items()}


@cache
def _phrases() -> tuple[re.Pattern[str], ...]:
    return tuple(
        re.compile(rf"(?<!\w){re.escape(toned(phrase))}(?!\w)") for phrase in harmless_phrases()
    )


@cache
def _known() -> frozenset[str]:
    return frozenset(condensed(stamp) for stamp in harmless_stamps())


def _level_among(shown: str) -> str | None:
    word = unexplained_level(shown)
    return _marks()[condensed(word)] if word else None


def _level_without_accents(read: str) -> str | None:
    # TOIMAT and TUYETMAT are nothing else; MAT alone may be MẶT, and stays a doubt.
    short = folded(min(_marks(), key=len))
    return None if read == short else _folded_marks().get(read)


def _is_known(read: str) -> bool:
    return any(
        read == known or (len(known) > _SHORT and read.startswith(known)) for known in _known()
    )


def _is_nearly_known(read: str) -> bool:
    return any(
        _distance(folded(read), folded(known)) <= len(known) // _LETTERS_A_MISTAKE
        for known in _known()
    )


def _is_near_level(shown: str) -> bool:
    words = [folded(word) for word in _NOT_LETTERS.sub(" ", shown).split()]
    pairs = ["".join(words[i : i + 2]) for i in range(len(words))]
    return any(
        _distance(word, mark) <= 1
        for word in {*words, *pairs, "".join(words)}
        for mark in _folded_marks()
    )


def _distance(a: str, b: str) -> int:
    """Return how many letters must be added, dropped or changed (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            kept = before + (letter != other)
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, kept)
    return row[-1]
