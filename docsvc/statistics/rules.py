"""Which documents belong to the count, read from where they stand on their road."""

from __future__ import annotations

from functools import cache

from docsvc.catalog import secrecy
from docsvc.statistics.measures import Standing
from docsvc.workflow import ENDED, ISSUING, ROUTES, RouteName, State, Step

# The code under which a document that was issued is taken back (thu hồi).
RECALLED_CODE = "documents.recalled"
# The code under which a person refuses a document: a number that was drawn becomes void.
VOID_CODE = "documents.refused"


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
    """Say what a document counts as; None for a draft or a copy, which counts nowhere.

    Args:
        route: the road it takes.
        state: where it stands; of those that ended, ask only about what had drawn a number.
        ended_code: why its road ended, if it did.
        secret: it bears a level of secrecy, whatever became of it.
    """
    if route not in ISSUING:
        return None
    if secret or state is State.REFUSED_SECRET:
        return Standing.SECRET
    if state in ENDED:
        # Where the road itself gave up, by a bad verdict for one, the number is in the book and
        # stands: leaving the document out would make the rate better than it is.
        return _APART.get(ended_code or "", Standing.COUNTED)
    return Standing.COUNTED if state in states_from(route, Step.REGISTER) else None


_APART = {RECALLED_CODE: Standing.RECALLED, VOID_CODE: Standing.VOID}
