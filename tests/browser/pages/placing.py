"""The page on which a clerk points at a place, as a person uses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.sync_api import Page

if TYPE_CHECKING:
    from playwright.sync_api import Locator

_LAMPS = ("green", "grey", "red")


@dataclass(frozen=True, slots=True)
class Placing:
    """Mouse, keys, numbers, and what the page says."""

    page: Page

    def open(self, document: str) -> None:
        """Come from the page of the document."""
        self.page.goto(f"/documents/{document}")
        self.page.get_by_role("link", name="Chọn chỗ ký, chỗ dấu").click()
        self._picture().wait_for()

    def click(self, x: float, y: float) -> None:
        """Click on the page: points from its upper left."""
        before = self._state()
        self._picture().click(position={"x": x, "y": y})
        self._settled(before)

    def press(self, key: str, *, times: int) -> None:
        """Move the mark with the keyboard."""
        self._picture().focus()
        for _ in range(times):
            before = self._state()
            self.page.keyboard.press(key)
            self._settled(before)

    def type_mm(self, left: int, top: int) -> None:
        """Type distances and look."""
        self.page.get_by_label("Cách mép trái (mm)").fill(str(left))
        self.page.get_by_label("Cách mép trên (mm)").fill(str(top))
        self.page.get_by_role("button", name="Xem chỗ này").click()

    def choose(self, mark: str) -> None:
        """Choose what to place."""
        before = self._state()
        self.page.get_by_label(mark).check()
        self._settled(before)

    def look_done(self) -> None:
        """Say that the place was compared with the rules."""
        self.page.get_by_label("Tôi đã đối chiếu").check()

    def keep(self) -> None:
        """Keep the place."""
        self.page.get_by_role("button", name="Giữ chỗ này").click()

    def may_keep(self) -> bool:
        """Tell whether the place can be kept."""
        return self.page.get_by_role("button", name="Giữ chỗ này").is_enabled()

    def lamp(self) -> str:
        """Return the colour of the lamp."""
        shown = [one for one in _LAMPS if self.page.locator(f"[data-lamp={one}]").is_visible()]
        return " ".join(shown)

    def says(self) -> str:
        """Return what the lamp means."""
        return self.page.locator("[data-says]").inner_text()

    def told(self) -> str:
        """Return what became of it."""
        return self.page.locator(".notice.good").inner_text()

    def box(self, mark: str) -> tuple[float, float, float, float]:
        """Return a drawn box: left, top, width, height in points."""
        shape = self.page.locator(f"[data-box={mark}]")
        values = [float(shape.get_attribute(n) or 0) for n in ("x", "y", "width", "height")]
        return values[0], values[1], values[2], values[3]

    def _picture(self) -> Locator:
        return self.page.get_by_role("button", name="Hình trang")

    def _state(self) -> str | None:
        """Return how many answers the page has shown; None where it has no scripts."""
        return self.page.locator("[data-places]").get_attribute("data-shown")

    def _settled(self, before: str | None) -> None:
        """Wait until the service has said where the mark comes to stand."""
        if before is None:
            self.page.locator("[data-lamp]:visible").first.wait_for()
        else:
            self.page.locator(f"[data-places]:not([data-shown='{before}'])").wait_for()
