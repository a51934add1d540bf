from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Never

import pytest
from sqlalchemy.exc import OperationalError
from support import officers

from docsvc.access.rules import Role
from docsvc.documents import service as documents
from docsvc.workflow import State, Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from fastapi.testclient import TestClient

    from docsvc.bootstrap import Services

    AsRole = Callable[..., TestClient]
    Deliver = Callable[..., UUID]

HOME = "H99.12.05"
PDF = b"%PDF-1.7\nmot van ban\n%%EOF\n"


def _away() -> Never:
    statement = "SELECT 1"
    raise OperationalError(statement, {}, OSError())


def test_verdict_is_given_to_anybody_and_nothing_is_kept(
    anybody: TestClient, services: Services
) -> None:
    answer = anybody.post("/api/v1/verify", files={"file": ("x.pdf", PDF)})

    assert answer.status_code == 200
    assert answer.json()["indication"] == "TOTAL-PASSED"
    assert answer.json()["signatures"][0]["level"] == "B-LTA"
    assert list(services.blobs.digests()) == []


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/html", "text/html; charset=utf-8"),
        ("application/xml", "application/xml"),
        ("application/pdf, */*;q=0.1", "application/pdf"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("image/png", "application/json"),
        ("text/html;q=0.2, application/json;q=0.5", "application/json"),
        ("text/html;level=1;q=0.9, application/json;q=x", "text/html; charset=utf-8"),
        ("text/html;q=0", "application/json"),
    ],
)
def test_verdict_comes_in_the_form_that_is_asked_for(
    accept: str, media_type: str, anybody: TestClient
) -> None:
    answer = anybody.post(
        "/api/v1/verify", files={"file": ("x.pdf", PDF)}, headers={"Accept": accept}
    )

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, media_type)


def test_report_speaks_the_language_that_is_asked_for(anybody: TestClient) -> None:
    answer = anybody.post(
        "/api/v1/verify",
        files={"file": ("x.pdf", PDF)},
        headers={"Accept": "text/plain", "Accept-Language": "en"},
    )

    assert answer.text.startswith("[v] VALID: The signatures are genuine")
    assert "DEMONSTRATION" in answer.text
    assert "This report is not signed" in answer.text


def test_unreadable_file_is_a_problem_in_the_language_that_is_asked_for(
    anybody: TestClient,
) -> None:
    def ask(language: str) -> dict[str, object]:
        answer = anybody.post(
            "/api/v1/verify",
            files={"file": ("x.pdf", b"%PDF-1.7 cut sh")},
            headers={"Accept-Language": language},
        )
        assert answer.status_code == 422
        assert answer.headers["Content-Type"] == "application/problem+json"
        body: dict[str, object] = answer.json()
        return body

    vi, en = ask(""), ask("en-GB,en;q=0.9,vi;q=0.1")

    assert vi["code"] == en["code"] == "inspect.truncated"
    assert vi["title"] != en["title"]
    assert vi["type"] == "urn:docsvc:problem:inspect.truncated"
    assert "Traceback" not in str(vi)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "web.not-found"),
        ("PUT", "/api/v1/verify", 405, "web.method-not-allowed"),
        ("POST", "/api/v1/sessions", 422, "web.invalid-request"),
        ("POST", "/api/v1/verify", 422, "web.invalid-request"),
    ],
)
def test_what_the_framework_refuses_is_a_problem_too(
    anybody: TestClient, method: str, path: str, status: int, code: str
) -> None:
    answer = anybody.request(method, path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_invalid_values_are_named_but_not_repeated(as_role: AsRole) -> None:
    answer = as_role(Role.CLERK).get("/api/v1/documents", params={"limit": "bí-mật"})

    assert answer.json()["faults"] == [{"where": "query.limit", "type": "int_parsing"}]
    assert "bí-mật" not in answer.text


def test_defect_is_a_problem_without_its_text(
    anybody: TestClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        msg = "the text of a document"
        raise RuntimeError(msg)

    monkeypatch.setattr(type(services), "check", broken)

    answer = anybody.post("/api/v1/verify", files={"file": ("x.pdf", PDF)})

    assert (answer.status_code, answer.json()["code"]) == (500, "service.internal")
    assert "text of a document" not in answer.text


def test_confirm_takes_the_fields_and_the_road_goes_on(
    as_role: AsRole, deliver: Deliver, services: Services
) -> None:
    document = deliver()
    client = as_role(Role.CLERK)
    path = f"/api/v1/documents/{document}/steps/confirm"

    answer = client.post(path, json={"subject": "Trích yếu khác", "number": 7})

    assert answer.status_code == 200
    assert answer.json()["waits_for"] is None
    with services.transactions() as tx:
        given = documents.confirmation(tx, document, Step.CONFIRM)
    assert given.facts == {"subject": "Trích yếu khác", "number": 7}
    assert given.account == "clerk.h99-12-05"
    seal = client.post(path.replace("confirm", "sign-organisation"))
    assert seal.json()["code"] == "documents.not-waiting"
    assert client.post(path, json={"nonsense": 1}).json()["code"] == "web.invalid-request"


def test_leader_signs_and_clerk_seals(
    as_role: AsRole, deliver: Deliver, services: Services
) -> None:
    officers.in_order(services)
    to_sign = deliver(until=Step.CONFIRM)
    to_seal = deliver(until=Step.REGISTER, data=PDF + b"2")
    with services.transactions() as tx:
        for document, step in ((to_sign, Step.SIGN_LEADER), (to_seal, Step.SIGN_ORGANISATION)):
            assert documents.waiting_leg(tx, document).step is step

    sign = as_role(Role.LEADER).post(f"/api/v1/documents/{to_sign}/steps/sign-leader")
    seal = as_role(Role.CLERK).post(f"/api/v1/documents/{to_seal}/steps/sign-organisation")

    assert (sign.status_code, seal.status_code) == (200, 200)


def test_only_who_is_asked_may_refuse_and_must_say_why(as_role: AsRole, deliver: Deliver) -> None:
    document = deliver(until=Step.CONFIRM)
    clerk, leader = as_role(Role.CLERK), as_role(Role.LEADER)
    path = f"/api/v1/documents/{document}/refuse"

    assert clerk.post(path, json={"reason": "sai thể thức"}).json()["code"] == "access.not-allowed"
    assert leader.post(path, json={"reason": "  "}).json()["code"] == "web.invalid-request"
    answer = leader.post(path, json={"reason": "Chưa đúng thẩm quyền"})
    assert answer.json()["state"] == State.REJECTED
    assert answer.json()["ended_code"] == "documents.refused"
    again = leader.post(path, json={"reason": "Chưa đúng thẩm quyền"})
    assert again.json()["code"] == "documents.not-waiting"


def test_statistics_name_the_body_the_period_and_the_measures(
    as_role: AsRole, deliver: Deliver
) -> None:
    deliver(until=Step.PUBLISH)
    client = as_role(Role.LEADERSHIP, "H99")

    report = client.get("/api/v1/statistics", params={"by": "month", "period": "2026-Q4"}).json()

    assert report["period"]["first"] == "2026-10-01"
    assert report["unit"] is None
    assert [r["key"] for r in report["rows"]] == ["2026-10", "2026-11", "2026-12"]
    assert "TL_KS_DAY_DU" in report["total"]["measures"]
    assert client.get("/api/v1/statistics", params={"unit": "X"}).status_code == 422
    unreadable = client.get("/api/v1/statistics", params={"period": "hôm qua"})
    assert unreadable.json()["code"] == "statistics.period-unreadable"


def test_statistics_of_another_unit_are_refused(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)

    assert client.get("/api/v1/statistics", params={"unit": "H99"}).status_code == 403
    assert client.get("/api/v1/statistics").json()["unit"] == HOME


def test_health_says_when_the_database_is_away(anybody: TestClient, services: Services) -> None:
    assert anybody.get("/api/v1/health").json() == {
        "live": True, "ready": True, "requests_without_provider": 0,
    }  # fmt: skip
    anybody.app.state.services = replace(services, transactions=_away)  # type: ignore[attr-defined]

    answer = anybody.get("/api/v1/health")

    assert (answer.status_code, answer.json()["ready"]) == (503, False)


def test_defect_of_a_page_is_a_page_even_if_the_database_is_away(
    as_role: AsRole, services: Services
) -> None:
    client = as_role(Role.CLERK)
    client.app.state.services = replace(services, transactions=_away)  # type: ignore[attr-defined]

    answer = client.get("/desk")

    assert answer.status_code == 500
    assert "service.internal" in answer.text
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "OperationalError" not in answer.text


def test_announced_body_over_the_limit_is_refused_with_a_page_for_people(
    anybody: TestClient,
) -> None:
    answer = anybody.post("/verify", files={"file": ("x.pdf", b"x" * 300_000)})

    assert answer.status_code == 413
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "web.too-large" in answer.text


def test_every_answer_carries_the_strict_policy(anybody: TestClient) -> None:
    for path in ("/login", "/verify", "/api/v1/health", "/static/docsvc.css", "/nothing"):
        headers = anybody.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == ("no-cache" if "static" in path else "no-store")
