"""What is known of each address that was asked; the bytes lie in files."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from docsvc.db.base import Base, Moment


class RevocationAnswer(Base):
    """The last answer to one request; ``key`` is the SHA-256 of address and question."""

    __tablename__ = "revocation_answers"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(String(64))
    this_update: Mapped[datetime | None] = mapped_column(Moment)
    next_update: Mapped[datetime | None] = mapped_column(Moment)
    fetched_at: Mapped[datetime] = mapped_column(Moment, index=True)
    fresh_until: Mapped[datetime] = mapped_column(Moment)
    error: Mapped[str | None] = mapped_column(String(80))
