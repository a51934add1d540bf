"""VNPT SmartCA on a stand-in that speaks the vendor's messages."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from signing_remotes import (
    PERSON,
    digests,
    request,
    rsa_key,
    smartca,
    smartca_signer,
    stored,
)
from support.remote_service import other_value
from support.remote_smartca import SP_ID, SP_PASSWORD, SmartCa

from signing.errors import (
    KeyNotFoundError,
    SignerUnreachableError,
    SigningError,
    ValueDoesNotVerifyError,
)
from signing.signers.base import Completed, Pending, Refused
from signing.signers.remote.errors import (
    HandleUnknownError,
    RemoteAccessRefusedError,
    RemoteAnswerInvalidError,
    RemoteCertificateError,
    RemoteFailedError,
    RemoteRequestRefusedError,
)
from signing.signers.remote.smartca import Service769, SmartCaAccount, SmartCaSigner

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = f"{PERSON}:540101aa"


@pytest.fixture
def stand_in() -> Iterator[SmartCa]:
    with smartca() as made:
        yield made


@pytest.fixture
def signer(stand_in: SmartCa) -> SmartCaSigner:
    return smartca_signer(stand_in)


def begun(signer: SmartCaSigner, count: int = 1, **changes: Any) -> str:
    outcome = signer.sign(request(KEY, count, **changes))
    assert isinstance(outcome, Pending)
    return outcome.handle


# --- certificates --------------------------------------------------------------------------


def test_an_account_may_have_keys_of_a_person_and_of_a_body(signer: SmartCaSigner) -> None:
    person, body = signer.keys(PERSON)
    assert (person.key_id, person.kind) == (KEY, Service769.PERSON)
    assert (body.key_id, body.kind) == (f"{PERSON}:540101bb", Service769.ORGANISATION)
    assert person.chain == rsa_key().chain[:2]
    assert person.is_active


def test_letters_may_be_written_in_two_ways(stand_in: SmartCa, signer: SmartCaSigner) -> None:
    held = stand_in.accounts[PERSON][0]
    held.status = unicodedata.normalize("NFD", held.status)
    assert signer.keys(PERSON)[0].is_active


def test_a_kind_of_service_that_is_new_is_no_known_one(
    stand_in: SmartCa, signer: SmartCaSigner
) -> None:
    stand_in.accounts[PERSON][0].service = "SMARTCA-NEXT"
    assert signer.keys(PERSON)[0].kind is None


def test_an_unknown_account_has_no_keys(signer: SmartCaSigner) -> None:
    assert signer.keys("999") == []


def test_the_case_of_a_serial_does_not_matter(stand_in: SmartCa, signer: SmartCaSigner) -> None:
    stand_in.accounts[PERSON][0].serial = "540101AA"
    with pytest.raises(KeyNotFoundError):
        signer.chain(f"{PERSON}:540101ff")
    assert signer.chain(f"{PERSON}:540101AA")


def test_an_account_without_a_serial_means_its_only_active_key(
    stand_in: SmartCa, signer: SmartCaSigner
) -> None:
    with pytest.raises(KeyNotFoundError) as caught:
        signer.chain(PERSON)
    assert caught.value.facts == {"service": "smartca", "found": 2}
    stand_in.accounts[PERSON][1].status = "Hết hạn"
    assert signer.chain(PERSON)[0] == rsa_key().chain[0]


def test_an_identity_number_is_in_no_error(signer: SmartCaSigner) -> None:
    with pytest.raises(KeyNotFoundError) as caught:
        signer.sign(request("079203001234:00"))
    assert "079203001234" not in repr(caught.value)


def test_a_certificate_that_is_not_active_is_named_before_the_holder_is_asked(
    stand_in: SmartCa, signer: SmartCaSigner
) -> None:
    stand_in.accounts[PERSON][0].status = "Tạm dừng"
    with pytest.raises(RemoteCertificateError):
        signer.sign(request(KEY))
    assert stand_in.count("/sign") == 0


# --- asking --------------------------------------------------------------------------------


def test_the_holder_sees_the_prompt_and_a_name_of_each_document(
    stand_in: SmartCa, signer: SmartCaSigner
) -> None:
    begun(signer, 2)
    said = stand_in.heard[-1].said
    assert said["transaction_desc"].startswith("4F7K Ký Quyết định 123/QĐ-UBND")
    assert [one["doc_id"] for one in said["sign_files"]] == ["4F7K-1", "4F7K-2"]
    assert [one["data_to_be_signed"] for one in said["sign_files"]] == [
        one.hex() for one in digests(2)
    ]


def test_a_request_whose_answer_was_lost_is_not_made_a_second_time(
    stand_in: SmartCa, signer: SmartCaSigner
) -> None:
    assert signer.chain(KEY)

    def losing(url: str, body: bytes, headers: Any) -> tuple[int, bytes]:
        stand_in.silent = int(url.endswith("/sign"))
        return stand_in.transport(url, body, headers)

    account = SmartCaAccount(url=stand_in.address, sp_id=SP_ID, sp_password=SP_PASSWORD)
    with pytest.raises(SignerUnreachableError) as caught:
        SmartCaSigner(account, losing).sign(request(KEY))
    assert caught.value.retryable
    handle = begun(signer)
    assert stand_in.count("signatures/sign") == 1
    assert list(stand_in.requests) == ["t-2026-1"]
    stand_in.agree()
    assert isinstance(signer.poll(handle), Completed)


def test_a_request_that_was_answered_meanwhile_is_complete_when_it_is_sent_again(
    stand_in: SmartCa, signer: SmartCaSigner
) -> None:
    handle = begun(signer, 2)
    stand_in.agree()
    assert signer.sign(request(KEY, 2)) == signer.poll(handle)


def test_a_service_that_cannot_say_whether_it_has_a_request_gets_none(stand_in: SmartCa) -> None:
    def failing(url: str, body: bytes, headers: Any) -> tuple[int, bytes]:
        stand_in.failing = 503 if url.endswith("/status") else 0
        return stand_in.transport(url, body, headers)

    account = SmartCaAccount(url=stand_in.address, sp_id=SP_ID, sp_password=SP_PASSWORD)
    with pytest.raises(SignerUnreachableError):
        SmartCaSigner(account, failing).sign(request(KEY))
    assert stand_in.requests == {}


def test_a_request_without_a_transaction_gets_a_name_of_its_own(stand_in: SmartCa) -> None:
    signer = smartca_signer(stand_in)
    for _ in range(2):
        begun(signer, transaction="", control_code="")
    assert len(stand_in.requests) == 2
    assert stand_in.count("/status") == 0


def test_a_transaction_may_have_any_letters(stand_in: SmartCa, signer: SmartCaSigner) -> None:
    handle = begun(signer, transaction="a/b c")
    assert stand_in.count("/sign/a%2Fb%20c/status") == 1
    assert handle.startswith("a%2Fb%20c:")


# --- the answer ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("EXPIRED", "signing.expired"),
        ("expired ", "signing.expired"),
        ("SIGNER_REJECTED", "signing.refused"),
        ("REJECTED", "signing.refused"),
        ("AUTHORIZE_KEY_FAILED", "signing.remote-failed"),
        ("SIGN_FAILED", "signing.remote-failed"),
    ],
)
def test_every_word_of_refusal_has_its_meaning(word: str, code: str) -> None:
    assert poll_of({"status_code": 200, "message": word, "data": None}) == Refused(code=code)


@pytest.mark.parametrize("word", ["", "sig_wait_for_user_confirm", "SUCCESS", "tomorrow"])
def test_a_word_without_signatures_is_somebody_who_has_not_answered(word: str) -> None:
    said = {"status_code": 200, "message": word, "data": {"signatures": None}}
    assert isinstance(poll_of(said), Pending)


def poll_of(said: object, status: int = 200) -> object:
    """Poll a service that answers this to everything."""
    with smartca() as stand_in:
        handle = begun(smartca_signer(stand_in))
    account = SmartCaAccount(url="https://sign.example", sp_id=SP_ID, sp_password=SP_PASSWORD)
    body = json.dumps(said).encode()
    return SmartCaSigner(account, lambda *_: (status, body)).poll(handle)


def test_a_request_that_the_service_does_not_know_any_more_has_expired() -> None:
    assert poll_of({"status_code": 400}) == Refused(code="signing.expired")


def test_a_gateway_that_does_not_find_the_service_says_nothing_of_the_request() -> None:
    with pytest.raises(SignerUnreachableError) as caught:
        poll_of("<html>", 404)
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, RemoteAccessRefusedError),
        (403, RemoteCertificateError),
        (500, RemoteFailedError),
        (418, RemoteRequestRefusedError),
    ],
)
def test_a_failure_has_its_name_wherever_it_stands(
    status: int, expected: type[SigningError]
) -> None:
    with pytest.raises(expected) as caught:
        poll_of({"status_code": status, "message": "Mr An's password is 123"})
    assert caught.value.facts == {"service": "smartca", "status": status}


def test_a_failure_of_http_counts_whatever_the_body_says() -> None:
    with pytest.raises(RemoteCertificateError):
        poll_of({"status_code": 200}, 403)


def test_an_answer_to_another_request_is_named() -> None:
    with pytest.raises(RemoteAnswerInvalidError):
        poll_of({"status_code": 200, "data": {"transaction_id": "another"}})


def test_a_service_that_calls_a_request_otherwise_is_named(stand_in: SmartCa) -> None:
    def renaming(url: str, body: bytes, headers: Any) -> tuple[int, bytes]:
        status, said = stand_in.transport(url, body, headers)
        return status, said.replace(b"t-2026-1", b"t-2026-2")

    account = SmartCaAccount(url=stand_in.address, sp_id=SP_ID, sp_password=SP_PASSWORD)
    with pytest.raises(RemoteAnswerInvalidError):
        SmartCaSigner(account, renaming).sign(request(KEY))


@pytest.mark.parametrize("count", [1, 3])
def test_a_document_that_was_not_asked_for_is_named(
    stand_in: SmartCa, signer: SmartCaSigner, count: int
) -> None:
    handle = begun(signer, 2)
    asked = stand_in.requests["t-2026-1"]
    asked.documents, asked.digests = [str(n) for n in range(count)], digests(count)
    stand_in.agree()
    with pytest.raises(RemoteAnswerInvalidError):
        signer.poll(handle)


def test_documents_may_come_in_any_order(stand_in: SmartCa, signer: SmartCaSigner) -> None:
    handle = begun(signer, 2)
    asked = stand_in.requests["t-2026-1"]
    asked.documents.reverse()
    asked.digests.reverse()
    stand_in.agree()
    assert isinstance(signer.poll(handle), Completed)


def test_a_value_of_another_key_is_named(stand_in: SmartCa, signer: SmartCaSigner) -> None:
    stand_in.value_of = other_value(rsa.generate_private_key(65537, 2048))
    handle = begun(signer)
    stand_in.agree()
    with pytest.raises(ValueDoesNotVerifyError):
        signer.poll(handle)


def test_an_answer_that_comes_late_is_taken(stand_in: SmartCa, signer: SmartCaSigner) -> None:
    stand_in.late = 1
    handle = begun(signer)
    stand_in.agree()
    assert isinstance(signer.poll(handle), Pending)
    assert isinstance(signer.poll(handle), Completed)


def test_a_password_that_is_not_accepted_is_named(stand_in: SmartCa) -> None:
    signer = smartca_signer(stand_in, sp_password="wrong-hush")
    with pytest.raises(RemoteAccessRefusedError) as caught:
        signer.sign(request(KEY))
    assert "hush" not in repr((signer, caught.value, signer._account))


def test_what_was_given_up_is_asked_for_no_more(stand_in: SmartCa, signer: SmartCaSigner) -> None:
    handle = begun(signer)
    signer.cancel(handle)
    stand_in.agree()
    gone = Refused(code="signing.given-up")
    assert signer.poll(handle) == gone
    (notice,) = stand_in.notices()
    assert signer.notified(notice, stored(handle)) == (handle, gone)


# --- what the service posts to us ----------------------------------------------------------


def test_a_notice_gives_the_handle_and_the_checked_values(
    stand_in: SmartCa, signer: SmartCaSigner
) -> None:
    handle = begun(signer, 2)
    other = begun(signer, transaction="t-2026-10")
    stand_in.agree()
    asked = len(stand_in.heard)
    notice, _ = stand_in.notices()
    found = signer.notified(notice, stored(other, handle))
    assert found == signer.notified(notice, stored(other, handle))  # it may be posted twice
    assert len(stand_in.heard) == asked
    assert found == (handle, signer.poll(handle))


def test_a_notice_with_values_of_another_key_is_named(
    stand_in: SmartCa, signer: SmartCaSigner
) -> None:
    handle = begun(signer)
    stand_in.value_of = other_value(rsa.generate_private_key(65537, 2048))
    stand_in.agree()
    with pytest.raises(ValueDoesNotVerifyError):
        signer.notified(stand_in.notices()[0], stored(handle))


def notice(**changes: object) -> bytes:
    said: dict[str, object] = {
        "sp_id": SP_ID, "status_code": 200, "message": "SUCCESS", "transaction_id": "t-2026-1",
    }  # fmt: skip
    return json.dumps(said | changes).encode()


def test_a_notice_without_values_only_says_that_it_is_time_to_poll(signer: SmartCaSigner) -> None:
    handle = begun(signer)
    said = notice(message="SIGNER_REJECTED", status_code=403)
    found, outcome = signer.notified(said, stored(handle))
    assert found == handle
    assert isinstance(outcome, Pending)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", RemoteAnswerInvalidError),
        (b"[]", RemoteAnswerInvalidError),
        (notice(sp_id="another"), RemoteAnswerInvalidError),
        (notice(sp_id="ưới"), RemoteAnswerInvalidError),
        (notice(sp_id=None), RemoteAnswerInvalidError),
        (notice(transaction_id=None), RemoteAnswerInvalidError),
        (notice(transaction_id="t-2026"), HandleUnknownError),
        (notice(transaction_id="%"), HandleUnknownError),
    ],
)
def test_a_notice_that_is_not_for_us_is_named(
    signer: SmartCaSigner, body: bytes, expected: type[SigningError]
) -> None:
    handle = begun(signer)
    with pytest.raises(expected):
        signer.notified(body, stored(handle))
