"""The folders that documents are looked for in, as in a mail program. Pure."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from docsvc.documents.queries import REACHED_BEFORE, WAITS_FOR, Wanted
from docsvc.workflow import ENDED, State, Step

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from docsvc.documents.queries import Standing


class Box(StrEnum):
    """A folder; every document is in exactly one of them but ``all``."""

    CONFIRM = "confirm"
    SIGN = "sign"
    SEAL = "seal"
    MOVING = "moving"
    PUBLISHED = "published"
    PAPER = "paper"
    ARRIVED = "arrived"
    STOPPED = "stopped"
    ALL = "all"


_STEP_OF = {
    Box.CONFIRM: Step.CONFIRM,
    Box.SIGN: Step.SIGN_LEADER,
    Box.SEAL: Step.SIGN_ORGANISATION,
}
_ON_PAPER = frozenset(State) - ENDED
_MOVING = _ON_PAPER - {State.PUBLISHED}


def wanted(box: Box, units: Collection[str], text: str | None = None) -> Wanted:
    """Return what a folder holds."""
    found = whole = Wanted(units=units, text=text)
    match box:
        case Box.CONFIRM | Box.SIGN | Box.SEAL:
            found = replace(whole, waits_before=_STEP_OF[box])
        case Box.MOVING:
            found = replace(
                whole, states=_MOVING, waits_for_nobody=True, paper_only=False, arrived=False
            )
        case Box.PUBLISHED:
            found = replace(whole, states={State.PUBLISHED})
        case Box.ARRIVED:
            found = replace(whole, arrived=True)
        case Box.PAPER:
            found = replace(whole, states=_ON_PAPER, paper_only=True)
        case Box.STOPPED:
            found = replace(whole, states=ENDED)
        case Box.ALL:
            pass
    return found


def box_of(standing: Standing) -> Box:
    """Return the folder that a document is in."""
    if standing.state in ENDED:
        return Box.STOPPED
    if standing.paper_only:
        return Box.PAPER
    if standing.state is State.PUBLISHED:
        return Box.PUBLISHED
    if standing.incoming and standing.state is State.DEPOSITED:
        return Box.ARRIVED
    for box, step in _STEP_OF.items():
        if standing.waits_for is WAITS_FOR[step] and standing.state in REACHED_BEFORE[step]:
            return box
    return Box.MOVING


def counts(standings: Mapping[Standing, int]) -> dict[Box, int]:
    """Count what is in each folder."""
    found = dict.fromkeys(Box, 0)
    for standing, number in standings.items():
        found[box_of(standing)] += number
        found[Box.ALL] += number
    return found
