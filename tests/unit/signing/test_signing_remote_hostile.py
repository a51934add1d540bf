"""Whatever a service answers, it comes out as an outcome or as an error with a code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signing_remotes import PERSON, digests, request, rsa_key
from support.remote_mysign import CLIENT_ID, CLIENT_SECRET
from support.remote_smartca import SP_ID, SP_PASSWORD

from signing.errors import SigningError
from signing.signers.base import Completed, Pending, Refused
from signing.signers.remote.credential import Version
from signing.signers.remote.csc import CscSigner
from signing.signers.remote.csc_api import CscAccount
from signing.signers.remote.mysign import MySignAccount, MySignSigner
from signing.signers.remote.smartca import SmartCaAccount, SmartCaSigner
from signing.signers.remote.waiting import Waiting, key_of, waiting_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

URL = "https://sign.example"
SECRETS = (SP_PASSWORD, CLIENT_SECRET, PERSON)

# The names that some service uses, so that what is made up gets deep enough.
NAMES = st.sampled_from(
    [
        "status", "status_code", "message", "data", "signatures", "doc_id", "signature_value",
        "transaction_id", "transactionId", "responseID", "error", "error_description", "key",
        "cert", "certificates", "algo", "multisign", "authMode", "auth", "mode", "objects", "id",
        "credential_id", "user_certificates", "serial_number", "cert_data", "chain_data",
        "cert_status", "access_token", "expires_in", "SAD", "meta_data", "results", "document_id",
        "signature", "sp_id", "signed_files", "credentialIDs", "nextPageToken", "specs",
    ]
)  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["1", "4000", "4001", "t", "4F7K-1", SP_ID, "implicit", "\ud800", "AAAA"])
)
ANSWERS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner),
    max_leaves=12,
)
STATUSES = st.sampled_from([200, 200, 200, 202, 301, 400, 401, 403, 404, 429, 500])


def handle() -> str:
    return Waiting(
        name="t",
        key=key_of(rsa_key().chain),
        digests=tuple(digests()),
        account="CMT_0123",
        label="4F7K",
    ).handle


def steps(transport: Callable[..., tuple[int, bytes]], body: bytes) -> Mapping[str, Any]:
    csc = CscSigner(CscAccount(url=URL, version=Version.V2), transport)
    smartca = SmartCaSigner(
        SmartCaAccount(url=URL, sp_id=SP_ID, sp_password=SP_PASSWORD), transport
    )
    mysign = MySignSigner(
        MySignAccount(url=URL, client_id=CLIENT_ID, client_secret=CLIENT_SECRET), transport
    )
    asked = request(f"{PERSON}:1")
    known = handle()
    return {
        "csc-info": csc.info,
        "csc-list": csc.key_ids,
        "csc-sign": lambda: csc.sign(asked),
        "csc-poll": lambda: csc.poll(known),
        "smartca-sign": lambda: smartca.sign(asked),
        "smartca-poll": lambda: smartca.poll(known),
        "smartca-notice": lambda: smartca.notified(body, lambda _: known)[1],
        "mysign-sign": lambda: mysign.sign(asked),
        "mysign-poll": lambda: mysign.poll(known),
        "mysign-notice": lambda: mysign.notified(body, lambda _: known)[1],
    }


STEPS = (
    "csc-info", "csc-list", "csc-sign", "csc-poll",
    "smartca-sign", "smartca-poll", "smartca-notice",
    "mysign-sign", "mysign-poll", "mysign-notice",
)  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
@given(answer=ANSWERS, status=STATUSES)
def test_any_answer_is_an_outcome_or_a_named_error(step: str, answer: Any, status: int) -> None:
    body = json.dumps(answer).encode()
    require_named(step, steps(lambda *_: (status, body), body)[step])


def require_named(step: str, ask: Callable[[], Any]) -> None:
    outcome = outcome_or_error(ask)
    if isinstance(outcome, SigningError):
        assert outcome.code.startswith("signing.")
        assert not [secret for secret in SECRETS if secret in repr(outcome)]
        return
    # Nobody knows the key: nothing that is made up can be a signature.
    assert not isinstance(outcome, Completed)
    if step not in {"csc-info", "csc-list"}:
        assert isinstance(outcome, Pending | Refused)


def outcome_or_error(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except SigningError as error:
        return error


# --- good answers with one thing changed ---------------------------------------------------

LATER = CscAccount(url=URL, version=Version.V2, asynchronous=True)


def good_answers(kind: str) -> dict[str, Any]:
    """Return what a service answers at its best, by the end of the path."""
    leaf, ca, root = rsa_key().chain_texts
    value = rsa_key().value(digests()[0])
    return {
        "csc": {
            "credentials/info": {
                "key": {"status": "enabled", "algo": ["1.2.840.113549.1.1.1"], "len": 2048},
                "cert": {"status": "valid", "certificates": [leaf, ca, root]},
                "auth": {"mode": "implicit", "expression": "", "objects": []},
                "SCAL": "2",
                "multisign": 10,
            },
            "credentials/authorize": {"SAD": "sad"},
            "signatures/signHash": {"responseID": "t"},
            "signatures/signPolling": {"signatures": [value]},
        },
        "smartca": {
            "get_certificate": {
                "status_code": 200,
                "data": {
                    "user_certificates": [
                        {
                            "service_type": "SMARTCA",
                            "cert_status": "Đang hoạt động",
                            "serial_number": "1",
                            "cert_data": leaf,
                            "chain_data": {"ca_cert": ca, "root_cert": root},
                        }
                    ]
                },
            },
            "signatures/sign": {"status_code": 200, "data": {"transaction_id": "t"}},
            "status": {
                "status_code": 200,
                "message": "SUCCESS",
                "data": {"signatures": [{"doc_id": "4F7K-1", "signature_value": value}]},
            },
        },
        "mysign": {
            "login": {"access_token": "t", "expires_in": "3600"},
            "certificates/info": [
                {
                    "key": {"status": "enabled", "algo": ["1.2.840.113549.1.1.1"]},
                    "cert": {"status": "valid", "certificates": [leaf, ca, root]},
                    "multisign": "10",
                    "credential_id": "1",
                }
            ],
            "signHash": {"transactionId": "t"},
            "requests/status": {"status": "1", "signatures": [value]},
        },
    }[kind]


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the ways to every part of an answer."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [way, *(one for name, part in inner for one in places(part, (*way, name)))]


def changed(value: Any, way: tuple[Any, ...], put: Any) -> Any:
    if not way:
        return put
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[way[0]] = changed(value[way[0]], way[1:], put)
    return copy


@pytest.mark.parametrize("kind", ["csc", "smartca", "mysign"])
@given(data=st.data())
def test_a_good_answer_with_one_thing_changed_is_no_surprise(kind: str, data: Any) -> None:
    answers = dict(good_answers(kind))
    end = data.draw(st.sampled_from(sorted(answers)))
    way = data.draw(st.sampled_from(places(answers[end])))
    answers[end] = changed(answers[end], way, data.draw(ANSWERS))

    def transport(url: str, *_: object) -> tuple[int, bytes]:
        return 200, json.dumps(next(v for k, v in answers.items() if url.endswith(k))).encode()

    signer = {
        "csc": lambda: CscSigner(LATER, transport),
        "smartca": lambda: SmartCaSigner(
            SmartCaAccount(url=URL, sp_id=SP_ID, sp_password=SP_PASSWORD),
            transport,
            new_name=lambda: "t",
        ),
        "mysign": lambda: MySignSigner(
            MySignAccount(url=URL, client_id=CLIENT_ID, client_secret=CLIENT_SECRET), transport
        ),
    }[kind]()
    asked = request(f"{PERSON}:1", transaction="")
    for ask in (lambda: signer.sign(asked), lambda: signer.poll(handle())):
        outcome = outcome_or_error(ask)
        assert isinstance(outcome, SigningError | Completed | Pending | Refused)


@given(text=st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: f"t:{raw.hex()}"))
def test_any_text_is_a_handle_or_a_named_error(text: str) -> None:
    with pytest.raises(SigningError):
        waiting_of(text)
