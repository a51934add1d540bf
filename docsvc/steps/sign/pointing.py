"""Where marks go that a clerk points at: on a scan, or where the text says too little. Pure.

Everything here is measured on the page as it is displayed, as in `signing.placing`; what is kept
for signing is in default user space.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from docsvc.steps.sign.rules import sheets_of, snapped, texts_of
from signing.model import Box
from signing.placing import LEADER_MAX_WIDTH, Reason, Snapped, caption_box, seal_box
from signing.profiles import POINTS_PER_MM as POINTS_PER_MM  # noqa: PLC0414  # pages take it
from signing.profiles import ProfileName

# A handwritten signature is some 50 by 21 mm; its image is fitted into that.
_LEADER_SIZE = (LEADER_MAX_WIDTH, LEADER_MAX_WIDTH / 2.4)
# Two lines of 10 points: the longest number line, and a date.
_CAPTION_SIZE = (150.0, 24.0)


class Mark(StrEnum):
    """What is placed: the leader's image, the seal, number and date beside the seal."""

    LEADER = "leader"
    ORGANISATION = "organisation"
    CAPTION = "caption"


_PROFILES = {
    Mark.LEADER: ProfileName.LEADER,
    Mark.ORGANISATION: ProfileName.ORGANISATION,
    Mark.CAPTION: ProfileName.FREE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointed:
    """Where marks come to stand; one that is not in ``boxes`` has no place.

    Attributes:
        mark: which of them was pointed at.
        reason: why its place is not legal; None: it is.
        boxes: all of them, as displayed.
    """

    mark: Mark
    reason: Reason | None
    boxes: Mapping[Mark, Box]

    @property
    def may_be_kept(self) -> bool:
        """Tell whether a clerk may keep it, if only after a look at the rules."""
        return self.mark in self.boxes and self.reason in {None, Reason.UNKNOWN}

    @property
    def needs_a_look(self) -> bool:
        """Tell whether nobody but the clerk can say that it is legal."""
        return self.reason is Reason.UNKNOWN


def standing(classification: Mapping[str, Any], seal_mm: float) -> dict[Mark, Box]:
    """Return where marks stand now, by hand or as they were computed."""
    by_hand = classification.get("by_hand") or {}
    boxes = {mark: Box(**by_hand[mark]) for mark in Mark if by_hand.get(mark)}
    leader = _leader_of(classification)
    if boxes or leader is None:
        return boxes
    return _with_followers(classification, {Mark.LEADER: leader}, seal_mm)


def pointed(
    classification: Mapping[str, Any],
    mark: Mark,
    point: tuple[float, float],
    *,
    page: int,
    seal_mm: float,
) -> Pointed:
    """Say where a mark comes to stand that somebody pointed at, and what goes with it.

    The seal and its caption follow the leader's image, the caption the seal.

    Args:
        classification: what was recognised, and what was kept before.
        mark: which one.
        point: on the displayed page, points from its lower left.
        page: counts from zero.
        seal_mm: diameter of the body's seal.
    """
    side = seal_mm * POINTS_PER_MM
    sizes = {
        Mark.LEADER: _LEADER_SIZE,
        Mark.ORGANISATION: (side, side),
        Mark.CAPTION: _CAPTION_SIZE,
    }
    found = snapped(classification, point, page=page, profile=_PROFILES[mark], size=sizes[mark])
    boxes = dict(standing(classification, seal_mm))
    if found.box is None:
        return Pointed(mark=mark, reason=found.reason, boxes=boxes)
    reason = found.reason or _collision(classification, mark, found, boxes)
    for follower in _FOLLOWERS[mark]:
        boxes.pop(follower, None)
    boxes[mark] = found.box
    return Pointed(mark=mark, reason=reason, boxes=_with_followers(classification, boxes, seal_mm))


def with_places(classification: Mapping[str, Any], found: Pointed) -> dict[str, Any]:
    """Return a classification with these places kept, for signing and for the next look."""
    sheets = {one.page: one for one in sheets_of(classification)}
    user = {mark: asdict(sheets[box.page].to_user(box)) for mark, box in found.boxes.items()}
    places = {**(classification.get("places") or {})}
    places |= {mark.value: user.get(mark) for mark in Mark}
    leader = found.boxes.get(Mark.LEADER)
    if leader is not None:
        places["rotation"] = sheets[leader.page].rotation
    known = {**(classification.get("landmarks") or {})}
    known["leader"] = asdict(leader) if leader is not None else None
    by_hand = {mark.value: asdict(box) for mark, box in found.boxes.items()}
    return {**classification, "places": places, "landmarks": known, "by_hand": by_hand}


_FOLLOWERS = {
    Mark.LEADER: (Mark.ORGANISATION, Mark.CAPTION),
    Mark.ORGANISATION: (Mark.CAPTION,),
    Mark.CAPTION: (),
}


def _leader_of(classification: Mapping[str, Any]) -> Box | None:
    found = (classification.get("landmarks") or {}).get("leader")
    return Box(**found) if found else None


def _with_followers(
    classification: Mapping[str, Any], boxes: Mapping[Mark, Box], seal_mm: float
) -> dict[Mark, Box]:
    """Let the seal stand over the left third of the leader's image, and the caption beside it."""
    made = dict(boxes)
    leader = made.get(Mark.LEADER)
    sheets = {one.page: one for one in sheets_of(classification)}
    if Mark.ORGANISATION not in made and leader is not None and leader.page in sheets:
        seal = sheets[leader.page].kept(seal_box(leader, seal_mm))
        made |= {Mark.ORGANISATION: seal} if seal else {}
    seal = made.get(Mark.ORGANISATION)
    if Mark.CAPTION not in made and seal is not None and seal.page in sheets:
        texts = [*texts_of(classification), *([leader] if leader else [])]
        caption = caption_box(seal, _CAPTION_SIZE, sheet=sheets[seal.page], texts=texts)
        made |= {Mark.CAPTION: caption} if caption else {}
    return made


def _collision(
    classification: Mapping[str, Any], mark: Mark, found: Snapped, boxes: Mapping[Mark, Box]
) -> Reason | None:
    """Return why number and date may not stand there: they would cover words, or be covered."""
    if mark is not Mark.CAPTION or found.box is None:
        return None
    others = [box for other, box in boxes.items() if other is not mark]
    covered = [one for one in (*texts_of(classification), *others) if found.box.overlaps(one)]
    return Reason.COVERS_TEXT if covered else None
