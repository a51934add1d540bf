"""The pages: rendered here, usable without scripts."""

from fastapi import APIRouter

from docsvc.web.pages import (
    accounts,
    confirm,
    documents,
    doors,
    publish,
    receive,
    register,
    sign,
    signers,
    statistics,
    verify,
)

_PARTS = (
    doors,
    receive,
    sign,
    confirm,
    documents,
    register,
    verify,
    statistics,
    publish,
    accounts,
    signers,
)


def router() -> APIRouter:
    """Return every page."""
    found = APIRouter()
    for part in _PARTS:
        found.include_router(part.router)
    return found
