"""How long an authority rests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from docsvc.timestamps.rules import WELL, Health, failed, is_resting, tried

AT = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


def after(failures: int) -> Health:
    health = WELL
    for _ in range(failures):
        health = failed(health, AT)
    return health


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_a_few_failures_are_chance(failures: int) -> None:
    assert not is_resting(after(failures), AT)


@pytest.mark.parametrize(
    ("failures", "rest_s"), [(3, 30), (4, 60), (5, 120), (7, 480), (8, 600), (500, 600)]
)
def test_each_further_failure_doubles_the_rest_up_to_a_limit(failures: int, rest_s: int) -> None:
    health = after(failures)
    assert is_resting(health, AT + timedelta(seconds=rest_s - 1))
    assert not is_resting(health, AT + timedelta(seconds=rest_s))


def test_while_one_tries_the_others_wait() -> None:
    rested = after(3)
    later = AT + timedelta(seconds=30)
    assert not is_resting(rested, later)
    assert is_resting(tried(rested, later), later)


def test_one_that_is_well_is_asked_by_all() -> None:
    assert tried(after(2), AT) == after(2)
