from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from asn1crypto import cms, core
from cryptography.hazmat.primitives.asymmetric import rsa
from verification_containers import Recipe, container
from verification_files import (
    PAGE,
    SEAL,
    SEALED,
    Plan,
    base,
    base_objects,
    by,
    check,
    road,
    sign,
    stamp,
    stream,
)
from verification_pki import NOW, Pki

from verification import der
from verification.model import Indication, SubIndication
from verification.policy import DEFAULT_POLICY
from verification.report.summary import summarise

if TYPE_CHECKING:
    from collections.abc import Callable

    from verification_pki import Party

    from verification.model import SignatureReport
    from verification.trust import Trust

SHA1_HOLDS = replace(
    DEFAULT_POLICY,
    id="then",
    hashes=dict.fromkeys(DEFAULT_POLICY.hashes, NOW.replace(year=2099)),
)
OLDEST = b"adbe.x509.rsa_sha1"


@pytest.fixture(scope="module")
def veteran(pki: Pki) -> Party:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return pki.issue("Lê Văn Cũ", key)


def bare(party: Party, data: bytes) -> bytes:
    return core.OctetString(party.sign(data, "sha1")).dump()


def oldest(party: Party, certificate: bytes) -> bytes:
    plan = Plan(sub_filter=OLDEST, value_more=b"/Cert" + certificate)
    return sign(base(), lambda data: bare(party, data), plan)


def hexed(party: Party) -> bytes:
    return b"<%s>" % party.der.hex().encode()


@pytest.mark.parametrize("many", [True, False])
def test_bare_value_of_the_oldest_kind_is_verified(
    *, many: bool, veteran: Party, pki: Pki, trust: Trust
) -> None:
    certificate = hexed(veteran)
    pdf = oldest(veteran, b"[%s%s]" % (certificate, hexed(pki.ca)) if many else certificate)

    one = check(pdf, trust, policy=SHA1_HOLDS).signatures[0]

    assert one.indication is Indication.TOTAL_PASSED, one.findings
    assert one.signer == "Lê Văn Cũ"
    assert {"verification.old-kind", "verification.old-digest"} <= set(one.reasons)


def test_bare_value_over_other_bytes_is_refused(veteran: Party, trust: Trust) -> None:
    pdf = oldest(veteran, hexed(veteran)).replace(b"CONG VAN", b"CONG VAT")

    one = check(pdf, trust, policy=SHA1_HOLDS).signatures[0]

    assert one.sub_indication is SubIndication.SIG_CRYPTO_FAILURE


@pytest.mark.parametrize("certificate", [b"(x)", b"[]", b" null"])
def test_bare_value_without_certificate_is_never_unsigned(
    certificate: bytes, veteran: Party, trust: Trust
) -> None:
    report = check(oldest(veteran, certificate), trust)

    assert report.indication is Indication.TOTAL_FAILED
    assert report.signatures[0].reasons == ("verification.container-unreadable",)


def test_container_that_should_be_a_bare_value_is_refused(pki: Pki, trust: Trust) -> None:
    pdf = sign(base(), by(pki.leader), Plan(sub_filter=OLDEST))

    assert check(pdf, trust).indication is Indication.TOTAL_FAILED


def test_old_practice_is_named_and_passes(pki: Pki, trust: Trust) -> None:
    recipe = Recipe(attributes=False, timestamp=pki.tsa)
    plan = Plan(sub_filter=b"adbe.pkcs7.detached", hole=262_144)

    one = check(sign(base(), by(pki.leader, recipe), plan), trust).signatures[0]

    assert one.indication is Indication.TOTAL_PASSED, one.findings
    assert set(one.reasons) == {
        "verification.no-signed-attributes",
        "verification.large-reserve",
        "verification.signer-certificate-only",
        "verification.no-signing-time",
    }


def test_indefinite_length_is_named_and_passes(pki: Pki, trust: Trust) -> None:
    def endless(data: bytes) -> bytes:
        der = container(pki.leader, hashlib.sha256(data).digest())
        return b"\x30\x80" + der[4:] + b"\x00\x00"

    one = check(sign(base(), endless), trust).signatures[0]

    assert one.indication is Indication.TOTAL_PASSED, one.findings
    assert one.reasons == ("verification.indefinite-length",)


def rewritten(data: bytes, change: Callable[[bytes], bytes | None]) -> bytes:
    """Write DER anew with some elements changed, all lengths around them right."""
    changed = change(data)
    if changed is not None:
        return changed
    whole = der.element(data, 0)
    if not whole.tag & 0x20:
        return data
    parts = b"".join(rewritten(one, change) for one in inside(data))
    return data[:1] + length(len(parts)) + parts


def inside(data: bytes) -> list[bytes]:
    whole = der.element(data, 0)
    ends = [whole.start, *(one.end for one in der.children(data, whole))]
    return [data[start:end] for start, end in pairwise(ends)]


def length(size: int) -> bytes:
    octets = size.to_bytes(max(1, (size.bit_length() + 7) // 8), "big")
    return bytes((size,)) if size < 0x80 else bytes((0x80 | len(octets),)) + octets


def endless(data: bytes) -> bytes:
    return data[:1] + b"\x80" + b"".join(inside(data)) + b"\0\0"


def judged(
    pki: Pki, trust: Trust, change: Callable[[cms.SignerInfo, bytes], bytes | None]
) -> SignatureReport:
    """Judge a container of which some elements are written in another way."""

    def made(data: bytes) -> bytes:
        plain = container(pki.leader, hashlib.sha256(data).digest(), Recipe(timestamp=pki.tsa))
        signer = cms.ContentInfo.load(plain)["content"]["signer_infos"][0]
        return rewritten(plain, lambda one: change(signer, one))

    return check(sign(base(), made), trust).signatures[0]


def endless_attribute(signer: cms.SignerInfo, one: bytes) -> bytes | None:
    return endless(one) if one == signer["signed_attrs"][0].dump() else None


def endless_token(signer: cms.SignerInfo, one: bytes) -> bytes | None:
    token = signer["unsigned_attrs"][0]["values"][0]["content"].dump()
    return endless(one) if one == token else None


def unsorted(signer: cms.SignerInfo, one: bytes) -> bytes | None:
    if one != signer["signed_attrs"].dump():
        return None
    parts = b"".join(reversed(inside(one)))
    return one[:1] + length(len(parts)) + parts


@pytest.mark.parametrize("change", [endless_attribute, endless_token])
def test_indefinite_length_below_the_top_is_named_too(
    change: Callable[[cms.SignerInfo, bytes], bytes | None], pki: Pki, trust: Trust
) -> None:
    one = judged(pki, trust, change)

    assert one.indication is Indication.TOTAL_PASSED, one.findings
    assert one.timestamp_time is not None
    assert "verification.indefinite-length" in one.reasons


@pytest.mark.parametrize(
    ("change", "named"), [(unsorted, True), (endless_attribute, True), (endless_token, False)]
)
def test_signed_attributes_that_are_no_der_are_named_and_pass(
    change: Callable[[cms.SignerInfo, bytes], bytes | None],
    named: bool,  # noqa: FBT001  # a column of the table above
    pki: Pki,
    trust: Trust,
) -> None:
    one = judged(pki, trust, change)

    assert one.indication is Indication.TOTAL_PASSED, one.findings
    assert ("verification.attributes-not-der" in one.reasons) is named


def test_rights_of_a_program_are_no_signature_of_a_person(trust: Trust) -> None:
    objects = base_objects()
    objects[1] = objects[1].replace(b"/Pages", b"/Perms<</UR3 20 0 R/UR 7>>/Pages")
    objects[20] = b"<</Type/Sig/ByteRange [0 1 2 3]/Contents<00>>>"

    report = check(base(objects), trust)

    assert report.indication is None


def marked(pki: Pki, party: Party, *, recipe: Recipe | None = None, new: bool) -> bytes:
    """Return the leader's document with another signature and its mark."""
    fields = b"6 0 R 7 0 R 8 0 R 9 0 R 10 0 R"
    look = stream(b"0 0 9 9 re S", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")
    widget = {
        5: b"<</SigFlags 3/Fields[%s 40 0 R]>>" % fields,
        PAGE: base_objects()[PAGE].replace(fields, fields + b" 40 0 R"),
    }
    plan = Plan(
        field_number=40 if new else SEAL,
        value_number=41,
        name=b"more" if new else b"docsvc.organisation",
        box=b"300 300 400 400",
        objects={42: look} | (widget if new else {}),
        field_more=b"/AP<</N 42 0 R>>",
    )
    if not new:
        plan.box = b"250 100 350 200"
    return sign(road(pki, 1), by(party, recipe), plan)


def test_mark_of_a_broken_signature_breaks_the_one_before(pki: Pki, trust: Trust) -> None:
    pdf = marked(pki, pki.organisation, recipe=Recipe(flip_value=True), new=True)

    one = check(pdf, trust).signatures[0]

    assert one.indication is Indication.TOTAL_FAILED
    assert "verification.mark-without-signature" in one.reasons


@pytest.mark.parametrize("new", [True, False])
def test_mark_of_a_stranger_counts_where_its_place_was_not_reserved(
    *, new: bool, pki: Pki, trust: Trust
) -> None:
    stranger = Pki().issue("Người Lạ")

    one = check(marked(pki, stranger, new=new), trust).signatures[0]

    assert ("verification.mark-by-unknown" in one.reasons) is new
    assert (one.indication is Indication.TOTAL_PASSED) is not new


def test_later_signature_that_draws_nothing_is_its_own_affair(pki: Pki, trust: Trust) -> None:
    plan = Plan(field_number=SEAL, value_number=41, name=b"docsvc.organisation", box=b"0 0 0 0")
    objects = base_objects()
    objects[SEAL] = objects[SEAL].replace(b"250 100 350 200", b"0 0 0 0")
    pdf = sign(base(objects), by(pki.leader))

    report = check(sign(pdf, by(pki.organisation, Recipe(flip_value=True)), plan), trust)

    assert report.indication is Indication.TOTAL_FAILED
    assert report.signatures[0].indication is Indication.TOTAL_PASSED


def test_timestamp_of_the_document_proves_the_time_of_what_it_covers_alone(
    pki: Pki, trust: Trust
) -> None:
    plan = Plan(sub_filter=b"adbe.pkcs7.detached")
    plain = sign(base(), by(pki.leader), plan)
    stamped_then_sealed = sign(stamp(plain, pki.tsa), by(pki.organisation), SEALED)

    report = check(stamped_then_sealed, trust)

    leader, seal = report.signatures
    assert (leader.level, leader.timestamp_time) == (None, None)
    assert (leader.proven_time, seal.proven_time) == (report.document_timestamps[0].time, None)
    alone = check(stamp(plain, pki.tsa), trust)
    assert summarise(alone).lamps[2].says == "time.proven"
    assert summarise(report).lamps[2].says == "time.claimed"
