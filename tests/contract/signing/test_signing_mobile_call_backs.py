"""The operator calls back: authenticated, once or twice, early or late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from signing_contract import begun, prepared_for, require_fitting
from signing_stand_ins import Pki
from support.call_backs import Desk, listening
from support.mobile_provider import Mode, Rig, Subscriber, running

from docsvc.demo.mobile.prompts import Repeat
from signing.errors import ValueDoesNotVerifyError
from signing.signers.base import Completed, Pending, Refused
from signing.signers.mobile import errors
from signing.signers.mobile.handle import decode
from signing.signers.mobile.signer import MobileSigner, Waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signing.signers.base import Outcome

PHONE, OTHER_PHONE = "84912345678", "84987654321"
KEY = bytes(range(32))


@pytest.fixture
def desk() -> Iterator[Desk]:
    with listening() as made:
        yield made


@dataclass
class Leader:
    rig: Rig
    signer: MobileSigner
    certificate: bytes
    key_id: str = PHONE


@pytest.fixture(params=["soap", "json"])
def leader(request: pytest.FixtureRequest, desk: Desk) -> Iterator[Leader]:
    pki = Pki()
    parties = [
        pki.party(name, ec.generate_private_key(ec.SECP256R1())) for name in ("Leader", "Other")
    ]
    subscribers = [
        Subscriber(msisdn=number, key=party.key, chain=pki.chain(party))
        for number, party in zip((PHONE, OTHER_PHONE), parties, strict=True)
    ]
    settings = {"mode": Mode.CALL_BACK, "call_back_url": desk.url, "call_back_key": KEY}
    with running(subscribers, request.param, **settings) as rig:
        yield Leader(rig, rig.signer(), parties[0].der)


def taken(
    leader: Leader, call: tuple[str, str, bytes], waiting: Waiting | None
) -> tuple[str, Outcome]:
    transaction, secret, body = call
    return leader.signer.received(
        body, transaction=transaction, secret=secret, find=lambda _: waiting
    )


def test_the_answer_comes_by_itself(leader: Leader, desk: Desk) -> None:
    prepared = prepared_for(leader)
    handle = begun(leader, prepared)
    leader.rig.agree()
    found, outcome = taken(leader, desk.next(), Waiting(handle=handle))
    assert found == handle
    require_fitting(leader, prepared, outcome)


def test_the_transaction_of_the_request_finds_what_was_stored(leader: Leader, desk: Desk) -> None:
    handle = begun(leader, prepared_for(leader))
    leader.rig.refuse()
    transaction, secret, body = desk.next()
    asked: list[str] = []

    def find(name: str) -> Waiting:
        asked.append(name)
        return Waiting(handle=handle)

    given = {"transaction": transaction, "secret": secret, "find": find}
    assert leader.signer.received(body, **given)[1] == Refused(code="signing.mobile-cancelled")
    assert asked == [decode(handle).transaction]


def test_asking_is_for_the_call_back_that_got_lost(leader: Leader) -> None:
    outcome = leader.signer.poll(begun(leader, prepared_for(leader)))
    assert isinstance(outcome, Pending)
    assert outcome.poll_after_s == 60


@pytest.mark.parametrize("secret", ["", "0" * 32, "é"])
def test_a_call_back_without_the_secret_is_not_read(
    leader: Leader, desk: Desk, secret: str
) -> None:
    handle = begun(leader, prepared_for(leader))
    leader.rig.agree()
    transaction, _, body = desk.next()
    with pytest.raises(errors.MobileNotAuthenticError):
        taken(leader, (transaction, secret, body), Waiting(handle=handle))


def test_the_secret_of_one_transaction_opens_no_other(leader: Leader, desk: Desk) -> None:
    handle = begun(leader, prepared_for(leader))
    leader.rig.agree()
    transaction, secret, body = desk.next()
    with pytest.raises(errors.MobileNotAuthenticError):
        taken(leader, (f"{transaction}1", secret, body), Waiting(handle=handle))


def test_without_a_key_of_ours_nobody_can_call_back(leader: Leader) -> None:
    leader.signer = leader.rig.signer(call_back_key=b"")
    with pytest.raises(errors.MobileNotAuthenticError):
        begun(leader, prepared_for(leader))


def test_a_transaction_that_nobody_knows_is_refused(leader: Leader, desk: Desk) -> None:
    begun(leader, prepared_for(leader))
    leader.rig.agree()
    with pytest.raises(errors.MobileForeignAnswerError) as caught:
        taken(leader, desk.next(), None)
    assert caught.value.facts == {"reason": "unknown"}


def test_a_name_that_is_none_of_ours_is_refused_even_with_its_secret(leader: Leader) -> None:
    secret = leader.signer._secret("nonsense")
    with pytest.raises(errors.MobileForeignAnswerError):
        taken(leader, ("nonsense", secret, b""), Waiting(handle="{}"))


def test_the_same_answer_twice_is_the_same_outcome(leader: Leader, desk: Desk) -> None:
    leader.rig.script(call_backs=2)
    handle = begun(leader, prepared_for(leader))
    leader.rig.agree()
    _, first = taken(leader, desk.next(), Waiting(handle=handle))
    assert isinstance(first, Completed)
    assert taken(leader, desk.next(), Waiting(handle=handle, outcome=first)) == (handle, first)


def test_the_same_refusal_twice_is_the_same_outcome(leader: Leader, desk: Desk) -> None:
    leader.rig.script(call_backs=2)
    handle = begun(leader, prepared_for(leader))
    leader.rig.refuse()
    _, first = taken(leader, desk.next(), Waiting(handle=handle))
    assert isinstance(first, Refused)
    assert taken(leader, desk.next(), Waiting(handle=handle, outcome=first)) == (handle, first)


@pytest.mark.parametrize(
    "first", [Refused(code="signing.mobile-cancelled"), Completed(values=(b"another",))], ids=str
)
def test_a_second_answer_that_differs_is_an_error(
    leader: Leader, desk: Desk, first: Completed | Refused
) -> None:
    handle = begun(leader, prepared_for(leader))
    leader.rig.agree()
    with pytest.raises(errors.MobileAnswerChangedError):
        taken(leader, desk.next(), Waiting(handle=handle, outcome=first))


def test_a_no_after_a_yes_is_an_error(leader: Leader, desk: Desk) -> None:
    handle = begun(leader, prepared_for(leader))
    leader.rig.refuse()
    with pytest.raises(errors.MobileAnswerChangedError):
        taken(leader, desk.next(), Waiting(handle=handle, outcome=Completed(values=(b"yes",))))


def test_a_call_back_that_comes_too_late_signs_nothing(leader: Leader, desk: Desk) -> None:
    handle = begun(leader, prepared_for(leader))
    leader.rig.agree()
    leader.rig.clock.advance(300 + 31)
    _, outcome = taken(leader, desk.next(), Waiting(handle=handle))
    assert outcome == Refused(code="signing.mobile-expired")


def test_a_call_back_that_was_under_way_when_time_ran_out_counts(
    leader: Leader, desk: Desk
) -> None:
    handle = begun(leader, prepared_for(leader))
    leader.rig.agree()
    leader.rig.clock.advance(300 + 29)
    assert isinstance(taken(leader, desk.next(), Waiting(handle=handle))[1], Completed)


def test_another_persons_key_is_refused(leader: Leader, desk: Desk) -> None:
    leader.rig.script(signs_as=OTHER_PHONE)
    handle = begun(leader, prepared_for(leader))
    leader.rig.agree()
    with pytest.raises(ValueDoesNotVerifyError):
        taken(leader, desk.next(), Waiting(handle=handle))


def test_the_body_of_another_transaction_is_refused(leader: Leader, desk: Desk) -> None:
    handle = begun(leader, prepared_for(leader))
    leader.rig.script(foreign=True)
    leader.rig.agree()
    with pytest.raises(errors.MobileForeignAnswerError):
        taken(leader, desk.next(), Waiting(handle=handle))


def test_a_batch_goes_on_from_one_call_back_to_the_next(leader: Leader, desk: Desk) -> None:
    prepared = prepared_for(leader, 2)
    first = begun(leader, prepared)
    leader.rig.agree()
    call = desk.next()
    _, second = taken(leader, call, Waiting(handle=first))
    assert isinstance(second, Pending)
    # The first call-back again: it is known, and the second prompt goes on waiting.
    again = taken(leader, call, Waiting(handle=second.handle))
    assert again == (second.handle, Pending(handle=second.handle, poll_after_s=60))
    leader.rig.agree()
    _, outcome = taken(leader, desk.next(), Waiting(handle=second.handle))
    require_fitting(leader, prepared, outcome)


def test_a_prompt_that_is_answered_otherwise_afterwards_is_an_error(
    leader: Leader, desk: Desk
) -> None:
    first = begun(leader, prepared_for(leader, 2))
    leader.rig.agree()
    transaction, secret, body = desk.next()
    _, second = taken(leader, (transaction, secret, body), Waiting(handle=first))
    assert isinstance(second, Pending)
    other = _with_another_value(body, leader)
    with pytest.raises(errors.MobileAnswerChangedError):
        taken(leader, (transaction, secret, other), Waiting(handle=second.handle))


def test_an_answer_to_a_prompt_that_was_not_shown_yet_is_refused(
    leader: Leader, desk: Desk
) -> None:
    first = begun(leader, prepared_for(leader, 2))
    leader.rig.agree()
    _, second = taken(leader, desk.next(), Waiting(handle=first))
    assert isinstance(second, Pending)
    leader.rig.agree()
    with pytest.raises(errors.MobileForeignAnswerError):
        taken(leader, desk.next(), Waiting(handle=first))


def _with_another_value(body: bytes, leader: Leader) -> bytes:
    """Return a call-back whose signature is another one, as an operator would send it."""
    leader.rig.script(repeat=Repeat.OTHER)
    provider = leader.rig.provider
    prompt = next(one for one in provider.phones._prompts.values() if one.answers)
    answer = provider.operator.notification(prompt)
    assert answer is not None
    form = provider._json if body.startswith(b"{") else provider._soap
    return form.notify(answer)[1]
