"""The documents are those of the appearance tests, the judge is the oracle's."""

from __future__ import annotations

import sys
from pathlib import Path

_ROOT = Path(__file__).parents[3]
sys.path += [
    str(_ROOT / "tests" / "unit" / "appearance"),
    str(_ROOT / "tests" / "unit" / "signing"),
    str(_ROOT / "scripts" / "oracle"),
]
