from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).parents[2]
sys.path += [str(TESTS / "unit" / "signing"), str(TESTS / "contract" / "signing")]
