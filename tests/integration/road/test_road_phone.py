"""A signature whose holder answers later: the document waits as a row, and ends visibly.

Whatever comes in the way, nothing is signed, the document says why, and its leader can ask again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update
from support import phones, road_end
from support.waiting import (
    OneWorker,
    confirmed,
    of,
    require_again,
    require_nothing_signed,
    waiting_of,
)

from docsvc.documents import service as documents
from docsvc.documents.revisions import Growth, append_revision, last_revision
from docsvc.organisations.tables import Certificate
from docsvc.steps.sign import asking, providers
from docsvc.steps.sign.asking import Asker
from docsvc.steps.sign.providers import Providers, ProviderUnusableError
from docsvc.steps.sign.rules import RequestState
from docsvc.workflow import Person, State, Step
from signing.errors import SigningError

if TYPE_CHECKING:
    from support.phones import Phones
    from support.road import OpenRoad, Road

    from signing.signers.base import Pending


WAITS = "sign.waiting-for-holder"


def test_document_that_two_holders_sign_arrives(open_road: OpenRoad, service: Phones) -> None:
    service.behave("sign")
    opened = open_road(providers=[service.settings()], server_side_personal_keys=False)
    phones.hand_out(opened)
    (document_id,) = opened.feed(1)
    worker = OneWorker(opened)
    for step in (Step.SIGN_LEADER, Step.SIGN_ORGANISATION):
        worker.go(document_id)
        assert worker.document(document_id).waiting_code == WAITS
        assert worker.request(document_id).step is step
        worker.ask_until_said(document_id)
    worker.go(document_id)
    worker.asker.stop()
    road_end.check(opened, expected=1)


def test_waiting_document_tells_what_the_device_shows(worker: OneWorker, service: Phones) -> None:
    service.behave("hold")
    document_id = worker.asked(subject="Về việc thành lập Tổ công nghệ số")
    waiting = waiting_of(worker.services, document_id)
    assert waiting.until is not None
    assert (waiting.until - waiting.since).total_seconds() >= 300
    (asked,) = [r for r in service.requests() if r["transaction"] == waiting.transaction]
    assert (asked["prompt"], asked["code"]) == (waiting.prompt, waiting.control_code)
    assert asked["prompt"] == "Ký QĐ-UBND Về việc thành lập Tổ công nghệ số"
    worker.services.cancel_signature(document_id, account="clerk")


def test_refusal_signs_nothing(worker: OneWorker, service: Phones) -> None:
    service.behave("refuse")
    document_id = worker.asked()
    worker.ask_until_said(document_id)
    require_nothing_signed(worker, document_id, "signing.refused")
    require_again(worker, service, document_id)


def test_value_of_another_key_signs_nothing(worker: OneWorker, service: Phones) -> None:
    service.behave("stranger")
    document_id = worker.asked()
    worker.finish(document_id)
    require_nothing_signed(worker, document_id, "signing.value-does-not-verify")
    require_again(worker, service, document_id)


def test_too_few_values_sign_nothing(worker: OneWorker, service: Phones) -> None:
    service.behave("short")
    document_id = worker.asked()
    worker.ask_until_said(document_id)
    require_nothing_signed(worker, document_id, "sign.answer-incomplete")


def test_key_that_the_provider_does_not_know_signs_nothing(
    worker: OneWorker, service: Phones
) -> None:
    service.behave("unknown")
    document_id = worker.asked()
    require_nothing_signed(worker, document_id, "signing.key-not-found")


def test_answer_may_come_at_once(worker: OneWorker, service: Phones) -> None:
    service.behave("immediate")
    document_id = worker.asked()
    worker.go(document_id)
    assert worker.document(document_id).state is State.REGISTERED


def test_provider_that_is_away_is_asked_again_under_the_same_name(
    worker: OneWorker, service: Phones
) -> None:
    service.behave("down")
    document_id = worker.asked()
    request = worker.request(document_id)
    assert request.code == "signing.signer-unreachable"
    assert worker.document(document_id).waiting_code == WAITS
    service.behave("sign")
    assert worker.finish(document_id).state is State.REGISTERED
    assert [r["received"] for r in of(service, request.transaction)] == [1]


@pytest.mark.parametrize("how", ["hold", "down"])
def test_request_that_nobody_answers_in_time_runs_out(
    worker: OneWorker, service: Phones, how: str
) -> None:
    service.behave("hold")
    document_id = worker.asked()
    transaction = worker.request(document_id).transaction
    service.behave(how)
    worker.run_out(transaction)
    worker.ask()
    require_nothing_signed(worker, document_id, "sign.request-expired")
    require_again(worker, service, document_id)


def test_request_that_never_went_out_runs_out_too(worker: OneWorker, service: Phones) -> None:
    service.behave("down")
    document_id = worker.asked()
    worker.run_out(worker.request(document_id).transaction)
    worker.ask()
    require_nothing_signed(worker, document_id, "sign.request-expired")


def test_road_that_is_begun_again_asks_nobody_again(worker: OneWorker, service: Phones) -> None:
    service.behave("hold")
    document_id = worker.asked()
    transaction = worker.request(document_id).transaction
    worker.go(document_id)
    worker.ask()
    assert worker.request(document_id).transaction == transaction
    assert [r["received"] for r in of(service, transaction)] == [1]
    worker.services.cancel_signature(document_id, account="clerk")


def test_file_that_has_grown_meanwhile_is_not_signed(worker: OneWorker, service: Phones) -> None:
    service.behave("hold")
    document_id = worker.asked()
    base, pdf = worker.services.stores.last(document_id)
    longer = pdf + b"% longer\n"
    at = worker.services.clock.now()
    digest = worker.services.stores.put_claimed(document_id, Step.CLASSIFY, longer)
    growth = Growth(step=Step.CLASSIFY, digest=digest, size=len(longer), extends=True)
    with worker.services.transactions() as tx:
        append_revision(tx, document_id, after=base, growth=growth, at=at)
    service.behave("sign")
    worker.ask_until_said(document_id)
    worker.go(document_id)
    document = worker.document(document_id)
    assert document.waits_for is Person.LEADER
    assert document.waiting_code == "sign.changed-meanwhile"
    with worker.services.transactions() as tx:
        assert last_revision(tx, document_id).digest == digest


def test_open_request_for_a_file_that_has_grown_is_given_up(
    worker: OneWorker, service: Phones
) -> None:
    service.behave("hold")
    document_id = worker.asked()
    transaction = worker.request(document_id).transaction
    base, pdf = worker.services.stores.last(document_id)
    longer = pdf + b"% longer\n"
    at = worker.services.clock.now()
    digest = worker.services.stores.put_claimed(document_id, Step.CLASSIFY, longer)
    growth = Growth(step=Step.CLASSIFY, digest=digest, size=len(longer), extends=True)
    with worker.services.transactions() as tx:
        append_revision(tx, document_id, after=base, growth=growth, at=at)
    worker.go(document_id)
    assert worker.document(document_id).waiting_code == "sign.changed-meanwhile"
    assert worker.request_of(transaction).state is RequestState.CANCELLED


def test_fields_that_were_changed_meanwhile_are_not_signed(
    worker: OneWorker, service: Phones
) -> None:
    service.behave("hold")
    document_id = worker.asked()
    with worker.services.transactions() as tx:
        box = {"page": 0, "x0": 100.0, "y0": 100.0, "x1": 200.0, "y1": 150.0}
        documents.get(tx, document_id).classification = {"places": {"leader": box}}
    service.behave("sign")
    worker.finish(document_id)
    require_nothing_signed(worker, document_id, "sign.changed-meanwhile")


def test_timestamp_authority_that_is_away_costs_no_second_signature(
    worker: OneWorker, service: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    document_id = worker.asked()
    transaction = worker.request(document_id).transaction
    worker.ask_until_said(document_id)
    desk = worker.runner._road[Step.SIGN_LEADER].keywords["desk"]  # type: ignore[attr-defined]

    def away(_digest: bytes) -> bytes:
        raise SigningError

    monkeypatch.setattr(SigningError, "retryable", True)
    with monkeypatch.context() as patch:
        patch.setitem(
            worker.runner._road[Step.SIGN_LEADER].keywords,  # type: ignore[attr-defined]
            "desk",
            replace(desk, stamp=away),
        )
        assert worker.runner.take(document_id).retry
    worker.go(document_id)
    assert worker.document(document_id).state is State.REGISTERED
    assert [r["received"] for r in of(service, transaction)] == [1]


def test_many_workers_look_at_each_request_once(shared: Road, service: Phones) -> None:
    service.behave("hold")
    worker = OneWorker(shared)
    waiting = [confirmed(shared) for _ in range(6)]
    worker.go(*waiting)
    askers = [
        Asker(shared.services.requests, shared.services.transactions, f"worker-{n}")
        for n in range(3)
    ]
    for asker in askers:
        asker.turn()
    for asker in [*askers, worker.asker]:
        asker.stop()
    mine = {worker.request(document_id).transaction for document_id in waiting}
    received = [r["received"] for r in service.requests() if r["transaction"] in mine]
    assert received == [1] * 6
    for document_id in waiting:
        shared.services.cancel_signature(document_id, account="clerk")


def test_request_that_a_dead_worker_held_is_free_at_once(
    worker: OneWorker, service: Phones
) -> None:
    service.behave("hold")
    document_id = worker.asked()
    request = worker.request(document_id)
    worker.make_due()
    services = worker.services
    with services.transactions() as tx:
        (claim,) = [c for c in worker.asker._claim(tx, 50) if c.transaction == request.transaction]
    with services.transactions() as tx:
        asking.forget(tx, ["worker-0"], at=services.clock.now())
    service.behave("sign")
    worker.ask_until_said(document_id)
    worker.asker._store(claim, asking._Trouble(code="x.y", retryable=False))
    assert worker.request_of(request.transaction).state is RequestState.ANSWERED
    worker.asker._poll(claim)
    worker.asker._send(claim)
    worker.asker._gather(claim)
    worker.asker._tell(claim)
    worker.go(document_id)
    assert worker.document(document_id).state is State.REGISTERED


def test_provider_that_is_no_longer_configured_signs_nothing(
    worker: OneWorker, service: Phones
) -> None:
    service.behave("hold")
    services = worker.services
    document_id = confirmed(worker.opened)
    worker.go(document_id)
    requests = replace(services.requests, providers=Providers((), {}))
    asker = Asker(requests, services.transactions, "worker-0")
    worker.make_due()
    asker.turn()
    asker.stop()
    require_nothing_signed(worker, document_id, "sign.provider-unknown")


def test_defect_of_a_library_leaves_the_request_to_the_next_turn(
    worker: OneWorker, service: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.behave("hold")
    document_id = worker.asked()
    provider = worker.services.requests.providers.of(phones.NAME)

    def broken(_self: object, _handle: str) -> Pending:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(type(provider.signer), "poll", broken)
        worker.make_due()
        worker.ask()
    request = worker.request(document_id)
    assert (request.state, request.code) == (RequestState.WAITING, "service.internal")
    assert request.next_at is not None
    service.behave("sign")
    assert worker.finish(document_id).state is State.REGISTERED


@pytest.mark.parametrize(
    ("values", "personal_keys", "code"),
    [
        ({"token": None, "key_id": None}, True, "sign.no-server-key"),
        ({"token": "nowhere", "key_id": "01"}, True, "sign.token-unknown"),
        ({"token": "nowhere", "key_id": "01"}, False, "sign.personal-key-on-server"),
    ],
)
def test_signer_that_is_not_to_be_had_ends_no_road(
    worker: OneWorker, values: dict[str, str | None], code: str, *, personal_keys: bool
) -> None:
    document_id = confirmed(worker.opened)
    road_of = worker.runner._road[Step.SIGN_LEADER].keywords  # type: ignore[attr-defined]
    road_of["desk"] = replace(road_of["desk"], server_side_personal_keys=personal_keys)
    with worker.services.transactions() as tx:
        tx.execute(
            update(Certificate)
            .where(Certificate.key_id == phones.LEADER)
            .values(serial="away", **values)
        )
    try:
        worker.go(document_id)
    finally:
        with worker.services.transactions() as tx:
            back = {"token": phones.NAME, "key_id": phones.LEADER}
            tx.execute(update(Certificate).where(Certificate.serial == "away").values(**back))
    require_nothing_signed(worker, document_id, code)


def test_kind_that_this_build_does_not_speak_is_said(worker: OneWorker) -> None:
    configured = worker.services.settings.providers
    with pytest.raises(ProviderUnusableError):
        Providers(configured, {}).of(phones.NAME)

    def without_its_file(_configured: object) -> providers.Provider:
        raise FileNotFoundError

    with pytest.raises(ProviderUnusableError):
        Providers(configured, {"mobile-json": without_its_file}).of(phones.NAME)
