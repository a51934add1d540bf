"""What the operator answers to each message, whatever its form on the wire."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field, replace
from datetime import timedelta

from docsvc.clock import Clock
from docsvc.demo.mobile.prompts import (
    ACCEPTED,
    BUSY,
    OUTSTANDING,
    UNKNOWN_CLIENT,
    Document,
    Phones,
    Prompt,
    State,
)

_UNKNOWN_TRANSACTION = 101
_PROFILE_OK = 100
_SYNCH, _CALL_BACK = "synch", "asynchServerServer"
_LONGEST_WAIT_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that was read: its kind and what it holds."""

    kind: str  # MSS_SignatureReq, MSS_StatusReq, MSS_ProfileReq, MSS_ReceiptReq
    ap_transaction: str = ""
    msisdn: str = ""
    mode: str = ""
    timeout_s: int = _LONGEST_WAIT_S
    call_back: str = ""
    operator_transaction: str = ""
    documents: tuple[tuple[str, str], ...] = ()  # base64 of the data, and what is shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is said: the state of a prompt, or certificates."""

    kind: str
    state: State
    certificates: tuple[bytes, ...] = ()


@dataclass(slots=True)
class Operator:
    """Answers requests for the phones it has.

    Args:
        phones: where prompts appear.
        clock: the time.
    """

    phones: Phones
    clock: Clock
    receipts: list[str] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer | None:
        """Return the answer to a request; None: the operator falls silent."""
        if self.phones.script_of(asked.msisdn).silent:
            return None
        answers = {
            "MSS_SignatureReq": self._signature,
            "MSS_StatusReq": self._status,
            "MSS_ProfileReq": self._profile,
            "MSS_ReceiptReq": self._receipt,
        }
        return answers[asked.kind](asked)

    def _signature(self, asked: Asked) -> Answer:
        subscriber = self.phones.subscriber(asked.msisdn)
        if subscriber is None:
            return _said("MSS_SignatureResp", UNKNOWN_CLIENT, asked)
        known = self.phones.known(asked.ap_transaction, asked.msisdn)
        if known is not None:
            return self._accepted(known)
        if any(one.subscriber is subscriber for one in self.phones.waiting()):
            return _said("MSS_SignatureResp", BUSY, asked)
        prompt = Prompt(
            identifier=self.phones.next_identifier(),
            ap_transaction=asked.ap_transaction,
            subscriber=subscriber,
            documents=tuple(Document(digest=_bytes(d), display=s) for d, s in asked.documents),
            mode=asked.mode,
            call_back=asked.call_back if asked.mode == _CALL_BACK else "",
            expires_at=self.clock.now() + timedelta(seconds=asked.timeout_s),
        )
        status = self.phones.add(prompt)
        if status != ACCEPTED:
            return _said("MSS_SignatureResp", status, asked, identifier=prompt.identifier)
        return self._accepted(prompt)

    def _accepted(self, prompt: Prompt) -> Answer:
        """Say that the phone shows it, or in the synchronous mode what became of it."""
        state = self.phones.state_of(prompt)
        if prompt.mode == _SYNCH:
            left = (prompt.expires_at - self.clock.now()).total_seconds()
            prompt.said.wait(max(0.0, min(left, _LONGEST_WAIT_S)))
            return Answer(kind="MSS_SignatureResp", state=self.phones.state_of(prompt))
        accepted = replace(state, status=ACCEPTED, signatures=())
        return Answer(kind="MSS_SignatureResp", state=accepted)

    def _status(self, asked: Asked) -> Answer:
        state = self.phones.state(asked.operator_transaction)
        if state is None:
            return _said("MSS_StatusResp", _UNKNOWN_TRANSACTION, asked)
        return Answer(kind="MSS_StatusResp", state=state)

    def _profile(self, asked: Asked) -> Answer:
        subscriber = self.phones.subscriber(asked.msisdn)
        if subscriber is None:
            return _said("MSS_ProfileResp", UNKNOWN_CLIENT, asked)
        said = _said("MSS_ProfileResp", _PROFILE_OK, asked)
        return Answer(kind=said.kind, state=said.state, certificates=subscriber.chain)

    def _receipt(self, asked: Asked) -> Answer:
        self.receipts.extend(shown for _, shown in asked.documents)
        return _said("MSS_ReceiptResp", _PROFILE_OK, asked)

    def notification(self, prompt: Prompt) -> Answer | None:
        """Return what a call-back says; None where nobody is to be called back (yet)."""
        state = self.phones.state_of(prompt)
        if not prompt.call_back or state.status == OUTSTANDING:
            return None
        return Answer(kind="MSS_StatusResp", state=state)


def _said(kind: str, status: int, asked: Asked, *, identifier: str = "M0") -> Answer:
    state = State(
        status=status,
        ap_transaction=asked.ap_transaction,
        identifier=identifier,
        msisdn=asked.msisdn,
    )
    return Answer(kind=kind, state=state)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
