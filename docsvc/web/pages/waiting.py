"""What the holder of a key is asked now, as the desk shows it, and what the desk can do."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from docsvc.steps.sign.waiting import Waiting
from docsvc.web.api.signatures import again, give_up
from docsvc.web.deps import CallerDep, FormDep, ServicesDep

router = APIRouter(prefix="/documents/{document_id}/signature")

_SEE_OTHER = 303
_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingView:
    """A request and the time that is left; ``left`` is None before it has gone out."""

    request: Waiting
    left: tuple[int, int] | None


def waiting_view(request: Waiting, now: datetime) -> WaitingView:
    """Put a request and its time, in minutes and seconds, together."""
    if request.until is None:
        return WaitingView(request=request, left=None)
    seconds = max(0, int((request.until - now).total_seconds()))
    return WaitingView(request=request, left=divmod(seconds, _MINUTE))


@router.post("/cancel")
def cancel(document_id: UUID, services: ServicesDep, caller: CallerDep, _form: FormDep) -> Response:
    """Give the request up."""
    give_up(services, caller, document_id)
    return RedirectResponse(f"/documents/{document_id}", _SEE_OTHER)


@router.post("/ask-again")
def ask_again(
    document_id: UUID, services: ServicesDep, caller: CallerDep, _form: FormDep
) -> Response:
    """Ask with a new request."""
    again(services, caller, document_id)
    return RedirectResponse(f"/documents/{document_id}", _SEE_OTHER)
