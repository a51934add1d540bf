"""Answers of the CSC API, version 2, that come later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from signing_remotes import csc_account, csc_signer, done, request
from support.remote_csc import Credential, Csc
from support.remote_service import other_value

from signing.errors import SignerUnreachableError, SigningError, ValueDoesNotVerifyError
from signing.signers.base import Completed, Pending, Refused
from signing.signers.remote.credential import Version
from signing.signers.remote.csc import CscSigner
from signing.signers.remote.errors import (
    BatchTooLargeError,
    RemoteAccessRefusedError,
    RemoteRequestRefusedError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def begun(signer: CscSigner, **changes: Any) -> str:
    outcome = signer.sign(request("seal", **changes))
    assert isinstance(outcome, Pending)
    return outcome.handle


@pytest.fixture
def later(held: Credential) -> Iterator[Csc]:
    with Csc({"seal": held}, version="v2") as made:
        yield made


@pytest.mark.parametrize("status", [202, 400, 200])
def test_an_answer_that_is_under_way_is_pending(later: Csc, status: int) -> None:
    later.under_way = status
    signer = csc_signer(later, asynchronous=True)
    handle = begun(signer)
    assert signer.poll(handle) == Pending(handle=handle, poll_after_s=5.0)


def test_an_answer_that_comes_late_is_taken(later: Csc) -> None:
    later.late = 2
    signer = csc_signer(later, asynchronous=True)
    handle = begun(signer, count=2)
    later.agree()
    outcomes = [signer.poll(handle) for _ in range(3)]
    assert [type(one) for one in outcomes] == [Pending, Pending, Completed]


def test_the_name_of_a_request_may_have_any_letters(later: Csc) -> None:
    signer = csc_signer(later, asynchronous=True)
    handle = begun(signer)
    signer.poll(handle)
    assert later.heard[-1].said == {"requestID": next(iter(later.requests))}
    assert handle.isascii()


def test_a_request_that_the_service_forgot_has_expired(later: Csc) -> None:
    signer = csc_signer(later, asynchronous=True)
    handle = begun(signer)
    later.requests.clear()
    assert signer.poll(handle) == Refused(code="signing.expired")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, b'{"error": "invalid_token"}', RemoteAccessRefusedError),
        (404, b"<html>", RemoteRequestRefusedError),
        (503, b"", SignerUnreachableError),
    ],
)
def test_a_poll_that_fails_says_nothing_of_the_request(
    later: Csc, status: int, body: bytes, expected: type[SigningError]
) -> None:
    handle = begun(csc_signer(later, asynchronous=True))
    account = csc_account(later, version=Version.V2, asynchronous=True)
    with pytest.raises(expected):
        CscSigner(account, lambda *_: (status, body)).poll(handle)


def test_a_holder_who_refuses_later_has_refused(later: Csc) -> None:
    signer = csc_signer(later, asynchronous=True)
    handle = begun(signer)
    later.refuse()
    assert signer.poll(handle) == Refused(code="signing.refused")


def test_a_later_value_of_another_key_is_named(later: Csc) -> None:
    later.value_of = other_value(rsa.generate_private_key(65537, 2048))
    signer = csc_signer(later, asynchronous=True)
    handle = begun(signer)
    later.agree()
    with pytest.raises(ValueDoesNotVerifyError):
        signer.poll(handle)


def test_a_batch_that_is_answered_later_has_to_be_one(later: Csc, held: Credential) -> None:
    held.multisign = 2
    with pytest.raises(BatchTooLargeError):
        csc_signer(later, asynchronous=True).sign(request("seal", 3))


def test_a_service_that_answers_at_once_after_all_is_taken_at_its_word(later: Csc) -> None:
    def transport(url: str, body: bytes, headers: Any) -> tuple[int, bytes]:
        return later.transport(url, body.replace(b'"A"', b'"S"'), headers)

    account = csc_account(later, version=Version.V2, asynchronous=True)
    done(CscSigner(account, transport).sign(request("seal")))


def test_what_was_given_up_is_asked_for_no_more(later: Csc) -> None:
    signer = csc_signer(later, asynchronous=True)
    handle = begun(signer)
    signer.cancel(handle)
    asked = len(later.heard)
    later.agree()
    assert signer.poll(handle) == Refused(code="signing.given-up")
    assert len(later.heard) == asked
