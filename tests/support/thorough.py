"""How much is tried: what fits into minutes, or everything."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

THOROUGH = os.environ.get("THOROUGH") == "1"
"""Whether everything is tried, however long it takes."""

_One = TypeVar("_One")


def every(step: int, of: Sequence[_One]) -> Sequence[_One]:
    """Return every ``step``-th of what stands for the same claim, the same ones each time."""
    return of if THOROUGH else of[::step]
