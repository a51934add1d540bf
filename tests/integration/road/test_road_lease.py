"""The lease of a token outlives nobody who is known to be dead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from docsvc.jobs.engine import SecondWorkerError
from docsvc.steps.sign import lease
from docsvc.steps.sign.lease import LeaseLostError
from docsvc.steps.sign.tables import TokenLease
from docsvc.worker import RunningWorker

if TYPE_CHECKING:
    from support.road import OpenRoad, Road

    from docsvc.documents.stores import Stores


def acquire(stores: Stores, holder: str) -> int:
    return lease.acquire(stores, "token", holder, also=lambda _tx, _fence: None)


def holders(opened: Road) -> list[str | None]:
    with opened.services.transactions() as tx:
        return list(tx.scalars(select(TokenLease.holder)))


def test_restarted_worker_does_not_wait_for_what_it_held_before(open_road: OpenRoad) -> None:
    opened = open_road(executor="worker-0")
    acquire(opened.services.stores, "worker-0")
    worker = RunningWorker(opened.services)
    worker.start()
    worker.stop()
    assert holders(opened) == [None]


def test_worker_that_may_not_start_leaves_the_lease_to_the_one_at_work(
    open_road: OpenRoad,
) -> None:
    opened = open_road(executor="worker-0")
    first, second = RunningWorker(opened.services), RunningWorker(opened.services)
    first.start()
    try:
        acquire(opened.services.stores, "worker-0")
        with pytest.raises(SecondWorkerError):
            second.start()
        assert holders(opened) == ["worker-0"]
    finally:
        first.stop()


def test_holder_that_was_thought_dead_cannot_give_back_what_another_holds(
    open_road: OpenRoad,
) -> None:
    stores = open_road().services.stores
    late = acquire(stores, "late")
    with stores.transactions() as tx:
        lease.forget(tx, ["late", "other"])
    fence = acquire(stores, "next")
    assert fence > late
    with stores.transactions() as tx, pytest.raises(LeaseLostError):
        lease.release(tx, "token", "late", late)
    with stores.transactions() as tx:
        lease.release(tx, "token", "next", fence)
