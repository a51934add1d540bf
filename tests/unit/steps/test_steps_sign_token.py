"""The loop in a token's child: a PIN that has had its time is read anew, once."""

from __future__ import annotations

import multiprocessing
import threading
from typing import TYPE_CHECKING, Any

import pytest

from docsvc.steps.sign import token as module
from signing.errors import PinIncorrectError, PinNeededError, SigningError
from signing.signers.base import Completed, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from signing.signers.base import Outcome, Request

ORDER: dict[str, object] = {"environment": {}, "label": "token"}


class Signer:
    """Answers what it was told to, in order."""

    def __init__(self, *answers: Outcome | SigningError) -> None:
        self.answers = list(answers)

    def sign(self, _request: Request) -> Outcome:
        answer = self.answers.pop(0)
        if isinstance(answer, SigningError):
            raise answer
        return answer

    def keys(self) -> list[str]:
        return ["key"]


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Connection, list[Signer]]]:
    signers: list[Signer] = []
    monkeypatch.setattr(module, "_open", lambda _token: signers.pop(0))
    ours, theirs = multiprocessing.Pipe()
    thread = threading.Thread(target=module._serve, args=(theirs, ORDER), daemon=True)
    thread.start()
    yield ours, signers
    ours.close()
    thread.join(10)
    assert not thread.is_alive()


def asked(pipe: Connection, key_id: str = "a1") -> Any:
    pipe.send((key_id, b"data"))
    assert pipe.poll(10)
    return pipe.recv()


def test_a_pin_that_is_over_is_read_anew(child: tuple[Connection, list[Signer]]) -> None:
    pipe, signers = child
    signers += [
        Signer(Completed(values=(b"1",)), PinNeededError()),
        Signer(Completed(values=(b"2",))),
    ]
    assert asked(pipe) == ("value", b"1")
    assert asked(pipe) == ("value", b"2")


def test_a_pin_that_is_still_needed_is_not_read_again(
    child: tuple[Connection, list[Signer]],
) -> None:
    pipe, signers = child
    signers += [Signer(PinNeededError()), Signer(PinNeededError())]
    assert asked(pipe) == ("error", ("signing.pin-needed", False))


def test_a_wrong_pin_and_a_no_are_told(child: tuple[Connection, list[Signer]]) -> None:
    pipe, signers = child
    signers.append(Signer(PinIncorrectError(), Refused(code="signing.refused")))
    assert asked(pipe) == ("error", ("signing.pin-incorrect", False))
    assert asked(pipe) == ("error", ("signing.refused", False))
    assert asked(pipe, "") == ("value", b"\0\1")
