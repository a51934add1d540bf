from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser.pages.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SAMPLES = Path(__file__).parents[2] / "sample_docs" / "documents"
UNIT = "UBND xã Suối Trúc"
DECISION = SAMPLES / "02-quyet-dinh-thanh-lap-to-cong-nghe-so.pdf"
LETTER = SAMPLES / "01-cong-van-ra-soat-ho-ngheo.pdf"


@pytest.fixture
def office(page: Page) -> Office:
    return Office(page)


def test_document_goes_from_upload_to_percentage(office: Office, tmp_path: Path) -> None:
    broken = tmp_path / "hỏng.pdf"
    broken.write_bytes(b"%PDF-1.7 cut sh")
    subject = "Tổ công nghệ số cộng đồng"

    office.log_in("vanthu")
    taken = office.upload([DECISION, broken], unit=UNIT)
    assert "Đã tiếp nhận" in taken[0]
    assert "inspect." in taken[1]

    office.open("Chờ xác nhận", subject)
    assert office.highlighted("subject")
    office.confirm(signer="Nguyễn Văn An")
    office.wait_in("Chờ ký", subject)
    office.log_out()

    office.log_in("lanhdao")
    assert "Đã đồng ý ký" in office.sign(subject)[0]
    office.wait_in("Chờ đóng dấu", subject)
    office.log_out()

    office.log_in("vanthu")
    assert "đang được đóng" in office.seal_all()[0]
    office.open("Đã phát hành", subject)
    assert len(office.road()) == 11
    said = office.verdict()
    assert "HỢP LỆ" in said
    assert office.lamps() == ["green", "green", "green"]
    assert office.width_on_a_phone() <= 360
    final = office.download(tmp_path / "final.pdf")
    office.open_public_page()
    assert "01/QĐ-UBND" in office.heading()
    assert office.verdict() == said
    rate, of = office.count(UNIT)
    assert (rate, of) == ("100,0%", "1 trên 1 văn bản đi tính tỷ lệ")
    office.log_out()

    # The desk, the public and whoever brings the file are told the same.
    assert office.verify(final) == said
    assert office.lamps() == ["green", "green", "green"]
    assert office.report(tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")
    forged = tmp_path / "forged.pdf"
    forged.write_bytes(final.read_bytes().replace(b"/Type /Page", b"/Type /Pagf", 1))
    office.verify(forged)
    assert office.lamps().count("green") < 3


def test_unsigned_and_unreadable_files_are_neither_green_nor_red(
    office: Office, tmp_path: Path
) -> None:
    assert "không có chữ ký số nào" in office.verify(LETTER)
    assert office.lamps() == ["grey", "grey", "grey"]
    text = tmp_path / "a.pdf"
    text.write_text("không phải PDF")
    assert "inspect.not-a-pdf" in office.verify(text)


@pytest.mark.parametrize("page", [False], indirect=True)
def test_desk_works_without_scripts(office: Office) -> None:
    office.log_in("vanthu")

    assert "Đã tiếp nhận" in office.upload([LETTER], unit=UNIT)[0]

    office.open("Chờ xác nhận", "rà soát hộ nghèo")
    office.confirm()
    office.wait_in("Chờ ký", "rà soát hộ nghèo")


def test_wrong_password_is_said_and_the_name_is_kept(office: Office) -> None:
    office.log_in("vanthu", "nhầm rồi nhé")

    assert "không đúng" in office.alert()
    assert office.page.get_by_label("Tên đăng nhập").input_value() == "vanthu"


def test_language_can_be_changed_at_the_door(office: Office) -> None:
    office.page.goto("/login")
    office.speak_english()

    assert office.heading() == "Log in"
    assert "DEMONSTRATION" in office.page.get_by_role("note").inner_text()


def test_keyboard_reaches_the_content_first(office: Office) -> None:
    office.log_in("kiemtra")
    # A key that is pressed while the page still loads reaches nobody.
    office.page.get_by_role("button", name="Đăng xuất").wait_for()
    office.page.wait_for_load_state()
    office.page.keyboard.press("Tab")
    assert office.page.locator(":focus").inner_text() == "Đến nội dung chính"

    office.page.keyboard.press("Enter")

    assert office.page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("path", ["/", "/statistics", "/documents?box=all", "/verify"])
def test_small_screens_need_no_sideways_scrolling(office: Office, path: str) -> None:
    office.log_in("kiemtra")
    office.page.goto(path)

    assert office.width_on_a_phone() <= 360


def test_self_check_of_the_running_service_is_good(office: Office) -> None:
    office.log_in("quantri")
    office.page.get_by_role("link", name="Tự kiểm tra").click()

    assert "Mọi bộ phận đều hoạt động" in office.page.get_by_role("status").inner_text()
