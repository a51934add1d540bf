"""A batch as a page: its progress, what the holder's device shows, and each outcome."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from docsvc.steps.sign.batch import Batch
from docsvc.web.api.batches import workbook
from docsvc.web.deps import CallerDep, FormDep, ServicesDep
from docsvc.web.pages.rendering import language_of, render
from docsvc.web.pages.waiting import WaitingView, waiting_view

router = APIRouter(prefix="/batches/{batch_id}")

_SEE_OTHER = 303


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPage:
    """A batch; ``names`` are those of its bodies, by their codes."""

    batch: Batch
    waiting: tuple[WaitingView, ...]
    names: dict[str, str]
    may_stop: bool
    took: timedelta | None


@router.get("")
def one(request: Request, batch_id: UUID, services: ServicesDep, caller: CallerDep) -> Response:
    """Show a batch of the caller's."""
    batch = services.batches.view(batch_id, account=caller.login)
    now = services.clock.now()
    page = BatchPage(
        batch=batch,
        waiting=tuple(waiting_view(w, now) for w in batch.waiting),
        names={line.unit_code: caller.units.name(line.unit_code) for line in batch.lines},
        may_stop=not batch.is_over and batch.stopped_at is None,
        took=_took(batch),
    )
    return render(request, "batches/one.html", page, caller=caller)


@router.post("/stop")
def stop(batch_id: UUID, services: ServicesDep, caller: CallerDep, _form: FormDep) -> Response:
    """Stop before the next document."""
    services.batches.stop(batch_id, account=caller.login)
    return RedirectResponse(f"/batches/{batch_id}", _SEE_OTHER)


@router.get("/outcome.xlsx")
def outcome(request: Request, batch_id: UUID, services: ServicesDep, caller: CallerDep) -> Response:
    """Send the outcome sheet."""
    batch = services.batches.view(batch_id, account=caller.login)
    return workbook(services, batch, language_of(request))


def _took(batch: Batch) -> timedelta | None:
    ends: list[datetime] = [line.ended_at for line in batch.lines if line.ended_at is not None]
    return max(ends) - batch.created_at if batch.is_over and ends else None
