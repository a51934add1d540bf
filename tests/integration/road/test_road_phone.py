"""A signature whose holder answers later: the document waits as a row, and ends visibly.

Whatever comes in the way, nothing is signed, the document says why, and its leader can ask again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update
from support import phones, road
from support.waiting import OneWorker, confirmed, waiting_of

from docsvc.documents import service as documents
from docsvc.documents.revisions import Growth, append_revision, last_revision
from docsvc.organisations.tables import Certificate
from docsvc.steps.sign import asking, providers
from docsvc.steps.sign.asking import Asker
from docsvc.steps.sign.providers import CallBackRefusedError, Providers, ProviderUnusableError
from docsvc.steps.sign.rules import RequestState
from docsvc.steps.sign.waiting import NotAskedError
from docsvc.workflow import Person, State, Step
from signing.errors import SigningError
from signing.signers.base import Pending

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from support.demo import DemoInstance
    from support.phones import Phones
    from support.road import OpenRoad, Road

    from docsvc.documents.tables import Document
    from signing.signers.base import Completed, Outcome, Request

WAITS = "sign.waiting-for-holder"


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance
) -> Iterator[Phones]:
    with phones.installed():
        started = phones.start(tmp_path_factory.mktemp("phones"), demo_instance)
        yield started
        started.server.stop()


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance, service: Phones
) -> Iterator[Road]:
    """A service whose leader and seal have their keys with the provider."""
    configured = [service.settings(requests_at_once=50)]
    folder = tmp_path_factory.mktemp("road") / "road"
    with road.opened(
        folder, demo_instance, providers=configured, server_side_personal_keys=False
    ) as opened:
        phones.hand_out(opened)
        yield opened


@pytest.fixture
def worker(shared: Road, service: Phones) -> Iterator[OneWorker]:
    service.behave("sign")
    made = OneWorker(shared)
    yield made
    made.asker.stop()


def require_nothing_signed(worker: OneWorker, document_id: UUID, code: str) -> Document:
    """The document is where it was, says why, and its leader is asked again."""
    document = worker.document(document_id)
    assert (document.state, document.waits_for) == (State.CONFIRMED, Person.LEADER)
    assert document.waiting_code == code
    assert worker.pending(document_id) is None
    assert worker.services.stores.last(document_id)[0].step is Step.RECEIVE
    return document


def require_again(worker: OneWorker, service: Phones, document_id: UUID) -> None:
    """Asked again, the holder signs."""
    service.behave("sign")
    worker.services.ask_again(document_id, account="leader")
    worker.go(document_id)
    assert worker.finish(document_id).state is State.REGISTERED


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
    road.check(opened, expected=1)


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


def of(service: Phones, transaction: str) -> list[dict[str, object]]:
    return [r for r in service.requests() if r["transaction"] == transaction]


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


def test_cancelled_request_is_told_to_the_provider(worker: OneWorker, service: Phones) -> None:
    service.behave("hold")
    document_id = worker.asked()
    transaction = worker.request(document_id).transaction
    worker.services.cancel_signature(document_id, account="clerk")
    require_nothing_signed(worker, document_id, "sign.request-cancelled")
    worker.ask()
    assert [r["cancelled"] for r in of(service, transaction)] == [True]
    assert worker.request_of(transaction).next_at is None
    with pytest.raises(NotAskedError):
        worker.services.cancel_signature(document_id, account="clerk")
    require_again(worker, service, document_id)


def test_answer_after_the_cancelling_is_kept_and_signs_nothing(
    worker: OneWorker, service: Phones
) -> None:
    service.behave("hold")
    document_id = worker.asked()
    transaction = worker.request(document_id).transaction
    worker.services.cancel_signature(document_id, account="clerk")
    service.behave("sign")
    worker.ask()
    assert len(worker.request_of(transaction).facts["late"]) == 1
    assert worker.acts(transaction) == ["sign.late-answer"]
    require_nothing_signed(worker, document_id, "sign.request-cancelled")
    (kept,) = worker.services.signing_requests(document_id)
    assert (kept.code, kept.late) == ("sign.request-cancelled", 1)


def test_provider_that_is_away_is_told_of_a_cancelling_later(
    worker: OneWorker, service: Phones
) -> None:
    service.behave("hold")
    document_id = worker.asked()
    transaction = worker.request(document_id).transaction
    service.behave("down")
    worker.services.cancel_signature(document_id, account="clerk")
    worker.ask()
    assert worker.request_of(transaction).next_at is not None
    for _ in range(5):
        worker.make_due()
        worker.ask()
    assert worker.request_of(transaction).next_at is None


def test_request_that_is_cancelled_while_it_goes_out_is_told_to_the_provider(
    worker: OneWorker, service: Phones
) -> None:
    service.behave("hold")
    document_id = confirmed(worker.opened)
    worker.go(document_id)
    transaction = worker.request(document_id).transaction
    provider = worker.services.requests.providers.of(phones.NAME)
    plain = provider.signer.sign

    def slow(_self: object, request: Request) -> Outcome:
        outcome = plain(request)
        worker.services.cancel_signature(document_id, account="clerk")
        return outcome

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(provider.signer), "sign", slow)
        worker.ask()
    worker.ask()
    assert [r["cancelled"] for r in of(service, transaction)] == [True]
    require_nothing_signed(worker, document_id, "sign.request-cancelled")


def test_answer_may_be_called_back_before_the_request_has_returned(
    worker: OneWorker, service: Phones
) -> None:
    service.behave("hold")
    document_id = confirmed(worker.opened)
    worker.go(document_id)
    transaction = worker.request(document_id).transaction
    services = worker.services
    provider = services.requests.providers.of(phones.NAME)
    plain = provider.signer.sign

    def quick(_self: object, request: Request) -> Outcome:
        outcome = plain(request)
        assert isinstance(outcome, Pending)
        service.behave("sign")
        answer = provider.signer.poll(outcome.handle)
        with services.transactions() as tx:
            services.requests.settle(tx, transaction, answer)
        return outcome

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(provider.signer), "sign", quick)
        worker.ask()
    worker.ask()
    worker.go(document_id)
    assert worker.document(document_id).state is State.REGISTERED
    assert [r["cancelled"] for r in of(service, transaction)] == [False]
    with services.transactions() as tx:
        services.requests.settle(tx, "no-such-transaction", Pending(handle="x"))


def test_asking_again_gives_the_open_request_up(worker: OneWorker, service: Phones) -> None:
    service.behave("hold")
    document_id = worker.asked()
    first = worker.request(document_id).transaction
    worker.services.ask_again(document_id, account="leader")
    worker.go(document_id)
    worker.ask()
    assert worker.request(document_id).transaction != first
    assert worker.request_of(first).state is RequestState.CANCELLED
    require_again(worker, service, document_id)


def test_only_a_document_before_a_signature_can_be_asked_for_again(worker: OneWorker) -> None:
    document_id = worker.asked()
    worker.finish(document_id)
    with worker.services.transactions() as tx:
        documents.confirm(
            tx, document_id, Step.SIGN_ORGANISATION, account="x", at=worker.services.clock.now()
        )
        documents.advance(tx, document_id, Step.SIGN_ORGANISATION, at=worker.services.clock.now())
    with pytest.raises(documents.NotWaitingError):
        worker.services.ask_again(document_id, account="leader")


def call_back(
    worker: OneWorker, service: Phones, handle: str | None
) -> tuple[bytes, dict[str, str]]:
    assert handle is not None
    body, headers = service.call_back(handle)
    worker.services.call_back(phones.NAME, body, headers)
    return body, headers


def test_call_back_brings_the_answer_once(worker: OneWorker, service: Phones) -> None:
    service.behave("hold")
    document_id = worker.asked()
    request = worker.request(document_id)
    service.behave("sign")
    call_back(worker, service, request.handle)
    call_back(worker, service, request.handle)
    worker.go(document_id)
    assert worker.document(document_id).state is State.REGISTERED
    assert worker.acts(request.transaction) == ["sign.answered-again"]


def test_call_back_after_the_end_of_its_time_is_kept_and_signs_nothing(
    worker: OneWorker, service: Phones
) -> None:
    service.behave("hold")
    document_id = worker.asked()
    request = worker.request(document_id)
    worker.run_out(request.transaction)
    worker.ask()
    service.behave("sign")
    for _ in range(12):
        call_back(worker, service, request.handle)
    require_nothing_signed(worker, document_id, "sign.request-expired")
    assert len(worker.request_of(request.transaction).facts["late"]) == 10
    assert worker.acts(request.transaction) == ["sign.late-answer"]


def test_call_back_of_somebody_else_changes_nothing(worker: OneWorker, service: Phones) -> None:
    service.behave("hold")
    document_id = worker.asked()
    body, headers = service.call_back(str(worker.request(document_id).handle))
    for changed, given in ((body + b" ", headers), (body, {})):
        with pytest.raises(CallBackRefusedError):
            worker.services.call_back(phones.NAME, changed, given)
    assert worker.request(document_id).state is RequestState.WAITING
    worker.services.cancel_signature(document_id, account="clerk")


def test_call_back_about_no_request_of_ours_is_refused(worker: OneWorker) -> None:
    body = b'{"handle": "h-none", "state": "refused"}'
    headers = {"x-signature": phones.signature_of(body)}
    with pytest.raises(CallBackRefusedError):
        worker.services.call_back(phones.NAME, body, headers)


def test_provider_that_never_calls_is_not_listened_to(worker: OneWorker) -> None:
    services = worker.services
    provider = services.requests.providers.of(phones.NAME)
    silent = {"mobile-json": lambda _c: replace(provider, read_call_back=None, close=None)}
    requests = replace(services.requests, providers=Providers(services.settings.providers, silent))
    said = providers.CallBack(body=b"", headers={})
    with pytest.raises(CallBackRefusedError):
        asking.take_call_back(requests, services.transactions, phones.NAME, said)
    requests.providers.close()


def test_call_back_that_the_library_cannot_read_is_refused(worker: OneWorker) -> None:
    services = worker.services

    def unreadable(_said: providers.CallBack) -> tuple[str, Completed]:
        raise SigningError

    provider = services.requests.providers.of(phones.NAME)
    broken = {"mobile-json": lambda _c: replace(provider, read_call_back=unreadable, close=None)}
    requests = replace(services.requests, providers=Providers(services.settings.providers, broken))
    said = providers.CallBack(body=b"", headers={})
    with pytest.raises(CallBackRefusedError):
        asking.take_call_back(requests, services.transactions, phones.NAME, said)


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
