"""The administrator's pages of devices and mandates: usable without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.certificates import certificate
from support.lists import row, xlsx

from docsvc.access.rules import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.testclient import TestClient

HOME = "H99.12.05"
CHAIR = {"unit": HOME, "full_name": "Nguyễn Văn An", "title": "Chủ tịch", "authority": "TM."}


@pytest.fixture
def admin(as_role: Callable[..., TestClient]) -> TestClient:
    return as_role(Role.ADMINISTRATOR)


def post(client: TestClient, path: str, file: bytes | None = None, **fields: object) -> Any:
    form = {"csrf": client.headers["X-CSRF-Token"]} | fields
    files = {"file": ("a.xlsx", file)} if file is not None else None
    return client.post(path, data=form, files=files)


def test_a_list_is_entered_and_shown_with_what_runs_out(admin: TestClient) -> None:
    assert "Chưa có thiết bị nào" in admin.get("/devices").text
    page = post(admin, "/devices/import", xlsx(row("T-1"), row("T-2", last="01/11/2026"))).text
    assert "thêm 2, cập nhật 0, không đổi 0" in page
    assert "Thiết bị đang giữ: 2 = 2" in page
    assert "trong 30 ngày" in page
    assert "đã hết hạn" in page


def test_a_list_with_faults_is_refused_row_by_row(admin: TestClient) -> None:
    page = post(admin, "/devices/import", xlsx(row("T-1"), row("", unit="H00"))).text
    assert "danh sách có 1 lỗi" in page
    assert "Ô “Số sê-ri” để trống." in page
    assert "Không đọc được danh sách" in post(admin, "/devices/import", b"PK\x03\x04").text


def test_a_fault_of_the_whole_list_has_no_row(admin: TestClient) -> None:
    assert "Không tìm thấy dòng tiêu đề" in post(admin, "/devices/import", b"a,b").text


def test_a_seal_is_added_and_reported_lost(admin: TestClient) -> None:
    added = post(
        admin, "/devices/certificates", certificate("UBND"), unit=HOME, kind="hsm", serial="H-1"
    )
    assert added.headers["Location"] == "/devices"
    (device,) = admin.get("/api/v1/devices").json()
    path = f"/devices/{device['device']}/end"
    assert post(admin, path, on="").status_code == 422
    assert post(admin, path, on="2026-11-01", how="revoked").headers["Location"] == "/devices"
    assert "đã thu hồi" in admin.get("/devices").text
    assert post(admin, path, on="2026-11-02", how="revoked").status_code == 409
    assert post(admin, "/devices/certificates", b"none", unit=HOME).status_code == 422


def test_mandates_are_given_and_end(admin: TestClient) -> None:
    assert "Chưa có ai" in admin.get("/mandates").text
    given = post(admin, "/mandates", **CHAIR, kind=["quyet-dinh"], valid_from="2026-01-01")
    assert given.headers["Location"] == "/mandates"
    page = admin.get("/mandates").text
    assert "Nguyễn Văn An" in page
    assert "Quyết định" in page
    (mandate,) = admin.get("/api/v1/mandates").json()
    account = f"/mandates/{mandate['mandate']}/account"
    assert post(admin, account, account="nobody").status_code == 404
    assert post(admin, account, account="").headers["Location"] == "/mandates"
    path = f"/mandates/{mandate['mandate']}/end"
    assert post(admin, path, last_day="2025-01-01").status_code == 422
    assert post(admin, path, last_day="").status_code == 422
    assert post(admin, path, last_day="2026-11-21").headers["Location"] == "/mandates"
    assert "đã kết thúc" in admin.get("/mandates").text


def test_an_officer_who_is_known_is_chosen_by_number(admin: TestClient) -> None:
    post(admin, "/mandates", **CHAIR, valid_from="2026-01-01", valid_to="2026-12-31")
    number = admin.get("/api/v1/mandates").json()[0]["officer"]
    post(admin, "/mandates", **(CHAIR | {"authority": "Q.", "full_name": ""}), officer=number)
    assert {one["officer"] for one in admin.get("/api/v1/mandates").json()} == {number}
    delegated = CHAIR | {"authority": "TUQ.", "full_name": "Trần Thị Bình"}
    days = {"valid_from": "2026-11-01", "valid_to": "2026-11-30"}
    given = post(admin, "/mandates", **delegated, **days, basis="1/GUQ", delegated_by=number)
    assert given.status_code == 303
    assert "sắp hết hạn" in admin.get("/mandates").text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("unit", "H00"),
        ("officer", "one"),
        ("authority", "a" * 11),
        ("valid_from", "soon"),
        ("title", ""),
    ],
)
def test_a_form_that_can_not_be_kept_says_why(admin: TestClient, field: str, value: str) -> None:
    answer = post(admin, "/mandates", **(CHAIR | {field: value}))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize("path", ["/devices", "/mandates"])
def test_nobody_else_sees_these_pages(as_role: Callable[..., TestClient], path: str) -> None:
    assert as_role(Role.LEADER).get(path).status_code == 403
