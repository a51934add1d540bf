"""Where a signature goes and what it fills in; how a request for one goes on. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from docsvc.catalog.wording import date_text
from docsvc.workflow import Step
from signing.layouts import seal_with_caption
from signing.model import (
    DAY_FIELD,
    LEADER_FIELD,
    MONTH_FIELD,
    NUMBER_FIELD,
    ORGANISATION_FIELD,
    Align,
    Box,
    ReservedPlaces,
    Role,
    TextPlace,
)
from signing.placing import Landmarks, Reason, Sheet, Snapped, snap, union
from signing.profiles import PROFILES, ProfileName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from signing.model import Appearance

# NĐ 30 PL I: the number line is 13 points upright, the date line 13 to 14 points italic; the size
# of the letters on the page counts where it is known.
_SIZE = 13.0
_CAPTION_SIZE = 10.0
_TEXTS = {"number": NUMBER_FIELD, "day": DAY_FIELD, "month": MONTH_FIELD}

# A provider that was away is asked again soon, then less often.
_BACKOFF_S = (1.0, 2.0, 5.0, 10.0, 30.0)
# What a phone shows on one screen.
_MAX_PROMPT = 160
_CODE_DIGITS = 4
# A one-time code takes a while to arrive, and each of them costs somebody money.
_CODE_PAUSE = timedelta(seconds=30)
_MAX_CODES = 5
# An answer that was given in time may take that much longer to reach us.
_GRACE = timedelta(seconds=30)
# What the seal needs to be free after the leader has signed, whatever tool was used.
_AFTER_LEADER = frozenset({ORGANISATION_FIELD, *_TEXTS.values()})

STEP_OF = {Role.LEADER: Step.SIGN_LEADER, Role.ORGANISATION: Step.SIGN_ORGANISATION}
ROLE_OF = {step: role for role, step in STEP_OF.items()}
FIELD_OF = {Role.LEADER: LEADER_FIELD, Role.ORGANISATION: ORGANISATION_FIELD}


class RequestState(StrEnum):
    """How far a request to a provider has come."""

    GATHERING = "gathering"
    INTENDED = "intended"
    WAITING = "waiting"
    ANSWERED = "answered"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"


OPEN = frozenset({RequestState.GATHERING, RequestState.INTENDED, RequestState.WAITING})
# Nothing was signed, though the provider may still hold the request, or even its answer.
GIVEN_UP = frozenset({RequestState.EXPIRED, RequestState.CANCELLED})


# What a request says while its holder has to type something.
ACTIVATION_NEEDED = "sign.activation-needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the holder of a key has to type, among ``PIN`` and ``OTP``.

    Attributes:
        any_is_enough: one of them will do.
        sends_code: the service sends the code when it is told to.
    """

    factors: frozenset[str]
    any_is_enough: bool
    sends_code: bool


class ItemOutcome(StrEnum):
    """What became of a document of a batch; one without any is still under way."""

    SIGNED = "signed"
    FAILED = "failed"
    STOPPED = "stopped"


class Progress(StrEnum):
    """Where a document of a batch is now, for people."""

    QUEUED = "queued"
    WAITING = "waiting"
    SIGNED = "signed"
    FAILED = "failed"
    STOPPED = "stopped"


def control_code(transaction: str) -> str:
    """Return the four digits that desk and device show for a request.

    They are no secret: they let the holder see that the prompt belongs to what the desk shows.
    """
    number = int.from_bytes(hashlib.sha256(transaction.encode()).digest()[:8])
    return f"{number % 10**_CODE_DIGITS:0{_CODE_DIGITS}d}"


def prompt_of(names: Sequence[str]) -> str:
    """Return what the holder's device shows for the documents of a request."""
    if len(names) == 1:
        return _cut(f"Ký {names[0]}")
    return _cut(f"Ký {len(names)} văn bản, đầu tiên: {names[0]}")


def name_of(*, number: str | None, symbol: str | None, subject: str | None) -> str:
    """Return what a document is called on the holder's device."""
    return _cut(" ".join(part for part in (number or symbol, subject) if part) or "văn bản")


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_PROMPT else f"{text[: _MAX_PROMPT - 1]}…"


def code_wait(sent: Sequence[datetime], now: datetime) -> timedelta | None:
    """Return how long to wait before another one-time code is sent; None: no more are sent."""
    if len(sent) >= _MAX_CODES:
        return None
    if not sent:
        return timedelta(0)
    return max(timedelta(0), sent[-1] + _CODE_PAUSE - now)


def again_at(now: datetime, attempts: int) -> datetime:
    """Return when to try again after that many failures in a row, from 1."""
    return now + timedelta(seconds=_BACKOFF_S[min(attempts, len(_BACKOFF_S)) - 1])


def next_poll(now: datetime, expires_at: datetime, poll_after_s: float) -> datetime:
    """Return when to ask for the answer again: at the end of its time at the latest."""
    after = now + timedelta(seconds=poll_after_s)
    return min(after, expires_at) if expires_at > now else after


def is_over(now: datetime, expires_at: datetime | None, *, reachable: bool) -> bool:
    """Say whether a request has had its time; one whose provider is away has a little longer."""
    if expires_at is None:
        return False
    return now >= (expires_at if reachable else expires_at + _GRACE)


def progress_of(outcome: ItemOutcome | None, *, ended: bool, asked: bool) -> Progress:
    """Return where a document of a batch is.

    Args:
        outcome: what was written down.
        ended: its road has ended for another reason, without this signature.
        asked: its signature is intended, and somebody asked for it.
    """
    if outcome is not None:
        return Progress(outcome)
    if ended:
        return Progress.FAILED
    return Progress.WAITING if asked else Progress.QUEUED


def certificate_facts(certificate: str) -> dict[str, str]:
    """Return what a yes says of the certificate that was chosen by hand; nothing if none was."""
    return {"certificate": certificate} if certificate else {}


def places_of(classification: Mapping[str, Any]) -> ReservedPlaces:
    """Return the places to reserve, from the boxes that were recognised (PDF points)."""
    found: Mapping[str, Any] = classification.get("places") or {}
    texts = tuple(
        TextPlace(
            name=field,
            box=Box(**found[name]),
            font_size=found.get("number_size" if name == "number" else "date_size") or _SIZE,
            italic=name != "number",
            # The number belongs to its symbol, without a space; day and month stand free.
            align=Align.RIGHT if name == "number" else Align.CENTRE,
        )
        for name, field in _TEXTS.items()
        if found.get(name)
    )
    organisation, caption = _box(found.get("organisation")), _box(found.get("caption"))
    if organisation and caption and needs_caption(classification):
        organisation = union(organisation, caption)
    return ReservedPlaces(
        texts=texts,
        leader=_box(found.get("leader")),
        organisation=organisation,
        rotation=found.get("rotation") or 0,
    )


def needs_caption(classification: Mapping[str, Any], *, has_fields: bool = True) -> bool:
    """Tell whether number or date is neither printed nor has a blank to be filled in.

    Args:
        classification: what was recognised.
        has_fields: the blanks have fields; a document that came signed has none of ours.
    """
    found: Mapping[str, Any] = (classification.get("places") or {}) if has_fields else {}
    number = classification.get("number") or found.get("number")
    date = classification.get("date") or found.get("day") or found.get("month")
    return not (number and date)


def sealed_with_caption(
    classification: Mapping[str, Any],
    image: bytes,
    *,
    number_line: str,
    issued_on: date,
    has_fields: bool = True,
) -> Appearance | None:
    """Return the seal with number and date beside it, for a page that has no blanks for them.

    Args:
        classification: what was recognised.
        image: PNG of the seal.
        number_line: number and symbol as they are written.
        issued_on: day of issue.
        has_fields: the blanks have fields; a document that came signed has none of ours.

    Returns:
        None where the blanks do, or where no free paper was found.
    """
    found: Mapping[str, Any] = classification.get("places") or {}
    seal, caption = _box(found.get("organisation")), _box(found.get("caption"))
    if seal is None or caption is None or not needs_caption(classification, has_fields=has_fields):
        return None
    lines = (f"Số: {number_line}", date_text(issued_on))
    return seal_with_caption(image, seal, lines=lines, caption=caption, size=_CAPTION_SIZE)


def sheets_of(classification: Mapping[str, Any]) -> tuple[Sheet, ...]:
    """Return the pages as they are displayed."""
    return tuple(
        Sheet(**{**one, "origin": tuple(one["origin"])})
        for one in classification.get("sheets") or ()
    )


def texts_of(classification: Mapping[str, Any]) -> tuple[Box, ...]:
    """Return what stands on the displayed pages, as far as it was read."""
    known = classification.get("landmarks") or {}
    return tuple(Box(**one) for one in known.get("texts", ()))


def snapped(
    classification: Mapping[str, Any],
    point: tuple[float, float],
    *,
    page: int,
    profile: ProfileName,
    size: tuple[float, float],
) -> Snapped:
    """Say where a mark comes to stand that a person pointed at, and whether that is legal.

    Args:
        classification: what was recognised.
        point: on the displayed page, points from its lower left.
        page: counts from zero.
        profile: whose mark it is.
        size: of the mark, in points.
    """
    sheet = next((one for one in sheets_of(classification) if one.page == page), None)
    if sheet is None:
        return Snapped(box=None, reason=Reason.UNKNOWN)
    known = classification.get("landmarks") or {}
    landmarks = Landmarks(
        **{name: _box(known.get(name)) for name in ("title", "name", "leader", "head")},
        texts=tuple(one for one in texts_of(classification) if one.page == page),
    )
    return snap(point, profile=PROFILES[profile], sheet=sheet, size=size, landmarks=landmarks)


def fills_of(
    classification: Mapping[str, Any], *, number: str, day: str, month: str
) -> dict[str, str]:
    """Return the values of the text fields that were reserved."""
    values = {"number": number, "day": day, "month": month}
    found: Mapping[str, Any] = classification.get("places") or {}
    return {field: values[name] for name, field in _TEXTS.items() if found.get(name)}


def later_fields(role: Role) -> frozenset[str]:
    """Return the fields that others fill or sign after a signature of this role."""
    return _AFTER_LEADER if role is Role.LEADER else frozenset()


def _box(value: Mapping[str, Any] | None) -> Box | None:
    return Box(**value) if value else None
