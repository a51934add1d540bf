"""Renderings of a report."""

from verification.report.json import to_json
from verification.report.text import to_text
from verification.report.writer import to_sheet

__all__ = ["to_json", "to_sheet", "to_text"]
