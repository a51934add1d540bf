from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from typing import TYPE_CHECKING

from verification_files import road
from verification_pki import Pki

if TYPE_CHECKING:
    from verification.trust import Trust


@pytest.fixture(scope="session")
def pki() -> Pki:
    return Pki()


@pytest.fixture(scope="session")
def trust(pki: Pki) -> Trust:
    return pki.trust(intermediates=(pki.ca.der,))


@pytest.fixture(scope="session")
def led(pki: Pki) -> bytes:
    """Return a file with the leader's signature."""
    return road(pki, 1)


@pytest.fixture(scope="session")
def finished(pki: Pki) -> bytes:
    """Return a file at level B-LTA."""
    return road(pki)
