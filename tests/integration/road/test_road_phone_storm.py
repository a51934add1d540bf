"""Workers are killed at random while fifty signatures wait: each is made exactly once."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from support import phones, road_end
from support.waiting import confirmed

from docsvc.documents.queries import revisions
from docsvc.steps.sign.rules import RequestState
from docsvc.steps.sign.tables import PendingSignature, SigningRequest
from docsvc.workflow import State, Step

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from support.demo import DemoInstance
    from support.road import OpenRoad, Road, WorkerProcess

_DOCUMENTS = 50
_LIMIT_S = 150.0
# Seconds between heartbeats, and after which the others take up what a worker held.
_BEAT = (0.3, 2.0)
# How long a worker lives: some are killed before they have come up, most at work.
_LIFE_S = (0.5, 4.0)
_KILLS = 4
_VERIFIED = 4


class Workers:
    """Workers that are killed at random, each replaced by one of the same name."""

    def __init__(self, opened: Road, number: int) -> None:
        self._opened, self._chance = opened, random.Random()  # noqa: S311  # no secret
        self._alive = [self._start(name) for name in range(number)]

    def _start(self, number: int) -> WorkerProcess:
        return self._opened.start_worker(f"worker-{number}", crash={"phones": True}, beat=_BEAT)

    def die_once(self) -> None:
        time.sleep(self._chance.uniform(*_LIFE_S) / len(self._alive))
        number = self._chance.randrange(len(self._alive))
        self._alive[number].kill()
        self._alive[number] = self._start(number)

    def stop(self) -> None:
        for worker in self._alive:
            worker.kill()


def count(opened: Road) -> int:
    """Count the signatures that a holder is asked for."""
    with opened.services.transactions() as tx:
        found = (
            select(PendingSignature.document_id)
            .join(SigningRequest, SigningRequest.transaction == PendingSignature.request)
            .where(SigningRequest.state == RequestState.WAITING)
        )
        return len(list(tx.scalars(found)))


def signed(opened: Road) -> int:
    return opened.states()[State.REGISTERED]


@pytest.mark.crash
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("database", "workers", "items"),
    [
        pytest.param("sqlite", 1, 1, id="sqlite-one-by-one"),
        pytest.param("postgresql", 2, 10, id="postgresql-batch", marks=pytest.mark.postgres),
    ],
)
def test_every_waiting_signature_ends_once_however_often_workers_are_killed(
    open_road: OpenRoad,
    demo_instance: DemoInstance,
    tmp_path: Path,
    database: str,
    workers: int,
    items: int,
) -> None:
    service = phones.start(tmp_path, demo_instance)
    limits = {"requests_at_once": _DOCUMENTS, "items_per_request": items}
    opened = open_road(database=database, providers=[service.settings(**limits)])
    try:
        phones.hand_out(opened)
        service.behave("hold")
        waiting = [confirmed(opened, agreed=items == 1) for _ in range(_DOCUMENTS)]
        if items > 1:
            opened.services.batches.begin(Step.SIGN_LEADER, waiting, account="leader")
        killed = Workers(opened, workers)
        for _ in range(_KILLS):
            killed.die_once()
        limit = opened.deadline(_LIMIT_S)
        while count(opened) < _DOCUMENTS:
            limit()
        service.behave("sign")
        for _ in range(_KILLS):
            killed.die_once()
        while signed(opened) < _DOCUMENTS:
            limit()
        killed.stop()
        check(opened, service, waiting)
    finally:
        service.server.stop()


def check(opened: Road, service: phones.Phones, waiting: list[UUID]) -> None:
    """Each file has one signature, and for each the holder was asked once."""
    with opened.services.transactions() as tx:
        assert list(tx.scalars(select(PendingSignature))) == []
        states = dict(tx.execute(select(SigningRequest.transaction, SigningRequest.state)).all())
        found = {d: revisions(tx, d) for d in waiting}
    assert set(states.values()) == {RequestState.ANSWERED}
    assert {asked["transaction"] for asked in service.requests()} == set(states)
    assert sum(asked["items"] for asked in service.requests()) == _DOCUMENTS
    for kept in found.values():
        assert [one.step for one in kept] == [Step.RECEIVE, Step.SIGN_LEADER]
        assert opened.services.blobs.get(kept[-1].digest).count(b"/ByteRange") == 1
    for document_id in waiting[:_VERIFIED]:
        verdict = road_end.verdict_of(opened, document_id)
        assert [s["indication"] for s in verdict["signatures"]] == ["TOTAL-PASSED"]
