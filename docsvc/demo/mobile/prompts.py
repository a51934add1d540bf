"""What waits on the phones: prompts, what their holders said, and what was ordered to go wrong."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from docsvc.demo.mobile.subscribers import Form, Subscriber

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from docsvc.clock import Clock

# DigestInfo of SHA-256 without the digest (RFC 8017 §9.2).
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
_DIGEST_BYTES = 32

OUTSTANDING, EXPIRED, CANCELLED, SIGNED = 504, 208, 401, 502
# 408 is none of the standard's: one operator says it when all is well.
WITH_SIGNATURE = frozenset({500, SIGNED, 408})
ACCEPTED, WRONG_LENGTH, UNAUTHORISED, UNKNOWN_CLIENT, BUSY = 100, 103, 104, 105, 406


class Holder(StrEnum):
    """What the holder of a phone does with a prompt."""

    ASKED = "asked"  # somebody presses a button: on the page, or in a test
    AGREES = "agrees"
    REFUSES = "refuses"


class Repeat(StrEnum):
    """How an answer is given that was given before."""

    SAME = "same"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How a phone and its operator behave; the default is as one would wish.

    Args:
        holder: what the holder does.
        form: what answers are made of.
        request_status: answer every new request with this status and ask nobody.
        final_status: say this status in the place of 502.
        signs_as: phone number whose key is used instead.
        late_s: seconds between the holder's word and the operator's.
        repeat: `Repeat.OTHER` gives another signature each time one asks.
        foreign: answers name another transaction.
        silent: the connection ends without an answer.
        batch: how many documents one prompt may have.
        call_backs: how often a call-back is sent.
    """

    holder: Holder = Holder.ASKED
    form: Form = Form.VALUE
    request_status: int = 0
    final_status: int = SIGNED
    signs_as: str = ""
    late_s: float = 0.0
    repeat: Repeat = Repeat.SAME
    foreign: bool = False
    silent: bool = False
    batch: int = 10
    call_backs: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One thing to be signed: the digest, and what the screen shows."""

    digest: bytes
    display: str


@dataclass(slots=True, kw_only=True)
class Prompt:
    """One request on one phone."""

    identifier: str
    ap_transaction: str
    subscriber: Subscriber
    documents: tuple[Document, ...]
    mode: str
    call_back: str
    expires_at: datetime
    answers: tuple[bytes, ...] = ()
    status: int = OUTSTANDING
    answered_at: datetime | None = None
    said: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the operator says of a prompt; ``signatures`` by what was shown."""

    status: int
    ap_transaction: str = ""
    identifier: str = ""
    msisdn: str = ""
    signatures: tuple[tuple[str, bytes], ...] = ()


class Phones:
    """All phones of the operator; safe for many threads.

    Args:
        subscribers: who can be asked.
        clock: the time.
    """

    def __init__(self, subscribers: Iterable[Subscriber], clock: Clock) -> None:
        self._subscribers = {one.msisdn: one for one in subscribers}
        self._clock = clock
        self._lock = threading.Lock()
        self._prompts: dict[str, Prompt] = {}
        self._numbers = itertools.count(1)
        self._scripts: dict[str, Script] = {}
        self.on_answer: Callable[[Prompt], None] = lambda _prompt: None

    def script(self, script: Script, msisdn: str = "") -> None:
        """Order how a phone behaves from now on; without a number, every phone."""
        self._scripts[msisdn] = script

    def script_of(self, msisdn: str) -> Script:
        """Return how a phone behaves."""
        return self._scripts.get(msisdn) or self._scripts.get("") or Script()

    def subscriber(self, msisdn: str) -> Subscriber | None:
        """Return a subscriber; None where the number is nobody's."""
        return self._subscribers.get(msisdn)

    def waiting(self) -> list[Prompt]:
        """Return the prompts that nobody has answered yet, the oldest first."""
        now = self._clock.now()
        with self._lock:
            held = list(self._prompts.values())
        return [one for one in held if one.answered_at is None and now <= one.expires_at]

    def add(self, prompt: Prompt) -> int:
        """Show a prompt and return the status of the request: 100 if the phone shows it."""
        script = self.script_of(prompt.subscriber.msisdn)
        if script.request_status:
            return script.request_status
        if not _is_signable(prompt, script):
            return WRONG_LENGTH
        with self._lock:
            self._prompts[prompt.identifier] = prompt
        if script.holder is not Holder.ASKED:
            self.say(prompt.identifier, agrees=script.holder is Holder.AGREES)
        return ACCEPTED

    def known(self, ap_transaction: str, msisdn: str) -> Prompt | None:
        """Return the prompt of a request that is sent again, if it waits or was agreed to."""
        with self._lock:
            held = list(self._prompts.values())
        for one in reversed(held):
            if (one.ap_transaction, one.subscriber.msisdn) == (ap_transaction, msisdn):
                return one if one in self.waiting() or one.answers else None
        return None

    def next_identifier(self) -> str:
        """Return a fresh MSSP_TransID."""
        return f"M{next(self._numbers):06d}"

    def say(self, identifier: str, *, agrees: bool) -> None:
        """Let the holder answer a prompt; what was answered or has expired stays as it is."""
        prompt = self._prompts.get(identifier)
        if prompt is None or prompt not in self.waiting():
            return
        script = self.script_of(prompt.subscriber.msisdn)
        if agrees:
            prompt.answers = self._signed(prompt, script)
        prompt.status = script.final_status if agrees else CANCELLED
        prompt.answered_at = self._clock.now()
        prompt.said.set()
        self.on_answer(prompt)

    def say_all(self, *, agrees: bool) -> None:
        """Let every holder answer everything that waits."""
        for prompt in self.waiting():
            self.say(prompt.identifier, agrees=agrees)

    def expire_all(self) -> None:
        """Let the time of everything that waits run out."""
        for prompt in self.waiting():
            prompt.status = EXPIRED
            prompt.answered_at = self._clock.now()
            prompt.said.set()
            self.on_answer(prompt)

    def state(self, identifier: str) -> State | None:
        """Return what the operator says of a prompt now; None where it knows none."""
        prompt = self._prompts.get(identifier)
        return None if prompt is None else self.state_of(prompt)

    def state_of(self, prompt: Prompt) -> State:
        """Return what the operator says of a prompt now."""
        script = self.script_of(prompt.subscriber.msisdn)
        status, now = prompt.status, self._clock.now()
        if prompt.answered_at is None:
            status = EXPIRED if now > prompt.expires_at else OUTSTANDING
        elif (now - prompt.answered_at).total_seconds() < script.late_s:
            status = OUTSTANDING
        answers = prompt.answers
        if answers and script.repeat is Repeat.OTHER:
            answers = self._signed(prompt, script)
        shown = ["", *(one.display for one in prompt.documents[1:])]
        return State(
            status=status,
            ap_transaction="Tforeign.0" if script.foreign else prompt.ap_transaction,
            identifier=prompt.identifier,
            msisdn=prompt.subscriber.msisdn,
            signatures=tuple(zip(shown, answers, strict=False)) if status in WITH_SIGNATURE else (),
        )

    def _signed(self, prompt: Prompt, script: Script) -> tuple[bytes, ...]:
        signer = self._subscribers[script.signs_as or prompt.subscriber.msisdn]
        return tuple(_answers(prompt.documents, signer, script.form))


def _answers(documents: tuple[Document, ...], signer: Subscriber, form: Form) -> Iterator[bytes]:
    for document in documents:
        yield signer.answer(document.digest.removeprefix(_DIGEST_INFO), form)


def _is_signable(prompt: Prompt, script: Script) -> bool:
    lengths = {len(one.digest.removeprefix(_DIGEST_INFO)) for one in prompt.documents}
    return lengths == {_DIGEST_BYTES} and len(prompt.documents) <= script.batch
