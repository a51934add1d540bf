"""Comparing Vietnamese words as the office writes them."""

import re
import unicodedata

# What producers put between letters and no reader sees.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_SPACES = re.compile(r"\s+")
_TONES = "\u0301\u0300\u0309\u0303\u0323"
# The tone may stand on either vowel of an open syllable: HỎA and HOẢ, ỦY and UỶ.
_LATE_TONE = re.compile(
    rf"([oO])([aeAE])([{_TONES}])(?!\w)|(?<![qQ])([uU])([yY])([{_TONES}])(?!\w)"
)


def plain(text: str) -> str:
    """Return text in NFC, without invisible characters, with single spaces."""
    composed = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return _SPACES.sub(" ", composed).strip()


def toned(text: str) -> str:
    """Return text with the tone on the first vowel of ``oa``, ``oe`` and ``uy``: HỎA, ỦY."""
    marked = _LATE_TONE.sub(_early, unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", marked)


def condensed(text: str) -> str:
    """Return text without any space or invisible character, tones placed alike."""
    return toned(plain(text)).replace(" ", "")


def is_capitals(text: str) -> bool:
    """Tell whether text has letters and all of them are capitals."""
    return text.isupper()


def _early(match: re.Match[str]) -> str:
    first, second, tone = (part for part in match.groups() if part)
    return first + tone + second
