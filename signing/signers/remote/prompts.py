"""What the holder's device shows: the prompt, and the code that the desk shows too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from signing.signers.prompts import unaccented

if TYPE_CHECKING:
    from signing.signers.base import Request

# Devices cut what is longer, and then perhaps the code.
_MOST = 200
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_\-\s]+")


def shown(request: Request) -> str:
    """Return the control code and the prompt, in Vietnamese."""
    return f"{request.control_code} {request.prompt}".strip()[:_MOST]


def plain(text: str, *, most: int) -> str:
    """Return a text in letters without accents, digits, ``_``, ``-`` and spaces.

    Args:
        text: Vietnamese.
        most: characters of the result.
    """
    return " ".join(_NOT_PLAIN.sub("-", unaccented(text)).split())[:most].rstrip()
