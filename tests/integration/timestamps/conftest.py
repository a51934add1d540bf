"""The databases of `support.databases`."""

from support.databases import engine, transactions

__all__ = ["engine", "transactions"]
