"""The books and what is entered in them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from docsvc.db.base import Base, Moment


class Book(Base):
    """A sequence of numbers: of a body, in a series, for a period (a year, or a Party term)."""

    __tablename__ = "books"
    __table_args__ = (UniqueConstraint("unit_code", "series", "period"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"))
    series: Mapped[str] = mapped_column(String(30))
    period: Mapped[str] = mapped_column(String(20))
    last: Mapped[int] = mapped_column(default=0)


class BookEntry(Base):
    """A number that was drawn; ``void_reason`` says why it stands for no document any more."""

    __tablename__ = "book_entries"

    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("documents.id"), unique=True)
    drawn_at: Mapped[datetime] = mapped_column(Moment)
    issued_on: Mapped[date]
    void_reason: Mapped[str | None] = mapped_column(String(300))
