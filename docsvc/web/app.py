"""The web application: ``uvicorn --factory docsvc.web.app:create``."""

from __future__ import annotations

import logging
import threading
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

from docsvc import settings
from docsvc.bootstrap import open_services
from docsvc.errors import DocsvcError
from docsvc.web import helper, pages, problems
from docsvc.web.api import (
    activations,
    appendices,
    batches,
    copies,
    devices,
    documents,
    handouts,
    health,
    officers,
    openapi,
    paper,
    places,
    preflight,
    sessions,
    signatures,
    statistics,
    steps,
    verify,
)
from docsvc.web.carried import new_carrier
from docsvc.web.deps import Room
from docsvc.web.guard import Guard
from docsvc.web.pages import faults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from docsvc.bootstrap import Services

log = logging.getLogger(__name__)

_STATIC = Path(__file__).parent / "static"
_API = "/api/"


def create() -> FastAPI:
    """Build the application from the settings of this process."""
    return build(open_services(settings.load()))


def build(services: Services, *, closing: Callable[[], None] | None = None) -> FastAPI:
    """Build the application on services that are open already.

    Args:
        services: what it stands on.
        closing: called when the server stops; closes the services if it is left out.
    """

    @asynccontextmanager
    async def living(_app: FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=_warm, args=(services,), daemon=True).start()
        yield
        (closing or services.close)()

    app = FastAPI(
        title="docsvc",
        version=version("docsvc"),
        openapi_url="/api/v1/openapi.json",
        # Their pages load scripts from elsewhere; the description itself is enough.
        docs_url=None,
        redoc_url=None,
        lifespan=living,
        middleware=[
            Middleware(
                Guard,
                max_upload_bytes=services.settings.max_upload_bytes,
                https=services.settings.base_url.startswith("https:"),
                answer=_answer,
            )
        ],
    )
    app.state.services = services
    app.state.carrier = new_carrier()
    app.state.room = Room(2 * services.settings.workers)
    app.include_router(_api())
    app.include_router(helper.router, include_in_schema=False)
    app.include_router(pages.router(), include_in_schema=False)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.openapi = openapi.describer(app)  # type: ignore[method-assign]  # FastAPI's documented way
    for kind in (DocsvcError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _answer)
    return app


def _warm(services: Services) -> None:
    """Start a child before the first person waits for it: its imports take seconds."""
    try:
        services.sandbox.run("docsvc.steps.inspect.tasks:ready")
    except DocsvcError as e:
        log.warning("sandbox.cold", extra={"code": e.code})


def _api() -> APIRouter:
    api = APIRouter(prefix="/api/v1", responses=openapi.RESPONSES)
    parts = (
        documents,
        copies,
        appendices,
        handouts,
        paper,
        steps,
        preflight,
        signatures,
        activations,
        places,
        batches,
        verify,
        statistics,
        devices,
        officers,
        health,
        sessions,
    )
    for part in parts:
        api.include_router(part.router)
    return api


def _answer(request: Request, error: Exception) -> Response:
    if request.url.path.startswith(_API):
        return problems.answer(error, problems.language_of(request))
    if request.url.path.startswith(helper.PREFIX):
        return helper.refusal(request, error)
    return faults.page(request, error)
