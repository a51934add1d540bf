"""What waits for a signature, who was asked for it, and who may use a token now."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from docsvc.db.base import Base, Choice, Json, Moment
from docsvc.steps.sign.rules import ItemOutcome, RequestState
from docsvc.workflow import Step


class PendingSignature(Base):
    """A signature that was intended: written before the signer acts, completed after it.

    ``token`` names the token or the provider. ``digest`` is the SHA-256 of the signed attributes,
    ``intended_at`` the moment of signing: with it and the base the same bytes are prepared again.
    ``value`` is set as soon as the signer has answered. There is one row a document and step: a
    second try replaces the first. The fields from ``request`` on are those of a signer that
    answers later; ``position`` is the place in its request.
    """

    __tablename__ = "pending_signatures"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    step: Mapped[Step] = mapped_column(Choice(Step), primary_key=True)
    base_digest: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    token: Mapped[str] = mapped_column(String(80))
    fence: Mapped[int]
    intended_at: Mapped[datetime] = mapped_column(Moment)
    value: Mapped[bytes | None] = mapped_column(LargeBinary)
    request: Mapped[str | None] = mapped_column(
        ForeignKey("signing_requests.transaction"), index=True
    )
    position: Mapped[int | None]
    to_be_signed: Mapped[bytes | None] = mapped_column(LargeBinary)
    content_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    name: Mapped[str | None] = mapped_column(String(200))


class SigningRequest(Base):
    """What a provider was asked, and what came of it; kept when it has ended.

    ``transaction`` is our own name of it. ``next_at`` is when somebody has to look at it again;
    who does moves it on, which is the lease: ``holder`` and ``fence`` tell whose. It is empty
    while the request waits for its turn and when nothing is left to do. ``facts`` holds the times
    of what came late.
    """

    __tablename__ = "signing_requests"
    __table_args__ = (Index("ix_signing_requests_turn", "provider", "key_id", "state"),)

    transaction: Mapped[str] = mapped_column(String(64), primary_key=True)
    step: Mapped[Step] = mapped_column(Choice(Step))
    provider: Mapped[str] = mapped_column(String(80))
    key_id: Mapped[str] = mapped_column(String(80))
    account: Mapped[str] = mapped_column(String(80))
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("signature_batches.id"), index=True)
    state: Mapped[RequestState] = mapped_column(Choice(RequestState))
    code: Mapped[str | None] = mapped_column(String(80))
    control_code: Mapped[str] = mapped_column(String(8))
    prompt: Mapped[str] = mapped_column(String(200))
    # The provider's library keeps in it whatever it needs, such as the digests of all documents.
    handle: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    next_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    holder: Mapped[str | None] = mapped_column(String(80))
    fence: Mapped[int] = mapped_column(default=0)
    facts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class RequestDocument(Base):
    """A document that a request asked for; kept, so that its page tells what it was asked."""

    __tablename__ = "request_documents"

    transaction: Mapped[str] = mapped_column(
        ForeignKey("signing_requests.transaction"), primary_key=True
    )
    document_id: Mapped[UUID] = mapped_column(
        ForeignKey("documents.id"), primary_key=True, index=True
    )


class SignatureBatch(Base):
    """Up to some hundred documents that one person has said yes to at once."""

    __tablename__ = "signature_batches"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    step: Mapped[Step] = mapped_column(Choice(Step))
    account: Mapped[str] = mapped_column(String(80), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    stopped_at: Mapped[datetime | None] = mapped_column(Moment)


class BatchItem(Base):
    """A document of a batch; ``outcome`` is written once, in the transaction that makes it true."""

    __tablename__ = "batch_items"

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("signature_batches.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"), index=True)
    outcome: Mapped[ItemOutcome | None] = mapped_column(Choice(ItemOutcome))
    code: Mapped[str | None] = mapped_column(String(80))
    facts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class TokenLease(Base):
    """Who uses a token; ``fence`` grows with every holder, so that a late one is noticed."""

    __tablename__ = "token_leases"

    token: Mapped[str] = mapped_column(String(80), primary_key=True)
    holder: Mapped[str | None] = mapped_column(String(80))
    fence: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(Moment)


class HandOut(Base):
    """A file that was handed out to be signed on somebody's own PC.

    There is one row a document and step: a new hand-out voids the old. ``token_digest`` is the
    SHA-256 of the token in the links, so that a copy of the table opens nothing. ``sha256`` and
    ``size`` are of the bytes that were handed out; they are made anew whenever they are asked for.
    ``field`` is where the signature was found to be when the file came back.
    """

    __tablename__ = "handouts"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    step: Mapped[Step] = mapped_column(Choice(Step), primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    account: Mapped[str] = mapped_column(String(80))
    base_digest: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    taken_at: Mapped[datetime | None] = mapped_column(Moment)
    returned_at: Mapped[datetime | None] = mapped_column(Moment)
    refusals: Mapped[int] = mapped_column(default=0)
    field: Mapped[str | None] = mapped_column(String(200))
