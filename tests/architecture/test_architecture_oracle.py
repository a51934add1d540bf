"""What the second opinion may differ in is explained, and nothing else is."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_class_of_difference_is_explained_and_no_other() -> None:
    sys.path.append(str(ROOT / "scripts" / "oracle"))
    import differences  # noqa: PLC0415  -- a script, no package

    rules = (differences.BYTES, differences.WORDS, differences.WARNINGS, differences.PDFSIG)
    page = (ROOT / "docs" / "reference" / "oracle.md").read_text("utf-8")
    explained = re.findall(r"^### `([a-z0-9-]+)`", page, re.MULTILINE)
    assert sorted(explained) == sorted(name for part in rules for name in part)
