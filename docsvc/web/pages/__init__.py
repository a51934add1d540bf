"""The pages: rendered here, usable without scripts."""

from fastapi import APIRouter

from docsvc.web.pages import doors


def router() -> APIRouter:
    """Return every page."""
    found = APIRouter()
    for part in (doors,):
        found.include_router(part.router)
    return found
