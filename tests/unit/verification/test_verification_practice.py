from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from asn1crypto import core
from cryptography.hazmat.primitives.asymmetric import rsa
from verification_files import PAGE, SEAL, Plan, base, base_objects, by, check, road, sign, stream
from verification_pki import NOW, Pki, Recipe, container

from verification.model import Indication, SubIndication
from verification.policy import DEFAULT_POLICY

if TYPE_CHECKING:
    from verification_pki import Party

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
