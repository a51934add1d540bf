"""Renderings of a report."""

from verification.report.json import to_json

__all__ = ["to_json"]
