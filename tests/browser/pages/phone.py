"""The page that plays a phone, as its holder uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page


class Phone:
    def __init__(self, page: Page, address: str) -> None:
        self._page = page
        page.goto(f"{address}/phone")

    def shown(self) -> str:
        return self._page.get_by_role("main").inner_text()

    def code(self) -> str:
        return self._page.get_by_label("Mã đối chiếu").inner_text()

    def reloads_by_itself(self) -> bool:
        return self._page.locator('meta[http-equiv="refresh"]').count() > 0

    def look_again(self) -> None:
        self._page.reload()

    def agree_by_keyboard(self) -> None:
        """Reach the button with the tab key alone and press it."""
        for _ in range(2):
            self._page.keyboard.press("Tab")
        self._page.keyboard.press("Enter")
        self._wait_until_answered()

    def refuse(self) -> None:
        self._page.get_by_role("button", name="Từ chối").click()
        self._wait_until_answered()

    def _wait_until_answered(self) -> None:
        self._page.get_by_text("Không có yêu cầu nào").wait_for()
