"""The administrator's pages: accounts, and the self-check."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from docsvc.access import queries
from docsvc.access import service as access
from docsvc.access.errors import NotAllowedError, OwnAccountError
from docsvc.access.queries import AccountRow
from docsvc.access.rules import Action, Membership, Role
from docsvc.access.service import NewAccount
from docsvc.bootstrap import Services
from docsvc.errors import DocsvcError
from docsvc.web.deps import Caller, CallerDep, FormDep, ServicesDep, text_of, texts_of
from docsvc.web.errors import FieldError
from docsvc.web.pages.receive import open_units
from docsvc.web.pages.rendering import language_of, render
from docsvc.web.problems import Problem, problem_of

router = APIRouter()

_SEE_OTHER = 303
# 16 characters of base64: nobody guesses it before it is changed.
_FIRST_PASSWORD_BYTES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsPage:
    """The accounts of the administrator's bodies; ``password`` is shown this once."""

    rows: tuple[AccountRow, ...]
    names: dict[str, str]
    units: tuple[tuple[str, str], ...]
    roles: tuple[Role, ...]
    now: datetime
    given: dict[str, str]
    password: str | None = None
    password_of: str | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfCheckPage:
    """Every part that was tried, and whether it works."""

    rows: tuple[dict[str, Any], ...]
    at: datetime


@router.get("/accounts")
def listing(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """Show the accounts."""
    caller.require_somewhere(Action.MANAGE_ACCOUNTS)
    return _show(request, services, caller)


@router.post("/accounts")
def add(request: Request, services: ServicesDep, caller: CallerDep, form: FormDep) -> Response:
    """Add an account; its first password is shown once and must be changed at the first login."""
    given = {name: text_of(form, name) for name in ("login", "display_name", "role")}
    chosen = texts_of(form, "unit")
    password = secrets.token_urlsafe(_FIRST_PASSWORD_BYTES)
    try:
        if not given["display_name"]:
            raise FieldError(field="display_name")
        new = NewAccount(
            login=given["login"],
            display_name=given["display_name"][:100],
            password=password,
            memberships=_memberships(caller, given["role"], chosen),
        )
        access.add_account(services.transactions, new, at=services.clock.now(), actor=caller.login)
    except DocsvcError as e:
        problem = problem_of(e, language_of(request))
        return _show(request, services, caller, given=given, problem=problem)
    return _show(request, services, caller, password=password, password_of=new.login)


@router.post("/accounts/{login}/password")
def reset(
    request: Request, login: str, services: ServicesDep, caller: CallerDep, _form: FormDep
) -> Response:
    """Give an account a new first password."""
    _require_managed(services, caller, login)
    password = secrets.token_urlsafe(_FIRST_PASSWORD_BYTES)
    access.reset_password(
        services.transactions,
        login=login,
        password=password,
        at=services.clock.now(),
        actor=caller.login,
    )
    return _show(request, services, caller, password=password, password_of=login)


@router.post("/accounts/{login}/{act}")
def open_or_close(
    login: str, act: str, services: ServicesDep, caller: CallerDep, _form: FormDep
) -> Response:
    """Close an account, or open it again."""
    if act not in {"disable", "enable"}:
        raise FieldError(field="act")
    _require_managed(services, caller, login)
    with services.transactions() as tx:
        access.set_disabled(
            tx,
            login,
            disabled=act == "disable",
            at=services.clock.now(),
            actor=caller.login,
        )
    return RedirectResponse("/accounts", _SEE_OTHER)


@router.get("/self-check")
def self_check(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """Try every part of the service and show what works."""
    caller.require_somewhere(Action.DIAGNOSE)
    page = SelfCheckPage(rows=tuple(services.diagnose()), at=services.clock.now())
    return render(request, "accounts/self_check.html", page, caller=caller)


def _show(  # noqa: PLR0913  # what the page may have to say
    request: Request,
    services: Services,
    caller: Caller,
    *,
    given: dict[str, str] | None = None,
    password: str | None = None,
    password_of: str | None = None,
    problem: Problem | None = None,
) -> Response:
    with services.transactions() as tx:
        rows = queries.accounts(tx, units=caller.units_for(Action.MANAGE_ACCOUNTS))
    page = AccountsPage(
        rows=tuple(rows),
        names=dict(caller.units.names),
        units=open_units(caller, Action.MANAGE_ACCOUNTS),
        roles=tuple(Role),
        now=services.clock.now(),
        given=given or dict.fromkeys(("login", "display_name", "role"), ""),
        password=password,
        password_of=password_of,
        problem=problem,
    )
    status = problem.status if problem else 200
    return render(request, "accounts/list.html", page, caller=caller, status=status)


def _memberships(caller: Caller, role: str, units: list[str]) -> tuple[Membership, ...]:
    """Return the memberships of a form, all within the administrator's reach."""
    if role not in set(Role):
        raise FieldError(field="role")
    if not units:
        raise FieldError(field="unit")
    for unit in units:
        caller.require(Action.MANAGE_ACCOUNTS, unit)
    return tuple(Membership(role=Role(role), unit_code=unit) for unit in units)


def _require_managed(services: Services, caller: Caller, login: str) -> None:
    """Check that an account is within the administrator's reach, and not their own.

    Raises:
        OwnAccountError: it is the one in use.
        AccountMissingError: there is none.
        NotAllowedError: it has a role in a body that is not the administrator's.
    """
    if login == caller.login:
        raise OwnAccountError
    with services.transactions() as tx:
        queries.get(tx, login)
        held = queries.memberships(tx, login)
    if not held:
        raise NotAllowedError(action=Action.MANAGE_ACCOUNTS)
    for membership in held:
        caller.require(Action.MANAGE_ACCOUNTS, membership.unit_code)
