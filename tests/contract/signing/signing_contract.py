"""The contract of `Signer` and of `DeferredSigner`, as tests that every one of them has to pass."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from signing_stand_ins import NOW, blank_pdf, places

from signing.complete import complete
from signing.errors import KeyNotFoundError, SigningError
from signing.model import LEADER_FIELD, Role, SignaturePlan
from signing.prepare import prepare
from signing.signers.base import Completed, Item, Pending, Refused, Request
from signing.stamp import reserve

if TYPE_CHECKING:
    from made import DeferredMade, Made

    from signing.model import Prepared
    from signing.signers.base import Outcome, Signer

ANOTHER_KEY = "84900000000"
HANDLES_THAT_ARE_NONE = ["", "nonsense", "{}", '{"v":1}', "é"]


def plan_of(signer: Signer, key_id: str) -> SignaturePlan:
    return SignaturePlan(role=Role.LEADER, field_name=LEADER_FIELD, chain=signer.chain(key_id))


def prepared_for(made: Made | DeferredMade, count: int = 1) -> list[Prepared]:
    plan = plan_of(made.signer, made.key_id)
    return [
        prepare(reserve(blank_pdf(pages=n + 1), places(page=0)), plan=plan, at=NOW)
        for n in range(count)
    ]


def request(key_id: str, prepared: list[Prepared], *, valid_for_s: float = 300.0) -> Request:
    """Ask for all of them; the transaction follows from what is signed, as after a crash."""
    whole = hashlib.sha256(b"".join(one.to_be_signed for one in prepared)).hexdigest()
    return Request(
        key_id=key_id,
        items=tuple(
            Item(to_be_signed=one.to_be_signed, content_digest=one.digest, name=f"{n + 1}/QĐ-UBND")
            for n, one in enumerate(prepared)
        ),
        transaction=f"t{whole[:20]}",
        prompt="Ký Quyết định 123/QĐ-UBND ngày 12/03/2024",
        control_code="4F7K",
        valid_for_s=valid_for_s,
    )


def require_fitting(made: Made | DeferredMade, prepared: list[Prepared], outcome: Outcome) -> None:
    """Check that every answer completes its own signature, which verifies it."""
    assert isinstance(outcome, Completed)
    assert len(outcome.values) == len(prepared)
    plan = plan_of(made.signer, made.key_id)
    for one, value in zip(prepared, outcome.values, strict=True):
        assert complete(one, plan=plan, value=value, timestamp_token=None)


class SignerContract:
    """Of every signer that answers at once; a fixture ``made`` gives it."""

    def test_the_chain_begins_with_the_certificate_of_the_key(self, made: Made) -> None:
        assert made.signer.chain(made.key_id)[0] == made.certificate

    def test_the_chain_leaves_roots_out_and_names_nobody_twice(self, made: Made) -> None:
        chain = made.signer.chain(made.key_id)
        assert len(set(chain)) == len(chain)

    def test_every_answer_completes_its_own_signature(self, made: Made) -> None:
        prepared = prepared_for(made, 2)
        require_fitting(made, prepared, made.signer.sign(request(made.key_id, prepared)))

    def test_a_key_that_is_not_there_is_named(self, made: Made) -> None:
        with pytest.raises(KeyNotFoundError):
            made.signer.chain(ANOTHER_KEY)
        with pytest.raises(KeyNotFoundError):
            made.signer.sign(request(ANOTHER_KEY, prepared_for(made)))

    def test_its_representation_shows_no_secret(self, made: Made) -> None:
        shown = repr(made.signer)
        assert not [word for word in ("password", "secret", "pin=") if word in shown.lower()]


class DeferredSignerContract:
    """Of every signer that answers later; a fixture ``made`` gives it."""

    def test_the_chain_begins_with_the_certificate_of_the_key(self, made: DeferredMade) -> None:
        assert made.signer.chain(made.key_id)[0] == made.certificate

    def test_a_key_that_is_not_there_is_named(self, made: DeferredMade) -> None:
        with pytest.raises(KeyNotFoundError):
            made.signer.chain(ANOTHER_KEY)
        with pytest.raises(KeyNotFoundError):
            made.signer.sign(request(ANOTHER_KEY, prepared_for(made)))

    def test_its_representation_shows_no_secret(self, made: DeferredMade) -> None:
        shown = repr(made.signer)
        assert not [word for word in ("password", "secret", "pin=") if word in shown.lower()]

    def test_what_was_agreed_to_completes_its_signature(self, made: DeferredMade) -> None:
        prepared = prepared_for(made)
        handle = begun(made, prepared)
        made.agree()
        require_fitting(made, prepared, made.signer.poll(handle))

    def test_a_batch_is_answered_item_by_item(self, made: DeferredMade) -> None:
        prepared = prepared_for(made, 3)
        handle = begun(made, prepared)
        require_fitting(made, prepared, agreed(made, handle))

    def test_before_anybody_agrees_it_is_pending(self, made: DeferredMade) -> None:
        handle = begun(made, prepared_for(made))
        for _ in range(2):
            outcome = made.signer.poll(handle)
            assert isinstance(outcome, Pending)
            assert outcome.poll_after_s > 0

    def test_polling_again_gives_the_same_answer(self, made: DeferredMade) -> None:
        handle = begun(made, prepared_for(made))
        made.agree()
        assert made.signer.poll(handle) == made.signer.poll(handle)

    def test_the_handle_works_from_another_process(self, made: DeferredMade) -> None:
        prepared = prepared_for(made)
        handle = begun(made, prepared)
        made.agree()
        require_fitting(made, prepared, made.renewed().poll(handle))

    def test_the_handle_is_text_without_secrets(self, made: DeferredMade) -> None:
        handle = begun(made, prepared_for(made))
        assert handle.isascii()
        assert "password" not in handle.lower()

    def test_a_refusal_is_a_refusal_however_often_one_asks(self, made: DeferredMade) -> None:
        handle = begun(made, prepared_for(made))
        made.refuse()
        outcome = made.signer.poll(handle)
        assert isinstance(outcome, Refused)
        assert made.signer.poll(handle) == outcome

    def test_time_that_has_run_out_is_a_refusal(self, made: DeferredMade) -> None:
        handle = begun(made, prepared_for(made))
        made.expire()
        assert isinstance(made.signer.poll(handle), Refused)

    def test_giving_up_is_no_error_not_even_twice(self, made: DeferredMade) -> None:
        handle = begun(made, prepared_for(made))
        made.signer.cancel(handle)
        made.signer.cancel(handle)
        assert not isinstance(made.signer.poll(handle), Completed)

    def test_giving_up_what_was_answered_changes_nothing(self, made: DeferredMade) -> None:
        prepared = prepared_for(made)
        handle = begun(made, prepared)
        made.agree()
        outcome = made.signer.poll(handle)
        made.signer.cancel(handle)
        assert made.signer.poll(handle) == outcome

    @pytest.mark.parametrize("handle", HANDLES_THAT_ARE_NONE)
    def test_a_handle_that_is_none_is_named(self, made: DeferredMade, handle: str) -> None:
        with pytest.raises(SigningError):
            made.signer.poll(handle)


def begun(made: DeferredMade, prepared: list[Prepared]) -> str:
    outcome = made.signer.sign(request(made.key_id, prepared))
    assert isinstance(outcome, Pending)
    return outcome.handle


def agreed(made: DeferredMade, handle: str) -> Outcome:
    """Agree as often as the signer asks: some ask their holder for each item."""
    for _ in range(5):
        made.agree()
        outcome = made.signer.poll(handle)
        if not isinstance(outcome, Pending):
            return outcome
        handle = outcome.handle
    raise AssertionError(outcome)
