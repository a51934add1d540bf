"""A file in, its verdict out; nothing is kept and nobody has to log in."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from docsvc.web import problems, reports
from docsvc.web.api import uploads
from docsvc.web.api.schemas import VerdictOut
from docsvc.web.deps import AnybodysFormDep, RoomDep, ServicesDep

router = APIRouter(tags=["verify"])

_BYTES = {"schema": {"type": "string", "format": "binary"}}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": dict.fromkeys(sorted(reports.TYPES.values()), _BYTES)}
}


@router.post(
    "/verify",
    openapi_extra=uploads.described(),
    response_model=VerdictOut,
    responses=_RESPONSES,
)
def verify(
    request: Request, services: ServicesDep, room: RoomDep, form: AnybodysFormDep
) -> VerdictOut | Response:
    """Return the verdict of a PDF: JSON, or the report that ``Accept`` asks for.

    Reports are text/html, text/plain, application/xml (ETSI TS 119 102-2) and application/pdf.
    """
    file = uploads.file_of(form)
    name = file.filename or ""
    wanted = reports.wanted(request.headers.get("accept", ""))
    with room.taken():
        if wanted is None:
            return VerdictOut.model_validate(services.check(file.file.read(), file=name))
        lang = problems.language_of(request)
        examined = services.examine(file.file.read(), file=name, lang=lang)
        return reports.download(services.report(examined, wanted), wanted, name)
