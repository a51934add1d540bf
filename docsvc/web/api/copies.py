"""Copies of issued documents: true copies, copies of copies, extracts."""

from uuid import UUID

from fastapi import APIRouter, Response
from starlette.datastructures import FormData, UploadFile

from docsvc.access.rules import Action
from docsvc.bootstrap import Services
from docsvc.documents import queries
from docsvc.steps.receive.copies import CopyOrder
from docsvc.steps.receive.rules import CopyKind
from docsvc.steps.receive.service import Accepted
from docsvc.web.api import uploads
from docsvc.web.api.schemas import AcceptedOut, DocumentOut
from docsvc.web.deps import ApiCallerDep, Caller, Room, RoomDep, ServicesDep, UploadDep, text_of
from docsvc.web.errors import FieldError

router = APIRouter(prefix="/documents/{document_id}/copies", tags=["copies"])

_BODY = uploads.described(
    optional=("file", "unit", "declare_not_secret"),
    kind={"type": "string", "enum": [*CopyKind], "description": "Which copy is made"},
    unit={"type": "string", "description": "Code of the body that copies; else the original's"},
    declare_not_secret=uploads.DECLARED,
)


@router.post("", status_code=202, openapi_extra=_BODY)
def make(
    document_id: UUID,
    services: ServicesDep,
    caller: ApiCallerDep,
    form: UploadDep,
    room: RoomDep,
    response: Response,
) -> AcceptedOut:
    """Make a copy: it is numbered at once, and waits for the organisation's signature.

    An extract needs a file, and so does the copy of what exists on paper only; any other copy has
    the bytes of its original.
    """
    accepted = copied(services, caller, room, document_id, form, source="api")
    return uploads.created(response, accepted)


@router.get("")
def listing(document_id: UUID, services: ServicesDep, caller: ApiCallerDep) -> list[DocumentOut]:
    """List the copies of a document that the caller may see, the first one first."""
    units = caller.units_for(Action.SEE)
    with services.transactions() as tx:
        queries.one(tx, document_id, units=units)
        found = queries.copies(tx, document_id)
    return [DocumentOut.model_validate(one) for one in found if one.unit_code in units]


def copied(
    services: Services,
    caller: Caller,
    room: Room,
    document_id: UUID,
    form: FormData,
    *,
    source: str,
) -> Accepted:
    """Make the copy that a form asks for, if the caller may.

    Raises:
        DocumentMissingError: there is no original that the caller may see.
        NotAllowedError: the caller may not read it, or not copy for that body.
        FieldError: there is no such kind or body.
        CodedError: the file is kept apart; the code says why.
        DocsvcError: as `steps.receive.copies.make`.
    """
    with services.transactions() as tx:
        original = queries.one(tx, document_id, units=caller.units_for(Action.SEE))
    caller.require(Action.READ, original.unit_code)
    unit = text_of(form, "unit") or original.unit_code
    if unit not in caller.units.paths:
        raise FieldError(field="unit")
    caller.require(Action.COPY, unit)
    kind = text_of(form, "kind")
    if kind not in set(CopyKind):
        raise FieldError(field="kind")
    file = form.get("file")
    sent = file if isinstance(file, UploadFile) and file.filename else None
    with room.taken():
        accepted = services.make_copy(
            CopyOrder(
                original_id=document_id,
                copied_as=CopyKind(kind),
                unit_code=unit,
                actor=caller.login,
                source=source,
                file=sent.file.read() if sent else None,
                file_name=(sent.filename if sent else None) or "copy.pdf",
                declared_not_secret=uploads.is_true(form, "declare_not_secret"),
                marks_checked=uploads.is_true(form, "marks_checked"),
            )
        )
    uploads.require_taken(accepted)
    return accepted
