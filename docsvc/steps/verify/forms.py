"""In which forms a report can be had."""

from enum import StrEnum


class Form(StrEnum):
    """How a report is drawn."""

    TEXT = "text"
    HTML = "html"
    XML = "xml"
    PDF = "pdf"
