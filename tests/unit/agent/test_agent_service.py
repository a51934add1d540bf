"""What the agent answers when things go wrong round it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from typing_extensions import override

from docsvc.agent.service import Agent, Pictures, Shown
from docsvc.agent.token import OpenToken, TokenPlace
from docsvc.catalog.messages import Lang
from docsvc.clock import SystemClock
from docsvc.confined import Answer
from docsvc.errors import CodedError
from docsvc.http import Outbound, Reach
from docsvc.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest

DESK = "https://desk.example"
TOLD = json.dumps({"FileName": f"{DESK}/a", "FileUploadHandler": f"{DESK}/b", "DocNumber": "7"})


class Nobody:
    """Somebody at the PC who types a PIN; the window may have been closed."""

    closed = False

    def ask(self, _origin: str, _files: Sequence[Shown]) -> str | None:
        if self.closed:
            raise EOFError
        return "1234"

    def tell(self, _name: str, _problem: str | None) -> None:
        """Nobody looks."""


class Shelf(Outbound):
    """A service that has every file."""

    def __init__(self) -> None:
        super().__init__(Reach(), timeout_s=1)

    @override
    def get(self, url: str) -> bytes:
        return b"%PDF-1.7"


class Reader(Sandbox):
    """Children that find what they are told to find."""

    def __init__(self, error: CodedError | None = None) -> None:
        self.error = error

    @override
    def run(self, task: str, *arguments: object, timeout_s: float = 0) -> Answer:
        if self.error is not None:
            raise self.error
        return Answer(facts={"pages": 1, "empty": []})


def agent(tmp_path: Path, *, sandbox: Sandbox | None = None, person: Nobody | None = None) -> Agent:
    return Agent(
        token=TokenPlace(module=tmp_path / "no-such-module.so", label="none"),
        key_id="",
        operator=person or Nobody(),
        outbound=Shelf(),
        sandbox=sandbox or Reader(),
        clock=SystemClock(),
        pictures=Pictures(),
        lang=Lang.EN,
    )


def asked(one: Agent) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(one.answer("SignApproved", DESK, TOLD))
    one.outbound.close()
    return answer


def test_module_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    answer = asked(agent(tmp_path))

    assert (answer["Status"], answer["Error"]) == (1, "signing.module-unusable")
    assert answer["Message"].endswith(".")


def test_defect_is_answered_with_a_sentence_and_the_next_request_is_heard(tmp_path: Path) -> None:
    person = Nobody()
    person.closed = True
    one = agent(tmp_path, person=person)

    assert json.loads(one.answer("SignApproved", DESK, TOLD))["Error"] == "agent.failed"
    person.closed = False
    assert asked(one)["Error"] == "signing.module-unusable"


def test_file_that_cannot_be_read_is_not_shown(tmp_path: Path) -> None:
    answer = asked(agent(tmp_path, sandbox=Reader(CodedError("inspect.not-a-pdf"))))

    assert answer["Error"] == "inspect.not-a-pdf"


def test_code_that_nobody_has_worded_is_said_as_it_is(tmp_path: Path) -> None:
    answer = asked(agent(tmp_path, sandbox=Reader(CodedError("of.elsewhere"))))

    assert answer["Message"] == "of.elsewhere"


def test_token_whose_process_has_ended_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(self: OpenToken) -> NoReturn:
        self._child.stop()
        OpenToken._ask(self, "keys")
        raise AssertionError

    monkeypatch.setattr(OpenToken, "keys", gone)

    assert asked(agent(tmp_path))["Error"] == "agent.token-gone"


def test_token_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docsvc.sandbox.Child.has_answered", lambda *_: False)

    assert asked(agent(tmp_path))["Error"] == "agent.token-gone"
