"""Documents that exist on paper only: without them the rate would always be 100 %."""

from fastapi import APIRouter, Response

from docsvc.access.rules import Action
from docsvc.bootstrap import Services
from docsvc.catalog import kinds
from docsvc.documents import queries
from docsvc.documents.tables import Document
from docsvc.steps.register.paper import PaperEntry
from docsvc.web.api.schemas import DocumentOut, PaperIn
from docsvc.web.deps import ApiCallerDep, Caller, ServicesDep
from docsvc.web.errors import FieldError

router = APIRouter(prefix="/documents", tags=["documents"])


@router.post("/paper", status_code=201)
def register(
    entry: PaperIn, services: ServicesDep, caller: ApiCallerDep, response: Response
) -> DocumentOut:
    """Enter a document without a file into its book."""
    document = enter(services, caller, entry)
    response.headers["Location"] = f"/api/v1/documents/{document.id}"
    return DocumentOut.model_validate(document)


def enter(services: Services, caller: Caller, entry: PaperIn) -> Document:
    """Enter a paper document, if the caller may.

    Raises:
        FieldError: there is no such body or kind.
        NotAllowedError: the caller may not do this in that body.
        NumberTakenError: the number belongs to another document.
    """
    if entry.unit not in caller.units.paths:
        raise FieldError(field="unit")
    if entry.kind not in {kind.code for kind in kinds.all_kinds()}:
        raise FieldError(field="kind")
    caller.require(Action.REGISTER_PAPER, entry.unit)
    document_id = services.register_paper(
        PaperEntry(
            unit_code=entry.unit,
            kind=entry.kind,
            symbol=entry.symbol,
            number=entry.number,
            issued_on=entry.issued_on,
            subject=entry.subject,
            signer=entry.signer,
            actor=caller.login,
        )
    )
    with services.transactions() as tx:
        return queries.one(tx, document_id, units={entry.unit})
