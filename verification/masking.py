"""Text from certificates and PDFs, made fit to be shown: the one place where that is done."""

import re
import unicodedata

# A number of a citizen's identity card: 9 digits until 2016 (CMND), 12 since (CCCD). What has
# another length stays: the tax code of a body has 10 digits, or 10 and 3 for a branch.
_ID_LENGTHS = frozenset({9, 12})
_DIGITS_SHOWN = 3
# Digits in groups ("001 099 012 345") are the same number.
_NUMBER = re.compile(r"\d(?:[ .\-]?\d)*")
_DIGITS = re.compile(r"\d+")
# What certificates write before such a number; behind it any length is one, as where a spreadsheet
# has dropped the zero in front.
_LABELLED = re.compile(
    r"(?<![^\W\d_])((?:CCCD|CMND|CMTND|CMT|ĐDCN|IDCVN|PNOVN)[\s:.\-]*)(\d(?:[ .\-]?\d)*)",
    re.IGNORECASE,
)
# Control characters, which XML 1.0 cannot hold (§2.2); format characters, which turn the direction
# of the text round them so that a name looks like another (UAX #9); line separators; halves of
# pairs; private and unassigned characters, which look different everywhere.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_REPLACEMENT = "\ufffd"
# Longer than the name of any body; a hostile certificate holds megabytes.
_MAX_LENGTH = 300


def masked(text: str) -> str:
    """Hide national id numbers but for their last three digits; everything else stays."""
    once = _NUMBER.sub(_hidden, _LABELLED.sub(_behind_label, text))
    # What is left of a number can make one of these lengths with the digits behind it.
    return once if once == text else masked(once)


def shown(text: str) -> str:
    """Return foreign text as a report may show it: masked, on one line, all to be seen, not long.

    Args:
        text: anything from a certificate, a timestamp or a PDF.
    """
    clipped = text if len(text) <= _MAX_LENGTH else text[: _MAX_LENGTH - 1] + "…"
    return masked("".join(map(_seen, clipped)))


def _seen(character: str) -> str:
    return _REPLACEMENT if unicodedata.category(character) in _UNSEEN else character


def _hidden(found: re.Match[str]) -> str:
    """Hide a number; of several that stand side by side, as with a date behind, each by itself."""
    if _length(found[0]) in _ID_LENGTHS:
        return _starred(found[0])
    return _DIGITS.sub(
        lambda one: _starred(one[0]) if _length(one[0]) in _ID_LENGTHS else one[0], found[0]
    )


def _behind_label(found: re.Match[str]) -> str:
    label, number = found.groups()
    first = _DIGITS.match(number)
    if first is not None and _length(number) not in _ID_LENGTHS and len(first[0]) > _DIGITS_SHOWN:
        return label + _starred(first[0]) + number[first.end() :]
    return label + (_starred(number) if _length(number) > _DIGITS_SHOWN else number)


def _length(number: str) -> int:
    return sum(each.isdecimal() for each in number)


def _starred(number: str) -> str:
    return "*" * (_length(number) - _DIGITS_SHOWN) + re.sub(r"\D", "", number)[-_DIGITS_SHOWN:]
