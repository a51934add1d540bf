"""Accounts, what they may do and where, sessions and API tokens."""
