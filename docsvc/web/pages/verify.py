"""Anybody may ask whether a PDF is genuine; nothing is kept."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from docsvc.documents import queries
from docsvc.errors import DocsvcError
from docsvc.web.deps import AnybodysFormDep, RoomDep, ServicesDep, VisitorDep, files_of
from docsvc.web.errors import NothingChosenError
from docsvc.web.pages.documents import VerdictView, view_of
from docsvc.web.pages.rendering import language_of, render
from docsvc.web.problems import Problem, problem_of

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyPage:
    """The question, and the answer once a file was given."""

    verdict: VerdictView | None = None
    file_name: str = ""
    public_code: str | None = None
    number_text: str | None = None
    problem: Problem | None = None


@router.get("/verify")
def ask(request: Request, caller: VisitorDep) -> Response:
    """Show the form."""
    return render(request, "verify/page.html", VerifyPage(), caller=caller)


@router.post("/verify")
def verify(
    request: Request,
    services: ServicesDep,
    caller: VisitorDep,
    form: AnybodysFormDep,
    room: RoomDep,
) -> Response:
    """Say what the file is."""
    files = files_of(form, "file")
    name = files[0].filename or "" if files else ""
    try:
        if not files:
            raise NothingChosenError
        with room.taken():
            verdict = services.check(files[0].file.read(), file=name)
    except DocsvcError as e:
        problem = problem_of(e, language_of(request))
        page = VerifyPage(file_name=name, problem=problem)
        return render(request, "verify/page.html", page, caller=caller, status=problem.status)
    with services.transactions() as tx:
        same = queries.by_any_digest(tx, verdict["sha256"])
    page = VerifyPage(
        verdict=view_of(verdict),
        file_name=name,
        public_code=same.public_code if same else None,
        number_text=same.number_text if same else None,
    )
    return render(request, "verify/page.html", page, caller=caller)
