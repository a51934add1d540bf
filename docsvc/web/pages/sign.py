"""The two queues: what the leader signs, and what the clerk seals."""

import re
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from docsvc.access.rules import Action
from docsvc.bootstrap import Services
from docsvc.documents import queries
from docsvc.documents.queries import Wanted
from docsvc.errors import DocsvcError
from docsvc.steps.sign.batch import MAX_DOCUMENTS, BatchHead
from docsvc.steps.sign.preflight.rules import Candidate, Point
from docsvc.steps.sign.preflight.service import Outcome as Looked
from docsvc.web.api.batches import start
from docsvc.web.api.preflight import look
from docsvc.web.api.steps import agree
from docsvc.web.deps import Caller, CallerDep, FormDep, ServicesDep, text_of, texts_of
from docsvc.web.errors import FieldError, NothingChosenError
from docsvc.web.pages.receive import Outcome, OutcomesPage
from docsvc.web.pages.rendering import language_of, render
from docsvc.web.pages.rows import Row, row_of
from docsvc.web.problems import problem_of
from docsvc.workflow import Step

router = APIRouter()

_LATEST = 5
_FINGERPRINT = re.compile("[0-9a-f]{64}")
_SEE_OTHER = 303


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """Documents that wait for one person's yes."""

    rows: tuple[Row, ...]
    more: bool
    server_keys: bool
    providers: bool
    batches: tuple[BatchHead, ...]
    points: dict[UUID, tuple[Point, ...]]
    choices: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightPage:
    """One signature, looked at from every side before it is asked for."""

    row: Row
    step: Step
    found: Looked
    server_keys: bool


@router.get("/sign")
def to_sign(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """Show the leader's queue."""
    page = _queue(services, caller, Action.SIGN, Step.SIGN_LEADER)
    return render(request, "sign/leader.html", page, caller=caller)


@router.post("/sign")
def sign(request: Request, services: ServicesDep, caller: CallerDep, form: FormDep) -> Response:
    """Sign what was chosen; several documents are a batch."""
    if text_of(form, "seen") != "yes":
        raise FieldError(field="seen")
    return _agree_to(request, services, caller, form, Step.SIGN_LEADER)


@router.get("/desk/seal")
def to_seal(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """Show the clerk's queue of documents to be sealed."""
    page = _queue(services, caller, Action.SEAL, Step.SIGN_ORGANISATION)
    return render(request, "sign/organisation.html", page, caller=caller)


@router.post("/desk/seal")
def seal(request: Request, services: ServicesDep, caller: CallerDep, form: FormDep) -> Response:
    """Seal what was chosen; several documents are a batch."""
    return _agree_to(request, services, caller, form, Step.SIGN_ORGANISATION)


@router.get("/documents/{document_id}/preflight/{step}")
def preflight(
    request: Request, document_id: UUID, step: Step, services: ServicesDep, caller: CallerDep
) -> Response:
    """Show all that stands against a signature, with what to do about it."""
    if step not in _OUTCOMES:
        raise FieldError(field="step")
    found = look(services, caller, document_id, step)
    with services.transactions() as tx:
        document = queries.one(tx, document_id, units=caller.units_for(Action.SEE))
    page = PreflightPage(
        row=row_of(document, caller.units),
        step=step,
        found=found,
        server_keys=services.settings.server_side_personal_keys,
    )
    return render(request, "sign/preflight.html", page, caller=caller)


_OUTCOMES = {
    Step.SIGN_LEADER: ("sign.outcomes", "sign.accepted", "/sign", "sign.back"),
    Step.SIGN_ORGANISATION: ("seal.outcomes", "seal.accepted", "/desk/seal", "seal.back"),
}


def _queue(services: Services, caller: Caller, action: Action, step: Step) -> QueuePage:
    caller.require_somewhere(action)
    wanted = Wanted(units=caller.units_for(action), waits_before=step)
    with services.transactions() as tx:
        found = queries.find(tx, wanted, limit=MAX_DOCUMENTS)
    return QueuePage(
        rows=tuple(row_of(d, caller.units) for d in found.documents),
        more=found.after is not None,
        server_keys=services.settings.server_side_personal_keys,
        providers=bool(services.settings.providers),
        batches=services.batches.latest(step, account=caller.login, limit=_LATEST),
        points=services.preflight.glance(found.documents, step, account=caller.login),
        choices=services.preflight.choices(found.documents, step, account=caller.login),
    )


def _agree_to(
    request: Request, services: Services, caller: Caller, form: FormData, step: Step
) -> Response:
    chosen = list(dict.fromkeys(id_of(text) for text in texts_of(form, "document")))
    if not chosen:
        raise NothingChosenError
    if len(chosen) > 1:
        batch_id = start(services, caller, step, chosen, certificate=chosen_of(form))
        return RedirectResponse(f"/batches/{batch_id}", _SEE_OTHER)
    title, _, back, back_key = _OUTCOMES[step]
    page = OutcomesPage(
        title=title,
        outcomes=(_outcome(request, services, caller, chosen[0], step, chosen_of(form)),),
        back=back,
        back_key=back_key,
    )
    return render(request, "outcomes.html", page, caller=caller)


def _outcome(
    request: Request,
    services: Services,
    caller: Caller,
    document_id: UUID,
    step: Step,
    certificate: str,
) -> Outcome:
    _, says, *_ = _OUTCOMES[step]
    try:
        done = agree(services, caller, document_id, step, certificate=certificate)
    except DocsvcError as e:
        problem = problem_of(e, language_of(request))
        return Outcome(name=str(document_id), document_id=document_id, problem=problem)
    name = done.subject or done.file_name or str(document_id)
    return Outcome(name=name, document_id=document_id, says=says)


def chosen_of(form: FormData) -> str:
    """Read which certificate was chosen; empty where it is left to the service.

    Raises:
        FieldError: it is no fingerprint.
    """
    text = text_of(form, "certificate")
    if text and not _FINGERPRINT.fullmatch(text):
        raise FieldError(field="certificate")
    return text


def id_of(text: str) -> UUID:
    """Read the number of a document from a form.

    Raises:
        FieldError: it is none.
    """
    try:
        return UUID(text)
    except ValueError as e:
        raise FieldError(field="document") from e
