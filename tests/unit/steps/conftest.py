"""Files and certificates of the verification tests serve the steps' tests too."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "verification"))
