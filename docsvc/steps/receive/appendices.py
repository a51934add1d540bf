"""Take an appendix in: a file of its own beside a document that is in work."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from docsvc.documents import service as documents
from docsvc.errors import DocsvcError
from docsvc.steps.receive.rules import require_open_for_appendices
from docsvc.workflow import RouteName, State

if TYPE_CHECKING:
    from uuid import UUID

    from docsvc.steps.receive.service import Accepted, Offer, Reception


class AppendixKnownError(DocsvcError):
    """These bytes are a document already, and not an appendix to this one; nothing was stored."""

    code = "receive.appendix-known"


def attach(main_id: UUID, data: bytes, offer: Offer, *, reception: Reception) -> Accepted:
    """Take an appendix in; it follows its document: its number, and a signature of its own.

    Args:
        main_id: the document that it belongs to, which says of which body it is.
        data: PDF.
        offer: what the uploader says of it.
        reception: takes it in as any upload.

    Raises:
        DocumentMissingError: there is no such document.
        AppendixTooLateError: the document is not in work.
        AppendixKnownError: the file is another document already.
        NotDeclaredError, TooLargeError, SecretDocumentError, SecrecyDoubtfulError: the file is
            refused, as any upload.
    """
    with reception.stores.transactions() as tx:
        main = documents.get(tx, main_id)
        require_open_for_appendices(
            route=RouteName(main.route), state=State(main.state), paper_only=main.paper_only
        )
        unit = main.unit_code
    fields = {"original_id": main_id}
    told = replace(offer, unit_code=unit, route=RouteName.APPENDIX, fields=fields)
    accepted = reception.accept(data, told)
    if not accepted.created:
        with reception.stores.transactions() as tx:
            known = documents.get(tx, accepted.document_id)
            if (known.original_id, known.route) != (main_id, RouteName.APPENDIX):
                raise AppendixKnownError
    return accepted
