"""Errors become answers here and nowhere else: RFC 9457 for programs, a page for people.

The status of a code comes from the message catalogue; prose is filled there too.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from docsvc.catalog import messages
from docsvc.errors import DocsvcError
from docsvc.web.texts import preferred

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from docsvc.catalog.messages import Lang

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_INTERNAL = "service.internal"
_SERVER_ERROR = 500
# How long a client should wait before it repeats what may go well the next time.
_RETRY_AFTER_S = 5

# What the framework raises by itself, in our words.
_FRAMEWORK = {
    400: "web.malformed-request",
    404: "web.not-found",
    405: "web.method-not-allowed",
    413: "web.too-large",
    415: "web.unsupported-media",
}


class Fault(BaseModel):
    """One part of a request that does not fit its schema."""

    model_config = ConfigDict(frozen=True)

    where: Annotated[str, Field(description="Dotted place: body.unit, query.limit, …")]
    type: Annotated[str, Field(description="Stable name of what is wrong with it")]


class Problem(BaseModel):
    """A problem as RFC 9457 writes it; ``code`` is stable, the sentences are for people."""

    model_config = ConfigDict(frozen=True)

    type: Annotated[str, Field(description="URN made of the code")]
    title: Annotated[str, Field(description="What happened")]
    status: Annotated[int, Field(ge=400, le=599)]
    code: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+$")]
    action: Annotated[str, Field(description="What to do; may be empty")]
    retryable: Annotated[bool, Field(description="Whether the same request may succeed later")]
    faults: list[Fault] = []
    document: Annotated[str | None, Field(description="The document it is about")] = None


def problem_of(error: Exception, lang: Lang) -> Problem:
    """Return the problem that an error is to a client."""
    match error:
        case DocsvcError():
            return _of_code(error.code, lang, facts=error.facts, retryable=error.retryable)
        case RequestValidationError():
            faults = [
                Fault(where=".".join(map(str, e["loc"])), type=e["type"]) for e in error.errors()
            ]
            named = ", ".join(f.where for f in faults)
            return _of_code("web.invalid-request", lang, facts={"field": named}, faults=faults)
        case HTTPException(__cause__=DocsvcError() as cause):
            return problem_of(cause, lang)
        case HTTPException(status_code=status):
            return _of_code(_FRAMEWORK.get(status, _INTERNAL), lang)
        case _:
            return _of_code(_INTERNAL, lang)


def answer(error: Exception, lang: Lang) -> Response:
    """Return the problem as an answer."""
    problem = problem_of(error, lang)
    return JSONResponse(
        problem.model_dump(mode="json"),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=headers_of(error, problem),
    )


def sentence(code: str, facts: Mapping[str, object], lang: Lang) -> str:
    """Say what a code means; the code itself where nobody has worded it."""
    try:
        return messages.sentence(code, lang, **_given(facts))
    except KeyError:
        return code


def advice(code: str, facts: Mapping[str, object], lang: Lang) -> str:
    """Say what to do about a code; empty if there is nothing, or nobody has worded it."""
    try:
        return messages.action(code, lang, **_given(facts))
    except KeyError:
        return ""


def headers_of(error: Exception, problem: Problem) -> dict[str, str]:
    """Return the headers that belong to a problem, on a page too."""
    headers = dict(getattr(error, "headers", None) or {})
    if problem.status == 401:  # noqa: PLR2004  # RFC 9110 §15.5.2 asks for this header
        headers["WWW-Authenticate"] = "Bearer"
    if problem.retryable:
        headers["Retry-After"] = str(_RETRY_AFTER_S)
    return headers


def language_of(request: Request) -> Lang:
    """Return the language that a client of the API asks for."""
    return preferred(request.headers.get("accept-language", ""))


def _of_code(
    code: str,
    lang: Lang,
    *,
    facts: Mapping[str, object] | None = None,
    retryable: bool = False,
    faults: list[Fault] | None = None,
) -> Problem:
    try:
        status = messages.status(code)
    except KeyError:
        status = None
    if status is None:
        # A code that nobody has worded is a defect of ours, not of the request.
        log.error("problem.unknown-code", extra={"code": code})
        code, status, facts = _INTERNAL, _SERVER_ERROR, {}
    given = _given(facts or {})
    return Problem(
        type=f"urn:docsvc:problem:{code}",
        title=messages.sentence(code, lang, **given),
        status=status,
        code=code,
        action=messages.action(code, lang, **given),
        retryable=retryable,
        faults=faults or [],
        document=str(given["document"]) if "document" in given else None,
    )


def _given(facts: Mapping[str, object]) -> dict[str, object]:
    """Leave out the facts whose names the catalogue's own arguments have."""
    return {name: value for name, value in facts.items() if name not in {"code", "lang"}}
