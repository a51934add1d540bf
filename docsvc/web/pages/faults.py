"""An error as a page: what happened, what to do, the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.responses import RedirectResponse

from docsvc.access.errors import NotLoggedInError, PasswordChangeRequiredError
from docsvc.web import problems
from docsvc.web.pages.rendering import language_of, render
from docsvc.web.problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


_SEE_OTHER = 303


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPage:
    """What went wrong."""

    problem: Problem


def page(request: Request, error: Exception) -> Response:
    """Return the page for an error; who is not logged in is led to the door."""
    if isinstance(error, NotLoggedInError):
        wanted = {"next": request.url.path} if request.method == "GET" else {}
        return RedirectResponse(f"/login?{urlencode(wanted)}", _SEE_OTHER)
    if isinstance(error, PasswordChangeRequiredError):
        return RedirectResponse("/password", _SEE_OTHER)
    problem = problems.problem_of(error, language_of(request))
    answer = render(
        request,
        "fault.html",
        FaultPage(problem=problem),
        caller=getattr(request.state, "caller", None),
        status=problem.status,
    )
    for name, value in problems.headers_of(error, problem).items():
        answer.headers[name] = value
    return answer
