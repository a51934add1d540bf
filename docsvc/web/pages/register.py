"""The book: entering a document that exists on paper only."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from docsvc.access.rules import Action
from docsvc.catalog import kinds
from docsvc.clock import VIETNAM
from docsvc.errors import DocsvcError
from docsvc.web.api.paper import enter
from docsvc.web.api.schemas import PaperIn
from docsvc.web.deps import Caller, CallerDep, FormDep, ServicesDep, text_of
from docsvc.web.errors import FieldError
from docsvc.web.pages.receive import open_units
from docsvc.web.pages.rendering import language_of, render
from docsvc.web.problems import Problem, problem_of

router = APIRouter()

_SEE_OTHER = 303
_FIELDS = ("unit", "kind", "symbol", "number", "issued_on", "subject", "signer")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperPage:
    """An empty line of the book, or one that was refused."""

    units: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str, str], ...]
    given: dict[str, str]
    problem: Problem | None = None


@router.get("/paper")
def ask(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """Show an empty line."""
    caller.require_somewhere(Action.REGISTER_PAPER)
    today = services.clock.now().astimezone(VIETNAM).date().isoformat()
    given = dict.fromkeys(_FIELDS, "") | {"issued_on": today}
    return render(request, "register/paper.html", _page(caller, given), caller=caller)


@router.post("/paper")
def register(request: Request, services: ServicesDep, caller: CallerDep, form: FormDep) -> Response:
    """Enter the document and show it."""
    given = {name: text_of(form, name) for name in _FIELDS}
    try:
        document = enter(services, caller, _entry(given))
    except DocsvcError as e:
        problem = problem_of(e, language_of(request))
        shown = _page(caller, given, problem)
        return render(request, "register/paper.html", shown, caller=caller, status=problem.status)
    return RedirectResponse(f"/documents/{document.id}", _SEE_OTHER)


def _entry(given: dict[str, str]) -> PaperIn:
    try:
        return PaperIn.model_validate({k: v for k, v in given.items() if v})
    except ValidationError as e:
        places = ", ".join(".".join(map(str, fault["loc"])) for fault in e.errors())
        raise FieldError(field=places) from e


def _page(caller: Caller, given: dict[str, str], problem: Problem | None = None) -> PaperPage:
    return PaperPage(
        units=open_units(caller, Action.REGISTER_PAPER),
        kinds=tuple((k.code, k.vi, k.en) for k in kinds.all_kinds()),
        given=given,
        problem=problem,
    )
