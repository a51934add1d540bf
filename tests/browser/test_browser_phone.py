"""A leader signs a batch with a phone: what desk and device show, refusal, cancel, again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser.conftest import served
from browser.pages.office import Office
from support import phones
from support.waiting import confirmed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from browser.conftest import Site
    from playwright.sync_api import Page
    from support.demo import DemoInstance
    from support.phones import Phones

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance
) -> Iterator[Phones]:
    started = phones.start(tmp_path_factory.mktemp("phones"), demo_instance)
    yield started
    started.server.stop()


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance, service: Phones
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("phone-site")
    configured = [service.settings(items_per_request=3)]
    with served(
        folder, demo_instance, phones=True, providers=configured, server_side_personal_keys=False
    ) as running:
        phones.hand_out(running.road)
        yield running


def test_leader_signs_a_batch_with_a_phone(
    page: Page, site: Site, service: Phones, tmp_path: Path
) -> None:
    office = Office(page)
    for number in range(3):
        confirmed(site.road, agreed=False, subject=f"Về việc thành lập Tổ công nghệ số {number}")
    service.behave("hold")
    office.log_in("lanhdao")
    assert len(office.sign_all()) == 3
    code = office.control_code()
    assert code in {asked["code"] for asked in service.requests()}
    page.screenshot(path=tmp_path / "batch.png", full_page=True)

    office.open_line(0)
    assert office.control_code() == code
    page.screenshot(path=tmp_path / "waiting.png", full_page=True)
    office.press("Hủy yêu cầu")
    office.wait_for("Yêu cầu ký đã bị hủy")
    page.screenshot(path=tmp_path / "cancelled.png", full_page=True)
    service.behave("refuse")
    office.press("Yêu cầu lại")
    office.wait_for("Người ký đã từ chối")
    service.behave("sign")
    office.press("Yêu cầu lại")
    office.wait_for("Chờ văn thư đóng dấu")

    page.goto("/sign")
    page.locator("section a[href^='/batches/']").first.click()
    office.wait_for("Xong 3 trên 3")
    page.screenshot(path=tmp_path / "done.png", full_page=True)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Bảng kết quả").click()
    assert waiting.value.suggested_filename.endswith(".xlsx")
