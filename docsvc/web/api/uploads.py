"""Files in requests: how they are described, read and sent back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi import Response

from docsvc.errors import CodedError
from docsvc.web.api.schemas import AcceptedOut
from docsvc.web.deps import text_of
from docsvc.web.errors import FieldError

if TYPE_CHECKING:
    from starlette.datastructures import FormData, UploadFile

    from docsvc.steps.receive.service import Accepted

PDF = "application/pdf"
# The declaration that every upload needs, and how a form says yes.
DECLARED: dict[str, Any] = {
    "type": "string",
    "enum": ["true", "false"],
    "description": "The uploader declares the document free of state secrets",
}
_TRUE = {"true", "1", "yes", "on"}


def described(
    *, media_type: str = PDF, optional: tuple[str, ...] = (), **fields: dict[str, Any]
) -> dict[str, Any]:
    """Return the OpenAPI description of a multipart body with a file and other fields.

    Args:
        media_type: of the file.
        optional: names of what may be left out; ``file`` may be among them.
        fields: the other fields, each with its schema.
    """
    file = {"type": "string", "contentMediaType": media_type, "format": "binary"}
    schema = {
        "type": "object",
        "properties": {"file": file} | fields,
        "required": [name for name in ("file", *fields) if name not in optional],
    }
    return {
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": schema}},
        }
    }


def is_true(form: FormData, name: str) -> bool:
    """Tell whether a form says yes to something."""
    return text_of(form, name).lower() in _TRUE


def require_taken(accepted: Accepted) -> None:
    """Refuse to go on with a file that is kept apart, under the number that the problem names.

    Raises:
        CodedError: the code says why it goes no further.
    """
    if accepted.ended_code is not None:
        facts: dict[str, Any] = {**accepted.ended_facts, "document": str(accepted.document_id)}
        raise CodedError(accepted.ended_code, **facts)


def created(response: Response, accepted: Accepted) -> AcceptedOut:
    """Answer with the number of a document that begins its road."""
    response.headers["Location"] = f"/api/v1/documents/{accepted.document_id}"
    return AcceptedOut(id=accepted.document_id, created=accepted.created)


def file_of(form: FormData) -> UploadFile:
    """Return the file of a form.

    Raises:
        FieldError: there is none.
    """
    found = form.get("file")
    if found is None or isinstance(found, str):
        raise FieldError(field="file")
    return found


def download(data: bytes, file_name: str, *, media_type: str = PDF) -> Response:
    """Send a file as a download, whatever its name holds and whatever is in it."""
    return Response(
        data,
        media_type=media_type,
        headers={
            "Content-Disposition": disposition(file_name),
            # A viewer inside the browser must not run what a file brings along.
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )


def disposition(file_name: str) -> str:
    """Write ``Content-Disposition`` with a plain name and the true one (RFC 6266, RFC 8187)."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in file_name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
