"""Copies through the API and on the page of their original."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from docsvc.access.rules import Role
from docsvc.documents import service as documents
from docsvc.workflow import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.testclient import TestClient
    from httpx import Response

    from docsvc.bootstrap import Services

    AsRole = Callable[..., TestClient]
    Deliver = Callable[..., UUID]

HOME, ASIDE = "H99.12.05", "H99.12.06"
EXTRACT = b"%PDF-1.7\nphan trich\n%%EOF\n"


@pytest.fixture
def issued(deliver: Deliver) -> UUID:
    return deliver(until=Step.PUBLISH)


def ask(client: TestClient, original: UUID, file: bytes | None = None, **data: str) -> Response:
    answer: Response = client.post(
        f"/api/v1/documents/{original}/copies",
        files={"file": ("Phần trích.pdf", file, "application/pdf")} if file else None,
        data=data,
    )
    return answer


def test_a_true_copy_is_a_document_tied_to_its_original(
    as_role: AsRole, issued: UUID, services: Services
) -> None:
    client = as_role(Role.CLERK)
    answer = ask(client, issued, kind="sao-y")
    assert answer.status_code == 202, answer.text
    shown = client.get(answer.headers["Location"]).json()
    assert (shown["route"], shown["kind"], shown["symbol"]) == ("copy", "ban-sao-y", "SY-UBND")
    assert shown["original_id"] == str(issued)
    assert shown["sha256"] is None
    _, issued_bytes = services.stores.last(issued)
    revision, bytes_of_copy = services.stores.last(UUID(shown["id"]))
    assert (bytes_of_copy, revision.digest) == (issued_bytes, shown["original_digest"])
    listed = client.get(f"/api/v1/documents/{issued}/copies").json()
    assert [one["id"] for one in listed] == [shown["id"]]


def test_every_request_makes_a_copy_of_its_own(as_role: AsRole, issued: UUID) -> None:
    client = as_role(Role.CLERK)
    made = {ask(client, issued, kind="sao-y").json()["id"] for _ in range(2)}
    assert len(made) == 2


def test_an_extract_is_the_file_that_was_sent(as_role: AsRole, issued: UUID) -> None:
    client = as_role(Role.CLERK)
    form = {"kind": "trich-sao", "declare_not_secret": "true"}
    first, second = (ask(client, issued, EXTRACT, **form) for _ in range(2))
    assert (first.status_code, first.json()["created"]) == (202, True)
    assert (second.json()["id"], second.json()["created"]) == (first.json()["id"], False)
    shown = client.get(first.headers["Location"]).json()
    assert shown["file_name"] == "Phần trích.pdf"


@pytest.mark.parametrize(
    ("file", "form", "code"),
    [
        (None, {"kind": "trich-sao"}, "receive.copy-file-missing"),
        (EXTRACT, {"kind": "sao-y"}, "receive.copy-file-unwanted"),
        (None, {"kind": "sao-luc"}, "receive.copy-no-true-copy"),
        (EXTRACT, {"kind": "trich-sao"}, "receive.not-declared"),
        (b"%PDF-1.7 cut sh", {"kind": "trich-sao", "declare_not_secret": "1"}, "inspect.truncated"),
        (None, {"kind": "photo"}, "web.invalid-request"),
        (None, {}, "web.invalid-request"),
        (None, {"kind": "sao-y", "unit": "nowhere"}, "web.invalid-request"),
        (None, {"kind": "sao-y", "unit": ASIDE}, "access.not-allowed"),
    ],
)
def test_what_is_no_copy_is_refused_with_its_code(
    as_role: AsRole, issued: UUID, file: bytes | None, form: dict[str, str], code: str
) -> None:
    answer = ask(as_role(Role.CLERK), issued, file, **form)
    assert answer.json()["code"] == code


def test_what_is_not_issued_is_not_copied(as_role: AsRole, deliver: Deliver) -> None:
    answer = ask(as_role(Role.CLERK), deliver(until=Step.VERIFY), kind="sao-y")
    assert (answer.status_code, answer.json()["code"]) == (409, "receive.copy-not-issued")


@pytest.mark.parametrize("role", [Role.LEADER, Role.AUDITOR])
def test_who_is_no_clerk_makes_no_copies(as_role: AsRole, issued: UUID, role: Role) -> None:
    client = as_role(role)
    assert ask(client, issued, kind="sao-y").json()["code"] == "access.not-allowed"
    assert "Lập bản sao" not in client.get(f"/documents/{issued}").text


def test_clerks_of_other_bodies_see_neither_original_nor_copies(
    as_role: AsRole, issued: UUID
) -> None:
    stranger = as_role(Role.CLERK, ASIDE)
    assert ask(stranger, issued, kind="sao-y").json()["code"] == "documents.missing"
    assert stranger.get(f"/api/v1/documents/{issued}/copies").status_code == 404


def test_the_page_offers_the_copies_that_can_be_made_and_shows_those_that_were(
    as_role: AsRole, issued: UUID, services: Services
) -> None:
    client = as_role(Role.CLERK)
    before = client.get(f"/documents/{issued}").text
    assert 'value="sao-y"' in before
    assert 'value="trich-sao"' in before
    assert 'value="sao-luc"' not in before
    form = {"kind": "sao-y", "unit": HOME, "csrf": client.headers["X-CSRF-Token"]}
    made = client.post(f"/documents/{issued}/copies", data=form)
    assert made.status_code == 303
    copy = made.headers["Location"]
    assert f'href="{copy}"' in client.get(f"/documents/{issued}").text
    shown = client.get(copy).text
    assert "Sao từ:" in shown
    assert f'href="/documents/{issued}"' in shown
    assert "Lập bản sao" not in shown
    with services.transactions() as tx:
        assert documents.get(tx, UUID(copy.rpartition("/")[2])).source == "web"


def test_a_draft_offers_no_copies(as_role: AsRole, deliver: Deliver) -> None:
    client = as_role(Role.CLERK)
    assert "Lập bản sao" not in client.get(f"/documents/{deliver(until=Step.CLASSIFY)}").text


def test_a_document_on_paper_is_copied_by_its_scan(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)
    entry = {
        "unit": HOME,
        "kind": "quyet-dinh",
        "symbol": "QĐ-UBND",
        "issued_on": "2026-11-02",
        "subject": "Về việc giao đất",
        "signer": "Nguyễn Văn An",
    }
    paper = client.post("/api/v1/documents/paper", json=entry).json()["id"]
    page = client.get(f"/documents/{paper}").text
    assert "Bản số hóa của văn bản giấy" in page
    assert ask(client, paper, kind="sao-y").json()["code"] == "receive.copy-file-missing"
    made = ask(client, paper, EXTRACT, kind="sao-y", declare_not_secret="true")
    shown = client.get(made.headers["Location"]).json()
    assert (shown["subject"], shown["original_digest"]) == ("Về việc giao đất", None)
