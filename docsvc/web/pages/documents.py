"""Lists of documents, and one document with its way, its revisions and its verdict."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import segno
from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from docsvc.access.rules import Action
from docsvc.bootstrap import Services
from docsvc.catalog.messages import Lang
from docsvc.documents import queries
from docsvc.documents.errors import DocumentMissingError
from docsvc.documents.revisions import attachments
from docsvc.documents.tables import Document, Event, Revision
from docsvc.steps.sign.waiting import Waiting
from docsvc.steps.verify.service import SHEETS, VERDICT
from docsvc.web.api import uploads
from docsvc.web.api.documents import name_of
from docsvc.web.api.steps import ACTION_OF, decline
from docsvc.web.deps import Caller, CallerDep, FormDep, ServicesDep, text_of
from docsvc.web.errors import FieldError
from docsvc.web.pages import boxes
from docsvc.web.pages.appendices import AppendicesView
from docsvc.web.pages.appendices import view_of as appendices_of
from docsvc.web.pages.boxes import Box
from docsvc.web.pages.copies import CopiesView
from docsvc.web.pages.copies import view_of as copies_of
from docsvc.web.pages.rendering import language_of, render
from docsvc.web.pages.road import Stop, road_of
from docsvc.web.pages.rows import Row, row_of
from docsvc.web.pages.waiting import WaitingView, waiting_view
from docsvc.workflow import Person, State, Step

router = APIRouter()

_SEE_OTHER = 303
_MAX_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """A folder."""

    box: Box
    text: str
    rows: tuple[Row, ...]
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPage:
    """One document."""

    row: Row
    document: Document
    road: tuple[Stop, ...]
    events: tuple[Event, ...]
    revisions: tuple[Revision, ...]
    sheet: Mapping[str, Any] | None
    judged: Mapping[str, Any] | None
    waiting: WaitingView | None
    asked: tuple[Waiting, ...]
    may: Mapping[str, bool]
    public_address: str | None
    qr: str | None
    copies: CopiesView
    appendices: AppendicesView


@router.get("/documents")
def listing(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    box: Box = Box.ALL,
    text: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Show a folder."""
    caller.require_somewhere(Action.SEE)
    wanted = boxes.wanted(box, caller.units_for(Action.SEE), text.replace("\0", "").strip())
    with services.transactions() as tx:
        found = queries.find(tx, wanted, after=after)
    page = ListPage(
        box=box,
        text=text,
        rows=tuple(row_of(d, caller.units) for d in found.documents),
        after=found.after,
    )
    return render(request, "documents/list.html", page, caller=caller)


@router.get("/documents/{document_id}")
def one(request: Request, document_id: UUID, services: ServicesDep, caller: CallerDep) -> Response:
    """Show a document."""
    with services.transactions() as tx:
        document = queries.one(tx, document_id, units=caller.units_for(Action.SEE))
        events = tuple(queries.events(tx, document_id))
        revisions = tuple(queries.revisions(tx, document_id))
        attached = attachments(tx, document_id)
        copies = copies_of(tx, document, caller)
        appendices = appendices_of(tx, document, caller)
    judged = attached.get(VERDICT)
    asked = tuple(services.signing_requests(document_id))
    waiting = next((one for one in asked if one.is_open), None)
    address = public_address(services, document)
    page = DocumentPage(
        row=row_of(document, caller.units),
        document=document,
        road=road_of(document, events),
        events=events,
        revisions=revisions,
        sheet=sheet_of(services, attached.get(SHEETS), language_of(request)),
        judged=json.loads(services.blobs.get(judged)) if judged else None,
        waiting=waiting_view(waiting, services.clock.now()) if waiting else None,
        asked=tuple(one for one in asked if not one.is_open),
        may=_may(services, caller, document, waiting.step if waiting else None),
        public_address=address,
        qr=segno.make(address, error="m").svg_inline(scale=3, border=2) if address else None,
        copies=copies,
        appendices=appendices,
    )
    return render(request, "documents/one.html", page, caller=caller)


@router.get("/documents/{document_id}/pages/{number}.png")
def preview(document_id: UUID, number: int, services: ServicesDep, caller: CallerDep) -> Response:
    """Send a page as an image; pages count from one."""
    with services.transactions() as tx:
        document = queries.one(tx, document_id, units=caller.units_for(Action.SEE))
    caller.require(Action.READ, document.unit_code)
    if not 1 <= number <= len(document.inspection.get("page_sizes", ())):
        raise DocumentMissingError(document=str(document_id), page=number)
    png = services.preview(document_id, number - 1)
    return Response(png, media_type="image/png", headers={"Cache-Control": "private, max-age=60"})


@router.get("/documents/{document_id}/revisions/{ordinal}")
def revision(document_id: UUID, ordinal: int, services: ServicesDep, caller: CallerDep) -> Response:
    """Send the bytes of a revision."""
    with services.transactions() as tx:
        document = queries.one(tx, document_id, units=caller.units_for(Action.SEE))
        caller.require(Action.READ, document.unit_code)
        found = queries.revision(tx, document_id, ordinal)
    return uploads.download(services.blobs.get(found.digest), name_of(document.file_name, ordinal))


@router.post("/documents/{document_id}/refuse")
def refuse(document_id: UUID, services: ServicesDep, caller: CallerDep, form: FormDep) -> Response:
    """End the road of a document, with the person's reason."""
    reason = text_of(form, "reason")
    if not reason or len(reason) > _MAX_REASON:
        raise FieldError(field="reason")
    decline(services, caller, document_id, reason)
    return RedirectResponse(f"/documents/{document_id}", _SEE_OTHER)


def sheet_of(services: Services, digest: str | None, lang: Lang) -> Mapping[str, Any] | None:
    """Return what the verify step kept in words, in a language; None before there was any."""
    if digest is None:
        return None
    sheet: Mapping[str, Any] = json.loads(services.blobs.get(digest))[lang]
    return sheet


def public_address(services: Services, document: Document) -> str | None:
    """Return the address under which everybody finds a published document."""
    if document.public_code is None:
        return None
    return f"{services.settings.base_url.rstrip('/')}/p/{document.public_code}"


def _waits_unsigned(document: Document) -> bool:
    """Say whether its places may still be chosen: they are reserved with the first signature."""
    return document.waits_for in {Person.CLERK, Person.LEADER} and document.state in {
        State.CLASSIFIED,
        State.CONFIRMED,
    }


def _may(
    services: Services, caller: Caller, document: Document, asked: Step | None
) -> dict[str, bool]:
    """Say what the caller may do; ``here`` is to let the service get the signature."""
    waits_for, unit = document.waits_for, document.unit_code
    clerk = waits_for == Person.CLERK and caller.may(Action.CONFIRM, unit)
    leader = waits_for == Person.LEADER and caller.may(Action.SIGN, unit)
    reached = services.settings.server_side_personal_keys or services.settings.providers
    here = clerk or (leader and bool(reached))
    ask = asked is not None and caller.may(ACTION_OF[asked], unit)
    return {
        "read": caller.may(Action.READ, unit),
        "act": clerk or leader,
        "here": here,
        "place": _waits_unsigned(document) and caller.may(Action.CONFIRM, unit),
        "ask": ask,
        "cancel": ask or (asked is not None and caller.may(Action.CONFIRM, unit)),
    }
