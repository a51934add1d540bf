"""Log in, log out, change the password, choose the language."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from docsvc.access import passwords
from docsvc.access import service as access
from docsvc.access.errors import AccessError
from docsvc.access.rules import Action
from docsvc.catalog.messages import Lang
from docsvc.web.api.sessions import end_session, set_cookie
from docsvc.web.deps import (
    AnybodysFormDep,
    Caller,
    NewcomerDep,
    NewcomersFormDep,
    ServicesDep,
    VisitorDep,
    is_https,
    require_same_origin,
    text_of,
)
from docsvc.web.pages.rendering import LANGUAGE_COOKIE, language_of, render
from docsvc.web.problems import Problem, problem_of

router = APIRouter()

_SEE_OTHER = 303
_YEAR_S = 365 * 24 * 3600

# Where each kind of work begins; the first that fits wins.
_HOMES = (
    (Action.UPLOAD, "/desk"),
    (Action.SIGN, "/sign"),
    (Action.READ, "/documents?box=all"),
    (Action.COUNT, "/statistics"),
    (Action.MANAGE_ACCOUNTS, "/accounts"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPage:
    """The door."""

    next: str
    login: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPage:
    """A new password."""

    least: int = passwords.MIN_LENGTH
    most: int = passwords.MAX_LENGTH
    problem: Problem | None = None


@router.get("/")
def home(found: VisitorDep) -> Response:
    """Lead everybody to where their work begins."""
    return RedirectResponse(home_of(found), _SEE_OTHER)


def home_of(found: Caller | None) -> str:
    """Return the page on which somebody's work begins."""
    if found is None:
        return "/login"
    return next((href for action, href in _HOMES if found.may_somewhere(action)), "/verify")


@router.get("/login")
def ask(request: Request, found: VisitorDep, next: str = "") -> Response:  # noqa: A002  # the word of the address
    """Show the door; who is inside already is led on."""
    if found is not None:
        return RedirectResponse(home_of(found), _SEE_OTHER)
    return render(request, "login.html", LoginPage(next=own_address(next)))


@router.post("/login")
def log_in(request: Request, services: ServicesDep, form: AnybodysFormDep) -> Response:
    """Open a session."""
    require_same_origin(request, services)
    login, wanted = text_of(form, "login"), own_address(text_of(form, "next"))
    password = str(form.get("password", ""))
    try:
        secret = access.log_in(
            services.transactions, login=login, password=password, at=services.clock.now()
        )
    except AccessError as e:
        problem = problem_of(e, language_of(request))
        shown = LoginPage(next=wanted, login=login, problem=problem)
        return render(request, "login.html", shown, status=problem.status)
    answer = RedirectResponse(wanted or "/", _SEE_OTHER)
    set_cookie(answer, services, secret)
    return answer


@router.post("/logout")
def log_out(caller: NewcomerDep, services: ServicesDep, _form: NewcomersFormDep) -> Response:
    """End the session."""
    answer = RedirectResponse("/login", _SEE_OTHER)
    end_session(answer, services, caller.session)
    return answer


@router.get("/password")
def ask_password(request: Request, caller: NewcomerDep) -> Response:
    """Show the form for a new password."""
    return render(request, "password.html", PasswordPage(), caller=caller)


@router.post("/password")
def change_password(
    request: Request, caller: NewcomerDep, services: ServicesDep, form: NewcomersFormDep
) -> Response:
    """Change the password; other sessions of the account end."""
    try:
        secret = access.change_password(
            services.transactions,
            login=caller.login,
            old=str(form.get("old", "")),
            new=str(form.get("new", "")),
            at=services.clock.now(),
        )
    except AccessError as e:
        problem = problem_of(e, language_of(request))
        shown = PasswordPage(problem=problem)
        return render(request, "password.html", shown, caller=caller, status=problem.status)
    answer = RedirectResponse("/", _SEE_OTHER)
    set_cookie(answer, services, secret)
    return answer


@router.post("/language")
def choose_language(request: Request, services: ServicesDep, form: AnybodysFormDep) -> Response:
    """Remember the language of the pages."""
    require_same_origin(request, services)
    answer = RedirectResponse(own_address(text_of(form, "next")) or "/", _SEE_OTHER)
    lang = text_of(form, "lang")
    if lang in set(Lang):
        secure = is_https(services)
        answer.set_cookie(
            LANGUAGE_COOKIE, lang, max_age=_YEAR_S, httponly=True, samesite="lax", secure=secure
        )
    return answer


def own_address(wanted: str) -> str:
    """Return an address of ours, or nothing: a form must not send people elsewhere."""
    parts = urlsplit(wanted)
    foreign = parts.scheme or parts.netloc or not wanted.startswith("/")
    if foreign or wanted.startswith(("//", "/\\")) or any(ord(c) < ord(" ") for c in wanted):
        return ""
    return wanted
