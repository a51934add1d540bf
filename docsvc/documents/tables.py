"""Documents and what hangs on them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from docsvc.db.base import Base, Choice, Json, Moment
from docsvc.workflow import Person, RouteName, State, Step


class Document(Base):
    """An official document on its road; its fields are those the clerk has confirmed.

    After a refusal for secrecy every field that could describe the content is emptied.
    ``sha256`` is of the bytes that somebody sent; a copy made of our own bytes has none.
    ``original_id`` is the document that a copy was made of, or an appendix belongs to;
    ``original_digest`` the SHA-256 of the copied revision, None where it exists on paper only.
    What came from elsewhere keeps the number, date and issuer of its sender, and has
    ``arrival_number`` and ``arrived_on``.
    """

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("sha256"),
        Index("ix_documents_count", "unit_code", "issued_on", "state"),
        Index("ix_documents_desk", "state", "waits_for"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"))
    route: Mapped[RouteName] = mapped_column(Choice(RouteName))
    state: Mapped[State] = mapped_column(Choice(State))
    waits_for: Mapped[Person | None] = mapped_column(Choice(Person))
    waiting_code: Mapped[str | None] = mapped_column(String(80))
    ended_code: Mapped[str | None] = mapped_column(String(80))
    ended_facts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    received_at: Mapped[datetime] = mapped_column(Moment)
    received_by: Mapped[str] = mapped_column(String(80))
    source: Mapped[str] = mapped_column(String(20))
    declared_not_secret: Mapped[bool] = mapped_column(default=False)
    paper_only: Mapped[bool] = mapped_column(default=False)
    sha256: Mapped[str | None] = mapped_column(String(64))
    file_name: Mapped[str | None] = mapped_column(String(255))
    inspection: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    classification: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    secrecy: Mapped[str | None] = mapped_column(String(20))
    kind: Mapped[str | None] = mapped_column(String(40))
    number: Mapped[int | None]
    number_text: Mapped[str | None] = mapped_column(String(60))
    symbol: Mapped[str | None] = mapped_column(String(60))
    issued_on: Mapped[date | None]
    subject: Mapped[str | None] = mapped_column(String(1000))
    signer: Mapped[str | None] = mapped_column(String(100))
    recipients: Mapped[list[str]] = mapped_column(Json, default=list)
    urgency: Mapped[str | None] = mapped_column(String(20))
    retention_years: Mapped[int | None]
    issuer_name: Mapped[str | None] = mapped_column(String(200))
    issuer_path: Mapped[str | None] = mapped_column(String(300))
    completeness: Mapped[str | None] = mapped_column(String(20))
    indication: Mapped[str | None] = mapped_column(String(20))
    device: Mapped[str | None] = mapped_column(String(20))
    public_code: Mapped[str | None] = mapped_column(String(40), unique=True)
    # No foreign key: the archive brings a copy back before its original, or without it.
    original_id: Mapped[UUID | None] = mapped_column(index=True)
    original_digest: Mapped[str | None] = mapped_column(String(64))
    arrival_number: Mapped[int | None]
    arrived_on: Mapped[date | None]

    @property
    def title(self) -> str:
        """Return what people call it: its subject, else its file, else its id."""
        return self.subject or self.file_name or str(self.id)


class Revision(Base):
    """Bytes of a document at one moment; from the first signature on each begins with the last."""

    __tablename__ = "revisions"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[Step] = mapped_column(Choice(Step))
    digest: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Moment)


class Attachment(Base):
    """A blob that belongs to a document beside its revisions, such as the report."""

    __tablename__ = "attachments"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Moment)


class Event(Base):
    """Something that happened to a document; never changed, never removed."""

    __tablename__ = "document_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    step: Mapped[Step] = mapped_column(Choice(Step))
    state: Mapped[State] = mapped_column(Choice(State))
    actor: Mapped[str] = mapped_column(String(80))
    facts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class Confirmation(Base):
    """A person has said yes to a step of a document."""

    __tablename__ = "confirmations"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    step: Mapped[Step] = mapped_column(Choice(Step), primary_key=True)
    account: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(Moment)
    facts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class BlobClaim(Base):
    """Announces a blob before it is written, so that a crash leaves no blob nobody knows.

    A claim that is ``condemned`` is being swept: what it announced may no longer be used.
    """

    __tablename__ = "blob_claims"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    # No foreign key: an upload is announced before its document exists.
    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    step: Mapped[Step] = mapped_column(Choice(Step), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    condemned: Mapped[bool] = mapped_column(default=False)


class IdempotencyKey(Base):
    """An upload that a client may repeat: same key, same bytes, same document."""

    __tablename__ = "idempotency_keys"

    account: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"))
    at: Mapped[datetime] = mapped_column(Moment)
