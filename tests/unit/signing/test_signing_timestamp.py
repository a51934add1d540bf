from __future__ import annotations

import hashlib

import pytest
from asn1crypto import cms, tsp
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID
from signing_stand_ins import Pki, Tsa

from signing.errors import (
    TimestampInvalidError,
    TimestampRefusedError,
    TimestampUnreachableError,
)
from signing.timestamp import REQUEST_TYPE, Timestamper

DIGEST = hashlib.sha256(b"a signature value").digest()


def stamp(tsa: Tsa) -> bytes:
    return Timestamper("http://tsa.invalid", tsa.transport).stamp(DIGEST)


def reason(tsa: Tsa) -> object:
    with pytest.raises(TimestampInvalidError) as caught:
        stamp(tsa)
    return caught.value.facts["reason"]


def test_the_token_stamps_the_digest(tsa: Tsa) -> None:
    token = cms.ContentInfo.load(stamp(tsa))
    info = token["content"]["encap_content_info"]["content"].parsed
    assert info["message_imprint"]["hashed_message"].native == DIGEST


def test_the_request_is_a_strict_rfc_3161_query() -> None:
    seen = []

    def transport(url: str, body: bytes, content_type: str) -> bytes:
        seen.append((url, tsp.TimeStampReq.load(body, strict=True), content_type))
        return b""

    with pytest.raises(TimestampInvalidError):
        Timestamper("http://tsa.invalid", transport, nonce=lambda: 0xFF00).stamp(DIGEST)
    ((url, request, content_type),) = seen
    assert (url, content_type) == ("http://tsa.invalid", REQUEST_TYPE)
    assert request["nonce"].native == 0xFF00
    assert request["cert_req"].native is True
    assert request["message_imprint"]["hash_algorithm"]["algorithm"].native == "sha256"


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
def test_an_authority_with_an_elliptic_curve_is_understood(
    pki: Pki, curve: ec.EllipticCurve
) -> None:
    party = pki.party("TSA EC", ec.generate_private_key(curve), ExtendedKeyUsageOID.TIME_STAMPING)
    assert stamp(Tsa(party))


@pytest.mark.parametrize(
    "kind", [{"pss": True}, {"by_key_id": True}, {"hash_name": "sha384"}], ids=str
)
def test_the_kinds_of_authorities_are_understood(tsa: Tsa, kind: dict[str, object]) -> None:
    for name, value in kind.items():
        setattr(tsa, name, value)
    assert stamp(tsa)


@pytest.mark.parametrize(
    ("defect", "expected"),
    [
        ({"keep_nonce": False}, "nonce"),
        ({"imprint": bytes(32)}, "imprint"),
        ({"content_type": "data"}, "content-type"),
        ({"hash_name": "sha1"}, "digest-algorithm"),
        ({"embed": False}, "no-certificate"),
        ({"embed": False, "by_key_id": True}, "no-certificate"),
        ({"signers": 2}, "signers"),
        ({"signers": 0}, "signers"),
        ({"break_value": True}, "value"),
        ({"break_digest": True}, "message-digest"),
        ({"drop_token": True}, "unreadable"),
        ({"garble_info": True}, "unreadable"),
        ({"leave_attributes": True}, "message-digest"),
        ({"algorithm": "sha1_rsa"}, "unreadable"),
        ({"stranger": True}, "no-certificate"),
        ({"stranger": True, "by_key_id": True}, "no-certificate"),
    ],
    ids=str,
)
def test_a_wrong_answer_is_refused(tsa: Tsa, defect: dict[str, object], expected: str) -> None:
    for name, value in defect.items():
        setattr(tsa, name, value)
    assert reason(tsa) == expected


def test_an_authority_with_a_key_of_an_unknown_kind_is_refused(pki: Pki, tsa: Tsa) -> None:
    tsa.shown = pki.party("Edwards", ed25519.Ed25519PrivateKey.generate())
    assert reason(tsa) == "key-kind"


@pytest.mark.parametrize("answer", [b"", b"<html>", b"0\x80"])
def test_an_answer_that_is_none_is_refused(answer: bytes) -> None:
    with pytest.raises(TimestampInvalidError):
        Timestamper("", lambda *_: answer).stamp(DIGEST)


def test_a_refusal_is_named(tsa: Tsa) -> None:
    tsa.status, tsa.failure = "rejection", "bad_alg"
    with pytest.raises(TimestampRefusedError) as caught:
        stamp(tsa)
    assert caught.value.facts == {"status": "rejection", "failure": ["bad_alg"]}
    assert not caught.value.retryable


@pytest.mark.parametrize("failure", ["system_failure", "time_not_available"])
def test_an_authority_out_of_order_may_be_asked_again(tsa: Tsa, failure: str) -> None:
    tsa.status, tsa.failure = "rejection", failure
    with pytest.raises(TimestampUnreachableError) as caught:
        stamp(tsa)
    assert caught.value.retryable


@pytest.mark.parametrize("error", [TimeoutError, ConnectionRefusedError, OSError])
def test_an_authority_that_is_away_may_be_asked_again(error: type[OSError]) -> None:
    def transport(*_: object) -> bytes:
        raise error

    with pytest.raises(TimestampUnreachableError) as caught:
        Timestamper("http://tsa.invalid", transport).stamp(DIGEST)
    assert caught.value.facts == {"url": "http://tsa.invalid"}


def test_nonces_differ(tsa: Tsa) -> None:
    stamper = Timestamper("", tsa.transport)
    assert stamper.stamp(DIGEST) != stamper.stamp(DIGEST)
