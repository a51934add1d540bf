"""What comes in from elsewhere, at the doors and on the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from docsvc.access.rules import Role
from docsvc.documents import service as documents
from docsvc.workflow import RouteName, State, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.testclient import TestClient

    from docsvc.bootstrap import Services

    AsRole = Callable[..., TestClient]

HOME = "H99.12.05"
PDF = b"%PDF-1.7\nvan ban den\n%%EOF\n"
ISSUER = "SỞ NỘI VỤ"


def send(client: TestClient, **data: str) -> UUID:
    answer = client.post(
        "/api/v1/documents",
        files={"file": ("den.pdf", PDF, "application/pdf")},
        data={"unit": HOME, "declare_not_secret": "true", "direction": "incoming"} | data,
    )
    assert answer.status_code == 202, answer.text
    return UUID(answer.json()["id"])


def bring(services: Services, document_id: UUID, until: State, **facts: object) -> None:
    """Bring a document to a state of its road, as the worker does."""
    with services.transactions() as tx:
        document = documents.get(tx, document_id)
        for name, value in facts.items():
            setattr(document, name, value)
        while document.state is not until:
            leg = documents.next_leg(document.route, document.state)
            assert leg
            at = services.clock.now()
            if leg.waits_for:
                documents.allow(tx, document_id, leg.step, account="x", at=at)
            facts_of = {"unstamped": "sign.stamp-forbidden", "reason": "signing.changes-forbidden"}
            said = facts_of if leg.step is Step.SIGN_ORGANISATION else None
            documents.advance(tx, document_id, leg.step, at=at, facts=said)


def test_an_upload_says_that_it_came_in(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)
    shown = client.get(f"/api/v1/documents/{send(client)}").json()
    assert (shown["route"], shown["arrival_number"], shown["arrived_on"]) == (
        "incoming",
        None,
        None,
    )


@pytest.mark.parametrize("door", ["/api/v1/documents", "/desk/receive"])
def test_another_direction_is_refused(as_role: AsRole, door: str) -> None:
    client = as_role(Role.CLERK)
    form = {
        "unit": HOME,
        "declare_not_secret": "true",
        "direction": "sideways",
        "csrf": client.headers["X-CSRF-Token"],
    }
    name = "file" if "api" in door else "files"
    answer = client.post(door, files={name: ("den.pdf", PDF, "application/pdf")}, data=form)
    assert answer.status_code == 422


def test_the_desk_takes_in_what_came(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)
    assert "Văn bản đến" in client.get("/desk").text
    form = {
        "unit": HOME,
        "declare_not_secret": "yes",
        "direction": "incoming",
        "csrf": client.headers["X-CSRF-Token"],
    }
    client.post("/desk/receive", files={"files": ("den.pdf", PDF, "application/pdf")}, data=form)
    listed = client.get("/api/v1/documents").json()["items"]
    assert [one["route"] for one in listed] == ["incoming"]


def test_the_clerk_is_asked_for_the_sender_and_not_for_a_symbol(
    as_role: AsRole, services: Services
) -> None:
    client = as_role(Role.CLERK)
    document_id = send(client)
    read = {"issuer": {"value": ISSUER, "page": 0, "box": None, "confidence": 0.9}}
    bring(services, document_id, State.VERIFIED, classification=read)
    assert str(document_id) in client.get("/documents?box=confirm").text
    page = client.get(f"/documents/{document_id}/confirm").text
    assert f'name="issuer_name" value="{ISSUER}"' in page
    assert 'name="symbol" value="" required' not in page
    assert "Nơi gửi" in page


def test_the_page_shows_the_arrival_and_why_there_is_no_stamp(
    as_role: AsRole, services: Services
) -> None:
    client = as_role(Role.CLERK)
    document_id = send(client)
    arrival = {
        "arrival_number": 12,
        "arrived_on": services.clock.now().date(),
        "subject": "Mời họp",
    }
    bring(services, document_id, State.DEPOSITED, **arrival)
    page = client.get(f"/documents/{document_id}").text
    assert "12 (22/11/2026)" in page
    assert "tệp được giữ nguyên" in page
    assert "signing.changes-forbidden" not in page
    assert "Mời họp" in client.get("/documents?box=arrived").text
    assert "Mời họp" not in client.get("/documents?box=moving").text
    with services.transactions() as tx:
        assert documents.get(tx, document_id).route is RouteName.INCOMING
