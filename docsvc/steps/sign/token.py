"""A child process for each token: it alone loads the module and knows the PIN.

A module that crashes takes its child with it, not the worker; the PIN is in that child's memory
and nowhere else.
"""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from docsvc.errors import CodedError, DocsvcError
from docsvc.sandbox import Child
from signing.errors import PinNeededError, SigningError
from signing.signers.base import Completed, Item, Request
from signing.signers.pkcs11 import Pin, Pkcs11Signer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection

    from docsvc.settings import Token

_TIMEOUT_S = 60.0


class TokenGoneError(DocsvcError):
    """The token's process ended or did not answer in time; nothing was stored."""

    code = "sign.token-gone"
    retryable = True


class TokenUnknownError(DocsvcError):
    """No token of that name is attached to this machine."""

    code = "sign.token-unknown"


class TokenProcess:
    """One token: one child process, one session, one request at a time."""

    def __init__(self, token: Token) -> None:
        """Remember the token; the child starts with the first request."""
        self._token = token
        self._lock = threading.Lock()
        self._child: Child | None = None

    def sign(self, key_id: str, to_be_signed: bytes) -> bytes:
        """Return the raw signature value of ``to_be_signed`` by the key ``key_id`` (hex).

        Raises:
            CodedError: the token refused; the code is the signing library's.
            TokenGoneError: its process died or hangs; the next request starts another.
        """
        with self._lock:
            try:
                return self._ask(key_id, to_be_signed)
            except (EOFError, ConnectionError, OSError) as e:
                self.stop()
                raise TokenGoneError(token=self._token.label) from e

    def ready(self) -> int:
        """Return how many keys the token shows; raises as `sign` does."""
        with self._lock:
            try:
                return int.from_bytes(self._ask("", b""))
            except (EOFError, ConnectionError, OSError) as e:
                self.stop()
                raise TokenGoneError(token=self._token.label) from e

    def _ask(self, key_id: str, to_be_signed: bytes) -> bytes:
        pipe = self._started()
        pipe.send((key_id, to_be_signed))
        if not pipe.poll(_TIMEOUT_S):
            raise TimeoutError
        kind, answer = pipe.recv()
        if kind == "value":
            return bytes(answer)
        code, retryable = answer
        if retryable:
            # A token that was pulled out needs a new session.
            self.stop()
        raise CodedError(code, retryable=retryable, token=self._token.label)

    def _started(self) -> Connection:
        if self._child is None or not self._child.process.is_alive():
            self._child = Child(_serve, self._token.model_dump())
        return self._child.pipe

    def stop(self) -> None:
        """End the child; the session ends with it."""
        if self._child is not None:
            self._child.stop()
        self._child = None


class Tokens:
    """The tokens of this machine, by label."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        """Take them from the settings."""
        self._tokens: Mapping[str, TokenProcess] = {t.label: TokenProcess(t) for t in tokens}

    def of(self, label: str) -> TokenProcess:
        """Return the token.

        Raises:
            TokenUnknownError: this machine does not have it.
        """
        if label not in self._tokens:
            raise TokenUnknownError(token=label)
        return self._tokens[label]

    def stop(self) -> None:
        """End all children."""
        for token in self._tokens.values():
            token.stop()


def _serve(pipe: Connection, token: dict[str, object]) -> None:
    """Live in the child: open the session at the first request, sign until the pipe closes."""
    os.environ.update(token["environment"])  # type: ignore[call-overload]  # a dict of strings
    signer: Pkcs11Signer | None = None
    with contextlib.suppress(EOFError):
        while True:
            key_id, to_be_signed = pipe.recv()
            try:
                signer = signer or _open(token)
                try:
                    answer = _answer(signer, key_id, to_be_signed)
                except PinNeededError:
                    # The PIN in memory has had its time or its uses: it is read anew, once.
                    signer = _open(token)
                    answer = _answer(signer, key_id, to_be_signed)
                pipe.send(answer)
            except SigningError as e:
                pipe.send(("error", (e.code, e.retryable)))


def _answer(signer: Pkcs11Signer, key_id: str, to_be_signed: bytes) -> tuple[str, object]:
    if not key_id:
        return "value", len(signer.keys()).to_bytes(2)
    asked = Request(key_id=key_id, items=(Item(to_be_signed=to_be_signed),))
    answer = signer.sign(asked)
    if isinstance(answer, Completed):
        return "value", answer.values[0]
    return "error", ("signing.refused", False)


def _open(token: dict[str, object]) -> Pkcs11Signer:
    pin_file = token["pin_file"]
    pin = Pin(Path(str(pin_file)).read_text("utf-8").strip() if pin_file else None)
    return Pkcs11Signer(str(token["module"]), str(token["label"]), pin, serial=str(token["serial"]))
