"""Authorities are asked in their order; one that keeps failing is left alone for a while."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from docsvc.http import FetchRefusedError
from docsvc.settings import TimestampAuthority
from docsvc.timestamps import service
from docsvc.timestamps.service import Authorities, AuthoritiesRestError, NoAuthorityError
from signing.errors import TimestampInvalidError, TimestampUnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docsvc.http import Reach

DIGEST = b"\x01" * 32
FIRST, SECOND = "https://one.example/tsa", "https://user:secret@two.example/tsa"


@dataclass(slots=True)
class Hand:
    """A clock whose hand the test moves."""

    at: datetime = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@dataclass(slots=True)
class World:
    """What the authorities do when they are asked."""

    failures: dict[str, Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    closed: int = 0


@dataclass(slots=True)
class Limited:
    """Counts in memory."""

    taken: Counter[str] = field(default_factory=Counter)

    def take(self, url: str, limit: int) -> bool:
        self.taken[url] += 1
        return not limit or self.taken[url] <= limit


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Put authorities in the place of network and RFC 3161, which have tests of their own."""
    made = World()

    class Wire:
        def __init__(self, reach: Reach, *, timeout_s: float) -> None:
            assert reach.own.startswith("https://")
            assert timeout_s > 0

        def post(self, url: str, _body: bytes, _content_type: str) -> bytes:
            made.asked.append(url)
            if url in made.failures:
                raise made.failures[url]
            return url.encode()

        def close(self) -> None:
            made.closed += 1

    class Client:
        def __init__(self, url: str, post: object) -> None:
            self.url, self.post = url, post

        def stamp(self, digest: bytes) -> bytes:
            token: bytes = self.post(self.url, digest, "")  # type: ignore[operator]
            return token

    monkeypatch.setattr(service, "Outbound", Wire)
    monkeypatch.setattr(service, "Timestamper", Client)
    return made


def authorities(
    clock: Hand, *, usage: Limited | None = None, tries: int = 1, urls: Iterable[str] = ()
) -> Authorities:
    chosen = [
        TimestampAuthority(url=url, tries=tries, per_day=2) for url in urls or (FIRST, SECOND)
    ]
    return Authorities(chosen, clock=clock, usage=usage)


def away(url: str) -> TimestampUnreachableError:
    return TimestampUnreachableError(url=url)


def all_at_rest(world: World, clock: Hand) -> Authorities:
    """Let every authority fail until all rest, and forget that they were asked."""
    world.failures = {FIRST: away(FIRST), SECOND: away(SECOND)}
    asked = authorities(clock)
    for _ in range(3):
        with pytest.raises(TimestampUnreachableError):
            asked.stamp(DIGEST)
    world.asked.clear()
    return asked


def test_the_first_that_answers_stamps(world: World, clock: Hand) -> None:
    asked = authorities(clock)
    assert asked.stamp(DIGEST) == FIRST.encode()
    world.failures[FIRST] = away(FIRST)
    assert asked.stamp(DIGEST) == SECOND.encode()
    assert world.asked == [FIRST, FIRST, SECOND]


@pytest.mark.parametrize(
    "failure",
    [away(FIRST), TimestampInvalidError(reason="nonce"), FetchRefusedError(host="one.example")],
    ids=lambda failure: failure.code,
)
def test_whatever_is_wrong_with_one_the_next_is_asked(
    world: World, clock: Hand, failure: Exception
) -> None:
    world.failures[FIRST] = failure
    assert authorities(clock).stamp(DIGEST) == SECOND.encode()


def test_if_all_fail_the_last_failure_is_told(world: World, clock: Hand) -> None:
    world.failures = {FIRST: away(FIRST), SECOND: TimestampInvalidError(reason="nonce")}
    with pytest.raises(TimestampInvalidError):
        authorities(clock).stamp(DIGEST)


def test_no_authority_is_an_error_that_may_pass(clock: Hand) -> None:
    none = Authorities((), clock=clock, usage=None)
    for ask in (none.stamp, none.try_each):
        with pytest.raises(NoAuthorityError) as caught:
            ask(DIGEST)
        assert caught.value.retryable
    assert none.ready() == ()


def test_one_that_failed_three_times_is_left_alone(world: World, clock: Hand) -> None:
    world.failures[FIRST] = away(FIRST)
    asked = authorities(clock)
    assert asked.ready() == ("one.example", "two.example")
    for _ in range(5):
        asked.stamp(DIGEST)
    assert Counter(world.asked) == {FIRST: 3, SECOND: 5}
    assert asked.ready() == ("two.example",)


def test_rested_it_is_tried_again_and_is_well(world: World, clock: Hand) -> None:
    world.failures[FIRST] = away(FIRST)
    asked = authorities(clock)
    for _ in range(3):
        asked.stamp(DIGEST)
    world.failures.clear()
    clock.at += timedelta(seconds=31)
    assert asked.stamp(DIGEST) == FIRST.encode()
    assert asked.ready() == ("one.example", "two.example")


def test_if_none_can_be_asked_nobody_is(world: World, clock: Hand) -> None:
    asked = all_at_rest(world, clock)
    with pytest.raises(AuthoritiesRestError) as caught:
        asked.stamp(DIGEST)
    assert caught.value.retryable
    assert world.asked == []


def test_an_authority_is_asked_as_often_as_the_settings_say(world: World, clock: Hand) -> None:
    world.failures[FIRST] = away(FIRST)
    authorities(clock, tries=3).stamp(DIGEST)
    assert world.asked == [FIRST] * 3 + [SECOND]


def test_a_refusal_is_not_asked_for_twice(world: World, clock: Hand) -> None:
    world.failures[FIRST] = TimestampInvalidError(reason="nonce")
    authorities(clock, tries=3).stamp(DIGEST)
    assert world.asked == [FIRST, SECOND]


def test_one_that_gives_no_more_today_is_passed_over(world: World, clock: Hand) -> None:
    asked = authorities(clock, usage=Limited())
    tokens = [asked.stamp(DIGEST) for _ in range(4)]
    assert tokens == [FIRST.encode()] * 2 + [SECOND.encode()] * 2
    with pytest.raises(AuthoritiesRestError):
        asked.stamp(DIGEST)
    assert len(world.asked) == 4


def test_the_self_check_asks_each(world: World, clock: Hand) -> None:
    asked = authorities(clock)
    asked.try_each(DIGEST)
    assert world.asked == [FIRST, SECOND]
    world.failures[SECOND] = away(SECOND)
    with pytest.raises(TimestampUnreachableError):
        asked.try_each(DIGEST)


def test_no_log_line_tells_an_address(
    world: World, clock: Hand, caplog: pytest.LogCaptureFixture
) -> None:
    world.failures[SECOND] = away(SECOND)
    with pytest.raises(TimestampUnreachableError):
        authorities(clock, urls=[SECOND]).stamp(DIGEST)
    (line,) = caplog.records
    assert line.__dict__["host"] == "two.example"
    assert "secret" not in str(line.__dict__)


def test_connections_are_closed(world: World, clock: Hand) -> None:
    authorities(clock).close()
    assert world.closed == 2


def test_who_waits_for_a_page_gets_a_token_of_one_that_does_not_rest(
    world: World, clock: Hand
) -> None:
    world.failures[FIRST] = away(FIRST)
    asked = authorities(clock)
    for _ in range(3):
        asked.stamp(DIGEST)
    world.asked.clear()
    assert asked.probe(DIGEST) == SECOND.encode()
    assert world.asked == [SECOND]


def test_who_waits_for_a_page_learns_that_all_rest(world: World, clock: Hand) -> None:
    asked = all_at_rest(world, clock)
    with pytest.raises(AuthoritiesRestError):
        asked.probe(DIGEST)
    assert world.asked == []
    with pytest.raises(NoAuthorityError):
        Authorities((), clock=clock, usage=None).probe(DIGEST)


def test_a_slow_answer_to_a_page_is_held_against_nobody(world: World, clock: Hand) -> None:
    world.failures = {FIRST: away(FIRST), SECOND: away(SECOND)}
    asked = authorities(clock)
    for _ in range(4):
        with pytest.raises(TimestampUnreachableError):
            asked.probe(DIGEST)
    assert asked.ready() == ("one.example", "two.example")
