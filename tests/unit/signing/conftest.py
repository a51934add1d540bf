from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from signing_stand_ins import Pki, Tsa, blank_pdf, places

from signing.stamp import reserve


@pytest.fixture(scope="session")
def pki() -> Pki:
    return Pki()


@pytest.fixture
def tsa(pki: Pki) -> Tsa:
    return Tsa(pki.tsa)


@pytest.fixture(scope="session")
def reserved() -> bytes:
    return reserve(blank_pdf(), places())
