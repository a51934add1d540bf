"""What waits for a signature, and who may use a token now."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from docsvc.db.base import Base, Choice, Moment
from docsvc.workflow import Step


class PendingSignature(Base):
    """A signature that was intended: written before the token acts, completed after it.

    ``digest`` is the SHA-256 of the signed attributes. ``value`` is set as soon as the token has
    answered. There is one row a document and step: a second try replaces the first.
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
