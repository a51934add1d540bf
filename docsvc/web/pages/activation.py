"""The page on which the holder of a remote key types a PIN or a one-time code."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from docsvc.bootstrap import Services
from docsvc.errors import DocsvcError
from docsvc.steps.sign.activation import Typing
from docsvc.web.api.activations import MOST, Transaction
from docsvc.web.deps import Caller, CallerDep, FormDep, ServicesDep, text_of
from docsvc.web.errors import FieldError
from docsvc.web.pages.rendering import language_of, render
from docsvc.web.pages.waiting import WaitingView, waiting_view
from docsvc.web.problems import Problem, problem_of

router = APIRouter(prefix="/signatures/{transaction}")

_SEE_OTHER = 303


@dataclass(frozen=True, slots=True, kw_only=True)
class TypingPage:
    """A request and what is to be typed; ``sent``: a code was sent just now."""

    typing: Typing
    waiting: WaitingView
    back: str
    most: int = MOST
    sent: bool = False
    problem: Problem | None = None


@router.get("")
def show(
    request: Request, transaction: Transaction, services: ServicesDep, caller: CallerDep
) -> Response:
    """Show what is signed and what is to be typed for it."""
    return _page(request, services, caller, transaction)


@router.post("/code")
def send_code(
    request: Request,
    transaction: Transaction,
    services: ServicesDep,
    caller: CallerDep,
    _form: FormDep,
) -> Response:
    """Have a one-time code sent."""
    try:
        services.activations.send_code(transaction, account=caller.login)
    except DocsvcError as e:
        return _page(request, services, caller, transaction, error=e)
    return _page(request, services, caller, transaction, sent=True)


@router.post("/activate")
def activate(
    request: Request,
    transaction: Transaction,
    services: ServicesDep,
    caller: CallerDep,
    form: FormDep,
) -> Response:
    """Sign with what was typed; what is wrong is said, and the fields are empty again."""
    try:
        services.activate(
            transaction,
            pin=_typed(form.get("pin"), "pin"),
            code="".join(text_of(form, "code").split())[:MOST],
            account=caller.login,
        )
    except DocsvcError as e:
        return _page(request, services, caller, transaction, error=e)
    found = services.activations.view(transaction, account=caller.login)
    return RedirectResponse(_back(found), _SEE_OTHER)


def _typed(value: object, field: str) -> str:
    """Return a PIN exactly as it was typed: a space may belong to it.

    Raises:
        FieldError: it is longer than any PIN.
    """
    text = value if isinstance(value, str) else ""
    if len(text) > MOST:
        raise FieldError(field=field)
    return text


def _page(  # what the page shows
    request: Request,
    services: Services,
    caller: Caller,
    transaction: str,
    *,
    sent: bool = False,
    error: DocsvcError | None = None,
) -> Response:
    found = services.activations.view(transaction, account=caller.login)
    problem = problem_of(error, language_of(request)) if error else None
    page = TypingPage(
        typing=found,
        waiting=waiting_view(found.request, services.clock.now()),
        back=_back(found),
        sent=sent,
        problem=problem,
    )
    status = problem.status if problem else 200
    return render(request, "sign/activation.html", page, caller=caller, status=status)


def _back(found: Typing) -> str:
    if found.batch_id is not None:
        return f"/batches/{found.batch_id}"
    return f"/documents/{found.documents[0].id}"
