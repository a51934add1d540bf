"""What a small screen shows: unaccented words of a whitelist, and a code to compare by eye."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# A phone's applet shows some 100 characters without scrolling far.
MAX_PROMPT = 100

_CODE_LENGTH = 4
# 32 signs that nobody confuses: no I, O, 0, 1.
_CODE_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_LABEL = "ma"
_DEFAULT = "Ky so"
_KEPT = frozenset(",.:;-")


def control_code(digests: Sequence[bytes]) -> str:
    """Return the short code of a request: the same wherever it is computed from its digests.

    It guards against mixing two requests up, not against forgery: 20 bits.

    Args:
        digests: SHA-256 of the signed attributes of each item, in order.
    """
    whole = hashlib.sha256(b"".join(digests)).digest()
    number = int.from_bytes(whole)
    return "".join(_CODE_SIGNS[(number >> (5 * place)) & 31] for place in range(_CODE_LENGTH))


def plain(text: str) -> str:
    """Return text in ``A-Z a-z 0-9 , . : ; - space``; Vietnamese letters lose their marks.

    A slash becomes a hyphen, so that numbers of documents stay readable; whatever else is
    unknown becomes a space.
    """
    return " ".join("".join(map(_shown, unaccented(text))).split())


def unaccented(text: str) -> str:
    """Return text whose Vietnamese letters have lost their marks; đ becomes d."""
    folded = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(sign for sign in folded if not unicodedata.combining(sign))


def prompt_of(text: str, *, code: str, max_length: int = MAX_PROMPT) -> str:
    """Return what a phone shows: the text in plain letters, cut if it must be, the code at its end.

    Args:
        text: in Vietnamese, such as "Ký QĐ 123/QĐ-UBND ngày 12/03/2024".
        code: control code; kept whole.
        max_length: signs that the device shows.
    """
    end = f" {_LABEL} {plain(code)}"
    room = max_length - len(end)
    words = plain(text) or _DEFAULT
    return words[:room].rstrip(" ,.:;-") + end


def _shown(sign: str) -> str:
    if sign.isascii() and (sign.isalnum() or sign in _KEPT):
        return sign
    return "-" if sign == "/" else " "
