"""Viettel MySign on a stand-in that speaks the vendor's messages."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from signing_remotes import (
    ECDSA,
    elliptic_key,
    mysign,
    mysign_signer,
    request,
    rsa_key,
    stored,
)
from support.remote_mysign import CLIENT_SECRET, Credential, MySign
from support.remote_service import other_value

from signing.errors import (
    KeyNotFoundError,
    SignerUnreachableError,
    SigningError,
    UnusableCertificateError,
    ValueDoesNotVerifyError,
)
from signing.signers.base import Completed, Pending, Refused
from signing.signers.remote.errors import (
    BatchTooLargeError,
    HandleUnknownError,
    RemoteAccessRefusedError,
    RemoteAnswerInvalidError,
    RemoteCertificateError,
    RemoteFailedError,
    RemoteRequestRefusedError,
)
from signing.signers.remote.mysign import MySignAccount, MySignSigner, Waits

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT, KEY = "CMT_0123", "CMT_0123:0123_2022"


@pytest.fixture
def stand_in() -> Iterator[MySign]:
    with mysign() as made:
        yield made


@pytest.fixture
def signer(stand_in: MySign) -> MySignSigner:
    return mysign_signer(stand_in)


def begun(signer: MySignSigner, count: int = 1, **changes: Any) -> str:
    outcome = signer.sign(request(KEY, count, **changes))
    assert isinstance(outcome, Pending)
    return outcome.handle


# --- the account and its keys --------------------------------------------------------------


def test_an_account_has_the_keys_that_the_service_lists(signer: MySignSigner) -> None:
    (key,) = signer.keys(ACCOUNT)
    assert (key.key_id, key.multisign, key.is_active) == (KEY, 2147483647, True)
    assert key.chain == rsa_key().chain[:2]


def test_an_account_without_a_credential_means_its_only_active_key(
    stand_in: MySign, signer: MySignSigner
) -> None:
    assert signer.chain(ACCOUNT) == rsa_key().chain[:2]
    stand_in.accounts[ACCOUNT].append(Credential(rsa_key("khác"), "0123_2024"))
    with pytest.raises(KeyNotFoundError) as caught:
        signer.chain(ACCOUNT)
    assert caught.value.facts == {"service": "mysign", "found": 2}


def test_an_unknown_account_is_named_without_its_name(signer: MySignSigner) -> None:
    with pytest.raises(KeyNotFoundError) as caught:
        signer.chain("CMT_079203001234:1")
    assert "079203001234" not in repr(caught.value)


def test_an_account_without_certificates_has_no_keys(
    stand_in: MySign, signer: MySignSigner
) -> None:
    stand_in.accounts[ACCOUNT] = []
    assert signer.keys(ACCOUNT) == []


@pytest.mark.parametrize(("key_status", "status"), [("disabled", "valid"), ("enabled", "expired")])
def test_a_certificate_that_is_not_active_is_named_before_the_holder_is_asked(
    stand_in: MySign, signer: MySignSigner, key_status: str, status: str
) -> None:
    held = stand_in.accounts[ACCOUNT][0]
    held.key_status, held.status = key_status, status
    with pytest.raises(RemoteCertificateError):
        signer.sign(request(KEY))
    assert stand_in.count("signHash") == 0


def test_one_login_serves_an_account_until_its_token_ends(
    stand_in: MySign, signer: MySignSigner
) -> None:
    signer.poll(begun(signer))
    assert stand_in.count("login") == 1
    stand_in.tokens.clear()
    assert signer.chain(KEY)
    assert stand_in.count("login") == 2


def test_a_token_that_ended_while_the_holder_thought_is_renewed(
    stand_in: MySign, signer: MySignSigner
) -> None:
    handle = begun(signer)
    stand_in.tokens.clear()
    stand_in.agree()
    assert isinstance(mysign_signer(stand_in).poll(handle), Completed)


def test_a_secret_that_is_not_accepted_is_named(stand_in: MySign, signer: MySignSigner) -> None:
    stand_in.client_secret = "changed"
    with pytest.raises(RemoteAccessRefusedError) as caught:
        signer.sign(request(KEY))
    shown = repr((signer, signer._account, caught.value))
    assert CLIENT_SECRET not in shown


def test_a_secret_that_was_changed_meanwhile_is_named(
    stand_in: MySign, signer: MySignSigner
) -> None:
    assert signer.chain(KEY)
    stand_in.client_secret = "changed"
    with pytest.raises(RemoteAccessRefusedError):
        signer.sign(request(KEY))


# --- asking --------------------------------------------------------------------------------


def test_the_holder_sees_plain_texts_with_the_control_code_first(
    stand_in: MySign, signer: MySignSigner
) -> None:
    begun(signer, 2)
    said = stand_in.heard[-1].said
    shown = [said["description"], *(one["document_name"] for one in said["documents"])]
    assert [base64.b64decode(one).decode() for one in shown] == [
        "4F7K Ky Quyet dinh 123-QD-UBND ngay 12-03-2024",
        "0-QD-UBND",
        "1-QD-UBND",
    ]
    assert [one["document_id"] for one in said["documents"]] == ["4F7K-1", "4F7K-2"]


def test_a_document_without_a_name_is_shown_by_its_number(
    stand_in: MySign, signer: MySignSigner
) -> None:
    item = request(KEY).items[0]
    nameless = type(item)(to_be_signed=item.to_be_signed)
    signer.sign(request(KEY, items=(nameless,), control_code="", prompt="x" * 300))
    said = stand_in.heard[-1].said
    assert base64.b64decode(said["documents"][0]["document_name"]) == b"t-2026-1-1"


@pytest.mark.parametrize(
    ("waits", "number"), [(Waits.AT_ONCE, 0), (Waits.POLLED, 1), (Waits.POSTED, 3)]
)
def test_each_way_to_wait_has_its_number(stand_in: MySign, waits: Waits, number: int) -> None:
    outcome = mysign_signer(stand_in, waits=waits).sign(request(KEY, 2))
    assert stand_in.heard[-1].said["async"] == number
    assert isinstance(outcome, Completed if waits is Waits.AT_ONCE else Pending)


def test_an_elliptic_key_signs_with_its_own_algorithm() -> None:
    held = Credential(elliptic_key(), "ec", algorithm=ECDSA)
    with MySign({ACCOUNT: [held]}) as stand_in:
        signer = mysign_signer(stand_in, waits=Waits.AT_ONCE)
        assert isinstance(signer.sign(request(ACCOUNT)), Completed)


def test_a_key_without_an_algorithm_of_ours_is_named(
    stand_in: MySign, signer: MySignSigner
) -> None:
    stand_in.accounts[ACCOUNT][0].algorithm = "1.2.3"
    with pytest.raises(UnusableCertificateError):
        signer.sign(request(KEY))


def test_a_batch_that_is_too_large_is_named(stand_in: MySign, signer: MySignSigner) -> None:
    stand_in.accounts[ACCOUNT][0].multisign = "2"
    with pytest.raises(BatchTooLargeError) as caught:
        signer.sign(request(KEY, 3))
    assert caught.value.facts == {"limit": 2, "asked": 3}


def test_a_service_that_is_down_is_unreachable(stand_in: MySign, signer: MySignSigner) -> None:
    stand_in.silent = 1
    with pytest.raises(SignerUnreachableError):
        signer.sign(request(KEY))


# --- the answer ----------------------------------------------------------------------------

REFUSALS = {
    "4001": "signing.expired",
    "4002": "signing.refused",
    "4004": "signing.remote-failed",
    "4005": "signing.remote-quota-exhausted",
    "13004": "signing.remote-certificate-unusable",
}


@pytest.mark.parametrize(("status", "code"), REFUSALS.items())
def test_every_status_of_refusal_has_its_meaning(
    stand_in: MySign, signer: MySignSigner, status: str, code: str
) -> None:
    handle = begun(signer)
    stand_in.overruling = status
    assert signer.poll(handle) == Refused(code=code)


@pytest.mark.parametrize(("status", "code"), REFUSALS.items())
def test_a_request_may_be_refused_at_once(
    stand_in: MySign, signer: MySignSigner, status: str, code: str
) -> None:
    stand_in.at_once = status
    assert signer.sign(request(KEY)) == Refused(code=code)


@pytest.mark.parametrize("status", ["0", "4000", "6000"])
def test_a_holder_who_has_not_answered_is_waited_for(
    stand_in: MySign, signer: MySignSigner, status: str
) -> None:
    handle = begun(signer)
    stand_in.overruling = status
    assert signer.poll(handle) == Pending(handle=handle, poll_after_s=5.0)


def test_a_request_that_waits_without_a_name_is_named(
    stand_in: MySign, signer: MySignSigner
) -> None:
    stand_in.at_once = "4000"
    with pytest.raises(RemoteAnswerInvalidError):
        signer.sign(request(KEY))


def test_a_failure_inside_the_service_may_pass(stand_in: MySign, signer: MySignSigner) -> None:
    handle = begun(signer)
    stand_in.overruling = "50000"
    with pytest.raises(RemoteFailedError) as caught:
        signer.poll(handle)
    assert caught.value.retryable
    stand_in.overruling = ""
    assert isinstance(signer.poll(handle), Pending)


@pytest.mark.parametrize("status", ["2", "Nguyen Van An"])
def test_a_status_that_is_none_is_named_and_not_repeated(
    stand_in: MySign, signer: MySignSigner, status: str
) -> None:
    handle = begun(signer)
    stand_in.overruling = status
    with pytest.raises(RemoteAnswerInvalidError) as caught:
        signer.poll(handle)
    assert caught.value.facts == {"service": "mysign", "field": "status"}


def test_an_answer_that_comes_late_is_taken(stand_in: MySign, signer: MySignSigner) -> None:
    stand_in.late = 1
    handle = begun(signer, 3)
    stand_in.agree()
    assert isinstance(signer.poll(handle), Pending)
    assert isinstance(signer.poll(handle), Completed)


def test_a_value_of_another_key_is_named(stand_in: MySign, signer: MySignSigner) -> None:
    stand_in.value_of = other_value(rsa.generate_private_key(65537, 2048))
    handle = begun(signer)
    stand_in.agree()
    with pytest.raises(ValueDoesNotVerifyError):
        signer.poll(handle)


def test_a_request_that_the_service_does_not_know_is_named(
    stand_in: MySign, signer: MySignSigner
) -> None:
    handle = begun(signer)
    stand_in.requests.clear()
    with pytest.raises(RemoteRequestRefusedError):
        signer.poll(handle)


def test_a_door_that_stays_shut_is_named() -> None:
    def transport(url: str, _body: bytes, _headers: Any) -> tuple[int, bytes]:
        return (200, b'{"access_token": "t"}') if url.endswith("login") else (401, b"")

    account = MySignAccount(url="https://sign.example", client_id="us", client_secret="hush")
    with pytest.raises(RemoteAccessRefusedError):
        MySignSigner(account, transport).keys(ACCOUNT)


def test_what_was_given_up_is_asked_for_no_more(stand_in: MySign, signer: MySignSigner) -> None:
    handle = begun(signer)
    signer.cancel(handle)
    stand_in.agree()
    gone = Refused(code="signing.given-up")
    assert signer.poll(handle) == gone
    (notice,) = stand_in.notices()
    assert signer.notified(notice, stored(handle)) == (handle, gone)


# --- what the service posts to us ----------------------------------------------------------


def test_a_notice_gives_the_handle_and_the_checked_values(
    stand_in: MySign, signer: MySignSigner
) -> None:
    handles = [begun(signer, 2), begun(signer)]
    stand_in.agree()
    asked = len(stand_in.heard)
    found = [signer.notified(one, stored(*handles)) for one in stand_in.notices()]
    assert found == [signer.notified(one, stored(*handles)) for one in stand_in.notices()]
    assert len(stand_in.heard) == asked
    assert found == [(one, signer.poll(one)) for one in handles]


def test_a_notice_of_anything_else_only_says_that_it_is_time_to_poll(
    stand_in: MySign, signer: MySignSigner
) -> None:
    handle = begun(signer)
    stand_in.refuse()
    found, outcome = signer.notified(stand_in.notices()[0], stored(handle))
    assert found == handle
    assert isinstance(outcome, Pending)
    assert signer.poll(handle) == Refused(code="signing.refused")


def test_a_notice_with_values_of_another_key_is_named(
    stand_in: MySign, signer: MySignSigner
) -> None:
    handle = begun(signer)
    stand_in.value_of = other_value(rsa.generate_private_key(65537, 2048))
    stand_in.agree()
    with pytest.raises(ValueDoesNotVerifyError):
        signer.notified(stand_in.notices()[0], stored(handle))


def posted(name: str | None, *results: dict[str, str]) -> bytes:
    said = {"meta_data": {"transaction_id": name, "status": "1"}, "data": {"results": results}}
    return json.dumps(said).encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", RemoteAnswerInvalidError),
        (b"{}", RemoteAnswerInvalidError),
        (posted(None), RemoteAnswerInvalidError),
        (posted("de67f948-0498-4919-0002"), RemoteAnswerInvalidError),
        (posted("de67f948"), HandleUnknownError),
        (
            posted("de67f948-0498-4919-0002", {"document_id": "x", "signature": "AAAA"}),
            RemoteAnswerInvalidError,
        ),
    ],
)
def test_a_notice_that_is_none_of_ours_is_named(
    signer: MySignSigner, body: bytes, expected: type[SigningError]
) -> None:
    handle = begun(signer)
    assert handle.startswith("de67f948-0498-4919-0002:")
    with pytest.raises(expected):
        signer.notified(body, stored(handle))
