"""Documents: upload, list, look, download."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from docsvc.access.rules import Action
from docsvc.documents import queries
from docsvc.documents.queries import Wanted
from docsvc.documents.revisions import attachments
from docsvc.steps.receive.service import Offer
from docsvc.steps.verify.service import VERDICT
from docsvc.web.api import uploads
from docsvc.web.api.schemas import (
    AcceptedOut,
    DocumentDetail,
    DocumentOut,
    DocumentPage,
    Listing,
    RevisionOut,
)
from docsvc.web.deps import ApiCallerDep, RoomDep, ServicesDep, UploadDep, text_of
from docsvc.web.errors import FieldError
from docsvc.workflow import RouteName

router = APIRouter(prefix="/documents", tags=["documents"])


class Direction(StrEnum):
    """Whether a body issues a document, or it came to it."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"


ROUTE_OF = {
    Direction.OUTGOING: RouteName.OUTGOING,
    Direction.INCOMING: RouteName.INCOMING,
}

_UPLOAD = uploads.described(
    optional=("direction",),
    unit={"type": "string", "description": "Code of the body that issues it, or that it came to"},
    direction={
        "type": "string",
        "enum": [*Direction],
        "description": "Whether the body issues the document, or it came from elsewhere",
    },
    declare_not_secret=uploads.DECLARED,
)


@router.post("", status_code=202, openapi_extra=_UPLOAD)
def upload(
    services: ServicesDep,
    caller: ApiCallerDep,
    form: UploadDep,
    room: RoomDep,
    response: Response,
    idempotency_key: Annotated[
        str | None, Header(max_length=200, min_length=1, pattern=r"^[\x21-\x7e]+$")
    ] = None,
) -> AcceptedOut:
    """Take a PDF in; the same bytes twice are one document.

    A file that cannot be opened safely is kept apart: the answer is 422 with the reason.
    """
    file, unit = uploads.file_of(form), text_of(form, "unit")
    if unit not in caller.units.paths:
        raise FieldError(field="unit")
    caller.require(Action.UPLOAD, unit)
    offer = Offer(
        unit_code=unit,
        file_name=file.filename or "document.pdf",
        source="api",
        actor=caller.login,
        declared_not_secret=uploads.is_true(form, "declare_not_secret"),
        idempotency_key=idempotency_key,
        route=route_of(text_of(form, "direction")),
    )
    with room.taken():
        accepted = services.accept(file.file.read(), offer)
    uploads.require_taken(accepted)
    return uploads.created(response, accepted)


def route_of(direction: str) -> RouteName:
    """Return the route of an upload; what nobody says more of is issued here.

    Raises:
        FieldError: there is no such direction.
    """
    try:
        return ROUTE_OF[Direction(direction or Direction.OUTGOING)]
    except ValueError as e:
        raise FieldError(field="direction") from e


@router.get("")
def listing(
    asked: Annotated[Listing, Query()], services: ServicesDep, caller: ApiCallerDep
) -> DocumentPage:
    """List the documents that the caller may see, the newest first."""
    caller.require_somewhere(Action.SEE)
    units = caller.units_for(Action.SEE)
    if asked.unit is not None:
        units &= {asked.unit}
    wanted = Wanted(
        units=units,
        states=None if asked.state is None else {asked.state},
        waits_for=asked.waits_for,
        text=asked.text,
    )
    with services.transactions() as tx:
        found = queries.find(tx, wanted, after=asked.after, limit=asked.limit)
    items = [DocumentOut.model_validate(d) for d in found.documents]
    return DocumentPage(items=items, next=found.after)


@router.get("/{document_id}")
def one(document_id: UUID, services: ServicesDep, caller: ApiCallerDep) -> DocumentDetail:
    """Return a document with its events and its verdict."""
    with services.transactions() as tx:
        document = queries.one(tx, document_id, units=caller.units_for(Action.SEE))
        events = queries.events(tx, document_id)
        kept = attachments(tx, document_id).get(VERDICT)
    return DocumentDetail.of(document, events, services.blobs.get(kept) if kept else None)


@router.get("/{document_id}/revisions")
def revisions(document_id: UUID, services: ServicesDep, caller: ApiCallerDep) -> list[RevisionOut]:
    """List the revisions, the first one first."""
    with services.transactions() as tx:
        queries.one(tx, document_id, units=caller.units_for(Action.SEE))
        return [RevisionOut.of(r) for r in queries.revisions(tx, document_id)]


@router.get(
    "/{document_id}/revisions/{ordinal}/content",
    response_class=Response,
    responses={200: {"content": {uploads.PDF: {"schema": {"type": "string", "format": "binary"}}}}},
)
def content(
    document_id: UUID, ordinal: int, services: ServicesDep, caller: ApiCallerDep
) -> Response:
    """Send the bytes of a revision."""
    with services.transactions() as tx:
        document = queries.one(tx, document_id, units=caller.units_for(Action.SEE))
        caller.require(Action.READ, document.unit_code)
        revision = queries.revision(tx, document_id, ordinal)
    return uploads.download(
        services.blobs.get(revision.digest), name_of(document.file_name, ordinal)
    )


def name_of(file_name: str | None, ordinal: int) -> str:
    """Return the name of a revision as a file: the uploaded name and the ordinal."""
    stem = (file_name or "document.pdf").removesuffix(".pdf").removesuffix(".PDF")
    return f"{stem}.r{ordinal}.pdf"
