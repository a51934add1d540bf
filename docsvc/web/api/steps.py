"""The steps that need a person: confirm, sign, seal, refuse."""

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter

from docsvc.access.rules import Action
from docsvc.bootstrap import Services
from docsvc.documents import queries
from docsvc.documents import service as documents
from docsvc.documents.errors import NotWaitingError
from docsvc.documents.tables import Document
from docsvc.steps.confirm.service import ConfirmedFields
from docsvc.steps.sign.rules import ROLE_OF, certificate_facts
from docsvc.web.api.schemas import DocumentOut, Refusal, YesIn
from docsvc.web.deps import ApiCallerDep, Caller, ServicesDep
from docsvc.workflow import Person, Step

router = APIRouter(prefix="/documents/{document_id}", tags=["steps"])

ACTION_OF = {
    Step.CONFIRM: Action.CONFIRM,
    Step.SIGN_LEADER: Action.SIGN,
    Step.SIGN_ORGANISATION: Action.SEAL,
}
# Who is asked may say no; the others may not take the work out of their hands.
_REFUSES = {Person.CLERK: Action.CONFIRM, Person.LEADER: Action.SIGN}


@router.post("/steps/confirm")
def confirm(
    document_id: UUID, fields: ConfirmedFields, services: ServicesDep, caller: ApiCallerDep
) -> DocumentOut:
    """Confirm the recognised fields; those that are left out stay as they were recognised."""
    facts = fields.model_dump(mode="json", exclude_none=True)
    return agree(services, caller, document_id, Step.CONFIRM, facts=facts)


@router.post("/steps/sign-leader")
def sign(
    document_id: UUID, services: ServicesDep, caller: ApiCallerDep, yes: YesIn | None = None
) -> DocumentOut:
    """Let the leader's signature be placed."""
    return agree(services, caller, document_id, Step.SIGN_LEADER, certificate=_chosen(yes))


@router.post("/steps/sign-organisation")
def seal(
    document_id: UUID, services: ServicesDep, caller: ApiCallerDep, yes: YesIn | None = None
) -> DocumentOut:
    """Let the organisation's seal be placed."""
    return agree(services, caller, document_id, Step.SIGN_ORGANISATION, certificate=_chosen(yes))


@router.post("/refuse")
def refuse(
    document_id: UUID, refusal: Refusal, services: ServicesDep, caller: ApiCallerDep
) -> DocumentOut:
    """End the road of a document that waits, with a reason."""
    return decline(services, caller, document_id, refusal.reason)


def agree(
    services: Services,
    caller: Caller,
    document_id: UUID,
    step: Step,
    *,
    facts: Mapping[str, object] | None = None,
    certificate: str = "",
) -> DocumentOut:
    """Say yes to a step of a document, if the caller may.

    Raises:
        DocumentMissingError: there is none that the caller may see.
        NotAllowedError: the caller may see it but not do this.
        NotWaitingError: the document does not wait for this.
        CodedError: something stands against the signature; see `Preflight.require`.
    """
    document = _seen(services, caller, document_id)
    caller.require(ACTION_OF[step], document.unit_code)
    if step in ROLE_OF:
        require_ready(services, caller, document, step, certificate)
        facts = certificate_facts(certificate) or facts
    services.confirm(document_id, step, account=caller.login, facts=facts)
    return DocumentOut.model_validate(_seen(services, caller, document_id))


def require_ready(
    services: Services, caller: Caller, document: Document, step: Step, certificate: str
) -> None:
    """Refuse a yes to a signature that would be worth nothing.

    Raises:
        NotWaitingError: the document does not wait for this.
        CodedError: something stands against it; see `Preflight.require`.
    """
    with services.transactions() as tx:
        leg = documents.waiting_leg(tx, document.id)
    if leg.step is not step:
        raise NotWaitingError(document=str(document.id), step=step)
    services.preflight.require(document, step, account=caller.login, wanted=certificate)


def _chosen(yes: YesIn | None) -> str:
    return yes.certificate if yes else ""


def decline(services: Services, caller: Caller, document_id: UUID, reason: str) -> DocumentOut:
    """End the road of a document, if the caller is the one it waits for.

    Raises:
        DocumentMissingError: there is none that the caller may see.
        NotAllowedError: it does not wait for the caller's role.
        NotWaitingError: it waits for nobody.
    """
    document = _seen(services, caller, document_id)
    caller.require(Action.REFUSE, document.unit_code)
    if document.waits_for is not None:
        caller.require(_REFUSES[Person(document.waits_for)], document.unit_code)
    services.refuse(document_id, account=caller.login, reason=reason)
    return DocumentOut.model_validate(_seen(services, caller, document_id))


def _seen(services: Services, caller: Caller, document_id: UUID) -> Document:
    with services.transactions() as tx:
        return queries.one(tx, document_id, units=caller.units_for(Action.SEE))
