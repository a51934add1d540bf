"""A signature whose holder answers later: the document waits as a row, and ends visibly."""

from __future__ import annotations

import time
from concurrent.futures import wait
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from support import phones, road

from docsvc.documents import service as documents
from docsvc.steps.sign.asking import Asker
from docsvc.steps.sign.rules import RequestState
from docsvc.steps.sign.tables import PendingSignature, SigningRequest
from docsvc.worker import Runner
from docsvc.workflow import Person, State, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from support.demo import DemoInstance
    from support.phones import Phones
    from support.road import OpenRoad, Road

    from docsvc.documents.tables import Document

WAITS = "sign.waiting-for-holder"


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance
) -> Iterator[Phones]:
    phones.install()
    started = phones.start(tmp_path_factory.mktemp("phones"), demo_instance)
    yield started
    started.server.stop()


@pytest.fixture
def opened(open_road: OpenRoad, service: Phones) -> Road:
    """A service whose leader and seal have their keys with the provider."""
    service.behave("sign")
    made = open_road(
        providers=[service.settings(requests_at_once=50)], server_side_personal_keys=False
    )
    phones.hand_out(made)
    return made


class Desk:
    """One worker, a step at a time."""

    def __init__(self, opened: Road) -> None:
        self.services = opened.services
        self.runner = Runner(opened.services)
        self.asker = Asker(opened.services.requests, opened.services.transactions, "worker-0")

    def go(self, document_id: UUID) -> None:
        """Let the road go on as far as it can now."""
        while self.runner.take(document_id).step is not None:
            pass

    def ask(self) -> None:
        """Speak with the provider about what is due."""
        for future in wait(self.asker.turn()).done:
            future.result()

    def ask_until(self, document_id: UUID, done: Callable[[Document], bool]) -> Document:
        end = time.monotonic() + 30
        while not done(document := self.document(document_id)):
            assert time.monotonic() < end, (document.state, document.waiting_code)
            self.ask()
            time.sleep(0.02)
        return document

    def document(self, document_id: UUID) -> Document:
        with self.services.transactions() as tx:
            return documents.get(tx, document_id)

    def request(self, document_id: UUID) -> SigningRequest:
        with self.services.transactions() as tx:
            return tx.scalars(
                select(SigningRequest)
                .join(PendingSignature, PendingSignature.request == SigningRequest.transaction)
                .where(PendingSignature.document_id == document_id)
            ).one()


@pytest.fixture
def desk(opened: Road) -> Iterator[Desk]:
    made = Desk(opened)
    yield made
    made.asker.stop()


def asked(desk: Desk, opened: Road) -> UUID:
    """Return a document for whose leader's signature the holder was asked."""
    (document_id,) = opened.feed(1)
    desk.go(document_id)
    desk.ask()
    return document_id


def test_document_that_two_holders_sign_arrives(opened: Road, desk: Desk) -> None:
    (document_id,) = opened.feed(1)
    for step in (Step.SIGN_LEADER, Step.SIGN_ORGANISATION):
        desk.go(document_id)
        waiting = desk.document(document_id)
        assert waiting.waiting_code == WAITS
        assert desk.request(document_id).step is step
        desk.ask_until(document_id, lambda d: d.waiting_code is None)
    desk.go(document_id)
    road.check(opened, expected=1)


def test_refusal_is_said_and_the_leader_is_asked_again(
    opened: Road, desk: Desk, service: Phones
) -> None:
    service.behave("refuse")
    document_id = asked(desk, opened)
    said = desk.ask_until(document_id, lambda d: d.waiting_code != WAITS)
    assert (said.state, said.waits_for) == (State.CONFIRMED, Person.LEADER)
    assert said.waiting_code == "signing.refused"

    service.behave("sign")
    desk.services.confirm(document_id, Step.SIGN_LEADER, account="leader")
    desk.go(document_id)
    desk.ask_until(document_id, lambda d: d.waiting_code is None)
    desk.go(document_id)
    assert desk.document(document_id).state is State.REGISTERED


def test_value_of_another_key_signs_nothing(opened: Road, desk: Desk, service: Phones) -> None:
    service.behave("stranger")
    document_id = asked(desk, opened)
    desk.ask_until(document_id, lambda d: d.waiting_code is None)
    desk.go(document_id)
    said = desk.document(document_id)
    assert (said.state, said.waits_for) == (State.CONFIRMED, Person.LEADER)
    assert said.waiting_code == "signing.value-does-not-verify"
    assert desk.services.stores.last(document_id)[0].step is Step.RECEIVE
    _ = RequestState
