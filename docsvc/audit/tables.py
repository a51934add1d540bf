"""The audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from docsvc.db.base import Base, Json, Moment


class AuditEntry(Base):
    """One act; ``chain`` is the SHA-256 over the chain before and this entry's content."""

    __tablename__ = "audit_log"

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str] = mapped_column(String(80))
    act: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(80))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    chain: Mapped[str] = mapped_column(String(64), unique=True)


class AuditHead(Base):
    """The end of the chain: one row, locked by whoever appends."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    chain: Mapped[str] = mapped_column(String(64))
