"""Places of marks that a clerk points at: where they stand, where one would, keep it."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from docsvc.access.rules import Action
from docsvc.bootstrap import Services
from docsvc.catalog.messages import Lang
from docsvc.documents import queries
from docsvc.documents.tables import Document
from docsvc.steps.sign.placement import Standing
from docsvc.steps.sign.pointing import Mark, Pointed
from docsvc.web import problems
from docsvc.web.deps import ApiCallerDep, Caller, ServicesDep

router = APIRouter(prefix="/documents/{document_id}/places", tags=["steps"])

# Of a side of the largest page that PDF readers take.
MOST_POINTS = 14_400.0
_Points = Annotated[float, Field(ge=0, le=MOST_POINTS, allow_inf_nan=False)]
# Pages count from one, as people do.
_Page = Annotated[int, Field(ge=1, le=100_000)]


class BoxOut(BaseModel):
    """A box on a page as it is displayed: points from its lower left; pages count from one."""

    model_config = ConfigDict(frozen=True)

    mark: Mark
    page: int
    x0: float
    y0: float
    x1: float
    y1: float


class SayingOut(BaseModel):
    """Why a place is not legal, in one language, and what to do."""

    model_config = ConfigDict(frozen=True)

    sentence: str
    action: str


class PlaceOut(BaseModel):
    """Where a mark comes to stand; the others follow it.

    ``legal`` is the lamp; where it is off, ``code`` says why. ``may_be_kept`` with ``code`` means
    that the clerk alone can tell, and has to say so.
    """

    model_config = ConfigDict(frozen=True)

    legal: bool
    may_be_kept: bool
    code: str | None
    words: dict[Lang, SayingOut]
    boxes: list[BoxOut]

    @classmethod
    def of(cls, found: Pointed) -> Self:
        """Show a place."""
        code = str(found.reason) if found.reason else None
        words = {lang: _saying(code, lang) for lang in Lang} if code else {}
        return cls(
            legal=found.reason is None,
            may_be_kept=found.may_be_kept,
            code=code,
            words=words,
            boxes=boxes_of(found),
        )


class PlacesOut(BaseModel):
    """Where the marks of a document stand now."""

    model_config = ConfigDict(frozen=True)

    by_hand: bool
    boxes: list[BoxOut]


class MarkedPointIn(BaseModel):
    """Where somebody points: points from the left and from the lower edge of a displayed page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mark: Mark
    page: _Page
    x: _Points
    y: _Points


class PlaceIn(MarkedPointIn):
    """A place to keep; ``looked``: the clerk has compared it with the rules."""

    looked: bool = False


@router.get("")
def standing(document_id: UUID, services: ServicesDep, caller: ApiCallerDep) -> PlacesOut:
    """Say where the marks of a document stand now."""
    found = services.placements.standing(seen(services, caller, document_id))
    return PlacesOut(by_hand=found.by_hand, boxes=boxes_of(found))


@router.get("/look")
def look(
    document_id: UUID,
    at: Annotated[MarkedPointIn, Query()],
    services: ServicesDep,
    caller: ApiCallerDep,
) -> PlaceOut:
    """Say where a mark would come to stand, and whether that is legal; nothing is kept."""
    document = seen(services, caller, document_id)
    return PlaceOut.of(services.placements.look(document, at.mark, (at.x, at.y), page=at.page - 1))


@router.post("")
def keep(
    document_id: UUID, place: PlaceIn, services: ServicesDep, caller: ApiCallerDep
) -> PlaceOut:
    """Keep a place for the signature."""
    seen(services, caller, document_id)
    return PlaceOut.of(keep_place(services, caller, document_id, place))


def keep_place(services: Services, caller: Caller, document_id: UUID, place: PlaceIn) -> Pointed:
    """Keep a place; raises as `Placements.keep` does."""
    return services.placements.keep(
        document_id,
        place.mark,
        (place.x, place.y),
        page=place.page - 1,
        account=caller.login,
        looked=place.looked,
    )


def seen(services: Services, caller: Caller, document_id: UUID) -> Document:
    """Return a document whose clerk the caller is.

    Raises:
        DocumentMissingError: there is none that the caller may see.
        NotAllowedError: the caller is not its clerk.
    """
    with services.transactions() as tx:
        document = queries.one(tx, document_id, units=caller.units_for(Action.SEE))
    caller.require(Action.CONFIRM, document.unit_code)
    return document


def boxes_of(found: Pointed | Standing) -> list[BoxOut]:
    """Show where marks stand."""
    return [
        BoxOut(mark=mark, page=one.page + 1, x0=one.x0, y0=one.y0, x1=one.x1, y1=one.y1)
        for mark, one in found.boxes.items()
    ]


def _saying(code: str, lang: Lang) -> SayingOut:
    return SayingOut(
        sentence=problems.sentence(code, {}, lang), action=problems.advice(code, {}, lang)
    )
