from __future__ import annotations

import sys
from pathlib import Path

_TESTS = Path(__file__).parents[2]
sys.path.append(str(_TESTS / "unit" / "verification"))
sys.path.append(str(_TESTS.parent / "sample_docs"))
