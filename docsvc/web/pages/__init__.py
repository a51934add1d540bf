"""The pages: rendered here, usable without scripts."""

from fastapi import APIRouter

from docsvc.web.pages import (
    accounts,
    activation,
    appendices,
    batches,
    confirm,
    copies,
    device,
    documents,
    doors,
    places,
    publish,
    receive,
    register,
    sign,
    signers,
    statistics,
    verify,
    waiting,
)

_PARTS = (
    doors,
    receive,
    sign,
    batches,
    waiting,
    activation,
    device,
    confirm,
    places,
    documents,
    appendices,
    copies,
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
