"""A place that a clerk points at: over the API and on the page, kept until the first signature."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from docsvc.access.rules import Role
from docsvc.audit.tables import AuditEntry
from docsvc.documents import service as documents
from docsvc.steps.sign.rules import places_of
from docsvc.workflow import Step
from signing.model import Box
from signing.placing import Sheet

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from fastapi.testclient import TestClient

    from docsvc.bootstrap import Services

    AsRole = Callable[..., TestClient]
    Deliver = Callable[..., UUID]

SHEETS = [asdict(Sheet(page=n, width=595.0, height=842.0)) for n in range(2)]
TEXT = Box(page=0, x0=60, y0=700, x1=500, y1=720)


@pytest.fixture
def clerk(as_role: AsRole) -> TestClient:
    return as_role(Role.CLERK)


@pytest.fixture
def scanned(services: Services, deliver: Deliver) -> UUID:
    """A document of two pages without text, before its clerk."""
    document_id = deliver()
    tell(services, document_id, landmarks={"texts": [asdict(TEXT)]})
    return document_id


def tell(services: Services, document_id: UUID, **facts: Any) -> None:
    with services.transactions() as tx:
        document = documents.get(tx, document_id)
        plain = {"sheets": SHEETS}
        document.classification = {**document.classification, **plain, **facts}


def path(document_id: UUID, act: str = "") -> str:
    return f"/api/v1/documents/{document_id}/places{act}"


def at(mark: str = "leader", *, page: int = 2, x: float = 400, y: float = 250) -> dict[str, Any]:
    return {"mark": mark, "page": page, "x": x, "y": y}


def keep(client: TestClient, document_id: UUID, *, looked: bool = True, **where: Any) -> Any:
    return client.post(path(document_id), json=at(**where) | {"looked": looked})


def post(client: TestClient, document_id: UUID, **fields: Any) -> Any:
    form = {"csrf": client.headers["X-CSRF-Token"]} | fields
    return client.post(f"/documents/{document_id}/places", data=form)


def test_lamp_says_that_nobody_can_tell_on_a_scan(clerk: TestClient, scanned: UUID) -> None:
    found = clerk.get(path(scanned, "/look"), params=at()).json()
    assert (found["legal"], found["may_be_kept"]) == (False, True)
    assert found["code"] == "signing.place-unknown"
    assert all(found["words"][lang]["sentence"] for lang in ("vi", "en"))
    boxes = {one["mark"]: one for one in found["boxes"]}
    assert set(boxes) == {"leader", "organisation", "caption"}
    assert {one["page"] for one in boxes.values()} == {2}
    assert clerk.get(path(scanned)).json() == {"by_hand": False, "boxes": []}


def test_place_is_kept_after_a_look_and_used_by_the_signature(
    clerk: TestClient, services: Services, scanned: UUID
) -> None:
    unlooked = keep(clerk, scanned, looked=False)
    assert (unlooked.status_code, unlooked.json()["code"]) == (422, "sign.place-refused")
    assert keep(clerk, scanned).status_code == 200
    with services.transactions() as tx:
        places = places_of(documents.get(tx, scanned).classification)
        acts = [one.act for one in tx.query(AuditEntry).filter_by(subject=str(scanned))]
    assert places.leader is not None
    assert places.leader.page == 1
    assert places.leader.centre == pytest.approx((400, 250))
    assert places.organisation is not None
    assert acts[-1] == "place.kept"
    shown = clerk.get(path(scanned)).json()
    assert shown["by_hand"]
    assert len(shown["boxes"]) == 3


def test_turned_page_is_kept_in_its_own_space(
    clerk: TestClient, services: Services, scanned: UUID
) -> None:
    sheet = Sheet(page=0, width=842.0, height=595.0, rotation=90, origin=(10.0, 20.0))
    tell(services, scanned, sheets=[asdict(sheet)])
    keep(clerk, scanned, page=1, x=600, y=100)
    with services.transactions() as tx:
        places = places_of(documents.get(tx, scanned).classification)
    shown = clerk.get(path(scanned)).json()["boxes"][0]
    box = Box(page=0, **{name: shown[name] for name in ("x0", "y0", "x1", "y1")})
    assert places.leader == sheet.to_user(box)
    assert places.rotation == 90


def test_seal_snaps_over_a_leader_that_was_placed_by_hand(clerk: TestClient, scanned: UUID) -> None:
    keep(clerk, scanned)
    wrong = keep(clerk, scanned, mark="organisation", x=100, y=700)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "sign.place-refused")
    near = clerk.get(path(scanned, "/look"), params=at("organisation", x=330, y=240)).json()
    assert (near["legal"], near["code"]) == (True, None)
    leader, seal = (
        next(one for one in near["boxes"] if one["mark"] == mark)
        for mark in ("leader", "organisation")
    )
    third = leader["x0"] + (leader["x1"] - leader["x0"]) / 3
    assert seal["x1"] == pytest.approx(third)
    assert keep(clerk, scanned, mark="organisation", x=330, y=240, looked=False).status_code == 200


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ({"page": 1, "x": 200, "y": 710}, "signing.place-covers-text"),
        ({"x": 400, "y": 250}, "signing.place-covers-text"),
        ({"x": 200, "y": 500}, None),
    ],
)
def test_number_and_date_cover_neither_words_nor_marks(
    clerk: TestClient, scanned: UUID, where: dict[str, Any], code: str | None
) -> None:
    keep(clerk, scanned)
    found = clerk.get(path(scanned, "/look"), params=at("caption", **where)).json()
    assert found["code"] == code
    assert found["may_be_kept"] is (code is None)


def test_computed_place_is_where_the_lamp_is_green(
    clerk: TestClient, services: Services, scanned: UUID
) -> None:
    title = Box(page=1, x0=350, y0=300, x1=500, y1=312)
    name = Box(page=1, x0=370, y0=200, x1=480, y1=212)
    leader = Box(page=1, x0=360, y0=220, x1=490, y1=290)
    marks = {"title": title, "name": name, "leader": leader}
    tell(services, scanned, landmarks={key: asdict(box) for key, box in marks.items()})
    standing = clerk.get(path(scanned)).json()
    assert (standing["by_hand"], len(standing["boxes"])) == (False, 3)
    assert clerk.get(path(scanned, "/look"), params=at()).json()["legal"]
    away = clerk.get(path(scanned, "/look"), params=at(x=100, y=700)).json()
    assert (away["code"], away["may_be_kept"]) == (
        "signing.place-not-between-title-and-name",
        False,
    )


def test_page_that_is_too_small_or_not_there_has_no_place(
    clerk: TestClient, services: Services, scanned: UUID
) -> None:
    missing = clerk.get(path(scanned, "/look"), params=at(page=9)).json()
    assert (missing["code"], missing["may_be_kept"]) == ("signing.place-unknown", False)
    tell(services, scanned, sheets=[asdict(Sheet(page=0, width=90.0, height=150.0))])
    small = clerk.get(path(scanned, "/look"), params=at(page=1, x=40, y=80)).json()
    assert (small["code"], small["boxes"]) == ("signing.place-too-narrow", [])
    # A leader's image that fits lets no seal of another size follow.
    tell(services, scanned, sheets=[asdict(Sheet(page=0, width=150.0, height=90.0))])
    narrow = clerk.get(path(scanned, "/look"), params=at(page=1, x=75, y=45)).json()
    assert [one["mark"] for one in narrow["boxes"]] == ["leader"]


def test_signed_document_keeps_its_places(
    clerk: TestClient, services: Services, deliver: Deliver
) -> None:
    document_id = deliver(until=Step.REGISTER)
    tell(services, document_id, landmarks={})
    answer = keep(clerk, document_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "documents.not-waiting")


def test_only_the_clerk_places_marks(as_role: AsRole, scanned: UUID) -> None:
    leader = as_role(Role.LEADER)
    assert leader.get(path(scanned)).status_code == 403
    assert keep(leader, scanned).status_code == 403
    assert leader.get(f"/documents/{scanned}/places").status_code == 403


def test_page_draws_what_a_click_means(clerk: TestClient, scanned: UUID) -> None:
    plain = clerk.get(f"/documents/{scanned}/places").text
    assert 'type="image"' in plain
    assert "/pages/2.png" in plain
    clicked = clerk.get(
        f"/documents/{scanned}/places",
        params={"mark": "leader", "page": "2", "x_mm": "1", "y_mm": "1", "at.x": 400, "at.y": 592},
    ).text
    assert 'name="x" value="400.0"' in clicked
    assert 'name="y" value="250.0"' in clicked
    assert "Tôi đã đối chiếu chỗ này với quy định" in clicked
    typed = {"mark": "nonsense", "page": "2", "x_mm": "100", "y_mm": "nan"}
    assert clerk.get(f"/documents/{scanned}/places", params=typed).status_code == 200
    assert clerk.get(f"/documents/{scanned}/places", params={"page": "9"}).status_code == 404
    assert clerk.get(f"/documents/{scanned}/places", params={"page": "x"}).status_code == 404


def test_page_keeps_a_place_or_says_why_not(clerk: TestClient, scanned: UUID) -> None:
    unlooked = post(clerk, scanned, mark="leader", page="2", x="400", y="250")
    assert unlooked.status_code == 422
    assert "sign.place-refused" in unlooked.text
    assert "không biết vị trí có đúng quy định" in unlooked.text
    kept = post(clerk, scanned, mark="leader", page="2", x="400", y="250", looked="true")
    assert kept.status_code == 303
    assert "Đã giữ" in clerk.get(kept.headers["Location"]).text
    assert post(clerk, scanned, mark="leader", page="0").status_code == 422


def test_document_without_pages_says_so(
    clerk: TestClient, services: Services, scanned: UUID
) -> None:
    tell(services, scanned, sheets=[])
    assert 'type="image"' not in clerk.get(f"/documents/{scanned}/places").text
    link = f'href="/documents/{scanned}/places"'
    assert link in clerk.get(f"/documents/{scanned}").text
    assert link in clerk.get(f"/documents/{scanned}/confirm").text
