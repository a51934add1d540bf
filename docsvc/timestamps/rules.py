"""When an authority is asked, and for how long it rests after failures. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# One lost answer is chance; so many in a row are an outage.
_FAILURES_BEFORE_REST = 3
_FIRST_REST = timedelta(seconds=30)
# Longer, and an authority that is back would stand idle while documents wait for it.
_LONGEST_REST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How often in a row an authority failed, and until when it is left alone."""

    failures: int = 0
    rests_until: datetime | None = None


WELL = Health()


def is_resting(health: Health, at: datetime) -> bool:
    """Tell whether an authority is left alone; once that is over it is tried with one request."""
    return health.rests_until is not None and at < health.rests_until


def tried(health: Health, at: datetime) -> Health:
    """Return what is known while a request to an authority that has rested is under way.

    The others leave it alone meanwhile: one request is enough to find out.
    """
    if health.rests_until is None:
        return health
    return Health(failures=health.failures, rests_until=at + _rest(health.failures))


def failed(health: Health, at: datetime) -> Health:
    """Return what is known after a failure: each beyond the third doubles the rest."""
    failures = health.failures + 1
    if failures < _FAILURES_BEFORE_REST:
        return Health(failures=failures)
    return Health(failures=failures, rests_until=at + _rest(failures))


def _rest(failures: int) -> timedelta:
    doublings = min(failures - _FAILURES_BEFORE_REST, 10)
    return min(_FIRST_REST * (1 << doublings), _LONGEST_REST)
