"""The databases of `support.databases` and the server of `support.outbound_server`."""

from support.databases import engine, transactions
from support.outbound_server import outbound, port

__all__ = ["engine", "outbound", "port", "transactions"]
