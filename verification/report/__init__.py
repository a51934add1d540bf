"""Renderings of a report."""

from verification.report.json import to_json
from verification.report.text import to_text

__all__ = ["to_json", "to_text"]
