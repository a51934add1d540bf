"""Signatures made elsewhere: hand a file out, send it, take it back."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from docsvc.access.rules import Action
from docsvc.documents import queries
from docsvc.steps.sign.handout import HandOutUnknownError
from docsvc.web import handed
from docsvc.web.api import uploads
from docsvc.web.api.schemas import DocumentOut, HandOutOut
from docsvc.web.deps import ApiCallerDep, RoomDep, ServicesDep, UploadDep

router = APIRouter(prefix="/documents/{document_id}/signatures/handouts", tags=["steps"])

TokenQuery = Annotated[str, Query(max_length=100, description="The token of the hand-out")]
_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {uploads.PDF: {"schema": {"type": "string", "format": "binary"}}}}
}


@router.post("", status_code=201)
def hand_out(document_id: UUID, services: ServicesDep, caller: ApiCallerDep) -> HandOutOut:
    """Make the file ready for the signature that the document waits for.

    The token opens the file for this account until it comes back signed or the time is up; a new
    hand-out for the same signature voids it.
    """
    made = handed.hand_out(services, caller, document_id)
    return HandOutOut.of(made, services.settings.base_url.rstrip("/"))


@router.get("/file", response_class=Response, responses=_PDF)
def file(document_id: UUID, t: TokenQuery, services: ServicesDep, caller: ApiCallerDep) -> Response:
    """Send the file that is to be signed."""
    held = handed.held_by(services, caller, t)
    if held.document_id != document_id:
        raise HandOutUnknownError
    return uploads.download(services.handouts.file(t), held.file_name)


@router.post("/upload", openapi_extra=uploads.described())
def upload(  # what FastAPI hands in
    document_id: UUID,
    t: TokenQuery,
    services: ServicesDep,
    caller: ApiCallerDep,
    form: UploadDep,
    room: RoomDep,
) -> DocumentOut:
    """Take the signed file back.

    It is accepted only if it begins with exactly the bytes that were handed out, adds exactly the
    one signature, and changes nothing else; otherwise the document stays as it was.
    """
    if handed.held_by(services, caller, t).document_id != document_id:
        raise HandOutUnknownError
    with room.taken():
        services.handouts.take_back(t, uploads.file_of(form).file.read())
    with services.transactions() as tx:
        found = queries.one(tx, document_id, units=caller.units_for(Action.SEE))
    return DocumentOut.model_validate(found)
