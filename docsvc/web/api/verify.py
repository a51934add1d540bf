"""A file in, its verdict out; nothing is kept and nobody has to log in."""

from fastapi import APIRouter

from docsvc.web.api import uploads
from docsvc.web.api.schemas import VerdictOut
from docsvc.web.deps import AnybodysFormDep, RoomDep, ServicesDep

router = APIRouter(tags=["verify"])


@router.post("/verify", openapi_extra=uploads.described())
def verify(services: ServicesDep, room: RoomDep, form: AnybodysFormDep) -> VerdictOut:
    """Return the verdict of a PDF."""
    file = uploads.file_of(form)
    with room.taken():
        verdict = services.check(file.file.read(), file=file.filename or "")
    return VerdictOut.model_validate(verdict)
