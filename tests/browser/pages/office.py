"""Navigators: they speak as a person acts, and hold the selectors."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.sync_api import Page

from docsvc.demo.instance import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# A document takes seconds on its road, on a busy machine more.
_PATIENCE_S = 90.0
_GLANCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Office:
    """Everything that people do on the pages."""

    page: Page

    def log_in(self, login: str, password: str = PASSWORD) -> None:
        """Go in through the door."""
        self.page.goto("/login")
        self.page.get_by_label("Tên đăng nhập").fill(login)
        self.page.get_by_label("Mật khẩu").fill(password)
        self.page.get_by_role("main").get_by_role("button", name="Đăng nhập").click()

    def log_out(self) -> None:
        """Go home."""
        self.page.get_by_role("button", name="Đăng xuất").click()

    def heading(self) -> str:
        """Return what the page is about."""
        return self.page.get_by_role("heading", level=1).inner_text()

    def alert(self) -> str:
        """Return what went wrong."""
        return self.page.get_by_role("alert").inner_text()

    def speak_english(self) -> None:
        """Change the language."""
        self.page.get_by_role("button", name="English").click()

    def upload(self, files: Sequence[Path], *, unit: str) -> list[str]:
        """Send files from the desk; return what became of each."""
        self.page.get_by_role("link", name="Bàn làm việc").click()
        self.page.get_by_label("Chọn tệp PDF").set_input_files([str(f) for f in files])
        self.page.get_by_label("Đơn vị").select_option(label=unit)
        self.page.get_by_label("Tôi cam kết").check()
        self.page.get_by_role("button", name="Gửi vào hệ thống").click()
        return self.outcomes()

    def outcomes(self) -> list[str]:
        """Return the outcome of each thing of a batch."""
        self.page.locator(".outcomes").wait_for()
        return self.page.locator(".outcomes > li").all_inner_texts()

    def wait_in(self, folder: str, subject: str) -> None:
        """Look into a folder again and again until a document is there."""
        end = time.monotonic() + _PATIENCE_S
        while time.monotonic() < end:
            self.page.get_by_role("navigation").get_by_role("link", name=folder).click()
            if self.page.locator(".mail a", has_text=subject).count():
                return
            time.sleep(_GLANCE_S)
        seen = self.page.get_by_role("main").inner_text()
        msg = f"{subject} is not in {folder}: {seen}"
        raise AssertionError(msg)

    def open(self, folder: str, subject: str) -> None:
        """Open a document from a folder, once it is there."""
        self.wait_in(folder, subject)
        self.page.locator(".mail a", has_text=subject).first.click()

    def confirm(self, **fields: str) -> None:
        """Correct fields by their labels and send the document to the leader."""
        for label, value in fields.items():
            self.page.locator(f"#f-{label}").fill(value)
        self.page.get_by_role("button", name="Xác nhận và trình ký").click()

    def highlighted(self, field: str) -> bool:
        """Say whether the place of a field on the page stands out once the field is entered."""
        self.page.locator(f"#f-{field}").focus()
        spot = self.page.locator(f".spot-{field}").first
        width = spot.evaluate("e => getComputedStyle(e).strokeWidth")
        return float(width.removesuffix("px")) > 1

    def sign(self, subject: str) -> list[str]:
        """Look at a document of the queue and sign it."""
        self.page.get_by_role("link", name="Ký văn bản").click()
        entry = self.page.locator(".queue > li", has_text=subject)
        entry.locator("summary").click()
        entry.get_by_role("img").first.scroll_into_view_if_needed()
        entry.get_by_role("checkbox").check()
        self.page.get_by_label("Tôi đã xem").check()
        self.page.get_by_role("button", name="Ký các văn bản đã chọn").click()
        return self.outcomes()

    def sign_all(self) -> list[str]:
        """Sign everything in the queue in one confirmation; return the lines of the batch."""
        self.page.get_by_role("link", name="Ký văn bản").click()
        self.page.get_by_label("Chọn tất cả").check()
        self.page.get_by_label("Tôi đã xem").check()
        self.page.get_by_role("button", name="Ký các văn bản đã chọn").click()
        return self.outcomes()

    def control_code(self) -> str:
        """Wait until the page shows the code of a device, and return it."""
        shown = self.page.locator(".control-code strong").first
        shown.wait_for()
        return shown.inner_text()

    def open_line(self, number: int) -> None:
        """Open a document of the batch."""
        self.page.locator(".outcomes > li a").nth(number).click()

    def press(self, name: str) -> None:
        """Press a button of the page's main part."""
        self.page.get_by_role("main").get_by_role("button", name=name).first.click()

    def wait_for(self, text: str) -> None:
        """Wait until the page says something; it looks for itself."""
        self.page.get_by_role("main").get_by_text(text).first.wait_for()

    def seal_all(self) -> list[str]:
        """Seal everything that waits."""
        self.page.get_by_role("link", name="Đóng dấu", exact=True).click()
        self.page.get_by_label("Chọn tất cả").check()
        self.page.get_by_role("button", name="Đóng dấu các văn bản đã chọn").click()
        return self.outcomes()

    def copy(self, form: str, file: Path | None = None) -> None:
        """Make a copy of the document that is shown, with a file of the clerk's if it needs one."""
        self.page.locator("summary", has_text="Lập bản sao").click()
        self.page.get_by_label("Hình thức sao").select_option(label=form)
        if file is not None:
            self.page.get_by_label("Tệp PDF").set_input_files(file)
            self.page.get_by_label("không có nội dung thuộc bí mật nhà nước").check()
        self.page.get_by_role("button", name="Lập bản sao").click()

    def download(self, target: Path) -> Path:
        """Download the newest revision of the document that is open."""
        with self.page.expect_download() as waiting:
            self.page.locator(".actions").get_by_role("link", name="Tải về").click()
        waiting.value.save_as(target)
        return target

    def road(self) -> list[str]:
        """Return the stops that are done."""
        return self.page.locator(".road .done b").all_inner_texts()

    def lamps(self) -> list[str]:
        """Return the colours of the lamps, in their order."""
        classes = self.page.locator(".lamp").evaluate_all("all => all.map(e => e.className)")
        return [str(c).removeprefix("lamp ") for c in classes]

    def width_on_a_phone(self) -> int:
        """Return how wide the open page is on a screen of 360 pixels; the screen is put back."""
        before = self.page.viewport_size
        assert before is not None
        self.page.set_viewport_size({"width": 360, "height": 740})
        width: int = self.page.evaluate("document.documentElement.scrollWidth")
        self.page.set_viewport_size(before)
        return width

    def verdict(self) -> str:
        """Return the one sentence about the document or file that is open."""
        return self.page.locator(".verdict, .trouble").first.inner_text()

    def verify(self, file: Path) -> str:
        """Ask whether a file is genuine; return the one sentence."""
        self.page.goto("/verify")
        self.page.get_by_label("Chọn tệp PDF").set_input_files(str(file))
        self.page.get_by_role("button", name="Kiểm tra", exact=True).click()
        return self.verdict()

    def report(self, target: Path) -> Path:
        """Take the report on the file that was verified, as PDF."""
        with self.page.expect_download() as waiting:
            self.page.get_by_role("button", name="PDF", exact=True).click()
        waiting.value.save_as(target)
        return target

    def open_public_page(self) -> None:
        """Follow the public address of the document that is open."""
        self.page.locator(".public a").click()

    def count(self, unit: str) -> tuple[str, str]:
        """Look at the table: the rate, and a of b."""
        self.page.goto("/statistics")
        self.page.get_by_label("Đơn vị").select_option(label=unit)
        self.page.get_by_role("button", name="Xem").click()
        headline = self.page.locator(".headline")
        return headline.locator(".big").inner_text(), headline.locator(".soft").inner_text()

    def prepare_device(self) -> None:
        """Have the file of the document that is open prepared for a device of one's own."""
        self.page.locator(".actions").get_by_role("link", name="Ký bằng thiết bị").click()
        self.page.get_by_role("button", name="Chuẩn bị tệp để ký").click()

    def sign_with_helper(self) -> None:
        """Ask the helper on this PC."""
        self.page.get_by_role("button", name="Ký ngay").click()

    def helper_says(self, words: str) -> str:
        """Wait until the page tells what the helper says, and return it."""
        said = self.page.locator(".helper-says", has_text=words)
        said.wait_for()
        return said.inner_text()

    def fetch_for_device(self, target: Path) -> Path:
        """Download the file that is to be signed."""
        with self.page.expect_download() as waiting:
            self.page.get_by_role("link", name="Tải tệp cần ký").click()
        waiting.value.save_as(target)
        return target

    def send_signed(self, file: Path) -> None:
        """Upload the file that was signed."""
        self.page.get_by_label("Tệp đã ký").set_input_files(str(file))
        self.page.get_by_role("button", name="Gửi tệp đã ký").click()

    def sign_chosen_with_device(self, subjects: Sequence[str]) -> list[str]:
        """Choose documents of the queue and sign them all with the helper; return the outcomes."""
        self.page.get_by_role("link", name="Ký văn bản").click()
        for subject in subjects:
            entry = self.page.locator(".queue > li", has_text=subject)
            entry.get_by_role("checkbox").check()
        self.page.get_by_label("Tôi đã xem").check()
        self.page.get_by_role("button", name="Ký bằng thiết bị").click()
        self.page.get_by_role("button", name="Ký tất cả").click()
        outcomes = self.page.locator(".helper-outcomes > li")
        outcomes.first.wait_for()
        return outcomes.all_inner_texts()
