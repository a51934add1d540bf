"""What the person at the PC sees and types."""

from __future__ import annotations

import getpass
import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from docsvc.agent.requests import Operation
from docsvc.agent.service import Shown
from docsvc.agent.terminal import Terminal, printable
from docsvc.catalog.messages import Lang

if TYPE_CHECKING:
    from collections.abc import Callable

DIGEST = "0123456789abcdef" * 4
FILE = Shown(
    name="Quyết định\x1b[2J\u202e.pdf",
    pages=3,
    size=70_000,
    digest=DIGEST,
    operation=Operation.ISSUED,
)


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def terminal(screen: io.StringIO) -> Callable[[Lang], Terminal]:
    return lambda lang: Terminal(console=Console(file=screen, width=200), lang=lang)


@pytest.mark.parametrize("lang", list(Lang))
def test_files_are_shown_before_the_pin_is_asked_for(
    terminal: Callable[[Lang], Terminal],
    screen: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
    lang: Lang,
) -> None:
    seen: list[str] = []

    def typed(prompt: str) -> str:
        seen.append(screen.getvalue())
        assert "PIN" in prompt
        return " 123456 "

    monkeypatch.setattr(getpass, "getpass", typed)

    assert terminal(lang).ask("https://desk.example", [FILE, FILE]) == "123456"
    assert "https://desk.example" in seen[0]
    assert FILE.groups in seen[0]
    assert "SignIssued" in seen[0]
    assert "68" in seen[0]
    assert "123456" not in screen.getvalue()


def test_nothing_typed_is_a_refusal(
    terminal: Callable[[Lang], Terminal], screen: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getpass, "getpass", lambda _: "  ")

    assert terminal(Lang.VI).ask("https://desk.example", [FILE]) is None
    assert "Đã từ chối; chưa ký gì." in screen.getvalue()


def test_outcome_of_each_file_is_told(
    terminal: Callable[[Lang], Terminal], screen: io.StringIO
) -> None:
    terminal(Lang.EN).tell("a.pdf", None)
    terminal(Lang.EN).tell("b.pdf", "The PIN is wrong.")

    assert "✓ a.pdf: signed and sent back" in screen.getvalue()
    assert "✗ b.pdf: The PIN is wrong." in screen.getvalue()


def test_name_of_a_file_cannot_play_with_the_terminal() -> None:
    assert printable(FILE.name) == "Quyết định\ufffd[2J\ufffd.pdf"


def test_digest_is_read_in_groups_of_four() -> None:
    assert FILE.groups.split(" ") == ["0123", "4567", "89ab", "cdef"] * 4
