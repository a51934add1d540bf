"""Batches: many documents in one confirmation, followed, stopped, and told as a sheet."""

import io
from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from docsvc.access.rules import Action
from docsvc.bootstrap import Services
from docsvc.catalog.messages import Lang
from docsvc.documents import queries
from docsvc.steps.sign import sheet
from docsvc.steps.sign.batch import MAX_DOCUMENTS, Batch
from docsvc.steps.sign.preflight.rules import refused as refusal
from docsvc.web import problems
from docsvc.web.api.schemas import BatchIn, BatchOut
from docsvc.web.api.steps import ACTION_OF
from docsvc.web.api.uploads import disposition
from docsvc.web.deps import ApiCallerDep, Caller, ServicesDep
from docsvc.web.texts import label
from docsvc.workflow import Step

router = APIRouter(prefix="/batches", tags=["batches"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.post("", status_code=202)
def begin(
    wanted: BatchIn, services: ServicesDep, caller: ApiCallerDep, response: Response
) -> BatchOut:
    """Say yes to one step of many documents; each goes on by itself."""
    batch_id = start(
        services, caller, Step(wanted.step), wanted.documents, certificate=wanted.certificate
    )
    response.headers["Location"] = f"/api/v1/batches/{batch_id}"
    return BatchOut.of(services.batches.view(batch_id, account=caller.login))


@router.get("/{batch_id}")
def one(batch_id: UUID, services: ServicesDep, caller: ApiCallerDep) -> BatchOut:
    """Say how far each document of a batch has come."""
    return BatchOut.of(services.batches.view(batch_id, account=caller.login))


@router.post("/{batch_id}/stop")
def stop(batch_id: UUID, services: ServicesDep, caller: ApiCallerDep) -> BatchOut:
    """Begin with no other document of a batch; the others are left as they are."""
    services.batches.stop(batch_id, account=caller.login)
    return BatchOut.of(services.batches.view(batch_id, account=caller.login))


@router.get(
    "/{batch_id}/outcome.xlsx",
    response_class=Response,
    responses={200: {"content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}},
)
def outcome(
    request: Request, batch_id: UUID, services: ServicesDep, caller: ApiCallerDep
) -> Response:
    """Send the outcome sheet."""
    batch = services.batches.view(batch_id, account=caller.login)
    return workbook(services, batch, problems.language_of(request))


def start(
    services: Services,
    caller: Caller,
    step: Step,
    documents: Sequence[UUID],
    *,
    certificate: str = "",
) -> UUID:
    """Begin a batch, if the caller may do this to every document of it.

    A document against whose signature something stands is left as it is, and its line says what.

    Raises:
        DocumentMissingError: there is one that the caller may not see; nothing was begun.
        NotAllowedError: there is one that the caller may see but not sign; nothing was begun.
        BatchSizeError: there are none, or too many.
    """
    with services.transactions() as tx:
        units = caller.units_for(Action.SEE)
        found = [queries.one(tx, d, units=units) for d in documents[: MAX_DOCUMENTS + 1]]
    for unit in {one.unit_code for one in found}:
        caller.require(ACTION_OF[step], unit)
    looked = services.preflight.at_the_door(found, step, account=caller.login, wanted=certificate)
    refused = {d: point.code for d, points in looked.items() if (point := refusal(points))}
    return services.batches.begin(
        step, documents, account=caller.login, certificate=certificate, refused=refused
    )


def workbook(services: Services, batch: Batch, lang: Lang) -> Response:
    """Return the outcome sheet of a batch as a download."""
    notice = label("banner.demonstration", lang) if services.settings.demonstration else ""
    book = io.BytesIO()
    sheet.write_xlsx(batch, book, lang=lang, at=services.clock.now(), notice=notice)
    headers = {"Content-Disposition": disposition(f"{label('batch.file', lang)}-{batch.id}.xlsx")}
    return Response(book.getvalue(), media_type=XLSX, headers=headers)
