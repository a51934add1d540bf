"""What the signatures mean for a document, for programs and for people."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from docsvc.access.rules import Role
from docsvc.documents import revisions
from docsvc.documents import service as documents
from docsvc.documents.revisions import NamedBlob
from docsvc.organisations.mandates import Mandate
from docsvc.steps.verify import report_tasks
from docsvc.steps.verify.rules import Holder, Inventory, Signed, judge, values_of
from docsvc.steps.verify.service import SHEETS, VERDICT
from docsvc.workflow import Step
from verification.model import Completeness, Indication, Report, SignatureReport
from verification.model import Role as Signs

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from fastapi.testclient import TestClient

    from docsvc.bootstrap import Services

    AsRole = Callable[..., TestClient]
    Deliver = Callable[..., UUID]

HOME = "H99.12.05"
AT = datetime(2026, 11, 22, 2, tzinfo=UTC)
LEADER = Signed(
    field="docsvc.leader",
    indication=Indication.TOTAL_PASSED,
    certificate="aa",
    day=date(2026, 11, 22),
    anchor_kind="state",
)
SEAL = replace(LEADER, field="docsvc.organisation", certificate="bb")
KNOWN = Inventory(
    holders={
        "aa": Holder(role=Signs.LEADER, unit=HOME, officer=1, full_name="Nguyễn Văn An"),
        "bb": Holder(role=Signs.ORGANISATION, unit=HOME),
    },
    mandates=(
        Mandate(officer=1, unit=HOME, authority="TM.", title="", valid_from=None, valid_to=None),
    ),
)


REPORT = Report(
    file="x.pdf",
    sha256="ab" * 32,
    indication=Indication.TOTAL_PASSED,
    sub_indication=None,
    completeness=Completeness.BOTH,
    signatures=tuple(
        SignatureReport(
            field=one.field,
            signer=f"Holder of {one.certificate}",
            timestamp_time=AT,
            certificate_sha256=one.certificate,
            indication=Indication.TOTAL_PASSED,
        )
        for one in (LEADER, SEAL)
    ),
    document_timestamps=(),
    findings=(),
    policy="docsvc-1",
    verified_at=AT,
)


@pytest.fixture
def judged(services: Services, deliver: Deliver) -> Callable[..., UUID]:
    def make(*signed: Signed) -> UUID:
        document_id = deliver(until=Step.VERIFY)
        verdict = judge(HOME, signed, KNOWN, authority=None)
        known = {one.field: one.entitlement for one in verdict.signatures}
        words = report_tasks.sheets(report_tasks.whole_report(REPORT), known).facts
        for name, values in ((VERDICT, values_of(verdict)), (SHEETS, words)):
            data = json.dumps(values).encode()
            digest = services.stores.put_claimed(document_id, Step.VERIFY, data)
            blob = NamedBlob(name=name, digest=digest, size=len(data))
            with services.transactions() as tx:
                revisions.attach(tx, document_id, Step.VERIFY, blob, at=AT)
        return document_id

    return make


def test_verdict_of_a_document_is_given_to_programs(
    as_role: AsRole, judged: Callable[..., UUID]
) -> None:
    answer = as_role(Role.CLERK).get(f"/api/v1/documents/{judged(LEADER, SEAL)}")

    verdict = answer.json()["verdict"]
    assert (verdict["complete"], verdict["order"]) == (True, "kept")
    assert verdict["signatures"][0]["entitlement"] == {
        "role": "leader",
        "unit": HOME,
        "officer": "Nguyễn Văn An",
        "mandate": "held",
        "certificate_class": "official-duty",
    }


def test_document_that_is_not_verified_has_none(as_role: AsRole, deliver: Deliver) -> None:
    assert as_role(Role.CLERK).get(f"/api/v1/documents/{deliver()}").json()["verdict"] is None


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("vi", ("được ký số đầy đủ", "chuyên dùng công vụ", "Nguyễn Văn An")),
        ("en", ("signed completely", "official duty", "held")),
    ],
)
def test_people_read_who_signed_and_whether_it_counts(
    as_role: AsRole, judged: Callable[..., UUID], lang: str, words: tuple[str, ...]
) -> None:
    client = as_role(Role.CLERK)
    client.cookies.set("lang", lang)

    html = client.get(f"/documents/{judged(LEADER, SEAL)}").text

    assert [word for word in words if word not in html] == []


def test_people_read_what_is_missing(as_role: AsRole, judged: Callable[..., UUID]) -> None:
    stranger = replace(LEADER, certificate="cc", anchor_kind=None)

    html = as_role(Role.CLERK).get(f"/documents/{judged(stranger)}").text

    assert "chưa được ký số đầy đủ" in html
    assert "Thiếu chữ ký số hợp lệ của cơ quan ban hành" in html
    assert "không có trong danh mục chứng thư" in html


@pytest.mark.parametrize(
    ("lang", "words"),
    [("vi", ("HỢP LỆ", "Văn bản này là thật")), ("en", ("VALID", "This document is genuine"))],
)
def test_desk_and_public_see_the_sheet_of_the_verify_page(
    as_role: AsRole,
    anybody: TestClient,
    services: Services,
    judged: Callable[..., UUID],
    lang: str,
    words: tuple[str, ...],
) -> None:
    document_id = judged(LEADER, SEAL)
    with services.transactions() as tx:
        for step in (Step.DEPOSIT, Step.PUBLISH):
            documents.advance(tx, document_id, step, at=AT)
        documents.get(tx, document_id).public_code = "abcdefgh23456789"
    client = as_role(Role.CLERK)
    client.cookies.set("lang", lang)
    anybody.cookies.set("lang", lang)

    for answer in (client.get(f"/documents/{document_id}"), anybody.get("/p/abcdefgh23456789")):
        assert [word for word in words if word not in answer.text] == []
        assert answer.text.count('<li class="lamp green">') == 3


def test_stranger_who_signed_is_no_green_lamp_at_the_desk(
    as_role: AsRole, judged: Callable[..., UUID]
) -> None:
    stranger = replace(SEAL, certificate="cc")

    html = as_role(Role.CLERK).get(f"/documents/{judged(LEADER, stranger)}").text

    assert html.count('<li class="lamp green">') == 2
    assert html.count('<li class="lamp grey">') == 1
