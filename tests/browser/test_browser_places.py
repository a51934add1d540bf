"""A clerk points at the place of the signature on a scan: with mouse, keys, and without scripts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from browser.conftest import served
from browser.pages.office import Office
from browser.pages.placing import Placing
from support import pages, road

from docsvc.documents import service as documents
from docsvc.steps.receive.service import Offer
from docsvc.workflow import Person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from browser.conftest import Site
    from playwright.sync_api import Page
    from support.demo import DemoInstance

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("places"), demo_instance) as running:
        yield running


def delivered(site: Site, pdf: bytes) -> UUID:
    """Take a file in, as far as its clerk."""
    services = site.road.services
    offer = Offer(
        unit_code=road.UNIT, file_name="scan.pdf", source="test", actor="test",
        declared_not_secret=True,
    )  # fmt: skip
    document_id = services.accept(pdf, offer).document_id
    end = time.monotonic() + 60
    while waits_for(site, document_id) is not Person.CLERK:
        assert time.monotonic() < end
        time.sleep(0.2)
    return document_id


def waits_for(site: Site, document_id: UUID) -> Person | None:
    with site.road.services.transactions() as tx:
        found = documents.get(tx, document_id).waits_for
    return None if found is None else Person(found)


@pytest.fixture
def scanned(site: Site) -> UUID:
    number = next(site.road.numbers)
    return delivered(site, pages.scan(pages.Letter(subject=(f"Về việc thử số {number}",))))


def kept(site: Site, document_id: UUID) -> dict[str, dict[str, float]]:
    with site.road.services.transactions() as tx:
        found: dict[str, dict[str, float]] = documents.get(tx, document_id).classification["places"]
    return found


def test_clerk_clicks_and_keeps_a_place_on_a_scan(
    page: Page, site: Site, scanned: UUID, tmp_path: Path
) -> None:
    Office(page).log_in("vanthu")
    desk = Placing(page)
    desk.open(str(scanned))
    desk.click(400, 600)
    assert desk.lamp() == "grey"
    assert "không biết vị trí có đúng quy định" in desk.says()
    page.screenshot(path=tmp_path / "unknown.png", full_page=True)
    before = desk.box("leader")
    desk.press("ArrowRight", times=10)
    assert desk.box("leader")[0] - before[0] == pytest.approx(10 * 72 / 25.4, abs=3)
    desk.look_done()
    desk.keep()
    assert "Đã giữ" in desk.told()
    page.screenshot(path=tmp_path / "kept.png", full_page=True)
    places = kept(site, scanned)
    assert places["leader"]["x0"] == pytest.approx(desk.box("leader")[0], abs=1)
    assert places["organisation"]["x1"] == pytest.approx(
        places["leader"]["x0"] + (places["leader"]["x1"] - places["leader"]["x0"]) / 3, abs=1
    )


def test_seal_in_a_wrong_place_has_a_red_lamp(page: Page, scanned: UUID) -> None:
    Office(page).log_in("vanthu")
    desk = Placing(page)
    desk.open(str(scanned))
    desk.click(400, 600)
    desk.look_done()
    desk.keep()
    desk.choose("Dấu của cơ quan")
    desk.click(120, 120)
    assert desk.lamp() == "red"
    assert "1/3 chữ ký" in desk.says()
    assert not desk.may_keep()
    desk.click(360, 600)
    assert desk.lamp() == "green"
    desk.keep()
    assert "Đã giữ" in desk.told()


@pytest.mark.parametrize("page", [False], indirect=True)
def test_all_of_it_works_without_scripts(page: Page, site: Site, scanned: UUID) -> None:
    Office(page).log_in("vanthu")
    desk = Placing(page)
    desk.open(str(scanned))
    desk.click(400, 600)
    assert desk.lamp() == "grey"
    desk.type_mm(140, 210)
    assert desk.lamp() == "grey"
    desk.look_done()
    desk.keep()
    assert "Đã giữ" in desk.told()
    centre = (kept(site, scanned)["leader"]["x0"] + kept(site, scanned)["leader"]["x1"]) / 2
    assert centre == pytest.approx(140 * 72 / 25.4, abs=1)
