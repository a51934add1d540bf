"""A signer may answer with a raw value or with a CMS; only what verifies is embedded."""

from __future__ import annotations

import hashlib
import io
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader
from signing_cms import Provider
from signing_stand_ins import END, NOW, START, Party, Pki, Tsa
from signing_steps import leader_plan, statuses
from support.pdfsig import said_by_pdfsig

from signing._pades import der
from signing.answers import read_answer
from signing.complete import complete, signature_value
from signing.errors import (
    AnswerAlgorithmError,
    AnswerOfAnotherKeyError,
    AnswerOverOtherContentError,
    AnswerUnreadableError,
    ContainerTooSmallError,
    PreparedMismatchError,
    SigningError,
    ValueDoesNotVerifyError,
)
from signing.prepare import prepare
from signing.timestamp import Timestamper

if TYPE_CHECKING:
    from pathlib import Path

    from signing.model import Prepared, SignaturePlan


@pytest.fixture(scope="module")
def plan(pki: Pki) -> SignaturePlan:
    return replace(leader_plan(pki), image=None)


@pytest.fixture(scope="module")
def prepared(reserved: bytes, plan: SignaturePlan) -> Prepared:
    return prepare(reserved, plan=plan, at=NOW)


@pytest.fixture
def provider(pki: Pki) -> Provider:
    return Provider(pki.leader)


def embedded(pdf: bytes) -> cms.SignerInfo:
    (found,) = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
    return found.signer_info


def test_a_cms_over_our_attributes_is_taken_for_its_value(
    prepared: Prepared, plan: SignaturePlan, provider: Provider, pki: Pki
) -> None:
    provider.attributes_given = prepared.to_be_signed
    answer = provider.sign(prepared.digest)
    signed = complete(prepared, plan=plan, value=answer, timestamp_token=None)
    raw = pki.leader.sign(prepared.to_be_signed)
    assert signed == complete(prepared, plan=plan, value=raw, timestamp_token=None)
    assert signature_value(prepared, plan=plan, value=answer) == raw


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"by_key_id": True},
        {"pss": True},
        {"with_time": True},
        {"ess": "v1"},
        {"ess": "both"},
        {"ess_algorithm": True},
        {"signature_name": "rsassa_pkcs1v15"},
        {"unsigned": 500},
    ],
    ids=str,
)
def test_a_cms_of_the_providers_own_attributes_becomes_the_signature(
    prepared: Prepared, plan: SignaturePlan, pki: Pki, switches: dict[str, Any], tmp_path: Path
) -> None:
    answer = Provider(pki.leader, **switches).sign(prepared.digest)
    signed = complete(prepared, plan=plan, value=answer, timestamp_token=None)
    theirs = cms.ContentInfo.load(answer)["content"]["signer_infos"][0]
    assert embedded(signed)["signed_attrs"].dump() == theirs["signed_attrs"].dump()
    assert embedded(signed)["sid"].name == "issuer_and_serial_number"
    assert statuses(signed, pki)[0].bottom_line
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed)
    assert "Signature is Valid." in said_by_pdfsig(path)


@pytest.mark.parametrize("with_issuer_serial", [True, False])
def test_an_elliptic_key_may_answer_with_a_cms(
    reserved: bytes, plan: SignaturePlan, pki: Pki, *, with_issuer_serial: bool
) -> None:
    party = pki.party("P-256", ec.generate_private_key(ec.SECP256R1()))
    own = replace(plan, chain=pki.chain(party))
    prepared = prepare(reserved, plan=own, at=NOW)
    named = party if with_issuer_serial else None
    answer = Provider(party, issuer_serial=named, with_time=True).sign(prepared.digest)
    signed = complete(prepared, plan=own, value=answer, timestamp_token=None)
    assert "signing_time" in {one["type"].native for one in embedded(signed)["signed_attrs"]}
    assert statuses(signed, pki)[0].bottom_line


def test_pss_over_our_attributes_keeps_the_providers_algorithm(
    prepared: Prepared, plan: SignaturePlan, pki: Pki
) -> None:
    provider = Provider(pki.leader, pss=True, attributes_given=prepared.to_be_signed)
    answer = provider.sign(prepared.digest)
    signed = complete(prepared, plan=plan, value=answer, timestamp_token=None)
    assert embedded(signed)["signature_algorithm"]["algorithm"].native == "rsassa_pss"
    assert statuses(signed, pki)[0].bottom_line


def test_our_timestamp_is_the_only_unsigned_attribute(
    prepared: Prepared, plan: SignaturePlan, provider: Provider, pki: Pki, tsa: Tsa
) -> None:
    provider.unsigned = 100
    provider.embed = [pki.organisation]
    answer = provider.sign(prepared.digest)
    stamped = hashlib.sha256(signature_value(prepared, plan=plan, value=answer)).digest()
    token = Timestamper("", tsa.transport).stamp(stamped)
    signed = complete(prepared, plan=plan, value=answer, timestamp_token=token)
    (attribute,) = embedded(signed)["unsigned_attrs"]
    assert attribute["type"].native == "signature_time_stamp_token"
    status = statuses(signed, pki)[0]
    assert status.bottom_line
    assert status.timestamp_validity.valid
    assert pki.organisation.der.hex().encode() not in signed


@pytest.mark.parametrize(
    ("switches", "error", "facts"),
    [
        ({"signers": 2}, AnswerUnreadableError, {"reason": "signers"}),
        ({"signers": 0}, AnswerUnreadableError, {"reason": "signers"}),
        ({"content": b"x"}, AnswerUnreadableError, {"reason": "not-detached"}),
        ({"content_type": "tst_info"}, AnswerUnreadableError, {"reason": "not-detached"}),
        ({"no_attributes": True}, AnswerUnreadableError, {"reason": "no-signed-attributes"}),
        ({"unsorted": True}, AnswerUnreadableError, {"reason": "attributes-order"}),
        ({"twice": "message_digest"}, AnswerUnreadableError, {"reason": "attribute-twice"}),
        (
            {"leave": frozenset({"message_digest"})},
            AnswerUnreadableError,
            {"reason": "attribute-missing"},
        ),
        ({"ess": ""}, AnswerUnreadableError, {"reason": "no-signing-certificate"}),
        ({"digest_name": "sha1"}, AnswerAlgorithmError, {"part": "digest"}),
        ({"hash_name": "sha1"}, AnswerAlgorithmError, {"part": "signature"}),
        ({"hash_name": "sha384"}, AnswerAlgorithmError, {"part": "signature"}),
        ({"signature_name": "sha256_ecdsa"}, AnswerAlgorithmError, {"part": "signature"}),
        ({"claimed_type": "tst_info"}, AnswerOverOtherContentError, {"reason": "content-type"}),
    ],
    ids=str,
)
def test_a_cms_that_is_not_what_it_has_to_be_is_named(
    prepared: Prepared,
    plan: SignaturePlan,
    pki: Pki,
    switches: dict[str, Any],
    error: type[SigningError],
    facts: dict[str, str],
) -> None:
    answer = Provider(pki.leader, **switches).sign(prepared.digest)
    with pytest.raises(error) as caught:
        complete(prepared, plan=plan, value=answer, timestamp_token=None)
    assert caught.value.facts == facts


@pytest.mark.parametrize("part", ["party", "named", "ess_party", "issuer_serial"])
def test_a_cms_of_another_person_is_refused(
    prepared: Prepared, plan: SignaturePlan, pki: Pki, part: str
) -> None:
    provider = Provider(pki.leader)
    setattr(provider, part, pki.organisation)
    with pytest.raises(AnswerOfAnotherKeyError):
        complete(prepared, plan=plan, value=provider.sign(prepared.digest), timestamp_token=None)


def test_a_cms_of_another_key_under_the_right_name_is_refused(
    prepared: Prepared, plan: SignaturePlan, pki: Pki
) -> None:
    provider = Provider(pki.organisation, named=pki.leader, ess_party=pki.leader)
    with pytest.raises(ValueDoesNotVerifyError):
        complete(prepared, plan=plan, value=provider.sign(prepared.digest), timestamp_token=None)


def test_a_cms_over_another_document_is_refused(
    prepared: Prepared, plan: SignaturePlan, provider: Provider
) -> None:
    answer = provider.sign(hashlib.sha256(b"another").digest())
    with pytest.raises(AnswerOverOtherContentError) as caught:
        complete(prepared, plan=plan, value=answer, timestamp_token=None)
    assert caught.value.facts == {"reason": "message-digest"}


def test_a_cms_larger_than_the_hole_is_refused(
    prepared: Prepared, plan: SignaturePlan, provider: Provider
) -> None:
    own = cms.CMSAttributes.load(provider._attributes(prepared.digest))
    padded = [one.dump() for one in own]
    padded.append(
        cms.CMSAttribute({"type": "1.2.3.4", "values": [cms.OctetString(bytes(30_000))]}).dump()
    )
    provider.attributes_given = der.set_of(*padded)
    answer = provider.sign(prepared.digest)
    assert signature_value(prepared, plan=plan, value=answer)
    with pytest.raises(ContainerTooSmallError):
        complete(prepared, plan=plan, value=answer, timestamp_token=None)


def test_an_answer_without_end_is_not_read(prepared: Prepared, plan: SignaturePlan) -> None:
    with pytest.raises(AnswerUnreadableError) as caught:
        complete(prepared, plan=plan, value=bytes(10**6), timestamp_token=None)
    assert caught.value.facts == {"reason": "size"}


def test_an_answer_for_another_plan_is_not_stamped(
    prepared: Prepared, plan: SignaturePlan, pki: Pki
) -> None:
    other = replace(plan, chain=pki.chain(pki.organisation))
    with pytest.raises(PreparedMismatchError):
        signature_value(prepared, plan=other, value=b"")


@pytest.mark.parametrize(("by_key_id", "error"), [(False, None), (True, AnswerOfAnotherKeyError)])
def test_a_certificate_without_a_key_identifier_is_known_by_its_number(
    pki: Pki, *, by_key_id: bool, error: type[SigningError] | None
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Plain")])
    plain = (
        x509.CertificateBuilder(name, name, key.public_key(), 7)
        .not_valid_before(START.astimezone(UTC))
        .not_valid_after(END.astimezone(UTC))
        .sign(key, hashes.SHA256())
    )
    party = Party(key, plain)
    provider = Provider(party, named=pki.leader if by_key_id else None, by_key_id=by_key_id)
    content = hashlib.sha256(b"content").digest()
    with nullcontext() if error is None else pytest.raises(error):
        read_answer(
            provider.sign(content),
            chain=(party.der,),
            attributes_digest=bytes(32),
            content_digest=content,
        )


ID = der.ID_SIGNED_DATA


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"\x30\x80" + ID + b"\xa0\x80\x30\x80" + bytes(20), "indefinite-length"),
        (der.sequence(ID, b"\xa0\x80\x30\x80\x00\x00"), "indefinite-length"),
        (der.sequence(ID) + b"\x00", "trailing-bytes"),
        (der.sequence(ID), "structure"),
        (der.sequence(ID, der.tlv(0xA0)), "header"),
        (der.sequence(ID, der.tlv(0xA0, der.set_of())), "structure"),
        (der.sequence(ID, der.tlv(0xA1, der.sequence())), "not-signed-data"),
        (b"\x30\x81\x0b" + ID, "length"),
        (b"\x30\x82\x00\x0b" + ID, "length"),
        (b"\x30\x7f" + ID, "truncated"),
        (b"\x30\x0d" + ID + b"\x1f\x01", "header"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.hex(),
)
def test_bytes_that_only_begin_like_a_cms_are_named(
    prepared: Prepared, plan: SignaturePlan, answer: bytes, reason: str
) -> None:
    with pytest.raises(AnswerUnreadableError) as caught:
        complete(prepared, plan=plan, value=answer, timestamp_token=None)
    assert caught.value.facts == {"reason": reason}


@pytest.mark.parametrize("answer", [b"", b"\x30", b"0\x80", b"\x04\x0b" + ID, bytes(256)])
def test_whatever_else_is_a_value_that_does_not_verify(
    prepared: Prepared, plan: SignaturePlan, answer: bytes
) -> None:
    with pytest.raises(ValueDoesNotVerifyError):
        complete(prepared, plan=plan, value=answer, timestamp_token=None)


def nested(depth: int) -> bytes:
    value = der.NULL
    for _ in range(depth):
        value = der.sequence(value)
    return value


@pytest.mark.parametrize(
    ("value", "reason"),
    [(nested(40), "depth"), (der.sequence(b"\x30\x80\x00\x00"), "indefinite-length")],
)
def test_an_attribute_that_is_not_der_within_is_named(
    prepared: Prepared, plan: SignaturePlan, provider: Provider, value: bytes, reason: str
) -> None:
    own = [one.dump() for one in cms.CMSAttributes.load(provider._attributes(prepared.digest))]
    foreign = der.sequence(bytes.fromhex("06032a0304"), der.tlv(der.SET, value))
    provider.attributes_given = der.set_of(*own, foreign)
    with pytest.raises(AnswerUnreadableError) as caught:
        complete(prepared, plan=plan, value=provider.sign(prepared.digest), timestamp_token=None)
    assert caught.value.facts == {"reason": reason}


def test_a_value_that_is_no_octet_string_is_named(
    prepared: Prepared, plan: SignaturePlan, provider: Provider
) -> None:
    answer = provider.sign(prepared.digest)
    value = cms.ContentInfo.load(answer)["content"]["signer_infos"][0]["signature"].dump()
    broken = answer.replace(value, b"\x03" + value[1:])
    with pytest.raises(AnswerUnreadableError) as caught:
        complete(prepared, plan=plan, value=broken, timestamp_token=None)
    assert caught.value.facts == {"reason": "value"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_cms_is_refused_or_what_is_embedded_still_verifies(
    prepared: Prepared, plan: SignaturePlan, pki: Pki, data: st.DataObject
) -> None:
    answer = bytearray(_valid(prepared, pki))
    position = data.draw(st.integers(0, len(answer) - 1))
    answer[position] ^= data.draw(st.integers(1, 255))
    try:
        signed = complete(prepared, plan=plan, value=bytes(answer), timestamp_token=None)
    except SigningError:
        return
    assert statuses(signed, pki)[0].bottom_line


def test_no_changed_byte_of_a_signer_info_is_accepted(
    prepared: Prepared, plan: SignaturePlan, pki: Pki
) -> None:
    valid = _valid(prepared, pki)
    signer = cms.ContentInfo.load(valid)["content"]["signer_infos"][0].dump()
    start = valid.index(signer)
    for position in range(start, start + len(signer)):
        changed = bytearray(valid)
        changed[position] ^= 0x01
        with pytest.raises(SigningError):
            signature_value(prepared, plan=plan, value=bytes(changed))


_MADE: dict[bytes, bytes] = {}


def _valid(prepared: Prepared, pki: Pki) -> bytes:
    if prepared.digest not in _MADE:
        _MADE[prepared.digest] = Provider(pki.leader).sign(prepared.digest)
    return _MADE[prepared.digest]
