"""Anybody may ask whether a PDF is genuine; nothing is kept."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from docsvc.documents import queries
from docsvc.errors import DocsvcError
from docsvc.steps.verify.forms import Form
from docsvc.steps.verify.rules import lacks_anchors
from docsvc.web import reports
from docsvc.web.deps import (
    AnybodysFormDep,
    CarrierDep,
    RoomDep,
    ServicesDep,
    VisitorDep,
    files_of,
    text_of,
)
from docsvc.web.errors import FieldError, NothingChosenError
from docsvc.web.pages.rendering import language_of, render
from docsvc.web.problems import Problem, problem_of

if TYPE_CHECKING:
    from docsvc.steps.verify.reports import Examination

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyPage:
    """The question, and the answer once a file was given; ``carried`` makes reports of it."""

    sheet: dict[str, Any] | None = None
    carried: str = ""
    file_name: str = ""
    public_code: str | None = None
    number_text: str | None = None
    problem: Problem | None = None
    lacks_anchors: bool = False


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
    carrier: CarrierDep,
) -> Response:
    """Say what the file is."""
    files = files_of(form, "file")
    name = files[0].filename or "" if files else ""
    try:
        if not files:
            raise NothingChosenError
        with room.taken():
            lang = language_of(request)
            examined = services.examine(files[0].file.read(), file=name, lang=lang)
    except DocsvcError as e:
        return _refused(request, caller, e, name)
    with services.transactions() as tx:
        same = queries.by_any_digest(tx, examined.verdict["sha256"])
    page = VerifyPage(
        sheet=examined.sheet,
        carried=carrier.pack(examined),
        file_name=name,
        public_code=same.public_code if same else None,
        number_text=same.number_text if same else None,
        lacks_anchors=lacks_anchors(examined.verdict),
    )
    return render(request, "verify/page.html", page, caller=caller)


@router.post("/verify/report")
def report(
    request: Request,
    services: ServicesDep,
    caller: VisitorDep,
    form: AnybodysFormDep,
    room: RoomDep,
    carrier: CarrierDep,
) -> Response:
    """Send the report on a file that was verified before: the page has carried what was found."""
    try:
        wanted = _form_of(text_of(form, "form"))
        examined: Examination = carrier.unpack(text_of(form, "carried"))
        with room.taken():
            drawn = services.report(examined, wanted)
    except DocsvcError as e:
        return _refused(request, caller, e, "")
    return reports.download(drawn, wanted, str(examined.verdict["file"]))


def _form_of(name: str) -> Form:
    try:
        return Form(name)
    except ValueError as e:
        raise FieldError(field="form") from e


def _refused(request: Request, caller: VisitorDep, error: DocsvcError, name: str) -> Response:
    problem = problem_of(error, language_of(request))
    page = VerifyPage(file_name=name, problem=problem)
    return render(request, "verify/page.html", page, caller=caller, status=problem.status)
