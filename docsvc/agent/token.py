"""The token in this PC: a child process opens it for one batch, and forgets the PIN with it."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from docsvc.agent.errors import TokenGoneError
from docsvc.errors import CodedError
from docsvc.sandbox import Child
from signing.errors import SigningError
from signing.signers.base import Completed, Item, Key, Request
from signing.signers.pkcs11 import Pkcs11Signer

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

# The slowest tokens need some seconds a signature, and minutes to be read for the first time.
_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPlace:
    """Which token: the library of its maker, and the label that its own tools show."""

    module: Path
    label: str


class OpenToken:
    """A token that is open for one batch; leave it, and its process ends with the PIN in it."""

    def __init__(self, place: TokenPlace, pin: str) -> None:
        """Start the process; the token is opened with the first question."""
        self._label = place.label
        self._child = Child(_serve)
        # Children are forked from a server that may be older than our environment.
        self._child.pipe.send((dict(os.environ), str(place.module), place.label, pin))

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self._child.stop()

    def keys(self) -> list[Key]:
        """Return the keys that can sign.

        Raises:
            CodedError: the token can't be opened; the code is the signing library's.
            TokenGoneError: its process ended, or hangs.
        """
        return [Key(*one) for one in self._ask("keys")]

    def chain(self, key_id: str) -> tuple[bytes, ...]:
        """Return the certificates of a key as far as the token has them; raises as `keys` does."""
        return tuple(self._ask("chain", key_id))

    def sign(self, key_id: str, to_be_signed: bytes) -> bytes:
        """Return a signature value; raises as `keys` does."""
        return bytes(self._ask("sign", key_id, to_be_signed)[0])

    def _ask(self, *question: object) -> list[Any]:
        try:
            self._child.pipe.send(question)
            if not self._child.has_answered(_TIMEOUT_S):
                raise TokenGoneError(token=self._label)
            kind, answer = self._child.pipe.recv()
        except (EOFError, OSError) as e:
            raise TokenGoneError(token=self._label) from e
        if kind == "error":
            raise CodedError(answer, token=self._label)
        found: list[Any] = answer
        return found


def _serve(pipe: Connection) -> None:
    """Live in the child: answer with the token until the pipe closes."""
    with contextlib.suppress(EOFError):
        environment, module, label, pin = pipe.recv()
        os.environ.update(environment)
        with Pkcs11Signer(module=module, token_label=label, pin=pin) as signer:
            del pin
            while True:
                question, *arguments = pipe.recv()
                pipe.send(_answered(_ANSWERS[question], signer, arguments))


def _answered(
    answer: Callable[..., object], signer: Pkcs11Signer, arguments: list[object]
) -> tuple[str, object]:
    try:
        return "value", answer(signer, *arguments)
    except SigningError as e:
        return "error", e.code


def _keys(signer: Pkcs11Signer) -> list[tuple[str, str, bytes]]:
    return [(*one,) for one in signer.keys()]  # noqa: SIM118  # no mapping, a token


def _chain(signer: Pkcs11Signer, key_id: str) -> tuple[bytes, ...]:
    return signer.chain(key_id)


def _sign(signer: Pkcs11Signer, key_id: str, to_be_signed: bytes) -> tuple[bytes, ...]:
    outcome = signer.sign(Request(key_id=key_id, items=(Item(to_be_signed=to_be_signed),)))
    if isinstance(outcome, Completed):
        return outcome.values
    raise _RefusedOnTokenError


class _RefusedOnTokenError(SigningError):
    """Whoever holds the token pressed "cancel" on it."""

    code = "signing.refused"


_ANSWERS: dict[str, Callable[..., object]] = {"keys": _keys, "chain": _chain, "sign": _sign}
