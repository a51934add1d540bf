"""The forms of a report on the wire: which one a client wants, and its type and name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docsvc.steps.verify.forms import Form
from docsvc.web.api import uploads

if TYPE_CHECKING:
    from fastapi import Response

TYPES = {
    Form.HTML: "text/html",
    Form.XML: "application/xml",
    Form.PDF: uploads.PDF,
    Form.TEXT: "text/plain",
}
JSON = "application/json"
_FORMS = {media_type: form for form, media_type in TYPES.items()}


def wanted(accept: str) -> Form | None:
    """Choose by the header ``Accept`` (RFC 9110 §12.5.1).

    Returns:
        The form with the greatest weight, the first of equals; None: JSON, also where the client
        takes anything or nothing that we have.
    """
    best: Form | None = None
    weight = 0.0
    for part in accept.split(","):
        name, *parameters = (each.strip().lower() for each in part.split(";"))
        if (name in _FORMS or name in {JSON, "*/*"}) and _weight(parameters) > weight:
            best, weight = _FORMS.get(name), _weight(parameters)
    return best


def download(report: bytes, form: Form, file_name: str) -> Response:
    """Send a report as a file that is named after the one it is about."""
    stem = file_name.rpartition(".")[0] or file_name or "pdf"
    ending = "txt" if form is Form.TEXT else form
    return uploads.download(report, f"bao-cao-{stem}.{ending}", media_type=TYPES[form])


def _weight(parameters: list[str]) -> float:
    for each in parameters:
        name, _, value = each.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
