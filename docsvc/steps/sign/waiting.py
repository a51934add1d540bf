"""What a document waits for, and what the desk can do about it: cancel, ask again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from docsvc.documents import service as documents
from docsvc.documents.errors import NotWaitingError
from docsvc.errors import DocsvcError
from docsvc.steps.sign.requests import CANCELLED
from docsvc.steps.sign.rules import OPEN, RequestState, certificate_facts
from docsvc.steps.sign.tables import RequestDocument, SigningRequest
from docsvc.workflow import Step, next_leg

if TYPE_CHECKING:
    from collections.abc import Container
    from uuid import UUID

    from docsvc.db.transactions import Tx
    from docsvc.steps.sign.requests import Requests


class ProviderGoneError(DocsvcError):
    """Open requests are with providers that the settings name no longer; nobody is asked."""

    code = "sign.provider-gone"


class NotAskedError(DocsvcError):
    """Nobody is asked for a signature of this document now: there is nothing to cancel."""

    code = "sign.not-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A request that a document waits for, or waited for.

    Attributes:
        account: whose yes it was.
        code: what is in the way, such as a provider that does not answer; how it ended.
        documents: how many documents the holder says yes to at once.
        until: when nobody waits any more; None before the request has gone out.
        ended_at: when it was answered or given up; None while it is open.
        late: how many answers came after that; nothing was signed by them.
    """

    transaction: str
    step: Step
    provider: str
    account: str
    state: RequestState
    code: str | None
    control_code: str
    prompt: str
    documents: int
    since: datetime
    until: datetime | None
    ended_at: datetime | None
    late: int

    @property
    def is_open(self) -> bool:
        """Say whether somebody is asked now."""
        return self.state in OPEN


def requests_of(
    tx: Tx, document_id: UUID, *, providers: Container[str] | None = None
) -> list[Waiting]:
    """Return every request that a document was in, the oldest first; see `view_of`."""
    query = (
        select(SigningRequest)
        .join(RequestDocument, RequestDocument.transaction == SigningRequest.transaction)
        .where(RequestDocument.document_id == document_id)
        .order_by(SigningRequest.created_at, SigningRequest.transaction)
    )
    return [view_of(tx, request, providers=providers) for request in tx.scalars(query)]


def waiting_of(tx: Tx, document_id: UUID) -> Waiting | None:
    """Return what the holder of a key is asked for a document; None if nobody is."""
    open_ = (one for one in requests_of(tx, document_id) if one.is_open)
    return next(open_, None)


def orphans(tx: Tx, providers: Container[str]) -> dict[str, int]:
    """Count the open requests of each provider that the settings name no longer, by its name."""
    query = (
        select(SigningRequest.provider, func.count())
        .where(SigningRequest.state.in_(OPEN))
        .group_by(SigningRequest.provider)
        .order_by(SigningRequest.provider)
    )
    return {name: number for name, number in tx.execute(query) if name not in providers}


def require_no_orphans(tx: Tx, providers: Container[str]) -> None:
    """Check that every open request is with a provider of the settings.

    Raises:
        ProviderGoneError: the facts name the others, and how many requests they have.
    """
    found = orphans(tx, providers)
    if found:
        named = ", ".join(f"{name} ({number})" for name, number in found.items())
        raise ProviderGoneError(providers=named)


def view_of(tx: Tx, request: SigningRequest, *, providers: Container[str] | None = None) -> Waiting:
    """Describe a request; where its provider is not among ``providers``, nobody is asked."""
    gone = providers is not None and request.state in OPEN and request.provider not in providers
    number = select(func.count()).where(RequestDocument.transaction == request.transaction)
    return Waiting(
        transaction=request.transaction,
        step=request.step,
        provider=request.provider,
        account=request.account,
        state=request.state,
        code=ProviderGoneError.code if gone else request.code,
        control_code=request.control_code,
        prompt=request.prompt,
        documents=tx.scalar(number) or 0,
        since=request.created_at,
        until=request.expires_at,
        ended_at=request.ended_at,
        late=len(request.facts.get("late", [])),
    )


def cancel(tx: Tx, document_id: UUID, *, account: str, requests: Requests) -> None:
    """Give up the request that a document waits for, with all that is in it.

    Raises:
        NotAskedError: there is none, or it was answered in the same moment.
    """
    waiting = waiting_of(tx, document_id)
    request = requests.taken(tx, waiting.transaction) if waiting else None
    if request is None or request.state not in OPEN:
        raise NotAskedError(document=str(document_id))
    requests.give_up(tx, request, RequestState.CANCELLED, CANCELLED, actor=account)


def ask_again(
    tx: Tx, document_id: UUID, *, account: str, requests: Requests, certificate: str = ""
) -> None:
    """Ask the holder with a new request; one that is open is given up first.

    Args:
        tx: the transaction.
        document_id: what is to be signed.
        account: whose yes it is.
        requests: which know the providers.
        certificate: fingerprint of the one that was chosen by hand.

    Raises:
        NotWaitingError: the document does not wait for a signature.
    """
    if waiting_of(tx, document_id) is not None:
        cancel(tx, document_id, account=account, requests=requests)
    step = step_of(tx, document_id)
    facts, at = certificate_facts(certificate), requests.clock.now()
    documents.confirm(tx, document_id, step, account=account, at=at, facts=facts)
    requests.enqueue(tx, document_id)


def step_of(tx: Tx, document_id: UUID) -> Step:
    """Return the signature that comes next on the road of a document.

    Raises:
        NotWaitingError: the next step is no signature.
    """
    document = documents.get(tx, document_id)
    leg = next_leg(document.route, document.state)
    if leg is None or leg.step not in {Step.SIGN_LEADER, Step.SIGN_ORGANISATION}:
        raise NotWaitingError(document=str(document_id), state=document.state)
    return leg.step
