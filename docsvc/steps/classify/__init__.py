"""Reads a document's first and last pages: secrecy first, then what the clerk would type."""
