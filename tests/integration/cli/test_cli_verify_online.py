"""``docsvc verify`` completes what a file lacks, from where it may ask, and keeps the answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from docsvc.documents.tables import Revision
from docsvc.revocation.tables import RevocationAnswer
from docsvc.workflow import Step

if TYPE_CHECKING:
    from support.demo import DemoInstance
    from support.road import Road


@pytest.fixture(scope="session")
def bare(town: Road) -> bytes:
    """A file that was sealed, without any validation data."""
    wanted = select(Revision).where(Revision.step == Step.SIGN_ORGANISATION)
    with town.services.transactions() as tx:
        revision = tx.scalars(wanted).first()
    assert revision is not None
    return town.services.blobs.get(revision.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Verifies one file with settings of its own."""

    run: Callable[..., Any]
    folder: Path
    trust: Path
    port: int

    def verify(self, *words: str, allow: bool, **environment: str) -> Any:
        settings = {
            "DOCSVC_REVOCATION_DIR": str(self.folder / "revocation"),
            "DOCSVC_TRUST_DIR": str(self.trust),
            **environment,
        }
        if allow:
            settings["DOCSVC_FETCH_ALLOW"] = f"127.0.0.1:{self.port}"
        return self.run("verify", self.folder / "bare.pdf", "--json", *words, **settings)

    @property
    def kept(self) -> list[Path]:
        return list((self.folder / "revocation").rglob("*.json"))


@pytest.fixture
def desk(
    docsvc: Callable[..., Any], bare: bytes, tmp_path: Path, demo_instance: DemoInstance
) -> Desk:
    (tmp_path / "bare.pdf").write_bytes(bare)
    pki = demo_instance.pki
    return Desk(run=docsvc, folder=tmp_path, trust=pki.trust, port=pki.port)


def test_without_data_nobody_can_say_whether_it_was_revoked(desk: Desk) -> None:
    ended = desk.verify("--offline", allow=True)

    assert ended.code == 2
    assert desk.kept == []


def test_what_is_missing_is_asked_for(desk: Desk) -> None:
    ended = desk.verify(allow=True)

    assert ended.code == 0
    assert ended.lines[0]["completeness"] != "none"
    assert desk.kept


def test_answers_that_are_kept_need_no_asking(desk: Desk) -> None:
    desk.verify(allow=True)

    assert desk.verify(allow=False, DOCSVC_FETCH="listed").code == 0


def test_nobody_is_asked_when_the_settings_say_so(desk: Desk) -> None:
    ended = desk.verify(allow=True, DOCSVC_FETCH="off")

    assert ended.code == 2
    assert desk.kept == []


def test_address_in_a_certificate_that_leads_inside_is_not_called(desk: Desk) -> None:
    ended = desk.verify(allow=False)

    assert ended.code == 2
    assert "http.refused" in desk.kept[0].read_text()


def test_issuers_may_be_asked_for_too(desk: Desk) -> None:
    assert desk.verify("--fetch-issuers", allow=True).code == 0


def test_store_without_anchors_is_loud(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    ended = desk.verify("--offline", allow=False, DOCSVC_TRUST_DIR=str(tmp_path / "empty"))

    assert ended.code == 2
    assert "Chưa cài chứng thư gốc" in ended.err


def test_service_asks_as_its_settings_say_and_writes_it_down(town: Road, bare: bytes) -> None:
    verdict = town.services.check(bare)

    assert verdict["indication"] == "TOTAL-PASSED"
    with town.services.transactions() as tx:
        rows = tx.scalars(select(RevocationAnswer)).all()
    assert {row.error for row in rows} == {None}
    assert all(row.sha256 and row.this_update for row in rows)
