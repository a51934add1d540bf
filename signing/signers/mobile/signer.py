"""A holder's phone as a signer: one prompt, minutes of thinking, an answer that is checked.

Nothing is kept here between two calls: a request under way is its handle.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from typing_extensions import override

from signing.answers import read_answer
from signing.errors import KeyNotFoundError
from signing.signers._chain import chain_of
from signing.signers.base import Completed, Pending, Refused
from signing.signers.mobile import handle as handles
from signing.signers.mobile.errors import (
    MobileAnswerChangedError,
    MobileAnswerUnreadableError,
    MobileForeignAnswerError,
    MobileNotAuthenticError,
)
from signing.signers.mobile.handle import Handle, Part
from signing.signers.mobile.messages import Document, Mode, Order, masked, msisdn_of
from signing.signers.mobile.statuses import EXPIRED, Kind, meaning_of
from signing.signers.prompts import control_code, plain, prompt_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from signing.signers.base import Outcome, Request
    from signing.signers.mobile.adapter import Adapter
    from signing.signers.mobile.messages import Reply

_TRANSACTION = re.compile(r"[A-Za-z0-9_-]{1,60}")
_AP_TRANSACTION = re.compile(r"T(?P<ours>[A-Za-z0-9_-]{1,60})\.(?P<done>[0-9]{1,6})")
_POLL_AFTER_S = 5.0
# A call-back comes by itself; asking is for the one that got lost.
_ASK_AFTER_CALL_BACK_S = 60.0
# An answer that was under way when time ran out.
_GRACE_S = 30
_SECRET_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What the caller has stored of a transaction: its last handle, and its end if there is one."""

    handle: str = field(repr=False)
    outcome: Completed | Refused | None = None


class MobileSigner:
    """Signs with the SIMs of one operator's subscribers; a key is named by its phone number.

    Args:
        adapter: the operator.
        now: the clock.
        certificates: gives the chain of a phone number (``84…``), the holder's certificate first;
            where it gives none, the operator is asked.
    """

    def __init__(
        self,
        adapter: Adapter,
        *,
        now: Callable[[], datetime],
        certificates: Callable[[str], tuple[bytes, ...]] = lambda _number: (),
    ) -> None:
        self._adapter = adapter
        self._now = now
        self._certificates = certificates

    @override
    def __repr__(self) -> str:
        return f"MobileSigner({self._adapter!r})"

    def chain(self, key_id: str) -> tuple[bytes, ...]:
        """Return the certificates of a phone; see `Signer`.

        Raises:
            MobileNumberError: ``key_id`` is no phone number.
            KeyNotFoundError: nobody knows a certificate of this phone.
            SigningError: the operator could not be asked.
        """
        msisdn = msisdn_of(key_id)
        chain = self._certificates(msisdn)
        if not chain:
            asked = Order(msisdn=msisdn, transaction=f"P{_short(msisdn.encode())}", at=self._now())
            found = self._adapter.get_certificate(asked)
            chain = chain_of(found[0], found[1:]) if found else ()
        if not chain:
            raise KeyNotFoundError(key_id=masked(msisdn))
        return chain

    def sign(self, request: Request) -> Outcome:
        """Ask the holder; see `Signer`.

        In the synchronous mode this lasts until the holder has answered. More items than the
        operator takes in one prompt are asked for one prompt after the other: a `Pending` handle
        then changes from one `poll` to the next, and the last one is to be kept.

        After a crash the same request may be sent again. An operator that knows its transaction
        goes on with the prompt there is; one that does not says `MobileBusyError` while that
        prompt waits, and then asks the holder anew. The answer to a lost prompt signs nothing.

        Raises:
            MobileNumberError, KeyNotFoundError: as `chain` does.
            ValueError: the transaction has other signs than letters, digits, ``_`` and ``-``, or
                there is no item.
            SignerUnreachableError: the operator did not answer; the same request may be sent again.
            ValueDoesNotVerifyError: the answer is by another key, or over other bytes.
            SigningError: what the operator's status says (`statuses`).
        """
        if not request.items:
            msg = "nothing to sign"
            raise ValueError(msg)
        begun = _begun(request, chain=self.chain(request.key_id), now=int(self._now().timestamp()))
        return self._ask(begun)

    def poll(self, handle: str) -> Outcome:
        """Ask the operator what became of a request; see `DeferredSigner`.

        An answer that was given in time counts, however late it is fetched: it is the operator
        that ends a prompt. One that still waits after its time is refused.
        """
        state = handles.decode(handle)
        reply = self._adapter.poll(self._order(state), state.operator_transaction)
        return self._outcome(state, reply)

    def cancel(self, handle: str) -> None:
        """Give a request up; see `DeferredSigner`.

        Where the operator can't take a prompt back it runs out on the phone: the caller forgets
        the handle, and an answer that comes all the same signs nothing.
        """
        state = handles.decode(handle)
        self._adapter.cancel(self._order(state), state.operator_transaction)

    def acknowledge(self, handle: str, text: str) -> None:
        """Tell the holder on the phone what became of the document (MSS_Receipt)."""
        state = handles.decode(handle)
        shown = prompt_of(text, code=state.code)
        self._adapter.acknowledge(self._order(state), state.operator_transaction, shown)

    def received(
        self, body: bytes, *, transaction: str, secret: str, find: Callable[[str], Waiting | None]
    ) -> tuple[str, Outcome]:
        """Take a call-back of the operator.

        The address that the operator calls ends in ``/<transaction>/<secret>``. Whoever knows the
        secret may say no; a yes has to verify besides.

        Args:
            body: what was posted.
            transaction: from the address; an AP_TransID.
            secret: from the address.
            find: looks up what is stored of a `Request.transaction`.

        Returns:
            The handle that was stored, and the outcome. The same answer again gives the same
            outcome.

        Raises:
            MobileNotAuthenticError: the secret is not that of the transaction.
            MobileForeignAnswerError: nothing is stored of it, or the body is of another one.
            MobileAnswerChangedError: it was answered already, and differently.
            SigningError: as `poll` does.
        """
        if not hmac.compare_digest(secret.encode(), self._secret(transaction).encode()):
            raise MobileNotAuthenticError
        named = _AP_TRANSACTION.fullmatch(transaction)
        waiting = find(named["ours"]) if named else None
        if named is None or waiting is None:
            raise MobileForeignAnswerError(reason="unknown")
        state = handles.decode(waiting.handle)
        reply = self._adapter.read(body)
        if int(named["done"]) < len(state.done):
            return waiting.handle, self._repeated(state, int(named["done"]), reply)
        _require_same(state.ap_transaction, transaction, reason="transaction")
        if waiting.outcome is not None:
            return waiting.handle, self._again(state, waiting.outcome, reply)
        if self._is_late(state, _GRACE_S):
            return waiting.handle, Refused(code=EXPIRED)
        return waiting.handle, self._outcome(state, reply)

    def _repeated(self, state: Handle, done: int, reply: Reply) -> Outcome:
        """Compare an answer to a prompt before the one that waits with the one that was taken."""
        values = _sorted(reply)
        if not values or values != sorted(state.done[done : done + len(values)]):
            raise MobileAnswerChangedError
        return Pending(handle=state.encode(), poll_after_s=self._poll_after_s)

    def _again(self, state: Handle, first: Completed | Refused, reply: Reply) -> Outcome:
        meaning = meaning_of(reply.status, also_signed=self._adapter.operator.also_signed)
        if isinstance(first, Refused):
            same = meaning.kind is Kind.REFUSED and meaning.refusal == first.code
        else:
            values = sorted(first.values[len(state.done) :])
            same = meaning.kind is Kind.SIGNED and _sorted(reply) == values
        if not same:
            raise MobileAnswerChangedError
        return first

    def _ask(self, state: Handle) -> Outcome:
        """Send the next prompt; in the synchronous mode one after the other, to the last."""
        while True:
            state = state.asking(self._adapter.operator.batch_max)
            answer = self._taken(state, self._adapter.sign_hash(self._order(state)))
            if not isinstance(answer, Handle):
                return answer
            state = answer

    def _outcome(self, state: Handle, reply: Reply) -> Outcome:
        """Turn what the operator said into an outcome; the next prompt follows at once."""
        answer = self._taken(state, reply)
        return self._ask(answer) if isinstance(answer, Handle) else answer

    def _taken(self, state: Handle, reply: Reply) -> Outcome | Handle:
        """Return the outcome of the request, or the handle with which to go on."""
        _require_same(reply.transaction, state.ap_transaction, reason="transaction")
        _require_same(
            reply.operator_transaction, state.operator_transaction, reason="operator-transaction"
        )
        number = msisdn_of(reply.msisdn) if reply.msisdn else ""
        _require_same(number, state.msisdn, reason="phone")
        meaning = meaning_of(reply.status, also_signed=self._adapter.operator.also_signed)
        if meaning.kind is Kind.PENDING:
            return self._pending(state, reply)
        if meaning.kind is Kind.REFUSED:
            return Refused(code=meaning.refusal)
        if meaning.kind is Kind.FAILED:
            raise meaning.error(status=reply.status)
        answered = state.answered(self._values(state, reply))
        complete = len(answered.done) == len(answered.parts)
        return Completed(values=answered.done) if complete else answered

    def _pending(self, state: Handle, reply: Reply) -> Pending | Refused:
        if self._is_late(state):
            return Refused(code=EXPIRED)
        found = reply.operator_transaction or state.operator_transaction
        if not found:
            raise MobileAnswerUnreadableError(reason="transaction")
        return Pending(handle=state.waiting(found).encode(), poll_after_s=self._poll_after_s)

    def _values(self, state: Handle, reply: Reply) -> tuple[bytes, ...]:
        """Return the answers of one prompt in the order of its items, each checked."""
        documents = self._documents(state)
        answers = dict(reply.signatures)
        wanted = ["", *(one.display for one in documents[1:])]
        if sorted(answers) != sorted(wanted) or len(reply.signatures) != len(wanted):
            raise MobileAnswerUnreadableError(reason="signatures")
        values = tuple(answers[display] for display in wanted)
        for part, value in zip(state.parts_asked, values, strict=True):
            read_answer(
                value,
                chain=state.chain,
                attributes_digest=part.attributes_digest,
                content_digest=part.content_digest,
            )
        return values

    def _documents(self, state: Handle) -> tuple[Document, ...]:
        """Return what one prompt asks for: the first shows the prompt, the others their names."""
        start, total = len(state.done), len(state.parts)
        single = state.asked == total
        documents = []
        for number, part in enumerate(state.parts_asked, start + 1):
            is_first = number == start + 1
            text = state.prompt if is_first else part.name
            counted = text if is_first and single else f"{number}-{total} {plain(text)}"
            documents.append(
                Document(digest=self._digest(part), display=prompt_of(counted, code=state.code))
            )
        return tuple(documents)

    def _digest(self, part: Part) -> bytes:
        if self._adapter.operator.signs_content:
            return part.content_digest
        return part.attributes_digest

    def _order(self, state: Handle) -> Order:
        operator = self._adapter.operator
        transaction, call_back = state.ap_transaction, ""
        if operator.mode is Mode.CALL_BACK:
            call_back = f"{operator.call_back_url}/{transaction}/{self._secret(transaction)}"
        return Order(
            msisdn=state.msisdn,
            transaction=transaction,
            documents=self._documents(state),
            mode=operator.mode,
            timeout_s=state.timeout_s,
            at=self._now(),
            call_back=call_back,
        )

    def _secret(self, transaction: str) -> str:
        key = self._adapter.operator.call_back_key
        if not key:
            raise MobileNotAuthenticError
        return hmac.new(key, transaction.encode(), hashlib.sha256).hexdigest()[: 2 * _SECRET_BYTES]

    def _is_late(self, state: Handle, grace_s: int = 0) -> bool:
        return self._now().timestamp() > state.expires_at + grace_s

    @property
    def _poll_after_s(self) -> float:
        called_back = self._adapter.operator.mode is Mode.CALL_BACK
        return _ASK_AFTER_CALL_BACK_S if called_back else _POLL_AFTER_S


def _begun(request: Request, *, chain: tuple[bytes, ...], now: int) -> Handle:
    parts = tuple(
        Part(
            attributes_digest=hashlib.sha256(item.to_be_signed).digest(),
            content_digest=item.content_digest,
            name=plain(item.name),
        )
        for item in request.items
    )
    digests = [part.attributes_digest for part in parts]
    transaction = request.transaction or _short(b"".join(digests))
    if not _TRANSACTION.fullmatch(transaction):
        msg = "a transaction is made of letters, digits, _ and -"
        raise ValueError(msg)
    return Handle(
        msisdn=msisdn_of(request.key_id),
        transaction=transaction,
        parts=parts,
        expires_at=now + int(request.valid_for_s),
        timeout_s=max(1, int(request.valid_for_s)),
        prompt=plain(request.prompt),
        code=request.control_code or control_code(digests),
        chain=chain,
    )


def _sorted(reply: Reply) -> list[bytes]:
    """Return the answers for comparing: operators may tell a batch in another order next time."""
    return sorted(value for _, value in reply.signatures)


def _short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:24]


def _require_same(said: str, ours: str, *, reason: str) -> None:
    """Check what an answer says of its own origin, where both sides have a word for it."""
    if said and ours and said != ours:
        raise MobileForeignAnswerError(reason=reason)
