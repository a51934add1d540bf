"""What the holder of a key has to give the CSC API: what is wanted, at most once."""

from __future__ import annotations

import pytest
from signing_remotes import BOTH, csc_signer, done, request, rsa_key
from support.remote_csc import OTP, PIN, Credential, Csc

from signing.errors import PinIncorrectError, PinLockedError
from signing.signers.remote.credential import Activation
from signing.signers.remote.errors import (
    ActivationMissingError,
    BatchTooLargeError,
    OneTimeCodeIncorrectError,
)


@BOTH
def test_pin_and_code_are_passed_on_and_the_code_only_once(stand_in: Csc, held: Credential) -> None:
    held.wants = ("PIN", "OTP")
    signer = csc_signer(stand_in, activation=Activation(pin=PIN, otp=OTP))
    done(signer.sign(request("seal")))
    with pytest.raises(ActivationMissingError) as caught:
        signer.sign(request("seal"))
    assert caught.value.facts["missing"] == "OTP"


@BOTH
def test_a_factor_that_is_not_wanted_is_not_sent(stand_in: Csc, held: Credential) -> None:
    held.wants = ("PIN",)
    done(csc_signer(stand_in, activation=Activation(pin=PIN, otp=OTP)).sign(request("seal")))
    assert OTP.encode() not in b"".join(one.body for one in stand_in.heard)


def test_one_of_two_factors_may_be_enough() -> None:
    held = Credential(rsa_key(), wants=("PIN", "OTP"), expression="PIN OR OTP")
    with Csc({"seal": held}, version="v2") as stand_in:
        done(csc_signer(stand_in, activation=Activation(otp=OTP)).sign(request("seal")))


@BOTH
def test_a_missing_pin_is_named_before_the_service_is_asked_for_anything(
    stand_in: Csc, held: Credential
) -> None:
    held.wants = ("PIN",)
    with pytest.raises(ActivationMissingError):
        csc_signer(stand_in).sign(request("seal"))
    assert len(stand_in.heard) == 1


@pytest.mark.parametrize(("mode", "said"), [("oauth2code", "oauth2code"), ("face", "other")])
@BOTH
def test_a_way_to_agree_that_is_not_offered_is_named(
    stand_in: Csc, held: Credential, mode: str, said: str
) -> None:
    held.mode = mode
    with pytest.raises(ActivationMissingError) as caught:
        csc_signer(stand_in).sign(request("seal"))
    assert caught.value.facts == {"mode": said}


@BOTH
def test_a_wrong_pin_is_tried_once(stand_in: Csc, held: Credential) -> None:
    held.wants = ("PIN",)
    signer = csc_signer(stand_in, activation=Activation(pin="000000"))
    with pytest.raises(PinIncorrectError) as caught:
        signer.sign(request("seal"))
    assert "000000" not in repr(caught.value)
    with pytest.raises(ActivationMissingError):
        signer.sign(request("seal"))
    assert stand_in.tries == 2


def test_a_locked_pin_is_named(stand_in: Csc, held: Credential) -> None:
    held.wants = ("PIN",)
    stand_in.tries = 1
    with pytest.raises(PinLockedError):
        csc_signer(stand_in, activation=Activation(pin="000000")).sign(request("seal"))


def test_a_wrong_code_is_named(stand_in: Csc, held: Credential) -> None:
    held.wants = ("OTP",)
    with pytest.raises(OneTimeCodeIncorrectError):
        csc_signer(stand_in, activation=Activation(otp="111111")).sign(request("seal"))


def test_a_batch_that_one_code_does_not_cover_is_named(stand_in: Csc, held: Credential) -> None:
    held.wants, held.multisign = ("OTP",), 2
    with pytest.raises(BatchTooLargeError) as caught:
        csc_signer(stand_in, activation=Activation(otp=OTP)).sign(request("seal", 3))
    assert caught.value.facts == {"limit": 2, "asked": 3}
    assert len(stand_in.heard) == 1
