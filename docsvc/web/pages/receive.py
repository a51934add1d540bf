"""The clerk's desk: files come in here, and what waits is in sight."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from docsvc.access.rules import Action
from docsvc.bootstrap import Services
from docsvc.documents import queries
from docsvc.documents.queries import Wanted
from docsvc.errors import DocsvcError
from docsvc.steps.receive.service import Offer
from docsvc.web.api.documents import route_of
from docsvc.web.deps import (
    Caller,
    CallerDep,
    FormDep,
    Room,
    RoomDep,
    ServicesDep,
    files_of,
    text_of,
)
from docsvc.web.errors import FieldError, NothingChosenError
from docsvc.web.pages.rendering import language_of, render
from docsvc.web.pages.rows import Row, row_of
from docsvc.web.problems import Problem, problem_of

router = APIRouter()

_LATEST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPage:
    """What the clerk sees first."""

    units: tuple[tuple[str, str], ...]
    chosen: str
    rows: tuple[Row, ...]
    max_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one file or document: where it is now, or why not."""

    name: str
    document_id: UUID | None = None
    says: str = ""
    problem: Problem | None = None
    ended_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomesPage:
    """What became of each thing of a batch."""

    title: str
    outcomes: tuple[Outcome, ...]
    back: str
    back_key: str

    @property
    def good(self) -> int:
        """Return how many went well."""
        return sum(o.problem is None and o.ended_code is None for o in self.outcomes)


@router.get("/desk")
def desk(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """Show the desk."""
    caller.require_somewhere(Action.UPLOAD)
    wanted = Wanted(units=caller.units_for(Action.UPLOAD))
    with services.transactions() as tx:
        found = queries.find(tx, wanted, limit=_LATEST)
    units = open_units(caller, Action.UPLOAD)
    asked = request.query_params.get("unit", "")
    page = DeskPage(
        units=units,
        chosen=asked if asked in dict(units) else "",
        rows=tuple(row_of(d, caller.units) for d in found.documents),
        max_bytes=services.settings.max_upload_bytes,
    )
    return render(request, "receive/desk.html", page, caller=caller)


@router.post("/desk/receive")
def receive(
    request: Request, services: ServicesDep, caller: CallerDep, form: FormDep, room: RoomDep
) -> Response:
    """Take the files in, each for itself: a bad one stops no other."""
    unit = text_of(form, "unit")
    if unit not in caller.units.paths:
        raise FieldError(field="unit")
    caller.require(Action.UPLOAD, unit)
    files = files_of(form, "files")
    if not files:
        raise NothingChosenError
    declared = text_of(form, "declare_not_secret") == "yes"
    checked = text_of(form, "marks_checked") == "yes"
    route = route_of(text_of(form, "direction"))
    outcomes = []
    for file in files:
        offer = Offer(
            unit_code=unit,
            file_name=file.filename or "",
            source="web",
            actor=caller.login,
            declared_not_secret=declared,
            marks_checked=checked,
            route=route,
        )
        outcomes.append(_take(request, services, room, file, offer))
    page = OutcomesPage(
        title="receive.outcomes",
        outcomes=tuple(outcomes),
        back=f"/desk?{urlencode({'unit': unit})}",
        back_key="receive.back",
    )
    return render(request, "outcomes.html", page, caller=caller)


def _take(
    request: Request, services: Services, room: Room, file: UploadFile, offer: Offer
) -> Outcome:
    try:
        with room.taken():
            accepted = services.accept(file.file.read(), offer)
    except DocsvcError as e:
        return Outcome(name=offer.file_name, problem=problem_of(e, language_of(request)))
    return Outcome(
        name=offer.file_name,
        document_id=accepted.document_id,
        says="receive.accepted" if accepted.created else "receive.known",
        ended_code=accepted.ended_code,
    )


def open_units(caller: Caller, action: Action) -> tuple[tuple[str, str], ...]:
    """Return code and name of the bodies that exist now and in which the caller may do this."""
    codes = sorted(caller.units_for(action) & caller.units.open)
    return tuple((code, caller.units.name(code)) for code in codes)
