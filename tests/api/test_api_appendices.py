"""Appendices through the API and on the page of their document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docsvc.access.rules import Role
from docsvc.workflow import Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from fastapi.testclient import TestClient
    from httpx import Response

    AsRole = Callable[..., TestClient]
    Deliver = Callable[..., UUID]

ASIDE = "H99.12.06"
FILE = b"%PDF-1.7\nphu luc\n%%EOF\n"


@pytest.fixture
def draft(deliver: Deliver) -> UUID:
    return deliver(until=Step.CONFIRM)


def attach(client: TestClient, main: UUID, file: bytes = FILE, **data: str) -> Response:
    answer: Response = client.post(
        f"/api/v1/documents/{main}/appendices",
        files={"file": ("Phụ lục I.pdf", file, "application/pdf")},
        data={"declare_not_secret": "true"} | data,
    )
    return answer


def test_an_appendix_is_a_document_that_belongs_to_another(as_role: AsRole, draft: UUID) -> None:
    client = as_role(Role.CLERK)
    first, second = attach(client, draft), attach(client, draft)
    assert (first.status_code, first.json()["created"]) == (202, True)
    assert (second.json()["id"], second.json()["created"]) == (first.json()["id"], False)
    shown = client.get(first.headers["Location"]).json()
    assert (shown["route"], shown["original_id"]) == ("appendix", str(draft))
    listed = client.get(f"/api/v1/documents/{draft}/appendices").json()
    assert [one["file_name"] for one in listed] == ["Phụ lục I.pdf"]
    assert client.get(f"/api/v1/documents/{draft}/copies").json() == []


@pytest.mark.parametrize(
    ("file", "form", "code"),
    [
        (FILE, {"declare_not_secret": "false"}, "receive.not-declared"),
        (b"%PDF-1.7 cut sh", {}, "inspect.truncated"),
        (b"%PDF-1.7\nmot van ban\n%%EOF\n", {}, "receive.appendix-known"),
    ],
)
def test_what_is_no_appendix_is_refused_with_its_code(
    as_role: AsRole, draft: UUID, file: bytes, form: dict[str, str], code: str
) -> None:
    assert attach(as_role(Role.CLERK), draft, file, **form).json()["code"] == code


def test_a_finished_document_takes_no_appendix(as_role: AsRole, deliver: Deliver) -> None:
    client, main = as_role(Role.CLERK), deliver(until=Step.PUBLISH)
    assert attach(client, main).json()["code"] == "receive.appendix-too-late"
    assert "Thêm phụ lục" not in client.get(f"/documents/{main}").text


def test_who_may_not_upload_there_attaches_nothing(as_role: AsRole, draft: UUID) -> None:
    assert attach(as_role(Role.LEADER), draft).json()["code"] == "access.not-allowed"
    assert attach(as_role(Role.CLERK, ASIDE), draft).json()["code"] == "documents.missing"


def test_the_page_takes_an_appendix_and_shows_it(as_role: AsRole, draft: UUID) -> None:
    client = as_role(Role.CLERK)
    assert "Thêm phụ lục" in client.get(f"/documents/{draft}").text
    form = {"declare_not_secret": "yes", "csrf": client.headers["X-CSRF-Token"]}
    files = {"file": ("Phụ lục II.pdf", FILE, "application/pdf")}
    done = client.post(f"/documents/{draft}/appendices", data=form, files=files)
    assert (done.status_code, done.headers["Location"]) == (303, f"/documents/{draft}")
    assert "Phụ lục II.pdf" in client.get(f"/documents/{draft}").text
    (one,) = client.get(f"/api/v1/documents/{draft}/appendices").json()
    page = client.get(f"/documents/{one['id']}").text
    assert "Kèm theo:" in page
    assert f'href="/documents/{draft}"' in page
