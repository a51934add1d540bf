"""What the verify step keeps: evidence to replay, and what it says of a document."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from support import road, road_end
from support.road import Road

from archive.package import check
from docsvc import recovery
from docsvc.catalog.messages import Lang
from docsvc.documents import revisions
from docsvc.documents import service as documents
from docsvc.documents.tables import Attachment
from docsvc.organisations.tables import Mandate
from docsvc.steps.deposit.service import KEPT
from docsvc.steps.deposit.tables import DepositRow
from docsvc.steps.verify import service as verify
from docsvc.steps.verify.tables import Verdict
from verification import evidence
from verification.model import Completeness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.demo import DemoInstance

    from docsvc.bootstrap import Services

DATA = "representations/rep1/data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A document at the end of its road, and one for what must not be done to it."""

    road: Road
    id: UUID
    spare: UUID

    def kept(self, name: str) -> bytes:
        return attached(self.road.services, self.id, name)

    def package(self) -> dict[str, bytes]:
        with self.road.services.transactions() as tx:
            row = tx.get_one(DepositRow, self.id)
        return dict(self.road.services.root.read(row.object_id))


def attached(services: Services, document_id: UUID, name: str) -> bytes:
    with services.transactions() as tx:
        digest = revisions.attachment(tx, document_id, name).digest
    return services.blobs.get(digest)


@pytest.fixture(scope="module")
def ended(demo_instance: DemoInstance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    folder = tmp_path_factory.mktemp("evidence") / "var"
    with road.opened(folder, demo_instance) as opened:
        one, spare = opened.feed(2)
        opened.walk([one, spare])
        yield Ended(road=opened, id=one, spare=spare)


def test_evidence_gives_the_verdict_that_was_kept(ended: Ended) -> None:
    found = evidence.read(ended.kept(verify.EVIDENCE))

    again = evidence.replay(found, road_end.final_file(ended.road, ended.id))

    assert again.differences == ()
    assert found.report == json.loads(ended.kept(verify.REPORT))
    assert len(found.roles) == 2


def test_verdict_on_the_document_names_officer_seal_and_mandate(ended: Ended) -> None:
    verdict = json.loads(ended.kept(verify.VERDICT))

    assert (verdict["complete"], verdict["order"], verdict["unit"]) == (True, "kept", road.UNIT)
    leader, seal = (one["entitlement"] for one in verdict["signatures"])
    assert (leader["role"], leader["mandate"]) == ("leader", "held")
    assert leader["officer"]
    assert (seal["role"], seal["officer"], seal["mandate"]) == ("organisation", None, "held")
    assert leader["certificate_class"] == seal["certificate_class"] == "demonstration"


def test_verdict_is_kept_in_words_of_both_languages(ended: Ended) -> None:
    sheets = json.loads(ended.kept(verify.SHEETS))

    assert sorted(sheets) == ["en", "vi"]
    # A demonstration's certificates are of no force, whoever holds the mandates.
    assert [one["colour"] for one in sheets["en"]["lamps"]] == ["green", "grey", "green"]
    assert "entitled on the day of signing" in str(sheets["en"]["lamps"][1]["details"])
    examined = ended.road.services.examine(
        road_end.final_file(ended.road, ended.id), file="x.pdf", lang=Lang.VI
    )
    assert sheets["vi"]["lamps"] == examined.sheet["lamps"]
    assert sheets["vi"]["sentence"] == examined.sheet["sentence"]


def test_package_carries_the_evidence_and_is_whole(ended: Ended) -> None:
    files = ended.package()

    assert list(check(files)) == []
    again = evidence.replay(
        evidence.read(files[f"{DATA}/{verify.EVIDENCE}"]), files[f"{DATA}/final.pdf"]
    )
    assert again.differences == ()
    assert files[f"{DATA}/{verify.VERDICT}"] == ended.kept(verify.VERDICT)


def test_database_that_is_rebuilt_has_evidence_and_verdict_again(
    ended: Ended, demo_instance: DemoInstance, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("rebuilt") / "var"
    archive = ended.road.services.settings.archive
    with road.opened(folder, demo_instance, archive_url=archive) as second:
        counts = recovery.rebuild(second.services)

        assert counts == {"packages": 2, "documents": 2, "failed": 0}
        for name in KEPT:
            assert attached(second.services, ended.id, name) == ended.kept(name)
        with second.services.transactions() as tx:
            assert tx.get_one(Verdict, ended.id).completeness == "both"
            assert documents.get(tx, ended.id).completeness == "both"


def test_document_that_was_verified_before_there_was_evidence_is_brought_back(
    ended: Ended,
) -> None:
    report = ended.package()[f"{DATA}/{verify.REPORT}"]

    assert recovery._verification({f"{DATA}/{verify.REPORT}": report}) == {verify.REPORT: report}


def test_mandate_that_ended_before_makes_the_document_incomplete(ended: Ended) -> None:
    services = ended.road.services
    report: dict[str, Any] = json.loads(ended.kept(verify.REPORT))
    with services.transactions() as tx:
        tx.execute(update(Mandate).values(valid_from=date(2020, 1, 1), valid_to=date(2021, 1, 1)))
        judged = verify.judgement(tx, ended.id, report)
        tx.rollback()

    assert judged.completeness is Completeness.ORGANISATION_ONLY
    assert judged.signatures[0].reasons == ("verify.mandate-not-that-day",)


def test_bad_verdict_is_kept_and_stops_the_document(ended: Ended) -> None:
    services = ended.road.services
    with services.transactions() as tx:
        before = list(tx.execute(select(Mandate.id, Mandate.valid_to)).all())
        tx.execute(update(Mandate).values(valid_to=date(2021, 1, 1)))
    try:
        with pytest.raises(verify.BadVerdictError) as stopped:
            verify.run(ended.spare, stores=services.stores, verifier=services.verifier)
    finally:
        with services.transactions() as tx:
            for number, end in before:
                tx.execute(update(Mandate).where(Mandate.id == number).values(valid_to=end))

    assert stopped.value.facts["reasons"] == "verify.no-leader"
    with services.transactions() as tx:
        assert documents.get(tx, ended.spare).completeness == "organisation-only"
        of_spare = Attachment.document_id == ended.spare
        assert set(tx.scalars(select(Attachment.name).where(of_spare))) == set(KEPT)
    assert json.loads(attached(services, ended.spare, verify.VERDICT))["complete"] is False
