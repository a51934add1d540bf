"""Signing on the clerk's own PC: by a helper, and with any tool."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from browser.pages.office import Office
from support import foreign, road, vgca

from docsvc.agent.service import Agent, Pictures, Shown
from docsvc.agent.token import TokenPlace
from docsvc.catalog.messages import Lang
from docsvc.clock import SystemClock
from docsvc.http import Outbound, Reach

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from browser.conftest import Site
    from playwright.sync_api import Page
    from support.demo import DemoInstance
    from support.vgca import Helper


@dataclass
class Clicks:
    """Somebody at the PC, who types the PIN whenever asked."""

    pin: str
    asked: list[list[Shown]] = field(default_factory=list)

    def ask(self, _origin: str, files: Sequence[Shown]) -> str | None:
        self.asked.append(list(files))
        return self.pin

    def tell(self, _name: str, _problem: str | None) -> None:
        """Nobody looks."""


pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

UNIT = "UBND xã Suối Trúc"
HOLDERS = {"SignApproved": "leader-h99-12-05", "SignIssued": "seal-h99-12-05"}
_NUMBERS = itertools.count(7001)


@pytest.fixture
def office(page: Page) -> Office:
    return Office(page)


@pytest.fixture
def helper(site: Site, demo_instance: DemoInstance, tmp_path: Path) -> Iterator[Helper]:
    stand_in = vgca.Helper(demo=demo_instance, holders=HOLDERS)
    with vgca.running(stand_in, tmp_path / "helper", site.address, port=site.helper_port):
        yield stand_in


def waiting_for_leader(office: Office, tmp_path: Path) -> str:
    """Bring a new letter to the leader's desk; return its subject."""
    number = next(_NUMBERS)
    letter = tmp_path / f"letter-{number}.pdf"
    letter.write_bytes(road.letter(number))
    subject = f"Tổ công nghệ số {number}"
    office.log_in("vanthu")
    assert "Đã tiếp nhận" in office.upload([letter], unit=UNIT)[0]
    office.open("Chờ xác nhận", subject)
    office.confirm()
    office.wait_in("Chờ ký", subject)
    office.log_out()
    return subject


@pytest.mark.parametrize("where", ["reserved field", "field of its own"])
def test_document_signed_by_the_helper_is_published(
    office: Office, helper: Helper, tmp_path: Path, where: str
) -> None:
    helper.new_field = where == "field of its own"
    subject = waiting_for_leader(office, tmp_path)

    office.log_in("lanhdao")
    office.open("Chờ ký", subject)
    office.prepare_device()
    office.sign_with_helper()
    office.page.wait_for_url("**/documents/*")
    office.wait_in("Chờ đóng dấu", subject)
    office.log_out()

    office.log_in("vanthu")
    office.open("Chờ đóng dấu", subject)
    office.prepare_device()
    office.sign_with_helper()
    office.page.wait_for_url("**/documents/*")
    office.open("Đã phát hành", subject)

    assert len(office.road()) == 11
    assert office.lamps() == ["green", "green", "green"]
    assert [one["operation"] for one in helper.heard] == ["SignApproved", "SignIssued"]
    assert helper.heard[1]["DocNumber"].endswith("/QĐ-UBND")


def test_helper_that_lies_is_not_believed(office: Office, helper: Helper, tmp_path: Path) -> None:
    helper.lies, helper.spoil = True, lambda signed: signed + b"%"
    subject = waiting_for_leader(office, tmp_path)
    office.log_in("lanhdao")
    office.open("Chờ ký", subject)
    office.prepare_device()

    office.sign_with_helper()

    office.page.wait_for_url("**/documents/*")
    office.wait_in("Chờ ký", subject)


def test_what_the_service_refused_is_said_by_the_helper(
    office: Office, helper: Helper, tmp_path: Path
) -> None:
    helper.spoil = lambda signed: signed.replace(b"/Type", b"/Typo", 1)
    subject = waiting_for_leader(office, tmp_path)
    office.log_in("lanhdao")
    office.open("Chờ ký", subject)
    office.prepare_device()

    office.sign_with_helper()

    assert "vẫn giữ nguyên trạng thái cũ" in office.helper_says("không phải là tệp hệ thống")


def test_without_a_helper_the_page_says_what_to_do(office: Office, tmp_path: Path) -> None:
    subject = waiting_for_leader(office, tmp_path)
    office.log_in("lanhdao")
    office.open("Chờ ký", subject)
    office.prepare_device()

    office.sign_with_helper()

    assert "Văn bản chưa thay đổi gì" in office.helper_says("Không gặp được")


@pytest.mark.parametrize("page", [False], indirect=True)
def test_any_tool_will_do_without_scripts(
    office: Office, tmp_path: Path, demo_instance: DemoInstance
) -> None:
    subject = waiting_for_leader(office, tmp_path)
    office.log_in("lanhdao")
    office.open("Chờ ký", subject)
    office.prepare_device()
    given = office.fetch_for_device(tmp_path / "given.pdf")
    wrong = tmp_path / "wrong.pdf"
    wrong.write_bytes(given.read_bytes() + b"\n")

    office.send_signed(wrong)
    assert "extension-no-signature" in office.alert()

    office.page.get_by_role("button", name="Chuẩn bị tệp để ký").click()
    given = office.fetch_for_device(tmp_path / "again.pdf")
    signed = tmp_path / "signed.pdf"
    holder = HOLDERS["SignApproved"]
    # In a thread of its own: the browser's driver has an event loop in this one, the tool too.
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(
            foreign.sign, given.read_bytes(), demo_instance.pki, holder, field="docsvc.leader"
        )
    signed.write_bytes(made.result())
    office.send_signed(signed)
    office.wait_in("Chờ đóng dấu", subject)


@pytest.fixture
def agent(
    site: Site, demo_instance: DemoInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Clicks]:
    """Our own agent, with somebody at the PC who types the PIN."""
    token = demo_instance.token
    for name, value in token.environment.items():
        monkeypatch.setenv(name, value)
    person = Clicks(pin=token.pin_file.read_text().strip())
    outbound = Outbound(Reach(allow=("127.0.0.1",)), timeout_s=60)
    ours = Agent(
        token=TokenPlace(module=token.module, label=token.label),
        key_id="",
        operator=person,
        outbound=outbound,
        sandbox=site.road.services.sandbox,
        clock=SystemClock(),
        pictures=Pictures(),
        lang=Lang.VI,
    )
    folder = tmp_path / "agent"
    with vgca.listening(ours.answer, folder, site.address, port=site.helper_port):
        yield person
    outbound.close()


def test_batch_is_signed_by_our_agent_with_one_pin(
    office: Office, agent: Clicks, tmp_path: Path
) -> None:
    subjects = [waiting_for_leader(office, tmp_path) for _ in range(2)]
    office.log_in("lanhdao")

    outcomes = office.sign_chosen_with_device(subjects)

    assert len(outcomes) == 2
    assert all(one.startswith("letter-") and ":" not in one for one in outcomes)
    assert [len(files) for files in agent.asked] == [2]
    for subject in subjects:
        office.wait_in("Chờ đóng dấu", subject)
