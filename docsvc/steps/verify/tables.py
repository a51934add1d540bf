"""The verdicts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from docsvc.db.base import Base, Moment


class Verdict(Base):
    """What was found about a revision; the whole report is an attachment."""

    __tablename__ = "verdicts"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    revision_digest: Mapped[str] = mapped_column(String(64))
    indication: Mapped[str | None] = mapped_column(String(20))
    completeness: Mapped[str] = mapped_column(String(20))
    policy: Mapped[str] = mapped_column(String(80))
    verified_at: Mapped[datetime] = mapped_column(Moment)
