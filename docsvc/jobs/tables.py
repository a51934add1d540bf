"""Which workers are alive."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from docsvc.db.base import Base, Moment


class WorkerRow(Base):
    """A worker and when it was last seen; what a dead one began is taken up by others."""

    __tablename__ = "workers"

    executor: Mapped[str] = mapped_column(String(80), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(Moment)
