"""Two workers at one document: a slow one that was thought dead, a road that was begun twice.

Whatever the one does while the other is at the same step, the step is taken once and the road
goes on.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import OperationalError
from support import road, road_end
from typing_extensions import override

from docsvc.documents import service as documents
from docsvc.documents.stores import Stores
from docsvc.errors import CodedError
from docsvc.sandbox import Sandbox
from docsvc.steps.receive.service import Offer
from docsvc.steps.sign.token import TokenProcess
from docsvc.worker import Runner
from docsvc.workflow import ROUTES, RouteName, State, Step
from signing.errors import TimestampUnreachableError
from signing.timestamp import Timestamper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from support.road import OpenRoad, Road

    from docsvc.confined import Answer
    from docsvc.documents.appending import Appended

STEPS = [leg.step for leg in ROUTES[RouteName.OUTGOING]][1:]
GROWING = [Step.SIGN_LEADER, Step.SIGN_ORGANISATION, Step.TIMESTAMP, Step.VERIFY]


def finish(opened: Road, runner: Runner, document_id: UUID) -> None:
    """Take step after step, as the workflow does."""
    for _ in range(3 * len(STEPS)):
        taken = runner.take(document_id)
        if taken.step is None and not taken.retry:
            break
    road_end.check(opened, expected=1)


def test_step_that_another_took_before_is_not_taken_again(open_road: OpenRoad) -> None:
    opened = open_road()
    (document,) = opened.feed(1)
    fast, late = Runner(opened.services), Runner(opened.services)

    def behind(step: Callable[[UUID], None]) -> Callable[[UUID], None]:
        def run(document_id: UUID) -> None:
            fast.take(document_id)
            step(document_id)

        return run

    late._road = {step: behind(run) for step, run in late._road.items()}
    finish(opened, late, document)


class Interrupted(Stores):
    """Stores that let another one act before or after a blob is written."""

    __slots__ = ("meanwhile",)
    meanwhile: tuple[Callable[[UUID], Any], bool]

    @override
    def put_claimed(self, document_id: UUID, step: Step, data: bytes) -> str:
        with self._interrupted(document_id):
            return Stores.put_claimed(self, document_id, step, data)

    @override
    def put_appended(self, document_id: UUID, step: Step, data: Appended) -> None:
        with self._interrupted(document_id):
            Stores.put_appended(self, document_id, step, data)

    @contextmanager
    def _interrupted(self, document_id: UUID) -> Iterator[None]:
        act, first = self.meanwhile
        if first:
            act(document_id)
        yield
        if not first:
            act(document_id)


@pytest.mark.parametrize("first", [True, False], ids=["before-its-blob", "after-its-blob"])
def test_step_that_another_takes_meanwhile_loses_no_blob(
    open_road: OpenRoad, *, first: bool
) -> None:
    opened = open_road()
    (document,) = opened.feed(1)
    fast = Runner(opened.services)
    plain = opened.services.stores
    stores = Interrupted(transactions=plain.transactions, blobs=plain.blobs, clock=plain.clock)
    object.__setattr__(stores, "meanwhile", (fast.take, first))
    late = Runner(replace(opened.services, stores=stores))
    finish(opened, late, document)


class Interrupting(Sandbox):
    """A sandbox that lets another one act after a task, or before it."""

    def __init__(self, plain: Sandbox, task: str, act: Callable[[], Any]) -> None:
        self._plain, self._task, self._act = plain, task, act

    @override
    def run(self, task: str, *arguments: object, timeout_s: float = 60.0) -> Answer:
        answer = self._plain.run(task, *arguments, timeout_s=timeout_s)
        if task.endswith(self._task):
            self._act()
        return answer


@pytest.mark.parametrize("task", ["sign.tasks:prepare_on_disk", "sign.tasks:complete_update"])
def test_signature_that_another_makes_meanwhile_is_not_pending_any_more(
    open_road: OpenRoad, task: str
) -> None:
    opened = open_road()
    (document,) = opened.feed(1)
    fast = Runner(opened.services)
    sandbox = Interrupting(opened.services.sandbox, task, lambda: fast.take(document))
    late = Runner(replace(opened.services, sandbox=sandbox))
    finish(opened, late, document)


def test_token_is_not_asked_again_when_only_the_stamp_of_time_was_missing(
    open_road: OpenRoad, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_road()
    (document,) = opened.feed(1)
    runner, signed = Runner(opened.services), []
    plain = TokenProcess.sign

    def counted(self: TokenProcess, key_id: str, to_be_signed: bytes) -> bytes:
        signed.append(key_id)
        return plain(self, key_id, to_be_signed)

    monkeypatch.setattr(TokenProcess, "sign", counted)
    while not signed:
        with monkeypatch.context() as patch:
            patch.setattr(Timestamper, "stamp", unreachable)
            taken = runner.take(document)
    assert taken.retry
    with opened.services.transactions() as tx:
        assert documents.get(tx, document).waiting_code == "signing.timestamp-unreachable"
    assert runner.take(document).step is Step.SIGN_LEADER
    assert len(signed) == 1
    finish(opened, runner, document)


def unreachable(_self: Timestamper, _digest: bytes) -> bytes:
    raise TimestampUnreachableError


def test_wrong_pin_ends_no_road(open_road: OpenRoad, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_road()
    (document,) = opened.feed(1)
    runner = Runner(opened.services)

    def wrong(_self: TokenProcess, _key_id: str, _to_be_signed: bytes) -> bytes:
        code = "signing.pin-incorrect"
        raise CodedError(code, token="x")

    with monkeypatch.context() as patch:
        patch.setattr(TokenProcess, "sign", wrong)
        while runner.take(document).step is not None:
            pass
    with opened.services.transactions() as tx:
        kept = documents.get(tx, document)
    assert (kept.state, kept.waits_for) == (State.CONFIRMED, "leader")
    assert kept.waiting_code == "signing.pin-incorrect"
    opened.services.confirm(document, Step.SIGN_LEADER, account="test")
    finish(opened, runner, document)


def test_refusal_of_a_step_that_another_took_does_not_end_the_road(open_road: OpenRoad) -> None:
    opened = open_road()
    (document,) = opened.feed(1)
    fast, late = Runner(opened.services), Runner(opened.services)

    def refuse(document_id: UUID) -> None:
        fast.take(document_id)
        raise documents.NotWaitingError(document=str(document_id))

    late._road = dict.fromkeys(late._road, refuse)
    finish(opened, late, document)


def test_road_waits_for_a_database_that_is_away(
    open_road: OpenRoad, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_road()
    (document,) = opened.feed(1)
    runner = Runner(opened.services)

    def away() -> None:
        raise OperationalError(None, None, ConnectionError())

    with monkeypatch.context() as patch:
        services = replace(opened.services, transactions=away)
        patch.setattr(runner, "_services", services)
        taken = runner.take(document)
    assert taken.retry
    finish(opened, runner, document)


def test_confirmation_that_comes_at_once_does_not_harm(open_road: OpenRoad) -> None:
    """The clerk may be a program, and quicker than the worker that has just begun to wait."""
    opened = open_road(executor="worker-0")
    offer = Offer(
        unit_code=road.UNIT,
        file_name="letter.pdf",
        source="test",
        actor="test",
        declared_not_secret=True,
    )
    accepted = [opened.services.accept(road.letter(n), offer) for n in range(4)]
    opened.start_worker()
    waiting = {(a.document_id, step) for a in accepted for step in road.EVERY_STEP}
    limit = opened.deadline(120)
    while waiting:
        limit()
        for document_id, step in list(waiting):
            try:
                opened.services.confirm(document_id, step, account="test")
            except documents.NotWaitingError:
                continue
            waiting.remove((document_id, step))
    opened.wait(limit_s=120)
    assert opened.states() == {State.PUBLISHED: len(accepted)}
    assert opened.workers[0].stop() == 0
    road_end.check(opened, expected=len(accepted))
