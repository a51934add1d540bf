from __future__ import annotations

import sys
from pathlib import Path

import pytest

# The keys, steps and comparisons of the unit tests, over files that those have not.
sys.path.append(str(Path(__file__).parents[2] / "unit" / "signing"))

from signing_stand_ins import Pki


@pytest.fixture(scope="session")
def pki() -> Pki:
    return Pki()
