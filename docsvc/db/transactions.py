"""Short, explicit transactions: ``with transactions() as tx:``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session, sessionmaker

if TYPE_CHECKING:
    from sqlalchemy import Engine

Tx = Session
Transactions = Callable[[], AbstractContextManager[Tx]]


def transactions_of(engine: Engine) -> Transactions:
    """Return what opens a transaction: committed at the end of the block, rolled back on error."""
    return sessionmaker(engine, expire_on_commit=False).begin
