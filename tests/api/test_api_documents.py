from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docsvc.access.rules import Role
from docsvc.workflow import State, Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from fastapi.testclient import TestClient

    AsRole = Callable[..., TestClient]
    Deliver = Callable[..., UUID]

HOME, ABOVE, ASIDE = "H99.12.05", "H99", "H99.12.06"
PDF = b"%PDF-1.7\nmot van ban\n%%EOF\n"


def upload(client: TestClient, data: bytes = PDF, **headers: str):  # noqa: ANN201
    return client.post(
        "/api/v1/documents",
        files={"file": ('Kế hoạch "số 1"\n.pdf', data, "application/pdf")},
        data={"unit": HOME, "declare_not_secret": "true"},
        headers=headers,
    )


def test_upload_is_accepted_and_says_where_it_is(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)

    answer = upload(client)

    assert answer.status_code == 202
    assert answer.json()["created"] is True
    shown = client.get(answer.headers["Location"])
    assert shown.status_code == 200
    assert shown.json()["state"] == "received"
    assert [e["step"] for e in shown.json()["events"]] == ["receive"]


def test_same_bytes_twice_are_one_document(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)

    first, second = upload(client), upload(client)

    assert first.json()["id"] == second.json()["id"]
    assert second.json()["created"] is False


def test_idempotency_key_of_other_bytes_is_refused(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)
    key = {"Idempotency-Key": "may-quet-7"}

    assert upload(client, **key).status_code == 202
    assert upload(client, **key).status_code == 202
    refused = upload(client, PDF + b" other", **key)

    assert refused.json()["code"] == "documents.idempotency-conflict"


def test_upload_without_declaration_is_refused(as_role: AsRole) -> None:
    answer = as_role(Role.CLERK).post(
        "/api/v1/documents",
        files={"file": ("a.pdf", PDF, "application/pdf")},
        data={"unit": HOME, "declare_not_secret": "false"},
    )

    assert answer.json()["code"] == "receive.not-declared"


@pytest.mark.parametrize(
    ("files", "data"),
    [
        ({}, {"unit": HOME, "declare_not_secret": "true"}),
        ({"file": ("a.pdf", PDF)}, {"declare_not_secret": "true"}),
        ({"file": ("a.pdf", PDF)}, {"unit": "nowhere", "declare_not_secret": "true"}),
    ],
)
def test_upload_without_file_or_unit_is_refused(
    as_role: AsRole, files: dict[str, object], data: dict[str, str]
) -> None:
    answer = as_role(Role.CLERK).post("/api/v1/documents", files=files, data=data)

    assert answer.status_code == 422
    assert answer.json()["code"] == "web.invalid-request"


def test_upload_over_the_limit_of_a_file_is_refused(as_role: AsRole) -> None:
    answer = upload(as_role(Role.CLERK), PDF + b"x" * 100_000)

    assert answer.json()["code"] == "receive.too-large"


def test_body_over_the_limit_is_refused_before_it_is_read(as_role: AsRole) -> None:
    answer = upload(as_role(Role.CLERK), PDF + b"x" * 1_000_000)

    assert answer.status_code == 413
    assert answer.json()["code"] == "web.too-large"


def test_body_in_chunks_cannot_pass_the_limit(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)

    answer = client.post(
        "/api/v1/documents",
        content=(b"x" * 100_000 for _ in range(5)),
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )

    assert answer.status_code == 413
    assert answer.json()["code"] == "web.too-large"


def test_broken_file_is_kept_apart_with_its_reason(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)

    answer = upload(client, b"%PDF-1.7 cut sh")

    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "inspect.truncated"
    kept = client.get(f"/api/v1/documents/{problem['document']}").json()
    assert kept["state"] == State.QUARANTINED


def test_listing_holds_what_may_be_seen_and_pages_through_it(
    as_role: AsRole, deliver: Deliver
) -> None:
    ours = [deliver(data=PDF + str(n).encode()) for n in range(5)]
    deliver(unit=ASIDE, data=b"%PDF elsewhere")
    client = as_role(Role.CLERK)

    seen, after = [], None
    while True:
        query = {"limit": 2} | ({"after": after} if after else {})
        piece = client.get("/api/v1/documents", params=query).json()
        seen += [d["id"] for d in piece["items"]]
        after = piece["next"]
        if after is None:
            break

    assert sorted(seen) == sorted(map(str, ours))
    assert len(seen) == len(set(seen))


def test_listing_filters_by_state_unit_person_and_text(as_role: AsRole, deliver: Deliver) -> None:
    waiting = deliver()
    deliver(until=Step.PUBLISH, data=b"%PDF published")
    client = as_role(Role.AUDITOR, ABOVE)

    def found(**query: str) -> list[str]:
        return [d["id"] for d in client.get("/api/v1/documents", params=query).json()["items"]]

    assert found(state="classified") == [str(waiting)]
    assert found(waits_for="clerk") == [str(waiting)]
    assert found(unit=ASIDE) == []
    assert len(found(unit=HOME)) == 2
    assert len(found(text="công nghệ số")) == 2
    assert found(text="100% khác_hẳn") == []


def test_cursor_that_nobody_gave_out_is_refused(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)

    for cursor in ("x", "MjAyNg", "%00", "MjAyNi0wMS0wMVQwMDowMDowMCAx"):
        answer = client.get("/api/v1/documents", params={"after": cursor})
        assert answer.json()["code"] == "documents.cursor"


def test_document_of_another_unit_does_not_exist(as_role: AsRole, deliver: Deliver) -> None:
    theirs = deliver(unit=ASIDE)
    client = as_role(Role.CLERK)

    for path in ("", "/revisions", "/revisions/1/content"):
        answer = client.get(f"/api/v1/documents/{theirs}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "documents.missing")


def test_revision_is_downloaded_with_a_harmless_name(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)
    document = upload(client).json()["id"]

    rows = client.get(f"/api/v1/documents/{document}/revisions").json()
    answer = client.get(f"/api/v1/documents/{document}/revisions/1/content")

    assert [r["ordinal"] for r in rows] == [1]
    assert answer.content == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="K__ho_ch')
    assert "filename*=UTF-8''K%E1%BA%BF%20ho%E1%BA%A1ch" in disposition
    assert "\n" not in disposition


def test_revision_that_is_not_there_is_missing(as_role: AsRole, deliver: Deliver) -> None:
    answer = as_role(Role.CLERK).get(f"/api/v1/documents/{deliver()}/revisions/9/content")

    assert answer.json()["code"] == "documents.revision-missing"


def test_paper_document_gets_a_number_and_counts(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)
    entry = {
        "unit": HOME,
        "kind": "cong-van",
        "symbol": "UBND-VP",
        "issued_on": "2026-03-05",
        "subject": "V/v trực tết",
        "signer": "Nguyễn Văn An",
    }

    answer = client.post("/api/v1/documents/paper", json=entry)

    assert answer.status_code == 201, answer.text
    assert answer.json()["number_text"] == "01/UBND-VP"
    assert client.get(answer.headers["Location"]).json()["paper_only"] is True
    counted = client.get("/api/v1/statistics", params={"period": "2026"}).json()
    assert (counted["total"]["a"], counted["total"]["b"]) == (0, 1)
    taken = client.post("/api/v1/documents/paper", json=entry | {"number": 1})
    assert taken.json()["code"] == "register.number-taken"
    for field in ("unit", "kind"):
        refused = client.post("/api/v1/documents/paper", json=entry | {field: "nowhere"})
        assert refused.json()["code"] == "web.invalid-request"
