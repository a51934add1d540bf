"""Our own agent against a running service, with keys on a real token."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from support import road_end, servers, sockets
from support.desk import CLERK, LEADER

from docsvc.agent.service import Agent, Pictures, Shown
from docsvc.agent.token import TokenPlace
from docsvc.catalog.messages import Lang
from docsvc.clock import SystemClock
from docsvc.http import Outbound, Reach
from docsvc.web import helper
from docsvc.workflow import State, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from support.demo import DemoInstance
    from support.desk import Desk
    from support.road import Road

    from docsvc.steps.sign.handout import HandedOut, HandOuts

OPERATIONS = {Step.SIGN_LEADER: "SignApproved", Step.SIGN_ORGANISATION: "SignIssued"}


@dataclass
class Person:
    """Somebody at the PC, who answers as told."""

    pin: str | None
    asked: list[list[Shown]] = field(default_factory=list)
    told: list[tuple[str, str | None]] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None

    def ask(self, _origin: str, files: Sequence[Shown]) -> str | None:
        self.asked.append(list(files))
        self.meanwhile()
        return self.pin

    def tell(self, name: str, problem: str | None) -> None:
        self.told.append((name, problem))


@pytest.fixture(scope="module")
def pin(demo_instance: DemoInstance) -> str:
    return demo_instance.token.pin_file.read_text().strip()


@pytest.fixture
def person(pin: str) -> Person:
    return Person(pin=pin)


@pytest.fixture
def agent(
    town: Road, demo_instance: DemoInstance, person: Person, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Agent]:
    for name, value in demo_instance.token.environment.items():
        monkeypatch.setenv(name, value)
    outbound = Outbound(Reach(allow=("127.0.0.1",)), timeout_s=60)
    yield Agent(
        token=TokenPlace(module=demo_instance.token.module, label=demo_instance.token.label),
        key_id="",
        operator=person,
        outbound=outbound,
        sandbox=town.services.sandbox,
        clock=SystemClock(),
        pictures=Pictures(),
        lang=Lang.VI,
    )
    outbound.close()


def ask(agent: Agent, site: str, handed: HandedOut, **changed: object) -> dict[str, Any]:
    told = helper.parameters(handed, site) | changed
    answer = agent.answer(OPERATIONS[handed.step], site, json.dumps(told))
    found: dict[str, Any] = json.loads(answer)
    return found


def test_leader_and_clerk_sign_with_the_agent(
    desk: Desk, handouts: HandOuts, agent: Agent, site: str, person: Person, town: Road
) -> None:
    document_id = desk.delivered()
    first = handouts.hand_out(document_id, account=LEADER)

    led = ask(agent, site, first)
    assert (led["Status"], led["Message"]) == (0, "")
    assert desk.take_steps(document_id) is State.REGISTERED
    sealed = ask(agent, site, handouts.hand_out(document_id, account=CLERK))

    assert sealed["Status"] == 0
    assert sealed["DocumentNumber"].endswith("/QĐ-UBND")
    assert sealed["FileServer"] == f"{site}/documents/{document_id}"
    assert desk.take_steps(document_id) is State.PUBLISHED
    road_end.require_whole(town.services.check(road_end.final_file(town, document_id)))
    (shown,) = person.asked[0]
    assert (shown.name, shown.pages, shown.size) == ("letter.pdf", 1, first.size)
    assert shown.groups.replace(" ", "") == first.sha256
    assert person.told == [("letter.pdf", None)] * 2


def test_number_and_date_are_filled_where_the_service_left_them_empty(
    desk: Desk, handouts: HandOuts, agent: Agent, site: str, tmp_path: Path
) -> None:
    """Another service than ours may leave it to the helper, as the protocol has it."""
    handed = handouts.hand_out(desk.delivered(), account=LEADER)
    sent: list[bytes] = []

    class Kept(Outbound):
        def post(self, _url: str, body: bytes, _content_type: str) -> bytes:  # type: ignore[override]
            sent.append(body)
            return b'{"Status": 0}'

    kept = Kept(Reach(allow=("127.0.0.1",)), timeout_s=60)
    told = helper.parameters(handed, site) | {
        "DocNumber": "07/QĐ-UBND",
        "IssuedDate": "2026-11-09T00:00:00+07:00",
        "MetaData": [],
    }
    keys = Agent(
        **{name: getattr(agent, name) for name in agent.__slots__}
        | {"outbound": kept, "key_id": next(iter(desk.demo.token.keys.values()))}
    )
    answer = json.loads(keys.answer("SignIssued", site, json.dumps(told)))
    kept.close()

    assert answer["Status"] == 0, answer
    pdf = sent[0][sent[0].index(b"%PDF-") : sent[0].rindex(b"\r\n--")]
    (tmp_path / "sealed.pdf").write_bytes(pdf)
    with pikepdf.open(tmp_path / "sealed.pdf") as document:
        fields = {str(f.T): str(f.get("/V", "")) for f in document.Root.AcroForm.Fields[0].Kids}
    assert (fields["number"], fields["day"], fields["month"]) == ("07", "09", "11")


def test_batch_asks_once_and_tells_of_each(
    desk: Desk, handouts: HandOuts, agent: Agent, site: str, person: Person
) -> None:
    documents = [desk.delivered() for _ in range(3)]
    handed = [handouts.hand_out(one, account=LEADER) for one in documents]
    # The second was prepared anew in another window: its link is void.
    handouts.hand_out(documents[1], account=LEADER)

    answer = json.loads(agent.answer("SignFiles", site, json.dumps(helper.batch(handed, site))))

    assert answer["Status"] == 1
    assert [one["FileID"] for one in answer["Files"]] == [str(one) for one in documents]
    assert [one["Status"] for one in answer["Files"]] == [0, 1, 0]
    assert answer["Files"][1]["Error"] == "agent.service-unreachable"
    assert len(person.asked) == 1
    assert len(person.asked[0]) == 2
    assert [desk.state_of(one) for one in documents] == [
        State.LEADER_SIGNED, State.CONFIRMED, State.LEADER_SIGNED,
    ]  # fmt: skip


def test_person_who_says_no_signs_nothing(
    desk: Desk, handouts: HandOuts, agent: Agent, site: str, person: Person
) -> None:
    person.pin = None
    document_id = desk.delivered()

    answer = ask(agent, site, handouts.hand_out(document_id, account=LEADER))

    assert (answer["Status"], answer["Error"]) == (1, "signing.refused")
    assert desk.state_of(document_id) is State.CONFIRMED


def test_wrong_pin_is_said_once_and_signs_nothing(
    desk: Desk, handouts: HandOuts, agent: Agent, site: str, person: Person
) -> None:
    person.pin = "00000000"
    documents = [desk.delivered() for _ in range(2)]
    handed = [handouts.hand_out(one, account=LEADER) for one in documents]

    answer = json.loads(agent.answer("SignFiles", site, json.dumps(helper.batch(handed, site))))

    assert {one["Error"] for one in answer["Files"]} == {"signing.pin-incorrect"}
    assert "00000000" not in json.dumps(answer)
    assert {desk.state_of(one) for one in documents} == {State.CONFIRMED}


def test_device_without_the_right_certificate_signs_nothing(
    desk: Desk, handouts: HandOuts, agent: Agent, site: str
) -> None:
    handed = handouts.hand_out(desk.delivered(), account=LEADER)

    for meta in ([{"Key": "certificate", "Value": "ab" * 32}], []):
        answer = ask(agent, site, handed, MetaData=meta)
        assert answer["Error"] == "agent.key-not-entitled"


def test_service_that_refuses_the_file_is_quoted(
    desk: Desk, handouts: HandOuts, agent: Agent, site: str, person: Person
) -> None:
    document_id = desk.delivered()
    handed = handouts.hand_out(document_id, account=LEADER)
    person.meanwhile = lambda: town_confirms(desk, document_id)

    answer = ask(agent, site, handed)

    assert answer["Error"] == "agent.not-accepted"
    assert "Văn bản đã thay đổi từ khi phát tệp để ký" in answer["Message"]


def town_confirms(desk: Desk, document_id: Any) -> None:
    desk.town.services.confirm(document_id, Step.SIGN_LEADER, account=LEADER)


def test_second_request_meanwhile_is_told_to_wait(
    desk: Desk, handouts: HandOuts, agent: Agent, site: str, person: Person
) -> None:
    one, two = (handouts.hand_out(desk.delivered(), account=LEADER) for _ in range(2))
    second: list[dict[str, Any]] = []
    person.meanwhile = lambda: second.append(ask(agent, site, two))

    assert ask(agent, site, one)["Status"] == 0
    assert second[0]["Error"] == "agent.busy"


@pytest.mark.parametrize(
    ("operation", "message", "code"),
    [
        ("Config", "{}", "agent.operation-unknown"),
        ("SignApproved", "no JSON", "agent.request-invalid"),
        ("SignApproved", '{"FileName": "https://evil.example/a"}', "agent.foreign-address"),
    ],
)
def test_wrong_request_is_answered_with_a_sentence(
    agent: Agent, site: str, operation: str, message: str, code: str
) -> None:
    answer = json.loads(agent.answer(operation, site, message))

    assert (answer["Status"], answer["Error"]) == (1, code)
    assert "chưa ký gì" in answer["Message"] or "từ chối" in answer["Message"]


def test_service_that_is_away_is_said(agent: Agent, person: Person) -> None:
    away = f"http://127.0.0.1:{servers.free_port()}"
    told = {"FileName": f"{away}/a", "FileUploadHandler": f"{away}/b"}

    answer = json.loads(agent.answer("SignApproved", away, json.dumps(told)))

    assert answer["Error"] == "agent.service-unreachable"
    assert person.asked == []


# --- the command

LAUNCH = (
    "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "from docsvc.cli.main import main; main()"
)


@dataclass
class Window:
    """A terminal with the agent in it."""

    process: subprocess.Popen[bytes]
    master: int
    shown: str = ""

    def wait_for(self, words: str, limit_s: float = 120) -> None:
        end = time.monotonic() + limit_s
        while words not in self.shown:
            assert time.monotonic() < end, self.shown
            with contextlib.suppress(BlockingIOError):
                self.shown += os.read(self.master, 65536).decode("utf-8", "replace")
            time.sleep(0.02)

    def type(self, text: str) -> None:
        os.write(self.master, text.encode() + b"\n")


@pytest.fixture
def window(
    tmp_path: Path, demo_instance: DemoInstance, site: str
) -> Iterator[Callable[..., Window]]:
    opened: list[Window] = []

    def open_(port: int) -> Window:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, b"\x32\x00\xc8\x00\x00\x00\x00\x00")
        os.set_blocking(master, False)
        token = demo_instance.token
        process = subprocess.Popen(
            [
                sys.executable, "-c", LAUNCH, "agent", "--origin", site, "--module", token.module,
                "--token", token.label, "--port", str(port), "--folder", tmp_path / "agent",
            ],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env=os.environ | dict(token.environment),
        )  # fmt: skip
        os.close(slave)
        opened.append(Window(process=process, master=master))
        return opened[-1]

    yield open_
    for each in opened:
        each.process.terminate()
        each.process.wait(60)
        os.close(each.master)


def test_command_shows_the_file_asks_for_the_pin_and_signs(
    desk: Desk,
    handouts: HandOuts,
    site: str,
    window: Callable[..., Window],
    tmp_path: Path,
    pin: str,
) -> None:
    document_id, port = desk.delivered(), servers.free_port()
    handed = handouts.hand_out(document_id, account=LEADER)
    seen = window(port)
    seen.wait_for("Ctrl+C")
    assert "certutil" in seen.shown

    answers: list[str] = []
    message = json.dumps(helper.parameters(handed, site))
    browser = threading.Thread(
        target=lambda: answers.append(
            sockets.ask(port, tmp_path / "agent/agent.crt", "SignApproved", site, message)
        )
    )
    browser.start()
    seen.wait_for("Mã PIN")
    assert "letter.pdf" in seen.shown
    assert handed.sha256[:4] in seen.shown
    seen.type(pin)
    browser.join(120)

    seen.wait_for("✓ letter.pdf")
    assert json.loads(answers[0])["Status"] == 0
    assert desk.state_of(document_id) is State.LEADER_SIGNED
    assert pin not in seen.shown


def test_command_without_a_terminal_says_so(demo_instance: DemoInstance, site: str) -> None:
    token = demo_instance.token
    done = subprocess.run(
        [
            sys.executable, "-c", "from docsvc.cli.main import main; main()", "agent",
            "--origin", site, "--module", token.module, "--token", token.label,
        ],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert "cửa sổ dòng lệnh" in done.stderr
