"""Where the archive keeps a document."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from docsvc.db.base import Base, Moment


class DepositRow(Base):
    """The OCFL object that holds a document."""

    __tablename__ = "deposits"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    object_id: Mapped[str] = mapped_column(String(120), unique=True)
    version: Mapped[str] = mapped_column(String(20))
    deposited_at: Mapped[datetime] = mapped_column(Moment)
