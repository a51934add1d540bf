"""A clerk copies what was issued, on its page, and seals the copies among the others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser.pages.office import Office

if TYPE_CHECKING:
    from browser.conftest import Site
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SAMPLES = Path(__file__).parents[2] / "sample_docs" / "documents"
DECISION = SAMPLES / "02-quyet-dinh-thanh-lap-to-cong-nghe-so.pdf"
EXTRACT = SAMPLES / "01-cong-van-ra-soat-ho-ngheo.pdf"


def test_a_clerk_makes_a_true_copy_and_an_extract_on_the_page_of_the_original(
    page: Page, site: Site
) -> None:
    office, opened = Office(page), site.road
    original = opened.accept(DECISION.read_bytes()).document_id
    opened.wait([original], limit_s=120)
    office.log_in("vanthu")

    page.goto(f"/documents/{original}")
    office.copy("Sao y")
    assert "Sao từ:" in page.get_by_role("main").inner_text()
    page.goto(f"/documents/{original}")
    office.copy("Trích sao", EXTRACT)

    page.goto(f"/documents/{original}")
    limit = opened.deadline(60)
    while page.get_by_text("Chờ văn thư đóng dấu").count() < 2:
        limit()
        page.reload()
    assert len(office.seal_all()) == 2
    page.goto(f"/documents/{original}")
    page.get_by_role("link", name="Bản sao y 01/SY-UBND").click()
    office.wait_for("Hợp lệ: có chữ ký số của cơ quan")
    assert office.lamps() == ["green", "green", "green"]
