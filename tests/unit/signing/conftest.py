from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.append(str(Path(__file__).parent))

from signing_foreign import foreign
from signing_remotes import rsa_key
from signing_stand_ins import Pki, Tsa, blank_pdf, places
from signing_steps import archived, leader_plan, organisation_plan, sign
from support.remote_csc import Credential, Csc

from signing.stamp import reserve

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def pki() -> Pki:
    return Pki()


@pytest.fixture
def tsa(pki: Pki) -> Tsa:
    return Tsa(pki.tsa)


@pytest.fixture(scope="session")
def reserved() -> bytes:
    return reserve(blank_pdf(), places())


@pytest.fixture(scope="session")
def led(reserved: bytes, pki: Pki) -> bytes:
    """Return a file with the leader's signature."""
    return sign(reserved, leader_plan(pki), pki.leader, Tsa(pki.tsa))


@pytest.fixture(scope="session")
def sealed(led: bytes, pki: Pki) -> bytes:
    """Return a file with both signatures."""
    return sign(led, organisation_plan(pki), pki.organisation, Tsa(pki.tsa))


@pytest.fixture(scope="session")
def finished(sealed: bytes, pki: Pki) -> bytes:
    """Return a file at level B-LTA."""
    return archived(sealed, pki, Tsa(pki.tsa))


@pytest.fixture(scope="session")
def theirs(pki: Pki) -> bytes:
    """Return a file with the leader's signature by another tool, without reserved fields."""
    return foreign(blank_pdf(), pki.leader)


@pytest.fixture
def version() -> str:
    return "v1"


@pytest.fixture
def held() -> Credential:
    return Credential(rsa_key())


@pytest.fixture
def stand_in(held: Credential, version: str) -> Iterator[Csc]:
    with Csc({"seal": held}, version=version) as made:
        yield made
