"""Devices, officers and mandates over the API: for administrators, within their bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.certificates import certificate
from support.lists import row, xlsx

from docsvc.access.rules import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.testclient import TestClient

HOME, ASIDE = "H99.12.05", "H99.12.06"
MANDATE = {"unit": HOME, "full_name": "Nguyễn Văn An", "title": "Chủ tịch", "authority": "TM."}


@pytest.fixture
def admin(as_role: Callable[..., TestClient]) -> TestClient:
    return as_role(Role.ADMINISTRATOR)


def sent(client: TestClient, *rows: list[str]) -> Any:
    return client.post("/api/v1/devices/import", files={"file": ("list.xlsx", xlsx(*rows))})


def test_a_list_is_entered_counted_and_runs_out(admin: TestClient) -> None:
    answer = sent(admin, row("1"), row("2", last="01/01/2029")).json()
    assert (answer["accepted"], answer["added"]) == (True, 2)
    listed = admin.get("/api/v1/devices").json()
    assert [one["serial"] for one in listed] == ["1", "2"]
    soon = admin.get("/api/v1/devices/expiring", params={"days": 60}).json()
    assert [(one["serial"], one["notice_days"]) for one in soon] == [("1", 30)]
    report = admin.get("/api/v1/devices/report").json()
    assert (report["sum"], report["groups"]["committee"]) == ("2 = 2", 2)


def test_a_wrong_row_is_told_and_nothing_entered(admin: TestClient) -> None:
    answer = sent(admin, row("1"), row("2", unit=ASIDE)).json()
    assert not answer["accepted"]
    assert answer["faults"] == [
        {"row": 3, "column": "unit", "code": "devices.unit-not-yours", "value": ASIDE}
    ]
    assert admin.get("/api/v1/devices").json() == []


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04"])
def test_what_is_no_list_is_a_problem(admin: TestClient, data: bytes) -> None:
    answer = admin.post("/api/v1/devices/import", files={"file": ("list.xlsx", data)})
    if data:
        assert answer.json()["code"] == "devices.sheet-unreadable"
    else:
        assert answer.json()["faults"][0]["code"] == "devices.no-headings"


def test_an_officers_certificate_brings_a_device_that_ends(admin: TestClient) -> None:
    given = admin.post("/api/v1/mandates", json=MANDATE)
    assert given.status_code == 201
    (mandate,) = admin.get("/api/v1/mandates").json()
    added = admin.post(
        "/api/v1/devices/certificates",
        files={"file": ("an.cer", certificate("An"))},
        data={"unit": HOME, "officer": str(mandate["officer"]), "serial": "T-1",
              "issued_on": "2026-01-02"},
    )  # fmt: skip
    assert added.status_code == 201, added.text
    number = added.json()["device"]
    ended = admin.post(f"/api/v1/devices/{number}/end", json={"on": "2026-11-01"})
    assert ended.status_code == 200
    (device,) = admin.get("/api/v1/devices").json()
    assert (device["state"], device["holder"]) == ("lost", "Nguyễn Văn An")
    again = admin.post(f"/api/v1/devices/{number}/end", json={"on": "2026-11-02"})
    assert (again.status_code, again.json()["code"]) == (409, "devices.device-ended")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("unit", "H00"),
        ("officer", "one"),
        ("kind", "pen"),
        ("serial", "a" * 81),
        ("issued_on", "soon"),
    ],
)
def test_a_field_that_can_not_be_read_is_named(admin: TestClient, field: str, value: str) -> None:
    answer = admin.post(
        "/api/v1/devices/certificates",
        files={"file": ("an.cer", certificate("An"))},
        data={"unit": HOME, "kind": "hsm"} | {field: value},
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == "web.invalid-request"


def test_a_mandate_is_given_and_ends(admin: TestClient) -> None:
    number = admin.post("/api/v1/mandates", json=MANDATE).json()["mandate"]
    ended = admin.post(f"/api/v1/mandates/{number}/end", json={"last_day": "2026-11-21"})
    assert ended.json() == {"mandate": number}
    assert admin.get("/api/v1/mandates").json()[0]["standing"] == "over"


def test_an_officers_account_is_said_and_is_one_persons(
    admin: TestClient, as_role: Callable[..., TestClient]
) -> None:
    as_role(Role.LEADER)
    first = admin.post("/api/v1/mandates", json=MANDATE).json()["mandate"]
    other = admin.post("/api/v1/mandates", json=MANDATE | {"full_name": "Ai khác"})
    path, known = "/api/v1/mandates/{}/account", {"account": "leader.h99-12-05"}
    assert admin.put(path.format(first), json=known).status_code == 200
    assert admin.get("/api/v1/mandates").json()[0]["account"] is None
    assert admin.get("/api/v1/mandates").json()[1]["account"] == "leader.h99-12-05"
    taken = admin.put(path.format(other.json()["mandate"]), json=known)
    assert (taken.status_code, taken.json()["code"]) == (409, "organisations.account-taken")
    again = admin.post("/api/v1/mandates", json=MANDATE | known)
    assert again.json()["code"] == "organisations.account-taken"
    nobody = admin.put(path.format(first), json={"account": "nobody"})
    assert nobody.status_code == 404
    assert admin.put(path.format(99), json=known).status_code == 404
    assert admin.put(path.format(first), json={"account": None}).status_code == 200


def test_a_delegation_by_nobody_is_refused(admin: TestClient) -> None:
    answer = admin.post("/api/v1/mandates", json=MANDATE | {"authority": "TUQ."})
    assert answer.json()["code"] == "organisations.delegation-incomplete"


def test_a_body_of_somebody_else_is_out_of_reach(admin: TestClient) -> None:
    answer = admin.post("/api/v1/mandates", json=MANDATE | {"unit": ASIDE})
    assert (answer.status_code, answer.json()["code"]) == (403, "access.not-allowed")
    answer = admin.post(
        "/api/v1/devices/certificates",
        files={"file": ("an.cer", certificate("An"))},
        data={"unit": ASIDE},
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("role", [one for one in Role if one is not Role.ADMINISTRATOR])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/devices"),
        ("GET", "/devices/expiring"),
        ("GET", "/devices/report"),
        ("GET", "/mandates"),
    ],
)
def test_nobody_else_keeps_signers(
    as_role: Callable[..., TestClient], role: Role, method: str, path: str
) -> None:
    answer = as_role(role).request(method, f"/api/v1{path}")
    assert (answer.status_code, answer.json()["code"]) == (403, "access.not-allowed")
