"""Appendices on the page of a document: those there are, and a place to add one."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from docsvc.access.rules import Action
from docsvc.db.transactions import Tx
from docsvc.documents import queries
from docsvc.documents.tables import Document
from docsvc.errors import DocsvcError
from docsvc.steps.receive.rules import require_open_for_appendices
from docsvc.web.api.appendices import attached
from docsvc.web.deps import Caller, CallerDep, FormDep, RoomDep, ServicesDep
from docsvc.web.pages.rows import Row, row_of
from docsvc.workflow import RouteName, State

router = APIRouter()

_SEE_OTHER = 303


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendicesView:
    """The appendices of a document; ``may_add`` says that it takes one from who looks at it."""

    rows: tuple[Row, ...]
    may_add: bool


def view_of(tx: Tx, document: Document, caller: Caller) -> AppendicesView:
    """Gather what the page of a document says of appendices, for who looks at it."""
    found = queries.appendices(tx, document.id)
    return AppendicesView(
        rows=tuple(row_of(one, caller.units) for one in found),
        may_add=caller.may(Action.UPLOAD, document.unit_code) and _is_open(document),
    )


def _is_open(document: Document) -> bool:
    try:
        require_open_for_appendices(
            route=RouteName(document.route),
            state=State(document.state),
            paper_only=document.paper_only,
        )
    except DocsvcError:
        return False
    return True


@router.post("/documents/{document_id}/appendices")
def attach(
    document_id: UUID, services: ServicesDep, caller: CallerDep, form: FormDep, room: RoomDep
) -> Response:
    """Attach an appendix and show the document again."""
    attached(services, caller, room, document_id, form, source="web")
    return RedirectResponse(f"/documents/{document_id}", _SEE_OTHER)
