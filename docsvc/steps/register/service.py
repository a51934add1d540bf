"""Draw the number, in the transaction that registers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from docsvc.catalog import kinds
from docsvc.catalog.wording import number_line
from docsvc.clock import VIETNAM
from docsvc.documents import queries
from docsvc.documents import service as documents
from docsvc.documents.errors import AwaitedError
from docsvc.errors import DocsvcError
from docsvc.organisations import queries as organisations
from docsvc.steps.register.rules import BookKey, book_for, incoming_book
from docsvc.steps.register.tables import Book, BookEntry
from docsvc.workflow import ENDED, RouteName, Step

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from docsvc.db.transactions import Tx
    from docsvc.documents.stores import Stores
    from docsvc.documents.tables import Document


# What an appendix waits for, until its document is in the book.
WAITS = "register.appendix-waits"
_MAX_SUBJECT = 1000

Enqueue: TypeAlias = Callable[["Tx", "UUID"], None]


class NumberTakenError(DocsvcError):
    """The printed number belongs to another document of the same book."""

    code = "register.number-taken"


class AppendixAloneError(DocsvcError):
    """The document that an appendix belongs to has ended, and the appendix with it."""

    code = documents.ALONE_CODE


def run(document_id: UUID, *, stores: Stores, enqueue: Enqueue) -> None:
    """Enter the document into its book and keep number and date.

    A document that came with its number printed keeps it if it is free. What came from elsewhere
    gets a number of arrival; an appendix follows its document, which lets it go on.

    Raises:
        NumberTakenError: it is not free.
        AppendixAloneError: the document of an appendix has ended.
        AwaitedError: the document of an appendix has no number yet.
    """
    at = stores.clock.now()
    with stores.transactions() as tx:
        document = documents.get(tx, document_id)
        match document.route:
            case RouteName.INCOMING:
                _arrive(tx, document, at=at)
            case RouteName.APPENDIX:
                _follow(tx, document, at=at)
            case _:
                _enter(tx, document, at=at)
                for one in queries.appendices(tx, document_id):
                    enqueue(tx, one.id)
        waits = document.waiting_code == WAITS
    if waits:
        raise AwaitedError(document=str(document_id))


def _enter(tx: Tx, document: Document, *, at: datetime) -> None:
    unit = organisations.unit(tx, document.unit_code)
    issued_on = document.issued_on or at.astimezone(VIETNAM).date()
    key = book_for(
        unit_code=unit.code,
        number_form=unit.number_form,
        term=unit.term,
        series=kinds.kind(document.kind or "").series,
        issued_on=issued_on,
    )
    number = draw(
        tx, key, document_id=document.id, printed=document.number, issued_on=issued_on, at=at
    )
    document.number = number
    document.issued_on = issued_on
    document.issuer_path = organisations.path(tx, unit.code, issued_on)
    document.number_text = number_line(number, document.symbol or "", number_form=unit.number_form)
    facts = {"number": document.number_text}
    documents.advance(tx, document.id, Step.REGISTER, at=at, facts=facts)


def _follow(tx: Tx, document: Document, *, at: datetime) -> None:
    """Give an appendix the number and date of its document, or let it wait for them."""
    if document.original_id is None:
        raise AppendixAloneError
    main = documents.get(tx, document.original_id)
    if main.state in ENDED:
        raise AppendixAloneError(main=str(main.id))
    if main.number_text is None:
        documents.wait(tx, document.id, WAITS)
        return
    # Its own number stays empty: it is in no book.
    for name in ("number_text", "symbol", "kind", "issued_on", "issuer_name", "issuer_path"):
        setattr(document, name, getattr(main, name))
    document.retention_years = main.retention_years
    document.subject = f"Phụ lục kèm theo {main.number_text} – {main.subject}"[:_MAX_SUBJECT]
    facts = {"number": document.number_text}
    documents.advance(tx, document.id, Step.REGISTER, at=at, facts=facts)


def _arrive(tx: Tx, document: Document, *, at: datetime) -> None:
    """Give what came from elsewhere its number and day of arrival; its own number stays."""
    arrived_on = at.astimezone(VIETNAM).date()
    number = draw(
        tx,
        incoming_book(document.unit_code, arrived_on),
        document_id=document.id,
        printed=None,
        issued_on=arrived_on,
        at=at,
    )
    document.arrival_number, document.arrived_on = number, arrived_on
    document.number_text = sender_line(document)
    documents.advance(tx, document.id, Step.REGISTER, at=at, facts={"arrival": number})


def sender_line(document: Document) -> str | None:
    """Return number and symbol as the sender wrote them, as far as they are known."""
    if document.number is None:
        return document.symbol
    form = document.classification.get("number_form") or ""
    return number_line(document.number, document.symbol or "", number_form=form)


def draw(  # the columns of the entry
    tx: Tx,
    key: BookKey,
    *,
    document_id: UUID,
    printed: int | None,
    issued_on: date,
    at: datetime,
) -> int:
    """Draw the next number of a book, or take the printed one.

    The counter row is taken by an UPDATE, which queues the writers on both databases; a
    transaction that rolls back gives its number back, so there are no gaps.

    Raises:
        NumberTakenError: the printed number is not free.
    """
    number = _next_free(tx, _book(tx, key)) if printed is None else printed
    enter(tx, key, number=number, document_id=document_id, issued_on=issued_on, at=at)
    return number


def enter(  # the columns of the entry
    tx: Tx, key: BookKey, *, number: int, document_id: UUID, issued_on: date, at: datetime
) -> None:
    """Enter a document into a book under a number.

    Raises:
        NumberTakenError: the number is not free.
    """
    book = _book(tx, key)
    if tx.get(BookEntry, (book, number)) is not None:
        raise NumberTakenError(number=number, series=key.series, period=key.period)
    tx.add(
        BookEntry(
            book_id=book, number=number, document_id=document_id, drawn_at=at, issued_on=issued_on
        )
    )
    tx.flush()


def count_from(tx: Tx, key: BookKey, number: int) -> None:
    """Count on from ``number`` at least: the numbers up to it are not drawn any more."""
    tx.execute(
        update(Book).where(Book.id == _book(tx, key), Book.last < number).values(last=number)
    )


def void(tx: Tx, document_id: UUID, *, reason: str) -> None:
    """Cancel the number of a document: the number stays, void, with its reason."""
    tx.execute(
        update(BookEntry)
        .where(BookEntry.document_id == document_id)
        .values(document_id=None, void_reason=reason)
    )


def _next_free(tx: Tx, book: int) -> int:
    """Count on; numbers that came printed on documents are stepped over."""
    while True:
        number = tx.execute(
            update(Book).where(Book.id == book).values(last=Book.last + 1).returning(Book.last)
        ).scalar_one()
        if tx.get(BookEntry, (book, number)) is None:
            return number


def _book(tx: Tx, key: BookKey) -> int:
    """Return the id of the book, opened on its first use, its row locked until the end."""
    find = select(Book.id).where(
        Book.unit_code == key.unit_code, Book.series == key.series, Book.period == key.period
    )
    found = tx.scalars(find).one_or_none()
    if found is None:
        try:
            with tx.begin_nested():
                tx.add(Book(unit_code=key.unit_code, series=key.series, period=key.period))
        except IntegrityError:
            # Two documents opened the book at the same moment; one row is enough.
            pass
        found = tx.scalars(find).one()
    tx.execute(update(Book).where(Book.id == found).values(last=Book.last))
    return found
