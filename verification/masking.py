"""Text from certificates and PDFs, made fit to be shown: the one place where that is done."""

import re
import unicodedata

# A number of a citizen's identity card: 9 digits until 2016 (CMND), 12 since (CCCD). What has
# another length stays: the tax code of a body has 10 digits, or 10 and 3 for a branch.
_ID_LENGTHS = frozenset({9, 12})
_DIGITS_SHOWN = 3
# Digits in groups ("001 099 012 345") are the same number.
_NUMBER = re.compile(r"\d(?:[ .\-]?\d)*")
# Control characters, which XML 1.0 cannot hold (§2.2); format characters, which turn the direction
# of the text round them so that a name looks like another (UAX #9); line separators; halves of
# pairs; private and unassigned characters, which look different everywhere.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_REPLACEMENT = "\ufffd"
# Longer than the name of any body; a hostile certificate holds megabytes.
_MAX_LENGTH = 300


def masked(text: str) -> str:
    """Hide national id numbers but for their last three digits; everything else stays."""
    return _NUMBER.sub(_hidden, text)


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
    digits = sum(each.isdecimal() for each in found[0])
    if digits not in _ID_LENGTHS:
        return found[0]
    return "*" * (digits - _DIGITS_SHOWN) + re.sub(r"\D", "", found[0])[-_DIGITS_SHOWN:]
