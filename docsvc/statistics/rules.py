"""Which documents belong to the count, read from where they stand on their road."""

from __future__ import annotations

from functools import cache

from docsvc.catalog import secrecy
from docsvc.statistics.measures import Standing
from docsvc.workflow import ENDED, ROUTES, RouteName, State, Step

# The code under which a document that was issued is taken back (thu hồi).
RECALLED_CODE = "documents.recalled"


@cache
def states_from(route: RouteName, step: Step) -> frozenset[State]:
    """Return the states that ``step`` or a later one reaches on ``route``; none if it lacks it."""
    legs = ROUTES[route]
    steps = [leg.step for leg in legs]
    if step not in steps:
        return frozenset()
    return frozenset(leg.reaches for leg in legs[steps.index(step) :])


@cache
def secret_levels() -> frozenset[str]:
    """Return the values of a document's secrecy that keep it out of every count."""
    return frozenset({"secret"} | {level.code for level in secrecy.levels()})


def standing_of(
    *, route: RouteName, state: State, ended_code: str | None, secret: bool
) -> Standing | None:
    """Say what a document with an issue date counts as; None for a draft, which counts nowhere.

    Args:
        route: the road it takes.
        state: where it stands.
        ended_code: why its road ended, if it did.
        secret: it bears a level of secrecy, whatever became of it.
    """
    if secret or state is State.REFUSED_SECRET:
        return Standing.SECRET
    if state in ENDED:
        # The number was drawn and stays in the book; the document is not one any more.
        return Standing.RECALLED if ended_code == RECALLED_CODE else Standing.VOID
    return Standing.COUNTED if state in states_from(route, Step.REGISTER) else None
