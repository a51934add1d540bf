"""Files and certificates of the libraries' tests serve the steps' tests too."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path += [str(Path(__file__).parents[1] / name) for name in ("verification", "signing")]
