"""The doors for a signing helper on somebody's PC: the Government's, or our own agent.

The helper has no session. The token in its two addresses is for one document, one step and one
person, runs out soon, and is checked again at each door. What the helper tells the browser is
not believed: only the file that arrives here counts.
"""

import json
from collections.abc import AsyncIterator
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import JSONResponse, Response

from docsvc.clock import VIETNAM
from docsvc.steps.sign.handout import HandedOut, Held
from docsvc.web import handed, problems
from docsvc.web.api.uploads import download
from docsvc.web.deps import RoomDep, ServicesDep
from docsvc.web.errors import FieldError
from docsvc.workflow import Step

PREFIX = "/vgca/"
router = APIRouter(prefix="/vgca")

# The name that the Government's helper gives to its file (NORMS 4.2).
_FILE = "uploadfile"
_MAX_FIELDS = 20


class Operation(StrEnum):
    """What a helper is asked to do; the last part of its address."""

    LEADER = "SignApproved"
    ORGANISATION = "SignIssued"
    APPENDIX = "SignAppendix"
    COPY = "SignCopy"
    INCOMING = "SignIncome"
    BATCH = "SignFiles"


OPERATION_OF = {
    Step.SIGN_LEADER: Operation.LEADER,
    Step.SIGN_ORGANISATION: Operation.ORGANISATION,
}


def parameters(handed_out: HandedOut, base_url: str) -> dict[str, object]:
    """Return what a helper is told about one document."""
    query = f"?t={handed_out.token}"
    return {
        "FileUploadHandler": f"{base_url}{PREFIX}upload{query}",
        "SessionId": "",
        "JWTToken": "",
        "FileName": f"{base_url}{PREFIX}file{query}",
        "MetaData": _meta(handed_out),
        "DocNumber": handed_out.number_text or "",
        "IssuedDate": _midnight(handed_out.issued_on),
    }


def batch(files: list[HandedOut], base_url: str) -> dict[str, object]:
    """Return what a helper is told about several documents: one PIN, an outcome for each."""
    return {
        "FileUploadHandler": "",
        "SessionId": "",
        "JWTToken": "",
        "Files": [
            {
                "FileID": str(one.document_id),
                "FileName": one.file_name,
                "URL": f"{base_url}{PREFIX}file?t={one.token}",
                "FileUploadHandler": f"{base_url}{PREFIX}upload?t={one.token}",
                "Operation": OPERATION_OF[one.step],
                "MetaData": _meta(one),
            }
            for one in files
        ],
    }


def as_text(told: dict[str, object]) -> str:
    """Return what a helper is told, as the one message that it takes."""
    return json.dumps(told, ensure_ascii=False)


def _meta(handed_out: HandedOut) -> list[dict[str, str]]:
    keys = [
        {"Key": "docId", "Value": str(handed_out.document_id)},
        {"Key": "fileName", "Value": handed_out.file_name},
    ]
    keys += [{"Key": "certificate", "Value": each} for each in handed_out.certificates]
    return keys


def _midnight(day: date | None) -> str:
    if day is None:
        return ""
    return datetime(day.year, day.month, day.day, tzinfo=VIETNAM).isoformat()


def held(services: ServicesDep, t: Annotated[str, Query(max_length=100)]) -> Held:
    """Return what the token stands for; nothing of a body is read before."""
    return handed.held_by_token(services, t)


HeldDep = Annotated[Held, Depends(held)]


async def helpers_form(request: Request, _held: HeldDep) -> AsyncIterator[FormData]:
    """Read what a helper uploads, once its token is known."""
    async with request.form(max_files=1, max_fields=_MAX_FIELDS) as form:
        yield form


HelpersFormDep = Annotated[FormData, Depends(helpers_form)]


@router.get("/file")
def file(
    services: ServicesDep, found: HeldDep, t: Annotated[str, Query(max_length=100)]
) -> Response:
    """Send the file that is to be signed."""
    return download(services.handouts.file(t), found.file_name)


@router.post("/upload")
def upload(
    services: ServicesDep,
    found: HeldDep,
    t: Annotated[str, Query(max_length=100)],
    form: HelpersFormDep,
    room: RoomDep,
) -> Response:
    """Take the signed file back, and answer as the helper wants it."""
    sent = form.get(_FILE)
    if not isinstance(sent, UploadFile):
        raise FieldError(field=_FILE)
    with room.taken():
        services.handouts.take_back(t, sent.file.read())
    address = f"{services.settings.base_url.rstrip('/')}/documents/{found.document_id}"
    return _told(ok=True, message="", name=found.file_name, address=address)


def refusal(request: Request, error: Exception) -> Response:
    """Return an error as a helper shows it to its user.

    An upload is answered with 200 all the same: the helper reads the message of such answers only.
    """
    problem = problems.problem_of(error, problems.language_of(request))
    parts = (problem.title, handed.cause(error, problems.language_of(request)), problem.action)
    message = " ".join(part for part in parts if part)
    answer = _told(ok=False, message=message, name="", address="")
    if request.method != "POST":
        answer.status_code = problem.status
    return answer


def _told(*, ok: bool, message: str, name: str, address: str) -> JSONResponse:
    return JSONResponse({"Status": ok, "Message": message, "FileName": name, "FileServer": address})
