from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import servers

from docsvc.demo import organisations, pki
from docsvc.demo.authority import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docsvc.demo.organisations import Organisations
    from docsvc.demo.pki import DemoPki

# The stand-in of the operator of SIM PKI is tried with the suite of signers.
TESTS = Path(__file__).parents[2]
sys.path += [str(TESTS / "unit" / "signing"), str(TESTS / "contract" / "signing")]

# One unit, one officer, no seal: quick to make, free to be revoked.
HAMLET = """
seal = []

[[unit]]
code = "H99.77"
name = "Ủy ban nhân dân xã Thử"
short_name = "UBND xã Thử"
symbol = "UBND"
tier = "commune"
kind = "state"
number_form = "state"
place = "Thử"
seal_mm = 36

[[officer]]
key = "leader"
unit = "H99.77"
full_name = "Nguyễn Thị Thử"
title = "Chủ tịch"
authority = "TM."
collective = "ỦY BAN NHÂN DÂN"
"""


@pytest.fixture(scope="session")
def hamlet() -> Organisations:
    return organisations.parse(HAMLET)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, hamlet: Organisations) -> Path:
    """The folder of a small PKI; RSA keys take seconds to make."""
    folder = tmp_path_factory.mktemp("hamlet")
    pki.create(folder, port=servers.free_port(), organisations=hamlet)
    return folder


@pytest.fixture
def small_pki(tmp_path: Path, made_once: Path) -> DemoPki:
    """A small PKI that the test may change."""
    folder = tmp_path / "hamlet"
    shutil.copytree(made_once, folder)
    return pki.load(folder)


@pytest.fixture
def small_authority(small_pki: DemoPki) -> Iterator[Authority]:
    with Authority.start(small_pki.folder.parent, small_pki.port) as authority:
        yield authority
