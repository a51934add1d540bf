"""Speak with providers: send requests, ask for answers, tell them what nobody waits for.

The worker's loop takes what is due under a lease: it moves ``next_at`` on and leaves its name, so
that of many workers each request has one. No transaction is open while a provider is spoken to;
what it said is stored in another one, and only if nothing has ended the request meanwhile.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from docsvc.errors import DocsvcError
from docsvc.steps.sign import activation, rules
from docsvc.steps.sign import requests as asked
from docsvc.steps.sign.providers import CallBackRefusedError
from docsvc.steps.sign.rules import OPEN, RequestState, Typed
from docsvc.steps.sign.tables import SigningRequest
from signing.errors import SigningError
from signing.signers.base import Completed, Pending, Request
from signing.signers.remote.errors import ActivationMissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute

    from docsvc.db.transactions import Transactions, Tx
    from docsvc.steps.sign.providers import CallBack
    from docsvc.steps.sign.requests import Requests
    from signing.signers.base import DeferredSigner, Outcome

log = logging.getLogger(__name__)

# Conversations at once; most of their time is waiting for the network.
_THREADS = 8
# Beside the time that the provider may take: a worker that has died is noticed sooner.
_LEASE = timedelta(seconds=60)
# A batch that cannot be prepared as a whole is asked for as far as it is.
_GATHER_LIMIT = timedelta(minutes=2)
_GATHER_EVERY = timedelta(seconds=1)
# A provider that cannot be told is let be; the request runs out by itself.
_MAX_TOLD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """A request that is ours to look at."""

    transaction: str
    fence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trouble:
    """The provider could not be spoken to, or refused to listen; ``typed`` would help."""

    code: str
    retryable: bool
    typed: Typed | None = None


class Asker:
    """Takes the requests that are due, in threads of this process."""

    def __init__(self, requests: Requests, transactions: Transactions, holder: str) -> None:
        """Get ready; ``holder`` is the stable name of this worker."""
        self._requests, self._transactions, self._holder = requests, transactions, holder
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="asking")
        self._running: set[Future[None]] = set()

    def turn(self) -> list[Future[None]]:
        """Begin with what is due, as far as there are threads for it."""
        self._running = {future for future in self._running if not future.done()}
        free = _THREADS - len(self._running)
        if free <= 0:
            return []
        with self._transactions() as tx:
            claims = self._claim(tx, free)
        begun = [self._pool.submit(self._act, claim) for claim in claims]
        self._running.update(begun)
        return begun

    def stop(self) -> None:
        """Finish the conversations."""
        self._pool.shutdown(wait=True)

    def _claim(self, tx: Tx, limit: int) -> list[_Claim]:
        now = self._requests.clock.now()
        due = (
            select(SigningRequest.transaction)
            .where(SigningRequest.next_at <= now)
            .order_by(SigningRequest.next_at)
            .limit(limit)
        )
        found = list(tx.scalars(due))
        if not found:
            return []
        # The condition again: another worker may have been faster between the two statements.
        taken = tx.execute(
            update(SigningRequest)
            .where(SigningRequest.transaction.in_(found), SigningRequest.next_at <= now)
            .values(holder=self._holder, fence=SigningRequest.fence + 1, next_at=now + _LEASE)
            .returning(SigningRequest.transaction, SigningRequest.fence)
        )
        return [_Claim(transaction=row.transaction, fence=row.fence) for row in taken]

    def _act(self, claim: _Claim) -> None:
        try:
            with self._transactions() as tx:
                state = tx.scalars(
                    select(SigningRequest.state).where(
                        SigningRequest.transaction == claim.transaction
                    )
                ).one()
            match state:
                case RequestState.GATHERING:
                    self._gather(claim)
                case RequestState.INTENDED:
                    self._send(claim)
                case RequestState.WAITING:
                    self._poll(claim)
                case _:
                    self._tell(claim)
        except Exception:
            # A defect, or a database that is away: it is tried again, at the latest when the
            # lease runs out; a request is sent under the same name however often.
            log.exception("sign.asking-failed", extra={"transaction": claim.transaction})
            self._store(claim, _Trouble(code=DocsvcError.code, retryable=True))

    def _gather(self, claim: _Claim) -> None:
        with self._transactions() as tx:
            request = self._ours(tx, claim)
            if request is None or request.state is not RequestState.GATHERING:
                return
            now = self._requests.clock.now()
            late = now - request.created_at > _GATHER_LIMIT
            if late or self._requests.is_gathered(tx, request):
                self._requests.complete_gathering(tx, request)
            else:
                request.next_at = now + _GATHER_EVERY

    def _send(self, claim: _Claim) -> None:
        with self._transactions() as tx:
            wanted = self._begun(tx, claim)
        if wanted is None:
            return
        provider, request = wanted
        said = self._said(provider, lambda signer: signer.sign(request))
        log.info("sign.sent", extra={"transaction": claim.transaction, "said": _word(said)})
        self._store(claim, said)

    def _begun(self, tx: Tx, claim: _Claim) -> tuple[str, Request] | None:
        """Write down that the request goes out now, and what is in it."""
        row = self._ours(tx, claim)
        if row is None or row.state is not RequestState.INTENDED:
            return None
        now = self._requests.clock.now()
        if rules.is_over(now, row.expires_at, reachable=True):
            self._requests.give_up(tx, row, RequestState.EXPIRED, asked.EXPIRED)
            return None
        if row.provider not in self._requests.providers:
            self._requests.give_up(tx, row, RequestState.FAILED, "sign.provider-unknown")
            return None
        settings = self._requests.providers.settings_of(row.provider)
        rows = asked.rows_of(tx, row.transaction)
        row.expires_at = row.expires_at or now + timedelta(seconds=settings.valid_for_s)
        row.prompt = rules.prompt_of([one.name or "" for one in rows])
        # Some providers hold the call until the holder has answered.
        row.next_at = row.expires_at + timedelta(seconds=settings.timeout_s) + _LEASE
        valid_for_s = (row.expires_at - now).total_seconds()
        return row.provider, asked.request_of(tx, row, valid_for_s=valid_for_s)

    def _poll(self, claim: _Claim) -> None:
        with self._transactions() as tx:
            row = self._ours(tx, claim)
            if row is None or row.state is not RequestState.WAITING or row.handle is None:
                return
            provider, handle = row.provider, row.handle
        self._store(claim, self._said(provider, lambda signer: signer.poll(handle)))

    def _tell(self, claim: _Claim) -> None:
        """Tell the provider that nobody waits any more; look whether it was answered after all."""
        with self._transactions() as tx:
            row = self._ours(tx, claim)
            if row is None or row.state in OPEN or row.handle is None:
                return
            provider, handle = row.provider, row.handle
        said = self._said(provider, lambda signer: _told(signer, handle))
        with self._transactions() as tx:
            row = self._requests.taken(tx, claim.transaction)
            if row is None:
                return
            row.attempts += 1
            row.next_at = None
            if isinstance(said, _Trouble):
                if said.retryable and row.attempts < _MAX_TOLD:
                    row.next_at = rules.again_at(self._requests.clock.now(), row.attempts)
            elif isinstance(said, Completed):
                self._requests.settle(tx, claim.transaction, said)

    def _store(self, claim: _Claim, said: Outcome | _Trouble) -> None:
        now = self._requests.clock.now()
        with self._transactions() as tx:
            if isinstance(said, _Trouble):
                self._trouble(tx, claim, said, now)
                return
            self._requests.settle(tx, claim.transaction, said)
            if isinstance(said, Pending):
                row = tx.get_one(SigningRequest, claim.transaction)
                row.holder = None
                if row.state in OPEN and rules.is_over(now, row.expires_at, reachable=True):
                    self._requests.give_up(tx, row, RequestState.EXPIRED, asked.EXPIRED)

    def _trouble(self, tx: Tx, claim: _Claim, said: _Trouble, now: datetime) -> None:
        row = self._ours(tx, claim)
        if row is None or row.state not in OPEN:
            return
        if said.typed is not None:
            activation.park(row, said.typed)
        elif not said.retryable:
            self._requests.give_up(tx, row, RequestState.FAILED, said.code)
        elif rules.is_over(now, row.expires_at, reachable=False):
            self._requests.give_up(tx, row, RequestState.EXPIRED, asked.EXPIRED)
        else:
            row.attempts += 1
            row.code, row.holder = said.code, None
            row.next_at = rules.again_at(now, row.attempts)

    def _ours(self, tx: Tx, claim: _Claim) -> SigningRequest | None:
        """Return the request, held until ``tx`` ends; None if somebody else has taken it over."""
        row = self._requests.taken(tx, claim.transaction)
        return row if row is not None and row.fence == claim.fence else None

    def _said(self, provider: str, ask: Callable[[DeferredSigner], Outcome]) -> Outcome | _Trouble:
        try:
            return ask(self._requests.providers.of(provider).signer)
        except ActivationMissingError as e:
            return _Trouble(code=e.code, retryable=False, typed=activation.typed_of(e))
        except (SigningError, DocsvcError) as e:
            return _Trouble(code=e.code, retryable=e.retryable)
        except OSError:
            return _Trouble(code="signing.signer-unreachable", retryable=True)


def forget(tx: Tx, holders: Collection[str], *, at: datetime) -> None:
    """Free the requests that dead workers were looking at."""
    tx.execute(
        update(SigningRequest)
        .where(SigningRequest.holder.in_(holders), SigningRequest.next_at.is_not(None))
        .values(holder=None, next_at=at, fence=SigningRequest.fence + 1)
    )


def take_call_back(
    requests: Requests, transactions: Transactions, provider: str, said: CallBack
) -> None:
    """Take an answer that a provider sends by itself.

    Args:
        requests: which know the provider.
        transactions: where the requests are.
        provider: name of the provider in the settings.
        said: what came; it is completed with what finds the requests of this provider.

    Raises:
        ProviderUnknownError: the settings name no such provider.
        CallBackRefusedError: it is not the provider's, or about no request of ours.
    """
    read = requests.providers.of(provider).read_call_back
    if read is None:
        raise CallBackRefusedError(provider=provider)
    find = partial(_find, transactions, provider)
    known = replace(
        said,
        by_name=lambda name: find(SigningRequest.handle, SigningRequest.transaction == name),
        by_beginning=lambda text: find(
            SigningRequest.handle, SigningRequest.handle.startswith(text, autoescape=True)
        ),
    )
    try:
        handle, outcome = read(known)
    except SigningError as e:
        raise CallBackRefusedError(provider=provider) from e
    transaction = find(
        SigningRequest.transaction,
        (SigningRequest.handle == handle) | (SigningRequest.transaction == handle),
    )
    if transaction is None:
        raise CallBackRefusedError(provider=provider)
    with transactions() as tx:
        requests.settle(tx, transaction, outcome)


def _find(
    transactions: Transactions,
    provider: str,
    wanted: InstrumentedAttribute[Any],
    condition: ColumnElement[bool],
) -> str | None:
    """Return a column of the newest request of a provider for which something is true."""
    query = (
        select(wanted)
        .where(SigningRequest.provider == provider, condition)
        .order_by(SigningRequest.created_at.desc())
        .limit(1)
    )
    with transactions() as tx:
        found: str | None = tx.scalar(query)
    return found


def _told(signer: DeferredSigner, handle: str) -> Outcome:
    signer.cancel(handle)
    return signer.poll(handle)


def _word(said: Outcome | _Trouble) -> str:
    return said.code if isinstance(said, _Trouble) else type(said).__name__.lower()
