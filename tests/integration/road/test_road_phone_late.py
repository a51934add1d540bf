"""A request that is cancelled, asked again or called back: what comes late signs nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support import phones
from support.waiting import (
    OneWorker,
    confirmed,
    of,
    require_again,
    require_nothing_signed,
)

from docsvc.documents import service as documents
from docsvc.steps.sign import asking, providers
from docsvc.steps.sign.providers import CallBackRefusedError, Providers
from docsvc.steps.sign.rules import RequestState
from docsvc.steps.sign.waiting import NotAskedError
from docsvc.workflow import State, Step
from signing.errors import SigningError
from signing.signers.base import Pending

if TYPE_CHECKING:
    from support.phones import Phones

    from signing.signers.base import Completed, Outcome, Request

WAITS = "sign.waiting-for-holder"


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
