"""A leader whose key lies with a remote service: a code is sent, typed with the PIN, and signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser.conftest import served
from browser.pages.office import Office
from support import typed_keys
from support.remote_csc import OTP, PIN, Credential, Csc
from support.waiting import confirmed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from browser.conftest import Site
    from playwright.sync_api import Page
    from support.demo import DemoInstance

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

HOLDER = "leader-h99-12-05"


@pytest.fixture(scope="module")
def stand_in(demo_instance: DemoInstance) -> Iterator[Csc]:
    key = typed_keys.key_of(demo_instance, HOLDER)
    with Csc({"an": Credential(key, wants=("PIN", "OTP"), sends_code=True)}) as made:
        yield made


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance, stand_in: Csc
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("typed-site")
    table = typed_keys.table(stand_in, folder / "provider")
    with served(
        folder, demo_instance, providers=[table], server_side_personal_keys=False
    ) as running:
        typed_keys.hand_out(running.road.services, "an")
        yield running


def test_leader_types_pin_and_code(page: Page, site: Site, stand_in: Csc, tmp_path: Path) -> None:
    document_id = confirmed(site.road, agreed=False, subject="Về việc thử khóa từ xa")
    office = Office(page)
    office.log_in("lanhdao")
    page.goto("/sign")
    page.get_by_label("Về việc thử khóa từ xa").check()
    page.get_by_label("Tôi đã xem").check()
    page.get_by_role("button", name="Ký các văn bản đã chọn").click()
    page.goto(f"/documents/{document_id}")
    page.get_by_role("link", name="Nhập mã để ký").wait_for()
    page.screenshot(path=tmp_path / "waits.png", full_page=True)
    page.get_by_role("link", name="Nhập mã để ký").click()
    page.get_by_role("button", name="Gửi mã cho tôi").click()
    page.get_by_text("Đã yêu cầu dịch vụ ký gửi mã").wait_for()
    assert stand_in.codes_sent == 1
    page.screenshot(path=tmp_path / "asks.png", full_page=True)
    page.get_by_label("Mã PIN của khóa ký").fill("000000")
    page.get_by_label("Mã dùng một lần").fill(OTP)
    page.get_by_role("button", name="Ký", exact=True).click()
    assert "PIN" in office.alert()
    assert page.get_by_label("Mã PIN của khóa ký").input_value() == ""
    page.set_viewport_size({"width": 390, "height": 800})
    page.screenshot(path=tmp_path / "wrong.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("Mã PIN của khóa ký").fill(PIN)
    page.get_by_label("Mã dùng một lần").fill(OTP)
    page.get_by_role("button", name="Ký", exact=True).click()
    office.wait_for("Chờ văn thư đóng dấu")
