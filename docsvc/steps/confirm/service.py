"""Apply what the clerk has confirmed, and name the body."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from docsvc.catalog import kinds, retention
from docsvc.clock import VIETNAM
from docsvc.documents import service as documents
from docsvc.errors import DocsvcError
from docsvc.organisations import queries as organisations
from docsvc.workflow import RouteName, Step

if TYPE_CHECKING:
    from uuid import UUID

    from docsvc.db.transactions import Tx
    from docsvc.documents.stores import Stores
    from docsvc.documents.tables import Document


class IncompleteError(DocsvcError):
    """A field that the register needs is missing."""

    code = "confirm.incomplete"


class ConfirmedFields(BaseModel):
    """What the clerk may change; a field left out stays as it was recognised.

    ``issuer_name`` is of what came from elsewhere: a document of our own has the body's name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str | None = None
    symbol: str | None = Field(default=None, max_length=60)
    number: int | None = Field(default=None, gt=0)
    issued_on: date | None = None
    subject: str | None = Field(default=None, max_length=1000)
    signer: str | None = Field(default=None, max_length=100)
    recipients: list[str] | None = None
    urgency: str | None = None
    issuer_name: str | None = Field(default=None, max_length=200)


def run(document_id: UUID, *, stores: Stores) -> None:
    """Write the confirmed fields into the document.

    Raises:
        IncompleteError: kind, subject and symbol (of what came, issuer) make the register.
    """
    with stores.transactions() as tx:
        given = documents.confirmation(tx, document_id, Step.CONFIRM)
        document = documents.get(tx, document_id)
        fields = ConfirmedFields.model_validate(given.facts)
        for name, value in fields.model_dump(exclude_none=True).items():
            setattr(document, name, value)
        came = document.route is RouteName.INCOMING
        if came:
            read = document.classification.get("issuer") or {}
            document.issuer_name = document.issuer_name or read.get("value")
        else:
            document.issuer_name = organisations.unit(tx, document.unit_code).name
            document.signer = document.signer or _only_leader(document.unit_code, tx, stores)
        require_complete(document)
        document.retention_years = retention.periods()[document.kind or ""].years
        printed = document.classification.get("date")
        if document.issued_on is None and printed:
            document.issued_on = date.fromisoformat(printed["value"])
        documents.advance(tx, document_id, Step.CONFIRM, at=stores.clock.now(), actor=given.account)


def _only_leader(unit_code: str, tx: Tx, stores: Stores) -> str | None:
    """Return the name of who signs for a body, if that can be one person only.

    A name that was not read is no risk then: the leader confirms with the own signature.
    """
    today = stores.clock.now().astimezone(VIETNAM).date()
    names = {c.full_name for c in organisations.leader_certificates(tx, unit_code, today)}
    return names.pop() if len(names) == 1 else None


def require_complete(document: Document) -> None:
    """Refuse a document whose register entry would have holes.

    Raises:
        IncompleteError: names the missing fields.
    """
    known = {kind.code for kind in kinds.all_kinds()}
    needed: dict[str, Any] = {
        "kind": document.kind if document.kind in known else None,
        "subject": document.subject,
    }
    # Who writes to us may do so without number and symbol; the book asks for the author.
    if document.route is RouteName.INCOMING:
        needed["issuer_name"] = document.issuer_name
    else:
        needed["symbol"] = document.symbol
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise IncompleteError(fields=", ".join(missing))
