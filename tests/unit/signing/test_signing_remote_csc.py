"""The CSC API, versions 1 and 2, on a stand-in that follows the published documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from signing_remotes import (
    ECDSA,
    csc_account,
    csc_signer,
    elliptic_key,
    oauth,
    request,
    rsa_key,
)
from support import remote_csc
from support.remote_csc import BEARER, CLIENT_SECRET, OTP, PIN, Credential, Csc
from support.remote_service import other_value

from signing.errors import (
    KeyNotFoundError,
    PinIncorrectError,
    PinLockedError,
    SignerUnreachableError,
    SigningError,
    UnusableCertificateError,
    ValueDoesNotVerifyError,
)
from signing.signers.base import Completed, Pending, Refused
from signing.signers.remote.credential import Activation, Mode, Version
from signing.signers.remote.csc import CscSigner
from signing.signers.remote.csc_api import CscAccount
from signing.signers.remote.errors import (
    ActivationMissingError,
    BatchTooLargeError,
    OneTimeCodeIncorrectError,
    RemoteAccessRefusedError,
    RemoteAnswerInvalidError,
    RemoteCertificateError,
    RemoteRequestRefusedError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

BOTH = pytest.mark.parametrize("version", ["v1", "v2"])


@pytest.fixture
def version() -> str:
    return "v1"


@pytest.fixture
def held() -> Credential:
    return Credential(rsa_key())


@pytest.fixture
def stand_in(held: Credential, version: str) -> Iterator[Csc]:
    with Csc({"seal": held}, version=version) as made:
        yield made


def done(outcome: object) -> Completed:
    assert isinstance(outcome, Completed)
    return outcome


def begun(signer: CscSigner, **changes: Any) -> str:
    outcome = signer.sign(request("seal", **changes))
    assert isinstance(outcome, Pending)
    return outcome.handle


# --- what the service says of itself and its keys ------------------------------------------


@pytest.mark.parametrize(("version", "later"), [("v1", False), ("v2", True)])
def test_the_service_says_what_it_is(stand_in: Csc, version: str, later: bool) -> None:  # noqa: FBT001
    info = csc_signer(stand_in).info()
    assert info.specs.startswith(version[1])
    assert info.answers_later is later
    assert "signatures/signHash" in info.methods
    assert info.name == "stand-in"
    assert stand_in.heard[0].bearer == ""


@BOTH
def test_keys_are_listed_page_by_page(stand_in: Csc) -> None:
    stand_in.pages = remote_csc.Pages(size=2, others=["a", "b", "c", "d"])
    assert csc_signer(stand_in, user_id="an").key_ids() == ["seal", "a", "b", "c", "d"]
    assert [one.said["userID"] for one in stand_in.heard] == ["an"] * 3


def test_a_list_without_an_end_is_named(stand_in: Csc) -> None:
    stand_in.pages = remote_csc.Pages(size=1, endless=True)
    with pytest.raises(RemoteAnswerInvalidError):
        csc_signer(stand_in).key_ids()
    assert len(stand_in.heard) == 20


def test_a_list_of_too_many_keys_is_named(stand_in: Csc) -> None:
    stand_in.pages = remote_csc.Pages(size=900, others=[str(n) for n in range(5000)])
    with pytest.raises(RemoteAnswerInvalidError):
        csc_signer(stand_in).key_ids()
    assert len(stand_in.heard) == 2


@BOTH
def test_a_credential_says_what_its_key_can_do(stand_in: Csc, held: Credential) -> None:
    held.wants = ("PIN", "OTP")
    found = csc_signer(stand_in).credential("seal")
    assert found.mode is Mode.EXPLICIT
    assert found.wanted == {"PIN", "OTP"}
    assert (found.multisign, found.bits, found.binds_hashes) == (10, 2048, True)
    assert found.algorithms == ("1.2.840.113549.1.1.1",)
    assert found.chain == rsa_key().chain[:2]


@BOTH
def test_an_unknown_key_is_named_without_its_name(stand_in: Csc) -> None:
    with pytest.raises(KeyNotFoundError) as caught:
        csc_signer(stand_in).chain("Nguyễn Văn An")
    assert caught.value.facts == {"service": "csc"}


@pytest.mark.parametrize(
    ("key_status", "status", "said"),
    [
        ("disabled", "valid", "disabled"),
        ("enabled", "expired", "expired"),
        ("enabled", "revoked", "revoked"),
        ("enabled", "Mr An's", "other"),
    ],
)
def test_a_key_that_cannot_be_used_is_named_before_anything_is_asked(
    stand_in: Csc, held: Credential, key_status: str, status: str, said: str
) -> None:
    held.status, held.certificate_status = key_status, status
    with pytest.raises(RemoteCertificateError) as caught:
        csc_signer(stand_in).sign(request("seal"))
    assert caught.value.facts == {"status": said}
    assert len(stand_in.heard) == 1


def test_a_certificate_without_a_status_is_taken(stand_in: Csc, held: Credential) -> None:
    held.certificate_status = None
    assert csc_signer(stand_in).chain("seal")


# --- signing -------------------------------------------------------------------------------


@BOTH
def test_hashes_are_bound_to_their_authorization(stand_in: Csc) -> None:
    outcome = csc_signer(stand_in).sign(request("seal", 3))
    assert len(done(outcome).values) == 3
    _, authorized, signed = stand_in.heard
    name = "hash" if stand_in.version == "v1" else "hashes"
    assert authorized.said[name] == signed.said[name]
    assert authorized.said["numSignatures"] == 3
    assert authorized.said["description"].startswith("4F7K Ký Quyết định")


@BOTH
def test_hashes_are_left_out_of_the_authorization_where_nothing_binds_them(
    stand_in: Csc, held: Credential
) -> None:
    held.scal = None
    done(csc_signer(stand_in).sign(request("seal", prompt="", control_code="")))
    said = stand_in.heard[1].said
    assert not {"hash", "hashes", "description"} & said.keys()


@BOTH
def test_a_batch_takes_as_many_authorizations_as_the_key_wants(
    stand_in: Csc, held: Credential
) -> None:
    held.multisign = 4
    assert len(done(csc_signer(stand_in).sign(request("seal", 10))).values) == 10
    assert stand_in.count("credentials/authorize") == stand_in.count("signHash") == 3


@pytest.mark.parametrize(
    ("key", "algorithms", "used"),
    [
        ("rsa", ("1.2.3", "1.2.840.113549.1.1.11"), "1.2.840.113549.1.1.11"),
        ("ec", ("1.2.840.10045.4.3.3", ECDSA), ECDSA),
        ("ec", ("1.2.840.10045.2.1",), "1.2.840.10045.2.1"),
    ],
)
def test_the_algorithm_is_one_that_the_service_offers(
    key: str, algorithms: tuple[str, ...], used: str
) -> None:
    made = Credential(rsa_key() if key == "rsa" else elliptic_key(), algorithms=algorithms)
    with Csc({"seal": made}) as stand_in:
        done(csc_signer(stand_in).sign(request("seal")))
        assert stand_in.heard[-1].said["signAlgo"] == used


def test_a_key_without_an_algorithm_of_ours_is_named(stand_in: Csc, held: Credential) -> None:
    held.algorithms = (ECDSA,)
    with pytest.raises(UnusableCertificateError):
        csc_signer(stand_in).sign(request("seal"))
    assert stand_in.count("signHash") == 0


@BOTH
def test_a_value_of_another_key_is_named(stand_in: Csc) -> None:
    stand_in.value_of = other_value(rsa.generate_private_key(65537, 2048))
    with pytest.raises(ValueDoesNotVerifyError):
        csc_signer(stand_in).sign(request("seal"))


@pytest.mark.parametrize("where", ["authorize", "sign"])
@BOTH
def test_a_denial_is_a_refusal(stand_in: Csc, where: str) -> None:
    stand_in.deny = where
    assert csc_signer(stand_in).sign(request("seal")) == Refused(code="signing.refused")


# --- what the holder has to give -----------------------------------------------------------


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


# --- the service's own door ----------------------------------------------------------------


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


# --- answers that come later ---------------------------------------------------------------


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
