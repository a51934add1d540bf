"""How many timestamps were asked of an authority that gives a limited number."""

from __future__ import annotations

from datetime import date

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from docsvc.db.base import Base


class TimestampDay(Base):
    """Requests to one authority on one day in Vietnam, whatever became of them."""

    __tablename__ = "timestamp_days"

    # The SHA-256 of its address, which may hold a password.
    authority: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    asked: Mapped[int]
