"""The clerk looks at what was recognised, beside the page it was read from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from docsvc.access.rules import Action
from docsvc.catalog import kinds, urgency
from docsvc.documents import queries
from docsvc.documents.tables import Document
from docsvc.steps.confirm.service import ConfirmedFields
from docsvc.web.api.steps import agree
from docsvc.web.deps import CallerDep, FormDep, ServicesDep, text_of
from docsvc.web.errors import FieldError
from docsvc.web.pages.rendering import render
from docsvc.web.pages.rows import Row, row_of
from docsvc.workflow import RouteName, Step

router = APIRouter()

_SEE_OTHER = 303
# Below this the clerk is asked to look twice.
_SURE = 0.8
# Form field → what the classification calls it.
_FIELDS = {
    "kind": "kind",
    "symbol": "symbol",
    "number": "number",
    "issued_on": "date",
    "subject": "subject",
    "signer": "signer",
    "recipients": "recipients",
    "urgency": "urgency",
    "issuer_name": "issuer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A field as it was read; ``box`` is x, y, width, height from the top left of its page."""

    name: str
    value: str
    found: bool
    sure: bool
    page: int
    box: tuple[float, float, float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPage:
    """One document to be confirmed."""

    row: Row
    fields: Mapping[str, Recognised]
    kinds: tuple[tuple[str, str, str], ...]
    urgencies: tuple[str, ...]
    other_issuer: str | None
    incoming: bool


@router.get("/documents/{document_id}/confirm")
def look(request: Request, document_id: UUID, services: ServicesDep, caller: CallerDep) -> Response:
    """Show the fields beside the pages."""
    with services.transactions() as tx:
        document = queries.one(tx, document_id, units=caller.units_for(Action.SEE))
    caller.require(Action.CONFIRM, document.unit_code)
    page = ConfirmPage(
        row=row_of(document, caller.units),
        fields={name: _recognised(document, name) for name in _FIELDS},
        kinds=tuple((k.code, k.vi, k.en) for k in kinds.all_kinds()),
        urgencies=tuple(u.code for u in urgency.urgencies()),
        other_issuer=_other_issuer(document, caller.units.full_names.get(document.unit_code, "")),
        incoming=document.route is RouteName.INCOMING,
    )
    return render(request, "confirm/one.html", page, caller=caller)


@router.post("/documents/{document_id}/confirm")
def confirm(document_id: UUID, services: ServicesDep, caller: CallerDep, form: FormDep) -> Response:
    """Confirm the fields and go on to the next document that waits."""
    facts = _fields_of(form).model_dump(mode="json", exclude_none=True)
    agree(services, caller, document_id, Step.CONFIRM, facts=facts)
    units = caller.units_for(Action.CONFIRM)
    with services.transactions() as tx:
        waiting = queries.find(
            tx, queries.Wanted(units=units, waits_before=Step.CONFIRM), limit=1
        ).documents
    target = f"/documents/{waiting[0].id}/confirm" if waiting else f"/documents/{document_id}"
    return RedirectResponse(target, _SEE_OTHER)


def _fields_of(form: FormData) -> ConfirmedFields:
    given: dict[str, Any] = {name: text_of(form, name) for name in _FIELDS}
    given["recipients"] = [r for r in given["recipients"].replace("\r", "").split("\n") if r]
    present = {name: value for name, value in given.items() if value}
    try:
        return ConfirmedFields.model_validate(present)
    except ValidationError as e:
        places = ", ".join(".".join(map(str, fault["loc"])) for fault in e.errors())
        raise FieldError(field=places) from e


def _recognised(document: Document, name: str) -> Recognised:
    """Return a field with the document's present value and the place it was read from."""
    read = document.classification.get(_FIELDS[name]) or {}
    value = getattr(document, name)
    if name == "issued_on":
        value = value.isoformat() if value else read.get("value")
    if name == "issuer_name":
        value = value or read.get("value")
    if name == "recipients":
        value = "\n".join(value or ())
    box = read.get("box")
    return Recognised(
        name=name,
        value="" if value is None else str(value),
        found=bool(read),
        sure=bool(read) and read.get("confidence", 0) >= _SURE,
        page=int(read.get("page", 0)),
        box=_from_top(box, document) if box else None,
    )


def _from_top(
    box: Mapping[str, float], document: Document
) -> tuple[float, float, float, float] | None:
    sizes = document.inspection.get("page_sizes", ())
    page = int(box["page"])
    if page >= len(sizes):
        return None
    height = sizes[page][1]
    return (box["x0"], height - box["y1"], box["x1"] - box["x0"], box["y1"] - box["y0"])


def _other_issuer(document: Document, name: str) -> str | None:
    """Return the issuing body that the page names, if it is not the one the file was sent to."""
    read = (document.classification.get("issuer") or {}).get("value")
    return read if read and _folded(read) != _folded(name) else None


def _folded(name: str) -> str:
    """Write a name as it is compared: "UỶ BAN" and "ỦY BAN" are two spellings of one word."""
    plain = " ".join(name.casefold().split())
    return plain.replace("uỷ", "ủy")
