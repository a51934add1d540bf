"""A phone that refuses, waits, answers late, twice or for somebody else; in every wire form."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from signing_contract import begun, plan_of, prepared_for, request, require_fitting
from signing_stand_ins import Pki
from support.mobile_provider import Holder, Mode, Script, Subscriber, running

from docsvc.demo.mobile.prompts import Repeat
from signing.errors import (
    AnswerOverOtherContentError,
    KeyNotFoundError,
    SignerUnreachableError,
    ValueDoesNotVerifyError,
)
from signing.signers.base import Completed, Item, Pending, Refused, Request
from signing.signers.mobile import errors
from signing.signers.mobile.adapter import EtsiAdapter
from signing.signers.mobile.handle import decode
from signing.signers.mobile.signer import MobileSigner
from signing.signers.mobile.soap import Soap
from signing.signers.mobile.statuses import MEANINGS, Kind
from signing.signers.prompts import control_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.mobile_provider import Rig

    from signing.signers.base import Outcome

PHONE, OTHER_PHONE = "84912345678", "84987654321"


class Leader:
    """What the contract calls made: a signer, its key, and the rig behind it."""

    def __init__(self, rig: Rig, certificate: bytes, **settings: Any) -> None:
        self.rig = rig
        self.settings = settings
        self.signer = rig.signer(**settings)
        self.key_id = PHONE
        self.certificate = certificate


@pytest.fixture(scope="module")
def subscribers() -> list[Subscriber]:
    pki = Pki()
    parties = [
        pki.party(name, ec.generate_private_key(ec.SECP256R1())) for name in ("Leader", "Other")
    ]
    return [
        Subscriber(msisdn=number, key=party.key, chain=pki.chain(party))
        for number, party in zip((PHONE, OTHER_PHONE), parties, strict=True)
    ]


@pytest.fixture(params=["soap", "soap11", "json"])
def rig(request: pytest.FixtureRequest, subscribers: list[Subscriber]) -> Iterator[Rig]:
    with running(subscribers, request.param) as rig:
        yield rig


@pytest.fixture
def leader(rig: Rig, subscribers: list[Subscriber]) -> Leader:
    return Leader(rig, subscribers[0].chain[0])


def ended(leader: Leader, count: int = 1) -> Outcome:
    """Send a request that the phone answers by itself."""
    handle = begun(leader, prepared_for(leader, count))
    return leader.signer.poll(handle)


@pytest.mark.parametrize("status", sorted(MEANINGS.keys() - {100, 500, 502, 504}))
def test_every_status_of_the_operator_is_understood(leader: Leader, status: int) -> None:
    leader.rig.script(holder=Holder.AGREES, final_status=status)
    meaning = MEANINGS[status]
    if meaning.kind is Kind.REFUSED:
        assert ended(leader) == Refused(code=meaning.refusal)
    else:
        with pytest.raises(meaning.error) as caught:
            ended(leader)
        assert caught.value.facts == {"status": status}


@pytest.mark.parametrize("status", [104, 105, 402, 406])
def test_a_request_may_be_refused_before_anybody_is_asked(leader: Leader, status: int) -> None:
    leader.rig.script(request_status=status)
    asked = request(PHONE, prepared_for(leader))
    meaning = MEANINGS[status]
    if meaning.kind is Kind.REFUSED:
        assert leader.signer.sign(asked) == Refused(code=meaning.refusal)
    else:
        with pytest.raises(meaning.error):
            leader.signer.sign(asked)
    assert leader.rig.waiting == []


def test_a_status_that_means_success_at_one_operator_alone_is_a_setting(leader: Leader) -> None:
    leader.rig.script(holder=Holder.AGREES, final_status=408)
    with_setting = Leader(leader.rig, leader.certificate, also_signed=frozenset({408}))
    prepared = prepared_for(leader)
    require_fitting(with_setting, prepared, with_setting.signer.poll(begun(leader, prepared)))


def test_the_phone_shows_what_is_signed_and_the_code_of_the_desk(leader: Leader) -> None:
    prepared = prepared_for(leader)
    item = Item(to_be_signed=prepared[0].to_be_signed, content_digest=prepared[0].digest)
    prompt = "Ký QĐ 123/QĐ-UBND ngày 12/03/2024"
    leader.signer.sign(Request(key_id=PHONE, items=(item,), prompt=prompt))
    code = control_code([hashlib.sha256(item.to_be_signed).digest()])
    (waiting,) = leader.rig.waiting
    assert waiting.documents[0].display == f"Ky QD 123-QD-UBND ngay 12-03-2024 ma {code}"


def test_a_batch_is_one_prompt_where_the_operator_allows_it(leader: Leader) -> None:
    batch = Leader(leader.rig, leader.certificate, batch_max=10)
    handle = begun(batch, prepared_for(batch, 3))
    (waiting,) = leader.rig.waiting
    assert [one.display for one in waiting.documents] == [
        "Ky Quyet dinh 123-QD-UBND ngay 12-03-2024 ma 4F7K",
        "2-3 2-QD-UBND ma 4F7K",
        "3-3 3-QD-UBND ma 4F7K",
    ]
    leader.rig.agree()
    assert isinstance(batch.signer.poll(handle), Completed)


def test_else_a_batch_is_one_prompt_after_the_other(leader: Leader) -> None:
    prepared = prepared_for(leader, 2)
    first = begun(leader, prepared)
    leader.rig.agree()
    second = leader.signer.poll(first)
    assert isinstance(second, Pending)
    assert second.handle != first
    (waiting,) = leader.rig.waiting
    assert waiting.documents[0].display.startswith("2-2 Ky Quyet dinh")
    leader.rig.agree()
    require_fitting(leader, prepared, leader.signer.poll(second.handle))


def test_a_no_to_the_second_prompt_is_a_no_to_the_request(leader: Leader) -> None:
    handle = begun(leader, prepared_for(leader, 2))
    leader.rig.agree()
    second = leader.signer.poll(handle)
    assert isinstance(second, Pending)
    leader.rig.refuse()
    assert leader.signer.poll(second.handle) == Refused(code="signing.mobile-cancelled")


def test_a_phone_that_is_busy_says_so(leader: Leader) -> None:
    begun(leader, prepared_for(leader))
    with pytest.raises(errors.MobileBusyError) as caught:
        leader.signer.sign(request(PHONE, prepared_for(leader, 2)))
    assert caught.value.retryable


def test_a_phone_that_is_left_alone_expires_at_the_operator(leader: Leader) -> None:
    handle = begun(leader, prepared_for(leader))
    leader.rig.clock.advance(301)
    assert leader.signer.poll(handle) == Refused(code="signing.mobile-expired")


def test_an_operator_that_never_ends_a_prompt_is_not_waited_for(leader: Leader) -> None:
    leader.rig.script(holder=Holder.AGREES, late_s=10_000)
    handle = begun(leader, prepared_for(leader))
    assert isinstance(leader.signer.poll(handle), Pending)
    leader.rig.clock.advance(301)
    assert leader.signer.poll(handle) == Refused(code="signing.mobile-expired")


def test_an_answer_that_takes_its_time_counts(leader: Leader) -> None:
    leader.rig.script(holder=Holder.AGREES, late_s=60)
    prepared = prepared_for(leader)
    handle = begun(leader, prepared)
    assert isinstance(leader.signer.poll(handle), Pending)
    leader.rig.clock.advance(61)
    require_fitting(leader, prepared, leader.signer.poll(handle))


def test_an_answer_in_time_counts_however_late_it_is_fetched(leader: Leader) -> None:
    prepared = prepared_for(leader)
    handle = begun(leader, prepared)
    leader.rig.agree()
    leader.rig.clock.advance(100_000)
    require_fitting(leader, prepared, leader.signer.poll(handle))


def test_another_persons_key_is_refused(leader: Leader) -> None:
    leader.rig.script(holder=Holder.AGREES, signs_as=OTHER_PHONE)
    with pytest.raises(ValueDoesNotVerifyError):
        ended(leader)


def test_a_cms_over_what_nobody_signs_in_a_pdf_is_refused(leader: Leader) -> None:
    # The operator wraps our attributes' digest as if it were the document's.
    leader.rig.script(holder=Holder.AGREES, form="cms")
    with pytest.raises(AnswerOverOtherContentError):
        ended(leader)


def test_an_answer_to_another_transaction_is_refused(leader: Leader) -> None:
    handle = begun(leader, prepared_for(leader))
    leader.rig.script(foreign=True)
    with pytest.raises(errors.MobileForeignAnswerError) as caught:
        leader.signer.poll(handle)
    assert caught.value.facts == {"reason": "transaction"}


def test_a_transaction_that_the_operator_has_lost_is_named(leader: Leader) -> None:
    state = decode(begun(leader, prepared_for(leader)))
    with pytest.raises(errors.MobileWrongParameterError):
        leader.signer.poll(state.waiting("M999999").encode())


def test_an_operator_that_falls_silent_may_be_asked_again(leader: Leader) -> None:
    prepared = prepared_for(leader)
    leader.rig.script(silent=True)
    with pytest.raises(SignerUnreachableError) as caught:
        leader.signer.chain(PHONE)
    assert caught.value.retryable
    assert PHONE not in str(caught.value.facts)
    leader.rig.script(silent=False)
    assert begun(leader, prepared)


def test_a_wrong_secret_is_refused_by_the_operator(leader: Leader) -> None:
    with pytest.raises(errors.MobileUnauthorisedError):
        leader.rig.signer(secret="wrong").sign(request(PHONE, prepared_for(leader)))


def test_certificates_that_are_known_are_not_asked_for(
    leader: Leader, subscribers: list[Subscriber]
) -> None:
    operator = leader.rig.operator
    adapter = EtsiAdapter(operator, Soap(operator), leader.rig.transport)
    known = MobileSigner(
        adapter, now=leader.rig.clock.now, certificates={PHONE: subscribers[0].chain}.__getitem__
    )
    assert known.chain(PHONE) == subscribers[0].chain
    assert leader.rig.provider.heard == []


def test_without_profiles_an_unknown_phone_has_no_key(leader: Leader) -> None:
    with pytest.raises(KeyNotFoundError) as caught:
        leader.rig.signer(has_profiles=False).chain(PHONE)
    assert caught.value.facts == {"key_id": "…678"}


def test_the_holder_is_told_what_became_of_it(leader: Leader) -> None:
    handle = begun(leader, prepared_for(leader))
    leader.rig.agree()
    leader.signer.acknowledge(handle, "Đã ký QĐ 123/QĐ-UBND")
    assert leader.rig.provider.operator.receipts == ["Da ky QD 123-QD-UBND ma 4F7K"]


@pytest.mark.parametrize("transaction", ["with space", "a.b", "é", "x" * 61])
def test_a_transaction_that_the_standard_cannot_carry_is_a_mistake(
    leader: Leader, transaction: str
) -> None:
    item = Item(to_be_signed=b"x")
    with pytest.raises(ValueError, match="transaction"):
        leader.signer.sign(Request(key_id=PHONE, items=(item,), transaction=transaction))


def test_nothing_to_sign_is_a_mistake(leader: Leader) -> None:
    with pytest.raises(ValueError, match="nothing"):
        leader.signer.sign(Request(key_id=PHONE, items=()))


def test_asking_again_after_a_crash_goes_on_with_the_same_prompt(leader: Leader) -> None:
    prepared = prepared_for(leader)
    asked = request(PHONE, prepared)
    first = leader.signer.sign(asked)
    assert leader.rig.signer().sign(asked) == first
    leader.rig.agree()
    # Even if the holder has agreed meanwhile, nobody is asked a second time.
    again = leader.rig.signer().sign(asked)
    assert again == first
    assert leader.rig.waiting == []
    assert isinstance(again, Pending)
    require_fitting(leader, prepared, leader.signer.poll(again.handle))


def test_asking_again_after_a_refusal_is_a_new_prompt(leader: Leader) -> None:
    asked = request(PHONE, prepared_for(leader))
    first = leader.signer.sign(asked)
    leader.rig.refuse()
    second = leader.signer.sign(asked)
    assert isinstance(first, Pending)
    assert isinstance(second, Pending)
    assert decode(first.handle).ap_transaction == decode(second.handle).ap_transaction
    assert len(leader.rig.waiting) == 1


def test_a_call_that_lasts_ends_with_the_answer(leader: Leader) -> None:
    leader.rig.script(holder=Holder.REFUSES)
    synch = Leader(leader.rig, leader.certificate, mode=Mode.SYNCH)
    outcome = synch.signer.sign(request(PHONE, prepared_for(synch)))
    assert outcome == Refused(code="signing.mobile-cancelled")


def test_the_plan_of_a_phone_begins_with_its_certificate(leader: Leader) -> None:
    assert plan_of(leader.signer, PHONE).chain[0] == leader.certificate


def test_another_answer_than_was_asked_for_is_unreadable(leader: Leader) -> None:
    state = decode(begun(leader, prepared_for(leader, 2)))
    leader.rig.agree()
    # One answer came, and two are wanted of this prompt.
    with pytest.raises(errors.MobileAnswerUnreadableError) as caught:
        leader.signer.poll(replace(state, asked=2).encode())
    assert caught.value.facts == {"reason": "signatures"}


def test_settings_that_change_meanwhile_change_nothing_for_what_waits(leader: Leader) -> None:
    batch = Leader(leader.rig, leader.certificate, batch_max=2)
    prepared = prepared_for(batch, 2)
    handle = begun(batch, prepared)
    leader.rig.agree()
    require_fitting(leader, prepared, leader.signer.poll(handle))


def test_an_operator_that_gives_no_name_to_what_it_took_is_unreadable(leader: Leader) -> None:
    operator = leader.rig.operator
    nameless = EtsiAdapter(operator, Soap(operator), _accepts_namelessly)
    signer = MobileSigner(nameless, now=leader.rig.clock.now, certificates=leader.signer.chain)
    with pytest.raises(errors.MobileAnswerUnreadableError) as caught:
        signer.sign(request(PHONE, prepared_for(leader)))
    assert caught.value.facts == {"reason": "transaction"}


def _accepts_namelessly(*_: object, timeout_s: float) -> bytes:
    assert timeout_s
    status = '<Status><StatusCode Value="100"/></Status>'
    response = f"<MSS_SignatureResp>{status}</MSS_SignatureResp>"
    return f"<Envelope><Body>{response}</Body></Envelope>".encode()


def test_a_changing_answer_is_each_time_one_that_verifies(leader: Leader) -> None:
    leader.rig.script(holder=Holder.AGREES, repeat=Repeat.OTHER)
    prepared = prepared_for(leader)
    handle = begun(leader, prepared)
    for _ in range(2):
        require_fitting(leader, prepared, leader.signer.poll(handle))


def test_the_default_of_a_phone_is_to_ask_its_holder() -> None:
    assert Script().holder is Holder.ASKED
