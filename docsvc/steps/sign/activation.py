"""Keys whose holder has to type something: a PIN, a one-time code, or either, at the desk.

The request waits as a row until its holder comes to the page. What is typed goes from there to the
service in the same call: it is in no row, job, log or error, and nothing is tried a second time
with it. A wrong one leaves the request as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from docsvc.audit import service as audit
from docsvc.db.transactions import Transactions
from docsvc.documents.tables import Document
from docsvc.errors import CodedError, DocsvcError
from docsvc.steps.sign import rules
from docsvc.steps.sign.providers import Provider, ProviderUnusableError
from docsvc.steps.sign.requests import Requests, request_of
from docsvc.steps.sign.rules import ACTIVATION_NEEDED, OPEN, RequestState, Typed
from docsvc.steps.sign.tables import RequestDocument, SigningRequest
from docsvc.steps.sign.waiting import Waiting, view_of
from signing.errors import PinIncorrectError, SigningError
from signing.signers.base import Request, Signer
from signing.signers.remote.credential import Activation
from signing.signers.remote.errors import ActivationMissingError, OneTimeCodeIncorrectError

if TYPE_CHECKING:
    from docsvc.db.transactions import Tx

_FACTS = "activation"
# The answer of a service that was asked in time may take that much longer.
_WAY_BACK = timedelta(seconds=60)
# The holder typed something wrongly or not at all: it can be typed again.
_AGAIN = (PinIncorrectError, OneTimeCodeIncorrectError, ActivationMissingError)


class RequestUnknownError(DocsvcError):
    """There is no such request, or it was not this person's yes."""

    code = "sign.request-unknown"


class NothingToTypeError(DocsvcError):
    """The request does not wait for a PIN or a code now: it has ended, or one is being tried."""

    code = "sign.nothing-to-type"


class CodeTooSoonError(DocsvcError):
    """A code was sent a moment ago, or often enough; ``seconds`` is 0 where no more are sent."""

    code = "sign.code-too-soon"


@dataclass(frozen=True, slots=True, kw_only=True)
class Titled:
    """A document of a request, as people call it."""

    id: UUID
    title: str
    number_text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Typing:
    """What the holder sees: what is signed, and what is to be typed for it.

    Attributes:
        typed: what the key wants; None where nothing is to be typed, now or at all.
        batch_id: the batch that the documents are in.
        codes_sent: how many one-time codes were sent for this request.
    """

    request: Waiting
    documents: tuple[Titled, ...]
    typed: Typed | None
    batch_id: UUID | None
    codes_sent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Door:
    """How a provider takes what was typed."""

    activated: Callable[[Activation], Signer]
    send_code: Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Activations:
    """Takes what holders type, each for a request of their own."""

    requests: Requests
    transactions: Transactions

    def view(self, transaction: str, *, account: str) -> Typing:
        """Return a request that this person said yes to.

        Raises:
            RequestUnknownError: there is none, or it was another person's yes.
        """
        with self.transactions() as tx:
            row = _own(tx.get(SigningRequest, transaction), account)
            return Typing(
                request=view_of(tx, row),
                documents=_documents(tx, transaction),
                typed=_typed(row) if _waits(row) else None,
                batch_id=row.batch_id,
                codes_sent=len(_sent(row)),
            )

    def send_code(self, transaction: str, *, account: str) -> None:
        """Have the service send the holder a one-time code.

        Raises:
            RequestUnknownError: see `view`.
            NothingToTypeError: no code is wanted, or none that the service sends.
            CodeTooSoonError: one was sent a moment ago, or as many as a request may need.
            CodedError: the service was not to be had, or sends none.
        """
        now = self.requests.clock.now()
        with self.transactions() as tx:
            row = self._ours(tx, transaction, account)
            if not _typed(row).sends_code:
                raise NothingToTypeError
            wait = rules.code_wait(_sent(row), now)
            if wait is None or wait > timedelta(0):
                raise CodeTooSoonError(seconds=int(wait.total_seconds()) if wait else 0)
            # Counted before it is sent: a service that fails is not hammered either.
            told = row.facts[_FACTS] | {"sent": [one.isoformat() for one in (*_sent(row), now)]}
            row.facts = row.facts | {_FACTS: told}
            provider, key_id = row.provider, row.key_id
        try:
            self._door(provider).send_code(key_id)
        except SigningError as e:
            raise CodedError.of(e) from e

    def give(self, transaction: str, activation: Activation, *, account: str) -> None:
        """Sign with what the holder typed; no transaction is open while the service is asked.

        Raises:
            RequestUnknownError: see `view`.
            NothingToTypeError: nothing is to be typed, or somebody is just doing it.
            CodedError: with the code of the library. Where something was typed wrongly or is
                missing, and where the service is away, nothing was signed and the request waits
                for another try; otherwise it has ended.
        """
        now = self.requests.clock.now()
        with self.transactions() as tx:
            row = self._ours(tx, transaction, account)
            door = self._door(row.provider)
            request, fence = self._begun(tx, row, now), row.fence
        try:
            outcome = door.activated(activation).sign(request)
        except SigningError as e:
            self._failed(transaction, fence, e, account)
            raise CodedError.of(e) from e
        with self.transactions() as tx:
            self.requests.settle(tx, transaction, outcome)
            audit.append(
                tx, at=self.requests.clock.now(), actor=account, act="sign.activated",
                subject=transaction,
            )  # fmt: skip

    def _ours(self, tx: Tx, transaction: str, account: str) -> SigningRequest:
        """Return a request that waits for this person, held until ``tx`` ends."""
        row = _own(self.requests.taken(tx, transaction), account)
        over = rules.is_over(self.requests.clock.now(), row.expires_at, reachable=True)
        if over or not _waits(row):
            raise NothingToTypeError
        return row

    def _begun(self, tx: Tx, row: SigningRequest, now: datetime) -> Request:
        """Write down that the service is being asked: nobody else does so meanwhile."""
        ends = row.expires_at or now
        row.code, row.fence = None, row.fence + 1
        # If this process dies, the worker finds the request over.
        row.next_at = max(ends, now + _WAY_BACK)
        return request_of(tx, row, valid_for_s=(ends - now).total_seconds())

    def _failed(self, transaction: str, fence: int, error: SigningError, account: str) -> None:
        with self.transactions() as tx:
            row = self.requests.taken(tx, transaction)
            if row is None or row.state not in OPEN or row.fence != fence:
                return
            if error.retryable or isinstance(error, _AGAIN):
                row.code, row.next_at = ACTIVATION_NEEDED, row.expires_at
            else:
                self.requests.give_up(tx, row, RequestState.FAILED, error.code)
            audit.append(
                tx, at=self.requests.clock.now(), actor=account, act="sign.activation-failed",
                subject=transaction, code=error.code,
            )  # fmt: skip

    def _door(self, provider: str) -> _Door:
        return door_of(self.requests.providers.of(provider), provider)


def door_of(provider: Provider, name: str) -> _Door:
    """Return how a provider takes what was typed.

    Raises:
        ProviderUnusableError: its kind takes nothing.
    """
    if provider.activated is None or provider.send_code is None:
        raise ProviderUnusableError(provider=name)
    return _Door(activated=provider.activated, send_code=provider.send_code)


def park(row: SigningRequest, typed: Typed) -> None:
    """Let a request that is held wait for its holder to type something."""
    row.code, row.holder, row.next_at = ACTIVATION_NEEDED, None, row.expires_at
    row.facts = row.facts | {
        _FACTS: {
            "factors": sorted(typed.factors),
            "any_is_enough": typed.any_is_enough,
            "sends_code": typed.sends_code,
        }
    }


def typed_of(error: ActivationMissingError) -> Typed | None:
    """Return what a holder has to type, by the refusal of a signer; None: nothing helps."""
    factors = str(error.facts.get("missing", ""))
    if not factors:
        return None
    return Typed(
        factors=frozenset(factors.split(", ")),
        any_is_enough=bool(error.facts["any_is_enough"]),
        sends_code=bool(error.facts["sends_code"]),
    )


def _own(row: SigningRequest | None, account: str) -> SigningRequest:
    if row is None or row.account != account:
        raise RequestUnknownError
    return row


def _waits(row: SigningRequest) -> bool:
    return row.state is RequestState.INTENDED and row.code == ACTIVATION_NEEDED


def _typed(row: SigningRequest) -> Typed:
    told = row.facts[_FACTS]
    return Typed(
        factors=frozenset(told["factors"]),
        any_is_enough=told["any_is_enough"],
        sends_code=told["sends_code"],
    )


def _sent(row: SigningRequest) -> list[datetime]:
    told = row.facts.get(_FACTS, {}).get("sent", [])
    return [datetime.fromisoformat(one) for one in told]


def _documents(tx: Tx, transaction: str) -> tuple[Titled, ...]:
    query = (
        select(Document)
        .join(RequestDocument, RequestDocument.document_id == Document.id)
        .where(RequestDocument.transaction == transaction)
        .order_by(Document.received_at, Document.id)
    )
    return tuple(
        Titled(
            id=one.id,
            title=one.title,
            number_text=one.number_text or one.symbol,
        )
        for one in tx.scalars(query)
    )
