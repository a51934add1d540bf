"""How a document moves: routes, states, the next step. Pure; nothing else knows the order.

A route is a tuple of legs. A leg names a step, the state that the step reaches, and the person
whose confirmation it waits for, if any.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """What is done to a document; the word that names the step in every layer."""

    RECEIVE = "receive"
    INSPECT = "inspect"
    CLASSIFY = "classify"
    CONFIRM = "confirm"
    SIGN_LEADER = "sign-leader"
    REGISTER = "register"
    SIGN_ORGANISATION = "sign-organisation"
    TIMESTAMP = "timestamp"
    VERIFY = "verify"
    DEPOSIT = "deposit"
    PUBLISH = "publish"


class State(StrEnum):
    """Where a document stands: what the last step reached, or how the road ended."""

    RECEIVED = "received"
    INSPECTED = "inspected"
    CLASSIFIED = "classified"
    CONFIRMED = "confirmed"
    LEADER_SIGNED = "leader-signed"
    REGISTERED = "registered"
    ORGANISATION_SIGNED = "organisation-signed"
    TIMESTAMPED = "timestamped"
    VERIFIED = "verified"
    DEPOSITED = "deposited"
    PUBLISHED = "published"
    REFUSED_SECRET = "refused-secret"  # noqa: S105  # a state, not a password
    QUARANTINED = "quarantined"
    REJECTED = "rejected"


class Person(StrEnum):
    """Whose confirmation a leg waits for."""

    CLERK = "clerk"
    LEADER = "leader"


class RouteName(StrEnum):
    """The routes there are."""

    OUTGOING = "outgoing"
    OUTGOING_NUMBERED_FIRST = "outgoing-numbered-first"
    PAPER = "paper"
    COPY = "copy"
    INCOMING = "incoming"
    APPENDIX = "appendix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One step of a route."""

    step: Step
    reaches: State
    waits_for: Person | None = None


def _leg(step: Step, reaches: State, waits_for: Person | None = None) -> Leg:
    return Leg(step=step, reaches=reaches, waits_for=waits_for)


_RECEIVE = _leg(Step.RECEIVE, State.RECEIVED)
_INSPECT = _leg(Step.INSPECT, State.INSPECTED)
_CLASSIFY = _leg(Step.CLASSIFY, State.CLASSIFIED)
_CONFIRM = _leg(Step.CONFIRM, State.CONFIRMED, Person.CLERK)
_SIGN = _leg(Step.SIGN_LEADER, State.LEADER_SIGNED, Person.LEADER)
_REGISTER = _leg(Step.REGISTER, State.REGISTERED)
_SEAL = _leg(Step.SIGN_ORGANISATION, State.ORGANISATION_SIGNED, Person.CLERK)
_VERIFY = _leg(Step.VERIFY, State.VERIFIED)
_DEPOSIT = _leg(Step.DEPOSIT, State.DEPOSITED)
_TAIL = (
    _leg(Step.TIMESTAMP, State.TIMESTAMPED),
    _VERIFY,
    _DEPOSIT,
    _leg(Step.PUBLISH, State.PUBLISHED),
)

ROUTES: dict[RouteName, tuple[Leg, ...]] = {
    # NĐ 30/2020 Đ14–15: number and date come after the leader's signature, before the seal.
    RouteName.OUTGOING: (
        _RECEIVE, _INSPECT, _CLASSIFY, _CONFIRM, _SIGN, _REGISTER, _SEAL, *_TAIL,
    ),
    RouteName.OUTGOING_NUMBERED_FIRST: (
        _RECEIVE, _INSPECT, _CLASSIFY, _CONFIRM, _REGISTER, _SIGN, _SEAL, *_TAIL,
    ),
    # Issued on paper only: the book knows it, there is no file, and it counts.
    RouteName.PAPER: (_RECEIVE, _REGISTER),
    # NĐ 30/2020 Đ25–26, Đ32: the body copies what was issued and signs alone. Nothing is to be
    # confirmed, because the register knows the original; the page is read for free paper.
    RouteName.COPY: (_RECEIVE, _INSPECT, _CLASSIFY, _REGISTER, _SEAL, *_TAIL),
    # PL I II.8: an appendix in a file of its own has the number of its document, and its own line.
    RouteName.APPENDIX: (_RECEIVE, _INSPECT, _CLASSIFY, _REGISTER, _SEAL, *_TAIL),
    # Đ21–22: whether it is genuine is known before it gets its number. It came signed: nothing is
    # published, and nothing but the stamp is added.
    RouteName.INCOMING: (
        _RECEIVE, _INSPECT, _CLASSIFY, _VERIFY, _CONFIRM, _REGISTER, _SEAL, _DEPOSIT,
    ),
}  # fmt: skip

# What a body issues itself, and so counts; a copy was issued by whoever signed its original.
ISSUING = frozenset({RouteName.OUTGOING, RouteName.OUTGOING_NUMBERED_FIRST, RouteName.PAPER})

# The body signs these alone, in a corner of page 1; what the page says is said of another document.
ALONE = frozenset({RouteName.COPY, RouteName.APPENDIX})

ENDED = frozenset({State.REFUSED_SECRET, State.QUARANTINED, State.REJECTED})


def next_leg(route: RouteName, state: State) -> Leg | None:
    """Return the leg that follows ``state`` on ``route``; None where the road has ended.

    Raises:
        ValueError: the route never reaches that state.
    """
    if state in ENDED:
        return None
    legs = ROUTES[route]
    for here, after in zip(legs, (*legs[1:], None), strict=True):
        if here.reaches is state:
            return after
    msg = f"route {route} does not know the state {state}"
    raise ValueError(msg)


def leg_of(route: RouteName, step: Step) -> Leg | None:
    """Return the leg of ``route`` that takes ``step``; None where it does not."""
    return next((leg for leg in ROUTES[route] if leg.step is step), None)


def is_before(route: RouteName, state: State, step: Step) -> bool:
    """Say whether a document in ``state`` has ``step`` still before it."""
    if state in ENDED:
        return False
    steps = [leg.step for leg in ROUTES[route]]
    reached = [leg.reaches for leg in ROUTES[route]].index(state)
    return step in steps and steps.index(step) > reached
