"""A document as a line of a list, and the lamps of a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from docsvc.documents.queries import Standing
from docsvc.web.pages.boxes import Box, box_of
from docsvc.workflow import Person, RouteName, State

if TYPE_CHECKING:
    from docsvc.documents.tables import Document
    from docsvc.web.units import Units


class Tone(StrEnum):
    """How urgent a line looks; never told by colour alone."""

    WAITS = "waits"
    MOVES = "moves"
    DONE = "done"
    STOPPED = "stopped"


_TONES = {
    Box.CONFIRM: Tone.WAITS,
    Box.SIGN: Tone.WAITS,
    Box.SEAL: Tone.WAITS,
    Box.MOVING: Tone.MOVES,
    Box.PUBLISHED: Tone.DONE,
    Box.PAPER: Tone.DONE,
    Box.ARRIVED: Tone.DONE,
    Box.STOPPED: Tone.STOPPED,
    Box.ALL: Tone.MOVES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A document in a list."""

    id: UUID
    title: str
    number_text: str | None
    kind: str | None
    unit: str
    signer: str | None
    box: Box
    state: State
    tone: Tone
    note_code: str | None
    note_facts: Mapping[str, Any]
    received_at: datetime
    issued_on: date | None
    page_sizes: Sequence[Sequence[float]] = ()


def row_of(document: Document, units: Units) -> Row:
    """Describe a document as a line."""
    box = standing_of(document)
    return Row(
        id=document.id,
        title=document.subject or document.file_name or "",
        number_text=document.number_text,
        kind=document.kind,
        unit=units.name(document.unit_code),
        signer=document.signer,
        box=box,
        state=State(document.state),
        tone=_TONES[box],
        note_code=document.ended_code or document.waiting_code,
        note_facts=document.ended_facts,
        received_at=document.received_at,
        issued_on=document.issued_on,
        page_sizes=page_sizes(document),
    )


def standing_of(document: Document) -> Box:
    """Return the folder that a document is in."""
    return box_of(
        Standing(
            state=State(document.state),
            waits_for=Person(document.waits_for) if document.waits_for else None,
            paper_only=document.paper_only,
            incoming=document.route == RouteName.INCOMING,
        )
    )


def page_sizes(document: Document) -> Sequence[Sequence[float]]:
    """Return width and height of each page in points; none before the file was inspected."""
    sizes: Sequence[Sequence[float]] = document.inspection.get("page_sizes", ())
    return sizes


class Colour(StrEnum):
    """The colour of a lamp: grey says "not known" and is neither of the others."""

    GREEN = "green"
    RED = "red"
    GREY = "grey"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """One of the three lamps; ``reasons`` are codes of the message catalogue."""

    name: str
    colour: Colour
    says: str
    reasons: tuple[str, ...] = ()
    who: tuple[str, ...] = ()
    facts: tuple[Mapping[str, Any], ...] = field(default=())


_PASSED, _FAILED = "TOTAL-PASSED", "TOTAL-FAILED"


def lamps_of(verdict: Mapping[str, Any]) -> tuple[Lamp, ...]:
    """Return the lamps of a verdict: leader, organisation, timestamp."""
    signatures = verdict["signatures"]
    return (
        _lamp("leader", [s for s in signatures if s["role"] == "leader"]),
        _lamp("organisation", [s for s in signatures if s["role"] == "organisation"]),
        _lamp("timestamp", verdict["document_timestamps"]),
    )


def _lamp(name: str, found: Sequence[Mapping[str, Any]]) -> Lamp:
    indications = {one["indication"] for one in found}
    reasons = dict.fromkeys(code for one in found for code in one["reasons"])
    who = tuple(_who(found))
    if not found:
        return Lamp(name=name, colour=Colour.GREY, says="absent")
    if _FAILED in indications:
        colour, says = Colour.RED, "failed"
    elif _PASSED in indications:
        colour, says = Colour.GREEN, "passed"
    else:
        colour, says = Colour.GREY, "unknown"
    return Lamp(
        name=name, colour=colour, says=says, reasons=tuple(reasons), who=who, facts=tuple(found)
    )


def _who(found: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for one in found:
        name = one.get("signer") or one.get("authority")
        if name:
            yield str(name)


def saying_of(verdict: Mapping[str, Any]) -> str:
    """Return the key of the one sentence that says what a verdict means."""
    if not verdict["signatures"]:
        return "unsigned"
    match verdict["indication"]:
        case "TOTAL-PASSED":
            return f"passed-{verdict['completeness']}"
        case "TOTAL-FAILED":
            return "failed"
        case _:
            return "indeterminate"


def colour_of(verdict: Mapping[str, Any]) -> Colour:
    """Return the colour of a verdict as a whole."""
    match verdict["indication"]:
        case "TOTAL-PASSED":
            return Colour.GREEN
        case "TOTAL-FAILED":
            return Colour.RED
        case _:
            return Colour.GREY
