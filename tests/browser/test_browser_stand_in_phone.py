"""The stand-in's phone, in a real browser: its holder compares the code and presses a button."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser.pages.phone import Phone

TESTS = Path(__file__).parents[1]
sys.path += [str(TESTS / "unit" / "signing"), str(TESTS / "contract" / "signing")]

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mobile_makers import Mobile
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
def mobile() -> Iterator[Mobile]:
    from mobile_makers import made  # noqa: PLC0415  # found by the path above

    with made("soap", batch_max=10) as mobile:
        yield mobile


@pytest.fixture
def screen(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(
        ignore_https_errors=True, locale="vi-VN", viewport={"width": 390, "height": 780}
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    yield page
    context.close()
    assert said == []


def test_the_holder_agrees_to_what_the_desk_shows(mobile: Mobile, screen: Page) -> None:
    from signing_contract import agreed, begun, prepared_for  # noqa: PLC0415  # as above

    phone = Phone(screen, mobile.rig.provider.url)
    assert phone.reloads_by_itself()
    prepared = prepared_for(mobile, 2)
    handle = begun(mobile, prepared)
    phone.look_again()
    # Nothing moves under the finger of who is about to press.
    assert not phone.reloads_by_itself()
    assert phone.code() == "4F7K"
    assert "Ky Quyet dinh 123-QD-UBND" in phone.shown()
    phone.agree_by_keyboard()
    assert "Không có yêu cầu nào" in phone.shown()
    assert type(agreed(mobile, handle)).__name__ == "Completed"


def test_the_holder_may_say_no(mobile: Mobile, screen: Page) -> None:
    from signing_contract import begun, prepared_for  # noqa: PLC0415  # as above

    handle = begun(mobile, prepared_for(mobile))
    Phone(screen, mobile.rig.provider.url).refuse()
    assert mobile.signer.poll(handle).code == "signing.mobile-cancelled"
