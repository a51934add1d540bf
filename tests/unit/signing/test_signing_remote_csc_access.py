"""The CSC API lets the service in or does not; whatever fails has its name, no secret in it."""

from __future__ import annotations

import pytest
from signing_remotes import BOTH, csc_account, csc_signer, done, oauth, request
from support.remote_csc import BEARER, CLIENT_SECRET, OTP, PIN, Csc

from signing.errors import SignerUnreachableError, SigningError
from signing.signers.remote.credential import Activation
from signing.signers.remote.csc import CscSigner
from signing.signers.remote.csc_api import CscAccount
from signing.signers.remote.errors import (
    RemoteAccessRefusedError,
    RemoteAnswerInvalidError,
    RemoteRequestRefusedError,
)


@BOTH
def test_a_token_is_got_for_the_service_and_kept(stand_in: Csc) -> None:
    signer = csc_signer(stand_in, bearer="", oauth=oauth(stand_in))
    for _ in range(2):
        done(signer.sign(request("seal")))
    assert stand_in.count("/oauth2/token") == 1


def test_a_token_that_ended_early_is_renewed(stand_in: Csc) -> None:
    signer = csc_signer(stand_in, bearer="", oauth=oauth(stand_in))
    assert signer.chain("seal")
    stand_in.tokens.clear()
    assert signer.chain("seal")
    assert stand_in.count("/oauth2/token") == 2


def test_a_password_that_is_not_accepted_is_named(stand_in: Csc) -> None:
    stand_in.client_secret = "changed"
    with pytest.raises(RemoteAccessRefusedError) as caught:
        csc_signer(stand_in, bearer="", oauth=oauth(stand_in)).chain("seal")
    assert CLIENT_SECRET not in repr(caught.value)
    assert caught.value.facts == {"service": "csc", "status": 401, "error": "invalid_client"}


def test_a_given_token_that_is_not_accepted_is_named(stand_in: Csc) -> None:
    with pytest.raises(RemoteAccessRefusedError):
        csc_signer(stand_in, bearer="other").chain("seal")


def answering(status: int, body: bytes) -> CscSigner:
    account = CscAccount(url="https://sign.example/csc/v1")
    return CscSigner(account, lambda *_: (status, body))


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, b"<html>forbidden", RemoteAccessRefusedError),
        (401, b"", RemoteAccessRefusedError),
        (400, b'{"error": "temporarily_unavailable"}', SignerUnreachableError),
        (400, b'{"error": "invalid_request"}', RemoteRequestRefusedError),
        (302, b"", RemoteRequestRefusedError),
    ],
)
def test_a_failure_has_its_name(status: int, body: bytes, expected: type[SigningError]) -> None:
    with pytest.raises(expected):
        answering(status, body).key_ids()


def test_what_a_service_says_of_a_failure_is_not_repeated() -> None:
    body = b'{"error": "Nguyen Van An 0912345678", "error_description": "PIN 482913 wrong"}'
    with pytest.raises(RemoteRequestRefusedError) as caught:
        answering(400, body).key_ids()
    assert caught.value.facts == {"service": "csc", "status": 400, "error": ""}


def test_a_credential_that_lacks_what_was_asked_is_named() -> None:
    with pytest.raises(RemoteAnswerInvalidError):
        answering(200, b"{}").chain("seal")


def test_a_service_that_is_down_is_unreachable(stand_in: Csc) -> None:
    stand_in.failing = 503
    with pytest.raises(SignerUnreachableError) as caught:
        csc_signer(stand_in).sign(request("seal"))
    assert caught.value.retryable


def test_a_service_that_never_answers_is_unreachable(stand_in: Csc) -> None:
    stand_in.released.clear()
    signer = CscSigner(csc_account(stand_in), stand_in.impatient)
    with pytest.raises(SignerUnreachableError):
        signer.sign(request("seal"))


def test_nothing_secret_is_shown(stand_in: Csc) -> None:
    activation = Activation(pin=PIN, otp=OTP)
    account = csc_account(stand_in, oauth=oauth(stand_in))
    shown = " ".join(map(repr, (activation, account, csc_signer(stand_in, activation=activation))))
    assert not [one for one in (PIN, OTP, BEARER, CLIENT_SECRET) if one in shown]


def test_version_1_does_not_answer_later() -> None:
    with pytest.raises(ValueError, match="at once"):
        CscAccount(url="https://sign.example/csc/v1", asynchronous=True)
