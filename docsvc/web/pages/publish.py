"""The public page of a published document."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from docsvc.documents import queries, revisions
from docsvc.documents.tables import Revision
from docsvc.steps.verify.service import SHEETS
from docsvc.web.api import uploads
from docsvc.web.deps import ServicesDep, VisitorDep
from docsvc.web.pages.documents import sheet_of
from docsvc.web.pages.rendering import language_of, render

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPage:
    """What everybody may know of a published document."""

    code: str
    kind: str | None
    number_text: str | None
    issued_on: date | None
    issuer: str | None
    subject: str | None
    signer: str | None
    revision: Revision
    sheet: Mapping[str, Any] | None


@router.get("/p/{code}")
def page(request: Request, code: str, services: ServicesDep, caller: VisitorDep) -> Response:
    """Show the document's facts and verdict."""
    with services.transactions() as tx:
        document = queries.published(tx, code)
        revision = revisions.last_revision(tx, document.id)
        kept = revisions.attachments(tx, document.id)
    shown = PublicPage(
        code=code,
        kind=document.kind,
        number_text=document.number_text,
        issued_on=document.issued_on,
        issuer=document.issuer_name,
        subject=document.subject,
        signer=document.signer,
        revision=revision,
        sheet=sheet_of(services, kept.get(SHEETS), language_of(request)),
    )
    return render(request, "publish/page.html", shown, caller=caller)


@router.get("/p/{code}/content")
def content(code: str, services: ServicesDep) -> Response:
    """Send the published file."""
    with services.transactions() as tx:
        document = queries.published(tx, code)
        revision = revisions.last_revision(tx, document.id)
    name = (document.number_text or code).replace("/", "-")
    return uploads.download(services.blobs.get(revision.digest), f"{name}.pdf")
