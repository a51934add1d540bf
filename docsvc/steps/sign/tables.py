"""What waits for a signature, and who may use a token now."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String
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
