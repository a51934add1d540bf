"""veraPDF says of every stage of the road that a PDF/A-2b stayed one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from appearance_pdfa import stages
from judges import Judges
from signing_stand_ins import Pki

if TYPE_CHECKING:
    from collections.abc import Iterator

JAVA = Path(__file__).parents[3] / "build" / "oracle" / "java"

pytestmark = pytest.mark.skipif(
    not (JAVA / "classes").is_dir() or shutil.which("java") is None,
    reason="veraPDF is built by `make oracle` only (Java, Maven)",
)


@pytest.fixture(scope="module")
def judges() -> Iterator[Judges]:
    opened = Judges.ready(JAVA, "2026-11-20T00:00:00Z")
    yield opened
    opened.stop()


def test_a_pdfa_stays_one_at_every_stage(judges: Judges, tmp_path: Path) -> None:
    said = {}
    for name, pdf in stages(Pki()):
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(pdf)
        said[name] = judges.ask_verapdf(path)
    assert said
    assert {name: answer for name, answer in said.items() if not answer.get("compliant")} == {}
    assert {answer["flavour"] for answer in said.values()} == {"2b"}
