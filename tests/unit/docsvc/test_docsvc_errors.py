"""Errors carry a code and facts; one from a child keeps the code it had there."""

from __future__ import annotations

import pickle
from datetime import timedelta

from docsvc.clock import VIETNAM, SystemClock
from docsvc.errors import CodedError, DocsvcError


def test_facts_are_kept_beside_the_code() -> None:
    error = DocsvcError(document="d1")
    assert (error.code, error.facts, error.retryable) == (
        "service.internal",
        {"document": "d1"},
        False,
    )


def test_an_error_of_a_child_keeps_its_code_and_its_hope() -> None:
    error = CodedError("inspect.empty", retryable=True, size=0)
    assert (error.code, error.facts, error.retryable) == ("inspect.empty", {"size": 0}, True)
    assert isinstance(error, DocsvcError)
    assert (DocsvcError.code, DocsvcError.retryable) == ("service.internal", False)


def test_the_clock_has_a_zone_and_vietnam_is_seven_hours_ahead() -> None:
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(0)
    assert now.astimezone(VIETNAM).utcoffset() == timedelta(hours=7)


def test_the_clock_can_be_sent_to_a_child() -> None:
    assert pickle.loads(pickle.dumps(SystemClock())) == SystemClock()  # noqa: S301  # our own bytes
