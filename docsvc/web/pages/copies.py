"""Copies on the page of a document: which can be made, which were, and of what it is one."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from docsvc.access.rules import Action
from docsvc.db.transactions import Tx
from docsvc.documents import queries
from docsvc.documents.tables import Document
from docsvc.steps.receive.copies import original_of
from docsvc.steps.receive.rules import offered
from docsvc.web.api.copies import copied
from docsvc.web.deps import Caller, CallerDep, FormDep, RoomDep, ServicesDep
from docsvc.web.pages.receive import open_units
from docsvc.web.pages.rows import Row, row_of

router = APIRouter()

_SEE_OTHER = 303


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiesView:
    """What there is to say of copies.

    Attributes:
        original: of what the document is a copy, if it is one that may be seen.
        made: copies of it that may be seen.
        kinds: which may be made here now.
        takes_file: one of them needs a file.
        needs_file: all of them do.
        units: bodies that the caller may copy for.
    """

    original: Row | None
    made: tuple[Row, ...]
    kinds: tuple[str, ...]
    takes_file: bool
    needs_file: bool
    units: tuple[tuple[str, str], ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to be shown."""
        return not (self.original or self.made or self.kinds)


def view_of(tx: Tx, document: Document, caller: Caller) -> CopiesView:
    """Gather what the page of a document says of copies, for who looks at it."""
    visible = caller.units_for(Action.SEE)
    original = tx.get(Document, document.original_id) if document.original_id else None
    made = [one for one in queries.copies(tx, document.id) if one.unit_code in visible]
    units = open_units(caller, Action.COPY)
    may = bool(units) and caller.may(Action.READ, document.unit_code)
    kinds = offered(original_of(document)) if may else {}
    return CopiesView(
        original=(
            row_of(original, caller.units) if original and original.unit_code in visible else None
        ),
        made=tuple(row_of(one, caller.units) for one in made),
        kinds=tuple(kinds),
        takes_file=any(kinds.values()),
        needs_file=bool(kinds) and all(kinds.values()),
        units=units,
    )


@router.post("/documents/{document_id}/copies")
def make(
    document_id: UUID, services: ServicesDep, caller: CallerDep, form: FormDep, room: RoomDep
) -> Response:
    """Make a copy and show it."""
    accepted = copied(services, caller, room, document_id, form, source="web")
    return RedirectResponse(f"/documents/{accepted.document_id}", _SEE_OTHER)
