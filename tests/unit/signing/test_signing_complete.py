from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from signing_stand_ins import NOW, Pki, Tsa, blank_pdf, places
from signing_steps import leader_plan, sign, statuses

from signing.complete import complete
from signing.errors import (
    ContainerTooSmallError,
    PreparedMismatchError,
    TimestampInvalidError,
    ValueDoesNotVerifyError,
)
from signing.prepare import prepare
from signing.stamp import reserve
from signing.timestamp import Timestamper

if TYPE_CHECKING:
    from signing.model import Prepared


@pytest.fixture(scope="module")
def prepared(reserved: bytes, pki: Pki) -> Prepared:
    return prepare(reserved, plan=leader_plan(pki), at=NOW)


def filled(prepared: Prepared, pki: Pki, token: bytes | None = None) -> bytes:
    value = pki.leader.sign(prepared.to_be_signed)
    return complete(prepared, plan=leader_plan(pki), value=value, timestamp_token=token)


def test_only_the_hole_differs_from_the_first_half(prepared: Prepared, pki: Pki) -> None:
    signed = filled(prepared, pki)
    start, end = prepared.hole
    assert signed[:start] == prepared.pdf[:start]
    assert signed[end:] == prepared.pdf[end:]


def test_a_signature_without_a_timestamp_is_b_b(prepared: Prepared, pki: Pki) -> None:
    signed = filled(prepared, pki)
    (found,) = PdfFileReader(io.BytesIO(signed)).embedded_regular_signatures
    assert not len(found.signer_info["unsigned_attrs"])
    assert statuses(signed, pki)[0].bottom_line


def test_the_cms_carries_the_chain_and_is_strict_der(led: bytes, pki: Pki) -> None:
    (found,) = PdfFileReader(io.BytesIO(led)).embedded_regular_signatures
    encoded = bytes(found.pkcs7_content).rstrip(b"\x00")
    info = cms.ContentInfo.load(encoded)
    data = info["content"]
    assert {choice.chosen.dump() for choice in data["certificates"]} == set(pki.chain(pki.leader))
    assert data["version"].native == "v1"
    assert [a["type"].native for a in data["signer_infos"][0]["unsigned_attrs"]] == [
        "signature_time_stamp_token"
    ]


def test_value_from_another_key_is_refused(prepared: Prepared, pki: Pki) -> None:
    value = pki.organisation.sign(prepared.to_be_signed)
    with pytest.raises(ValueDoesNotVerifyError):
        complete(prepared, plan=leader_plan(pki), value=value, timestamp_token=None)


def test_value_over_other_bytes_is_refused(prepared: Prepared, pki: Pki) -> None:
    value = pki.leader.sign(prepared.digest)
    with pytest.raises(ValueDoesNotVerifyError):
        complete(prepared, plan=leader_plan(pki), value=value, timestamp_token=None)


def test_a_plan_of_another_signer_is_refused(prepared: Prepared, pki: Pki) -> None:
    plan = replace(leader_plan(pki), chain=pki.chain(pki.organisation))
    value = pki.organisation.sign(prepared.to_be_signed)
    with pytest.raises(PreparedMismatchError) as caught:
        complete(prepared, plan=plan, value=value, timestamp_token=None)
    assert caught.value.facts == {"reason": "signed-attributes"}


def test_a_hole_of_another_file_is_refused(prepared: Prepared, pki: Pki) -> None:
    other = prepare(reserve(blank_pdf(pages=3), places()), plan=leader_plan(pki), at=NOW)
    with pytest.raises(PreparedMismatchError) as caught:
        filled(replace(prepared, hole=other.hole), pki)
    assert caught.value.facts == {"reason": "hole"}


def test_a_digest_of_another_file_is_refused(prepared: Prepared, pki: Pki) -> None:
    with pytest.raises(PreparedMismatchError) as caught:
        filled(replace(prepared, digest=hashlib.sha256(b"").digest()), pki)
    assert caught.value.facts == {"reason": "digest"}


@pytest.mark.parametrize("hole", [(0, 9), (9, 9), (9, 10), (9, 12), (9, 10**9)])
def test_a_hole_that_is_none_is_refused(
    prepared: Prepared, pki: Pki, hole: tuple[int, int]
) -> None:
    with pytest.raises(PreparedMismatchError):
        filled(replace(prepared, hole=hole), pki)


def test_a_hole_is_filled_once(prepared: Prepared, pki: Pki) -> None:
    signed = filled(prepared, pki)
    with pytest.raises(PreparedMismatchError):
        filled(replace(prepared, pdf=signed), pki)


def test_a_timestamp_of_another_value_is_refused(prepared: Prepared, pki: Pki, tsa: Tsa) -> None:
    token = Timestamper("", tsa.transport).stamp(hashlib.sha256(b"other").digest())
    with pytest.raises(TimestampInvalidError) as caught:
        filled(prepared, pki, token)
    assert caught.value.facts == {"reason": "imprint"}


def test_a_signature_that_does_not_fit_is_refused(prepared: Prepared, pki: Pki, tsa: Tsa) -> None:
    tsa.padding = 20_000
    value = pki.leader.sign(prepared.to_be_signed)
    token = Timestamper("", tsa.transport).stamp(hashlib.sha256(value).digest())
    with pytest.raises(ContainerTooSmallError):
        filled(prepared, pki, token)


def test_a_chain_may_name_a_certificate_twice(reserved: bytes, pki: Pki) -> None:
    plan = replace(leader_plan(pki), chain=(pki.leader.der, pki.ca.der, pki.ca.der))
    assert statuses(sign(reserved, plan, pki.leader, None), pki)[0].bottom_line
