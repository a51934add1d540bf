"""What the holder of a remote key types: asked for, sent, used once, and forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from signing_remotes import BOTH, csc_account, csc_signer, request, rsa_key
from support.remote_csc import OTP, PIN, Credential, Csc

from signing.errors import PinIncorrectError
from signing.signers.base import Completed
from signing.signers.remote.credential import Activation
from signing.signers.remote.csc import CscSigner
from signing.signers.remote.errors import (
    ActivationMissingError,
    OneTimeCodeIncorrectError,
    RemoteRequestRefusedError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

REFUSED = b'{"error": "invalid_authentication_data", "error_description": "wrong"}'


@pytest.fixture
def held() -> Credential:
    return Credential(rsa_key(), wants=("PIN", "OTP"), sends_code=True)


@BOTH
def test_what_has_to_be_typed_is_said_with_the_refusal(stand_in: Csc) -> None:
    with pytest.raises(ActivationMissingError) as caught:
        csc_signer(stand_in).sign(request("seal"))
    assert caught.value.facts == {
        "mode": "explicit",
        "missing": "OTP, PIN",
        "any_is_enough": False,
        "sends_code": True,
    }


@BOTH
def test_a_code_that_the_holder_makes_is_not_to_be_sent(stand_in: Csc, held: Credential) -> None:
    held.sends_code = False
    assert not csc_signer(stand_in).credential("seal").sends_code
    with pytest.raises(RemoteRequestRefusedError):
        csc_signer(stand_in).send_code("seal")


def test_a_key_without_a_code_has_none_to_be_sent(stand_in: Csc, held: Credential) -> None:
    held.wants = ("PIN",)
    assert not csc_signer(stand_in).credential("seal").sends_code


@BOTH
def test_a_code_is_sent_on_request(stand_in: Csc) -> None:
    csc_signer(stand_in).send_code("seal")
    assert stand_in.codes_sent == 1


def test_a_service_that_sends_no_more_codes_is_named(stand_in: Csc) -> None:
    stand_in.no_codes = "access_denied"
    with pytest.raises(RemoteRequestRefusedError):
        csc_signer(stand_in).send_code("seal")


@BOTH
def test_what_is_typed_serves_one_signing_and_is_not_kept(stand_in: Csc) -> None:
    signer = csc_signer(stand_in)
    outcome = signer.activated(Activation(pin=PIN, otp=OTP)).sign(request("seal"))
    assert isinstance(outcome, Completed)
    with pytest.raises(ActivationMissingError):
        signer.sign(request("seal"))


@pytest.mark.parametrize(
    ("wants", "expected"),
    [(("PIN", "OTP"), PinIncorrectError), (("OTP",), OneTimeCodeIncorrectError)],
)
def test_one_word_of_version_2_is_about_what_was_typed(
    held: Credential, wants: tuple[str, ...], expected: type[Exception]
) -> None:
    held.wants = wants
    with Csc({"seal": held}, version="v2") as stand_in:

        def transport(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
            if url.endswith("/authorize"):
                return 400, REFUSED
            return stand_in.transport(url, body, headers)

        signer = CscSigner(csc_account(stand_in), transport)
        with pytest.raises(expected):
            signer.activated(Activation(pin=PIN, otp=OTP)).sign(request("seal"))
