"""Pictures are drawn with the keys and documents of the signing tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "signing")]
