"""Appendices in files of their own, beside a document that is in work."""

from uuid import UUID

from fastapi import APIRouter, Response
from starlette.datastructures import FormData

from docsvc.access.rules import Action
from docsvc.bootstrap import Services
from docsvc.documents import queries
from docsvc.steps.receive.service import Accepted, Offer
from docsvc.web.api import uploads
from docsvc.web.api.schemas import AcceptedOut, DocumentOut
from docsvc.web.deps import ApiCallerDep, Caller, Room, RoomDep, ServicesDep, UploadDep

router = APIRouter(prefix="/documents/{document_id}/appendices", tags=["appendices"])

_BODY = uploads.described(
    declare_not_secret=uploads.DECLARED,
)


@router.post("", status_code=202, openapi_extra=_BODY)
def attach(
    document_id: UUID,
    services: ServicesDep,
    caller: ApiCallerDep,
    form: UploadDep,
    room: RoomDep,
    response: Response,
) -> AcceptedOut:
    """Attach an appendix: it waits for the number of its document, then for its own signature."""
    accepted = attached(services, caller, room, document_id, form, source="api")
    return uploads.created(response, accepted)


@router.get("")
def listing(document_id: UUID, services: ServicesDep, caller: ApiCallerDep) -> list[DocumentOut]:
    """List the appendices of a document, the first one first."""
    with services.transactions() as tx:
        queries.one(tx, document_id, units=caller.units_for(Action.SEE))
        return [DocumentOut.model_validate(one) for one in queries.appendices(tx, document_id)]


def attached(
    services: Services,
    caller: Caller,
    room: Room,
    document_id: UUID,
    form: FormData,
    *,
    source: str,
) -> Accepted:
    """Attach the appendix of a form, if the caller may.

    Raises:
        DocumentMissingError: there is no document that the caller may see.
        NotAllowedError: the caller may not upload for its body.
        FieldError: there is no file.
        CodedError: the file is kept apart; the code says why.
        DocsvcError: as `steps.receive.appendices.attach`.
    """
    with services.transactions() as tx:
        main = queries.one(tx, document_id, units=caller.units_for(Action.SEE))
    caller.require(Action.UPLOAD, main.unit_code)
    file = uploads.file_of(form)
    offer = Offer(
        unit_code=main.unit_code,
        file_name=file.filename or "appendix.pdf",
        source=source,
        actor=caller.login,
        declared_not_secret=uploads.is_true(form, "declare_not_secret"),
        marks_checked=uploads.is_true(form, "marks_checked"),
    )
    with room.taken():
        accepted = services.attach_appendix(document_id, file.file.read(), offer)
    uploads.require_taken(accepted)
    return accepted
