"""Documents that were issued on paper only: in the book, without a file, and counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from docsvc.catalog import kinds
from docsvc.catalog.wording import number_line
from docsvc.documents import service as documents
from docsvc.documents.service import Arrival
from docsvc.organisations import queries as organisations
from docsvc.steps.register.rules import book_for
from docsvc.steps.register.service import draw
from docsvc.workflow import RouteName, Step

if TYPE_CHECKING:
    from docsvc.documents.stores import Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperEntry:
    """What the clerk writes into the book; without ``number`` the next one is drawn."""

    unit_code: str
    kind: str
    symbol: str
    issued_on: date
    subject: str
    signer: str
    actor: str
    number: int | None = None


def register_paper(entry: PaperEntry, *, stores: Stores) -> UUID:
    """Enter a paper document into its book.

    Raises:
        NumberTakenError: the number belongs to another document.
        UnitUnknownError: no such body.
    """
    at = stores.clock.now()
    document_id = uuid4()
    arrival = Arrival(
        unit_code=entry.unit_code,
        sha256=None,
        size=0,
        file_name=None,
        source="book",
        actor=entry.actor,
        declared_not_secret=True,
        route=RouteName.PAPER,
        paper_only=True,
    )
    with stores.transactions() as tx:
        unit = organisations.unit(tx, entry.unit_code)
        document = documents.add(tx, document_id, arrival, at=at)
        key = book_for(
            unit_code=unit.code,
            number_form=unit.number_form,
            term=unit.term,
            series=kinds.kind(entry.kind).series,
            issued_on=entry.issued_on,
        )
        number = draw(
            tx,
            key,
            document_id=document_id,
            printed=entry.number,
            issued_on=entry.issued_on,
            at=at,
        )
        document.kind, document.symbol, document.number = entry.kind, entry.symbol, number
        document.subject, document.signer = entry.subject, entry.signer
        document.issued_on = entry.issued_on
        document.number_text = number_line(number, entry.symbol, number_form=unit.number_form)
        document.issuer_name = unit.name
        document.issuer_path = organisations.path(tx, unit.code, entry.issued_on)
        documents.advance(
            tx,
            document_id,
            Step.REGISTER,
            at=at,
            actor=entry.actor,
            facts={"number": document.number_text},
        )
    return document_id
