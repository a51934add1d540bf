"""What a handler is given: the services, who is asking, the form, room for a large file."""

import secrets
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from docsvc.access import rules
from docsvc.access import service as access
from docsvc.access.errors import (
    NotAllowedError,
    NotLoggedInError,
    PasswordChangeRequiredError,
)
from docsvc.access.queries import Identity
from docsvc.access.rules import Action
from docsvc.bootstrap import Services
from docsvc.clock import VIETNAM
from docsvc.web import units as unit_trees
from docsvc.web.carried import Carrier
from docsvc.web.errors import BusyError, ForgedRequestError
from docsvc.web.units import Units

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MAX_FILES = 100
_MAX_FIELDS = 500
# Longer than a file takes to be looked at, shorter than a person waits.
_PATIENCE_S = 20


def services_of(request: Request) -> Services:
    """Return the services of this application."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(services_of)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is asking, and where they may do what; ``session`` is None for a token."""

    identity: Identity
    units: Units
    session: str | None

    @property
    def login(self) -> str:
        """Return the login name, as it goes into events."""
        return self.identity.login

    @property
    def csrf(self) -> str:
        """Return the token for forms; empty where no session could be misused."""
        return access.csrf_token(self.session) if self.session else ""

    def may(self, action: Action, unit_code: str) -> bool:
        """Say whether the caller may do this in that unit."""
        return rules.may(self.identity.memberships, action, self.units.paths.get(unit_code, ()))

    def may_somewhere(self, action: Action) -> bool:
        """Say whether the caller may do this in any unit."""
        return rules.may_somewhere(self.identity.memberships, action)

    def require(self, action: Action, unit_code: str) -> None:
        """Let the caller do this in that unit.

        Raises:
            NotAllowedError: no role of theirs allows it there.
        """
        if not self.may(action, unit_code):
            raise NotAllowedError(action=action, unit=unit_code)

    def require_somewhere(self, action: Action) -> None:
        """Let the caller look for places to do this in.

        Raises:
            NotAllowedError: no role of theirs allows it anywhere.
        """
        if not self.may_somewhere(action):
            raise NotAllowedError(action=action)

    def units_for(self, action: Action) -> frozenset[str]:
        """Return the units in which the caller may do this."""
        return rules.units_for(self.identity.memberships, action, self.units.paths)


def cookie_name(services: Services) -> str:
    """Return the name of the session cookie; the prefix binds it to this host (RFC 6265bis)."""
    return "__Host-docsvc" if is_https(services) else "docsvc"


def is_https(services: Services) -> bool:
    """Say whether people reach the service by https."""
    return services.settings.base_url.startswith("https:")


def visitor(request: Request, services: ServicesDep) -> Caller | None:
    """Return who is asking, by bearer token or session cookie; None for anybody."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    session = request.cookies.get(cookie_name(services))
    at = services.clock.now()
    with services.transactions() as tx:
        if scheme.lower() == "bearer":
            identity, session = access.token_identity(tx, token.strip(), at=at), None
        elif session:
            identity = access.session_identity(tx, session, at=at)
        else:
            return None
        if identity is None:
            return None
        units = unit_trees.load(tx, at.astimezone(VIETNAM).date())
    found = Caller(identity=identity, units=units, session=session)
    # The page of an error has no arguments of its own.
    request.state.caller = found
    return found


VisitorDep = Annotated[Caller | None, Depends(visitor)]


def newcomer(request: Request, services: ServicesDep, found: VisitorDep) -> Caller:
    """Return who is logged in, even if the password must be changed first.

    Raises:
        NotLoggedInError: nobody is.
        ForgedRequestError: the request changes something and comes from a foreign page.
    """
    if found is None:
        raise NotLoggedInError
    if found.session is not None and request.method not in _SAFE:
        require_same_origin(request, services)
    return found


NewcomerDep = Annotated[Caller, Depends(newcomer)]


def caller(found: NewcomerDep) -> Caller:
    """Return who is logged in and may work.

    Raises:
        PasswordChangeRequiredError: the password was given out by somebody else.
    """
    if found.identity.must_change:
        raise PasswordChangeRequiredError
    return found


CallerDep = Annotated[Caller, Depends(caller)]


def api_newcomer(request: Request, found: NewcomerDep) -> Caller:
    """Return who calls the API; a session must show its token in a header to change anything.

    Raises:
        ForgedRequestError: ``X-CSRF-Token`` is missing or wrong.
    """
    if found.session is not None and request.method not in _SAFE:
        require_csrf(found, request.headers.get("x-csrf-token", ""))
    return found


ApiNewcomerDep = Annotated[Caller, Depends(api_newcomer)]


def api_caller(found: ApiNewcomerDep) -> Caller:
    """Return who calls the API and may work."""
    return caller(found)


ApiCallerDep = Annotated[Caller, Depends(api_caller)]


def require_csrf(found: Caller, token: str) -> None:
    """Check that a request was made from a page that this session was given.

    Raises:
        ForgedRequestError: it was not.
    """
    if not secrets.compare_digest(token.encode(), found.csrf.encode()):
        raise ForgedRequestError


def require_same_origin(request: Request, services: Services) -> None:
    """Check that a browser sends this from a page of ours.

    Raises:
        ForgedRequestError: the browser says that it comes from elsewhere.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise ForgedRequestError
    origin = request.headers.get("origin")
    ours = {urlsplit(services.settings.base_url).netloc, request.headers.get("host", "")}
    if origin is not None and urlsplit(origin).netloc not in ours:
        raise ForgedRequestError


async def anybodys_form(request: Request) -> AsyncIterator[FormData]:
    """Read a form that changes nothing, or opens a session."""
    async with request.form(max_files=_MAX_FILES, max_fields=_MAX_FIELDS) as form:
        yield form


AnybodysFormDep = Annotated[FormData, Depends(anybodys_form)]


async def newcomers_form(request: Request, found: NewcomerDep) -> AsyncIterator[FormData]:
    """Read the form of somebody who is logged in: the body of a stranger is never read.

    Raises:
        ForgedRequestError: the form was not made for this session.
    """
    async with request.form(max_files=_MAX_FILES, max_fields=_MAX_FIELDS) as form:
        require_csrf(found, str(form.get("csrf", "")))
        yield form


NewcomersFormDep = Annotated[FormData, Depends(newcomers_form)]


def callers_form(_found: CallerDep, form: NewcomersFormDep) -> FormData:
    """Return the form of somebody who may work."""
    return form


FormDep = Annotated[FormData, Depends(callers_form)]


async def callers_upload(request: Request, _found: ApiCallerDep) -> AsyncIterator[FormData]:
    """Read an upload to the API; its caller is known before the first byte is read."""
    async with request.form(max_files=1, max_fields=_MAX_FIELDS) as form:
        yield form


UploadDep = Annotated[FormData, Depends(callers_upload)]


def files_of(form: FormData, name: str) -> list[UploadFile]:
    """Return the files of a form that have a name: an empty field sends one without."""
    return [f for f in form.getlist(name) if isinstance(f, UploadFile) and f.filename]


def text_of(form: FormData, name: str) -> str:
    """Return a text of a form, without space around it; empty if it is missing."""
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def texts_of(form: FormData, name: str) -> list[str]:
    """Return every text of a form with this name."""
    return [v for v in form.getlist(name) if isinstance(v, str)]


def carrier_of(request: Request) -> Carrier:
    """Return the carrier of this application."""
    carrier: Carrier = request.app.state.carrier
    return carrier


CarrierDep = Annotated[Carrier, Depends(carrier_of)]


class Room:
    """Lets a few large files into memory at a time."""

    def __init__(self, places: int) -> None:
        """Open ``places``."""
        self._places = threading.BoundedSemaphore(places)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a place.

        Raises:
            BusyError: none became free in time.
        """
        if not self._places.acquire(timeout=_PATIENCE_S):
            raise BusyError
        try:
            yield
        finally:
            self._places.release()


def room_of(request: Request) -> Room:
    """Return the room of this application."""
    room: Room = request.app.state.room
    return room


RoomDep = Annotated[Room, Depends(room_of)]
