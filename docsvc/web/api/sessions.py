"""Log in, log out, and tokens for programs."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from docsvc.access import queries
from docsvc.access import service as access
from docsvc.access.errors import NotLoggedInError
from docsvc.access.queries import Identity
from docsvc.access.schemas import (
    Credentials,
    IssuedTokenOut,
    MembershipOut,
    SessionOut,
    TokenOut,
    TokenRequest,
)
from docsvc.bootstrap import Services
from docsvc.web.deps import (
    ApiCallerDep,
    ApiNewcomerDep,
    ServicesDep,
    cookie_name,
    is_https,
    require_same_origin,
)

router = APIRouter(tags=["sessions"])

# PostgreSQL counts rows up to here.
_MAX_ID = 2**31 - 1


@router.post("/sessions", status_code=201)
def log_in(
    credentials: Credentials, services: ServicesDep, request: Request, response: Response
) -> SessionOut:
    """Open a session; its cookie comes with the answer."""
    require_same_origin(request, services)
    at = services.clock.now()
    secret = access.log_in(
        services.transactions, login=credentials.login, password=credentials.password, at=at
    )
    with services.transactions() as tx:
        identity = access.session_identity(tx, secret, at=at)
    if identity is None:
        raise NotLoggedInError
    set_cookie(response, services, secret)
    return described(identity, access.csrf_token(secret))


@router.get("/sessions")
def who(caller: ApiNewcomerDep) -> SessionOut:
    """Return who is asking, and the CSRF token of the session."""
    return described(caller.identity, caller.csrf or None)


@router.delete("/sessions", status_code=204)
def log_out(caller: ApiNewcomerDep, services: ServicesDep) -> Response:
    """End the session."""
    response = Response(status_code=204)
    end_session(response, services, caller.session)
    return response


@router.post("/tokens", status_code=201)
def issue(wanted: TokenRequest, caller: ApiCallerDep, services: ServicesDep) -> IssuedTokenOut:
    """Make a token for a program; it is shown in this answer and never again."""
    with services.transactions() as tx:
        issued = access.issue_token(
            tx,
            caller.login,
            name=wanted.name,
            valid=timedelta(days=wanted.days),
            at=services.clock.now(),
        )
    return IssuedTokenOut(
        id=issued.id, name=issued.name, token=issued.secret, expires_at=issued.expires_at
    )


@router.get("/tokens")
def tokens(caller: ApiCallerDep, services: ServicesDep) -> list[TokenOut]:
    """List the caller's tokens."""
    with services.transactions() as tx:
        rows = queries.tokens(tx, caller.login)
    return [
        TokenOut(
            id=r.id,
            name=r.name,
            created_at=r.created_at,
            expires_at=r.expires_at,
            used_at=r.used_at,
        )
        for r in rows
    ]


@router.delete("/tokens/{token_id}", status_code=204)
def revoke(
    token_id: Annotated[int, Path(ge=1, le=_MAX_ID)], caller: ApiCallerDep, services: ServicesDep
) -> Response:
    """Take a token back."""
    with services.transactions() as tx:
        access.revoke_token(tx, caller.login, token_id, at=services.clock.now())
    return Response(status_code=204)


def set_cookie(response: Response, services: Services, secret: str) -> None:
    """Send the session cookie: for this host, for our pages, out of reach of scripts."""
    response.set_cookie(
        cookie_name(services), secret, httponly=True, samesite="lax", secure=is_https(services)
    )


def end_session(response: Response, services: Services, secret: str | None) -> None:
    """End the session and take the cookie back; a token has no session to end."""
    if secret is not None:
        with services.transactions() as tx:
            access.close_session(tx, secret, at=services.clock.now())
    response.delete_cookie(
        cookie_name(services), httponly=True, samesite="lax", secure=is_https(services)
    )


def described(identity: Identity, csrf: str | None) -> SessionOut:
    """Describe who is logged in."""
    return SessionOut(
        login=identity.login,
        display_name=identity.display_name,
        memberships=[MembershipOut(role=m.role, unit=m.unit_code) for m in identity.memberships],
        must_change_password=identity.must_change,
        csrf_token=csrf,
    )
