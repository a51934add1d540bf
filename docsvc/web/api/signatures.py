"""Signatures whose holders answer later: what a document waits for, cancel, ask again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from docsvc.access.errors import NotAllowedError
from docsvc.access.rules import Action
from docsvc.bootstrap import Services
from docsvc.documents import queries
from docsvc.documents.tables import Document
from docsvc.web.api.schemas import AskedOut, RequestOut, YesIn
from docsvc.web.api.steps import ACTION_OF
from docsvc.web.deps import ApiCallerDep, Caller, ServicesDep

router = APIRouter(tags=["signatures"])


async def body_of(request: Request) -> bytes:
    """Read the body of a call-back; the guard round the application limits its size."""
    return await request.body()


@router.get("/documents/{document_id}/signature")
def signature(document_id: UUID, services: ServicesDep, caller: ApiCallerDep) -> AskedOut:
    """Say what the holder of a key is asked for a document, and what is in the way."""
    document = _seen(services, caller, document_id)
    asked = services.signing_requests(document_id)
    shown = [RequestOut.model_validate(one) for one in asked]
    waiting = [out for out, one in zip(shown, asked, strict=True) if one.is_open]
    return AskedOut(
        waiting=waiting[0] if waiting else None,
        code=document.waiting_code,
        ended=[out for out, one in zip(shown, asked, strict=True) if not one.is_open],
    )


@router.post("/documents/{document_id}/signature/cancel")
def cancel(document_id: UUID, services: ServicesDep, caller: ApiCallerDep) -> AskedOut:
    """Give the request up; nothing is signed by an answer that still comes."""
    give_up(services, caller, document_id)
    return signature(document_id, services, caller)


@router.post("/documents/{document_id}/signature/ask-again")
def ask_again(
    document_id: UUID, services: ServicesDep, caller: ApiCallerDep, yes: YesIn | None = None
) -> AskedOut:
    """Ask with a new request; an open one is given up first."""
    again(services, caller, document_id, certificate=yes.certificate if yes else "")
    return signature(document_id, services, caller)


@router.post("/call-backs/{provider}", status_code=204)
def call_back(
    request: Request,
    provider: Annotated[str, Path(max_length=80)],
    services: ServicesDep,
    body: Annotated[bytes, Depends(body_of)],
) -> Response:
    """Take what a provider sends; the provider's library makes sure that it is the provider's."""
    services.call_back(provider, body, dict(request.headers))
    return Response(status_code=204)


@router.post("/call-backs/{provider}/{rest:path}", status_code=204)
def call_back_below(  # what a library adds to the address comes back to it
    request: Request,
    provider: Annotated[str, Path(max_length=80)],
    rest: Annotated[str, Path(max_length=500)],
    services: ServicesDep,
    body: Annotated[bytes, Depends(body_of)],
) -> Response:
    """Take what a provider sends to an address that names the request and proves who sends."""
    services.call_back(provider, body, dict(request.headers), path=rest)
    return Response(status_code=204)


def give_up(services: Services, caller: Caller, document_id: UUID) -> None:
    """Give the request of a document up, if the caller may sign it or is its clerk.

    Raises:
        DocumentMissingError: there is none that the caller may see.
        NotWaitingError: no signature comes next.
        NotAllowedError: the caller may see it but not do this.
        NotAskedError: nobody is asked.
    """
    document = _seen(services, caller, document_id)
    action, unit = ACTION_OF[services.signature_step(document_id)], document.unit_code
    if not caller.may(action, unit) and not caller.may(Action.CONFIRM, unit):
        raise NotAllowedError(action=action, unit=unit)
    services.cancel_signature(document_id, account=caller.login)


def again(services: Services, caller: Caller, document_id: UUID, *, certificate: str = "") -> None:
    """Ask for the signature of a document again, if the caller may say yes to it.

    Raises:
        DocumentMissingError: there is none that the caller may see.
        NotWaitingError: no signature comes next.
        NotAllowedError: the caller may see it but not do this.
        CodedError: something stands against the signature; see `Preflight.require`.
    """
    document = _seen(services, caller, document_id)
    step = services.signature_step(document_id)
    caller.require(ACTION_OF[step], document.unit_code)
    services.preflight.require(document, step, account=caller.login, wanted=certificate)
    services.ask_again(document_id, account=caller.login, certificate=certificate)


def _seen(services: Services, caller: Caller, document_id: UUID) -> Document:
    with services.transactions() as tx:
        return queries.one(tx, document_id, units=caller.units_for(Action.SEE))
