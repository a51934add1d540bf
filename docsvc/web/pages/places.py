"""The page on which a clerk points at the place of a mark, with mouse, keys or numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from docsvc.access.rules import Action
from docsvc.bootstrap import Services
from docsvc.documents.errors import DocumentMissingError
from docsvc.documents.tables import Document
from docsvc.errors import DocsvcError
from docsvc.steps.sign.placement import Standing
from docsvc.steps.sign.pointing import POINTS_PER_MM, Mark
from docsvc.web.api.places import MOST_POINTS, BoxOut, PlaceIn, PlaceOut, boxes_of, keep_place, seen
from docsvc.web.deps import Caller, CallerDep, FormDep, ServicesDep, text_of
from docsvc.web.errors import FieldError
from docsvc.web.pages.rendering import language_of, render
from docsvc.web.pages.rows import Row, row_of
from docsvc.web.problems import Problem, problem_of

router = APIRouter(prefix="/documents/{document_id}/places")

_SEE_OTHER = 303


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The page that is shown: its number from one, its size in points and in millimetres."""

    number: int
    count: int
    width: float
    height: float

    @property
    def width_mm(self) -> int:
        """Return the width in whole millimetres."""
        return int(self.width / POINTS_PER_MM)

    @property
    def height_mm(self) -> int:
        """Return the height in whole millimetres."""
        return int(self.height / POINTS_PER_MM)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacesPage:
    """A page of a document with its marks, and what was found about a point.

    ``at`` is in millimetres from the upper left corner, as people measure on paper.
    """

    row: Row
    shown: Shown | None
    mark: Mark
    at: tuple[int, int]
    point: tuple[float, float] | None
    found: PlaceOut | None
    boxes: tuple[BoxOut, ...]
    by_hand: bool
    kept: bool = False
    problem: Problem | None = None
    marks: tuple[Mark, ...] = tuple(Mark)

    @property
    def drawn(self) -> dict[Mark, BoxOut | None]:
        """Return the box of each mark on this page; None where it is not."""
        here = {one.mark: one for one in self.boxes}
        return {mark: here.get(mark) for mark in self.marks}


@router.get("")
def show(
    request: Request,
    document_id: UUID,
    services: ServicesDep,
    caller: CallerDep,
) -> Response:
    """Show where marks stand, or would; a click on the picture comes as ``at.x`` and ``at.y``."""
    document, asked = seen(services, caller, document_id), request.query_params
    page = _page(services, caller, document, asked, kept=asked.get("kept") == "true")
    return render(request, "sign/places.html", page, caller=caller)


@router.post("")
def keep(
    request: Request, document_id: UUID, services: ServicesDep, caller: CallerDep, form: FormDep
) -> Response:
    """Keep the place that the page has shown."""
    place = _place_of(form)
    document = seen(services, caller, document_id)
    try:
        keep_place(services, caller, document_id, place)
    except DocsvcError as e:
        problem = problem_of(e, language_of(request))
        page = _page(services, caller, document, _as_asked(place), problem=problem)
        return render(request, "sign/places.html", page, caller=caller, status=problem.status)
    target = f"/documents/{document_id}/places?page={place.page}&mark={place.mark}&kept=true"
    return RedirectResponse(target, _SEE_OTHER)


def _page(
    services: Services,
    caller: Caller,
    document: Document,
    asked: Mapping[str, str],
    *,
    kept: bool = False,
    problem: Problem | None = None,
) -> PlacesPage:
    caller.require(Action.READ, document.unit_code)
    standing = services.placements.standing(document)
    mark = _mark_of(asked)
    shown = _shown(document, standing, asked.get("page", ""), mark)
    point = _point_of(asked, shown) if shown else None
    found = None
    if shown is not None and point is not None:
        looked = services.placements.look(document, mark, point, page=shown.number - 1)
        found = PlaceOut.of(looked)
    boxes = tuple(found.boxes if found else boxes_of(standing))
    return PlacesPage(
        row=row_of(document, caller.units),
        shown=shown,
        mark=mark,
        at=_in_mm(point, boxes, mark, shown),
        point=point,
        found=found,
        boxes=tuple(one for one in boxes if shown and one.page == shown.number),
        by_hand=standing.by_hand,
        kept=kept,
        problem=problem,
    )


def _mark_of(asked: Mapping[str, str]) -> Mark:
    text = asked.get("mark", Mark.LEADER)
    return Mark(text) if text in set(Mark) else Mark.LEADER


def _shown(document: Document, standing: Standing, number: str, mark: Mark) -> Shown | None:
    """Return the page that is asked for, that of the mark, or the last one, which is signed.

    Raises:
        DocumentMissingError: there is no such page.
    """
    sheets, current = standing.sheets, standing.boxes.get(mark)
    if not sheets:
        return None
    if number:
        wanted = int(number) if number.isascii() and number.isdecimal() else 0
    else:
        wanted = (current.page if current else sheets[-1].page) + 1
    found = next((one for one in sheets if one.page == wanted - 1), None)
    if found is None:
        raise DocumentMissingError(document=str(document.id), page=wanted)
    return Shown(number=wanted, count=len(sheets), width=found.width, height=found.height)


def _point_of(asked: Mapping[str, str], shown: Shown) -> tuple[float, float] | None:
    """Return the point that is asked about, in points from the lower left of the page.

    A browser adds where its picture was clicked; the picture shows a point as a pixel.
    """
    for x_name, y_name, unit, from_top in (
        ("at.x", "at.y", 1.0, True),
        ("x", "y", 1.0, False),
        ("x_mm", "y_mm", POINTS_PER_MM, True),
    ):
        x, y = _number(asked.get(x_name)), _number(asked.get(y_name))
        if x is not None and y is not None:
            x, y = x * unit, y * unit
            return x, max(0.0, shown.height - y) if from_top else y
    return None


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return min(max(value, 0.0), MOST_POINTS) if math.isfinite(value) else None


def _in_mm(
    point: tuple[float, float] | None, boxes: Sequence[BoxOut], mark: Mark, shown: Shown | None
) -> tuple[int, int]:
    """Return the middle of a mark in millimetres from the upper left; that of the page if none."""
    if shown is None:
        return 0, 0
    box = next((one for one in boxes if one.mark is mark and one.page == shown.number), None)
    if box is not None:
        point = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    x, y = point or (shown.width / 2, shown.height / 2)
    return round(x / POINTS_PER_MM), round((shown.height - y) / POINTS_PER_MM)


def _place_of(form: FormData) -> PlaceIn:
    given = {name: text_of(form, name) for name in ("mark", "page", "x", "y", "looked")}
    try:
        return PlaceIn.model_validate({name: value for name, value in given.items() if value})
    except ValidationError as e:
        places = ", ".join(".".join(map(str, fault["loc"])) for fault in e.errors())
        raise FieldError(field=places) from e


def _as_asked(place: PlaceIn) -> dict[str, str]:
    return {"mark": place.mark, "page": str(place.page), "x": str(place.x), "y": str(place.y)}
