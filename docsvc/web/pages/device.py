"""Signing with a device of one's own: by the helper on this PC, or with any tool."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from docsvc.access.rules import Action
from docsvc.bootstrap import Services
from docsvc.documents import queries
from docsvc.documents.errors import NotWaitingError
from docsvc.errors import DocsvcError
from docsvc.steps.sign.handout import HandedOut
from docsvc.steps.sign.preflight.rules import Check, Point
from docsvc.web import handed, helper
from docsvc.web.api.uploads import download, file_of
from docsvc.web.deps import Caller, CallerDep, FormDep, RoomDep, ServicesDep, text_of, texts_of
from docsvc.web.errors import NothingChosenError
from docsvc.web.guard import POLICY
from docsvc.web.pages.rendering import language_of, render
from docsvc.web.pages.rows import Row, row_of
from docsvc.web.pages.sign import id_of
from docsvc.web.problems import Problem, problem_of

router = APIRouter()

_SEE_OTHER = 303
_LONGEST = 100
_GROUP = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One document to be signed; ``told`` is what the helper on this PC is told."""

    row: Row
    made: HandedOut | None
    problem: Problem | None = None
    told: str = ""
    operation: str = ""

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the file in groups of four, as the agent shows it."""
        text = self.made.sha256 if self.made else ""
        return " ".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePage:
    """Documents to be signed with a device of one's own; ``together`` tells the helper of all."""

    items: tuple[Item, ...]
    points: Mapping[UUID, tuple[Point, ...]]
    address: str
    together: str = ""
    batch: str = helper.Operation.BATCH
    problem: Problem | None = None
    cause: str = ""


@router.get("/documents/{document_id}/device")
def ask(request: Request, document_id: UUID, services: ServicesDep, caller: CallerDep) -> Response:
    """Show how a document is signed with a device of one's own."""
    return _page(
        request, services, caller, (Item(row=_row(services, caller, document_id), made=None),)
    )


@router.post("/documents/{document_id}/device")
def prepare(
    request: Request, document_id: UUID, services: ServicesDep, caller: CallerDep, _form: FormDep
) -> Response:
    """Hand one document out."""
    made = handed.hand_out(services, caller, document_id)
    return _page(request, services, caller, (_item(services, caller, made),))


@router.post("/device")
def prepare_all(
    request: Request, services: ServicesDep, caller: CallerDep, form: FormDep
) -> Response:
    """Hand out what was chosen in a queue; each document has an outcome of its own."""
    chosen = list(dict.fromkeys(id_of(text) for text in texts_of(form, "document")))[:_LONGEST]
    if not chosen:
        raise NothingChosenError
    items = tuple(_tried(request, services, caller, document_id) for document_id in chosen)
    return _page(request, services, caller, items)


@router.get("/documents/{document_id}/device/file")
def file(
    document_id: UUID,  # noqa: ARG001  # names the place; the token names the file
    t: Annotated[str, Query(max_length=100)],
    services: ServicesDep,
    caller: CallerDep,
) -> Response:
    """Send the file that is to be signed with any tool."""
    held = handed.held_by(services, caller, t)
    return download(services.handouts.file(t), held.file_name)


@router.post("/documents/{document_id}/device/upload")
def upload(  # what FastAPI hands in
    request: Request,
    document_id: UUID,
    services: ServicesDep,
    caller: CallerDep,
    form: FormDep,
    room: RoomDep,
) -> Response:
    """Take the signed file back; where it is refused, say why and how to go on."""
    try:
        token = text_of(form, "t")
        handed.held_by(services, caller, token)
        with room.taken():
            services.handouts.take_back(token, file_of(form).file.read())
    except DocsvcError as e:
        problem = problem_of(e, language_of(request))
        items = (Item(row=_row(services, caller, document_id), made=None),)
        cause = handed.cause(e, language_of(request))
        return _page(request, services, caller, items, problem=problem, cause=cause)
    return RedirectResponse(f"/documents/{document_id}", _SEE_OTHER)


def _row(services: Services, caller: Caller, document_id: UUID) -> Row:
    with services.transactions() as tx:
        document = queries.one(tx, document_id, units=caller.units_for(Action.SEE))
    return row_of(document, caller.units)


def _points(services: Services, caller: Caller, document_id: UUID) -> tuple[Point, ...]:
    """Return what stands against the signature; the key is in the person's own hand."""
    with services.transactions() as tx:
        document = queries.one(tx, document_id, units=caller.units_for(Action.SEE))
    try:
        step = services.signature_step(document_id)
    except NotWaitingError:
        return ()
    looked = services.preflight.at_the_door([document], step, account=caller.login)
    return tuple(one for one in looked[document_id] if one.check is not Check.KEY)


def _item(services: Services, caller: Caller, made: HandedOut) -> Item:
    told = helper.parameters(made, services.settings.base_url.rstrip("/"))
    return Item(
        row=_row(services, caller, made.document_id),
        made=made,
        told=helper.as_text(told),
        operation=helper.OPERATION_OF[made.step],
    )


def _tried(request: Request, services: Services, caller: Caller, document_id: UUID) -> Item:
    row = _row(services, caller, document_id)
    try:
        return _item(services, caller, handed.hand_out(services, caller, document_id))
    except DocsvcError as e:
        return Item(row=row, made=None, problem=problem_of(e, language_of(request)))


def _page(
    request: Request,
    services: Services,
    caller: Caller,
    items: tuple[Item, ...],
    *,
    problem: Problem | None = None,
    cause: str = "",
) -> Response:
    address = services.settings.helper_address
    made = [one.made for one in items if one.made is not None]
    base = services.settings.base_url.rstrip("/")
    page = DevicePage(
        items=items,
        points={one.row.id: _points(services, caller, one.row.id) for one in items},
        address=address,
        together=helper.as_text(helper.batch(made, base)) if len(made) > 1 else "",
        problem=problem,
        cause=cause,
    )
    status = problem.status if problem else 200
    answer = render(request, "sign/device.html", page, caller=caller, status=status)
    # This page alone may speak to the helper on the PC of whoever looks at it.
    answer.headers["Content-Security-Policy"] = POLICY.replace(
        "connect-src 'self'", f"connect-src 'self' {address}"
    )
    return answer
