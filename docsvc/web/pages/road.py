"""The road of a document as a row of stops, for the drawing on its page. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from docsvc.workflow import ENDED, ROUTES, RouteName, State, Step, next_leg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docsvc.documents.tables import Document, Event


class Mark(StrEnum):
    """How a stop is drawn."""

    DONE = "done"
    HERE = "here"
    WAITS = "waits"
    STOPPED = "stopped"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One step of the road; ``at`` is when it was reached."""

    step: Step
    mark: Mark
    at: datetime | None


def road_of(document: Document, events: Iterable[Event]) -> tuple[Stop, ...]:
    """Return the stops of a document's route, each with how far it has come."""
    state, route = State(document.state), RouteName(document.route)
    reached: dict[Step, datetime] = {}
    stopped: Step | None = None
    for event in events:
        if State(event.state) in ENDED:
            stopped = Step(event.step)
        else:
            reached[Step(event.step)] = event.at
    following = next_leg(route, state)
    here = following.step if following is not None else None
    stops = []
    for leg in ROUTES[route]:
        if leg.step is stopped:
            mark = Mark.STOPPED
        elif leg.step in reached:
            mark = Mark.DONE
        elif leg.step is here:
            mark = Mark.WAITS if document.waits_for or document.waiting_code else Mark.HERE
        else:
            mark = Mark.AHEAD
        stops.append(Stop(step=leg.step, mark=mark, at=reached.get(leg.step)))
    return tuple(stops)
