from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from asn1crypto import algos, cms, core
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from verification_containers import Recipe, container
from verification_files import Plan, base, by, check, sign
from verification_pki import NOW, Pki

from verification._pades import cms as reading
from verification.model import Indication, SubIndication

if TYPE_CHECKING:
    from verification.model import SignatureReport
    from verification.trust import Trust


OLD = Plan(sub_filter=b"adbe.pkcs7.detached")


SHA1 = Plan(sub_filter=b"adbe.pkcs7.sha1")


def one(pki: Pki, trust: Trust, recipe: Recipe, plan: Plan | None = None) -> SignatureReport:
    return check(sign(base(), by(pki.leader, recipe), plan), trust).signatures[0]


def two_times() -> cms.CMSAttribute:
    moment = cms.Time({"utc_time": NOW})
    return cms.CMSAttribute({"type": "signing_time", "values": [moment, moment]})


@pytest.mark.parametrize(
    ("recipe", "plan", "code", "sub"),
    [
        (Recipe(flip_value=True), None, "signature-value", SubIndication.SIG_CRYPTO_FAILURE),
        (Recipe(message_digest=bytes(32)), None, "content-changed", SubIndication.HASH_FAILURE),
        (Recipe(message_digest=b""), None, "content-changed", SubIndication.HASH_FAILURE),
        (Recipe(content=b"x"), None, "content-inside", SubIndication.FORMAT_FAILURE),
        (
            Recipe(attribute_type="signed_data"),
            None,
            "content-type",
            SubIndication.FORMAT_FAILURE,
        ),
        (
            Recipe(protection="sha512"),
            None,
            "algorithm-protection",
            SubIndication.FORMAT_FAILURE,
        ),
        (Recipe(signers=2), None, "signers-not-one", SubIndication.FORMAT_FAILURE),
        (Recipe(signers=0), None, "signers-not-one", SubIndication.FORMAT_FAILURE),
        (Recipe(twice=True), None, "container-unreadable", SubIndication.FORMAT_FAILURE),
        (
            Recipe(signing_time=None, extra=(two_times(),)),
            None,
            "container-unreadable",
            SubIndication.FORMAT_FAILURE,
        ),
        (Recipe(content=bytes(20)), SHA1, "content-changed", SubIndication.HASH_FAILURE),
        (Recipe(), SHA1, "content-changed", SubIndication.HASH_FAILURE),
    ],
)
def test_container_that_does_not_fit_fails(
    recipe: Recipe, plan: Plan | None, code: str, sub: SubIndication, pki: Pki, trust: Trust
) -> None:
    report = one(pki, trust, recipe, plan)

    assert report.indication is Indication.TOTAL_FAILED
    assert report.sub_indication is sub
    assert f"verification.{code}" in report.reasons


@pytest.mark.parametrize(
    ("recipe", "plan", "code"),
    [
        (Recipe(named=None), None, "certificate-not-named"),
        (Recipe(named_certificate=b"other"), None, "other-certificate-named"),
        (Recipe(named="v1", named_certificate=b"other"), None, "other-certificate-named"),
    ],
)
def test_certificate_has_to_be_named(
    recipe: Recipe, plan: Plan | None, code: str, pki: Pki, trust: Trust
) -> None:
    report = one(pki, trust, recipe, plan)

    assert report.indication is Indication.INDETERMINATE
    assert f"verification.{code}" in report.reasons


def turned_round(made: bytes) -> bytes:
    """Return a container whose signed attributes come in the opposite order."""
    signer = cms.ContentInfo.load(made)["content"]["signer_infos"][0]
    parts = [attribute.dump() for attribute in signer["signed_attrs"]]
    return made.replace(b"".join(parts), b"".join(reversed(parts)))


def test_attributes_may_be_sent_in_another_order_than_they_were_hashed(
    pki: Pki, trust: Trust
) -> None:
    filler = by(pki.leader)

    pdf = sign(base(), lambda signed: turned_round(filler(signed)))

    assert check(pdf, trust).signatures[0].indication is Indication.TOTAL_PASSED


def test_certificate_that_is_nowhere_leaves_the_signer_unknown(pki: Pki, trust: Trust) -> None:
    stranger = pki.issue("Người lạ")
    pdf = sign(base(), by(stranger, Recipe(certificates=())))

    report = check(pdf, trust).signatures[0]

    assert report.sub_indication is SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    assert report.signer is None


def test_signer_may_be_known_from_outside_only(pki: Pki) -> None:
    trust = pki.trust(intermediates=(pki.ca.der, pki.leader.der))

    assert one(pki, trust, Recipe(certificates=())).indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(attributes=False, signing_time=None),
        Recipe(named=None),
        Recipe(named="v1"),
        Recipe(key_id=True),
        Recipe(protection="sha256"),
    ],
)
def test_old_practice_passes_without_a_level(recipe: Recipe, pki: Pki, trust: Trust) -> None:
    report = one(pki, trust, recipe, OLD)

    assert report.indication is Indication.TOTAL_PASSED, report.findings
    assert report.level is None


def test_signature_over_a_digest_inside_is_read(pki: Pki, trust: Trust) -> None:
    def filler(data: bytes, *, attributes: bool) -> bytes:
        digest = hashlib.sha1(data, usedforsecurity=False).digest()
        return container(pki.leader, b"", Recipe(content=digest, attributes=attributes))

    for attributes in (True, False):
        pdf = sign(base(), lambda data, a=attributes: filler(data, attributes=a), SHA1)

        assert check(pdf, trust).signatures[0].indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize("attributes", [True, False])
def test_edwards_curve_signs(attributes: bool, pki: Pki, trust: Trust) -> None:  # noqa: FBT001
    party = pki.issue("Trần Ét", key=ed25519.Ed25519PrivateKey.generate())

    def filler(data: bytes) -> bytes:
        over = hashlib.sha512(data).digest() if attributes else data
        return container(party, over, Recipe(hash_name="sha512", attributes=attributes))

    report = check(sign(base(), filler, OLD), trust).signatures[0]

    assert report.indication is Indication.TOTAL_PASSED, report.findings


@pytest.mark.parametrize("attributes", [True, False])
def test_rsa_signs(attributes: bool, pki: Pki, trust: Trust) -> None:  # noqa: FBT001
    party = pki.issue("Rờ", key=rsa.generate_private_key(65537, 2048))
    recipe = Recipe(attributes=attributes)

    report = check(sign(base(), by(party, recipe), OLD), trust).signatures[0]

    assert report.indication is Indication.TOTAL_PASSED, report.findings


def changed(pki: Pki, **fields: object) -> bytes:
    """Return a container whose signer info is changed after the fact."""
    info = cms.ContentInfo.load(container(pki.leader, bytes(32)))
    signer = info["content"]["signer_infos"][0]
    for name, value in fields.items():
        signer[name] = value
    return info.dump()


@pytest.mark.parametrize(
    ("oid", "sub"),
    [
        ("1.2.840.113549.1.1.11", SubIndication.FORMAT_FAILURE),
        ("1.2.3.4", SubIndication.GENERIC),
    ],
)
def test_digest_nobody_knows(oid: str, sub: SubIndication, pki: Pki, trust: Trust) -> None:
    data = changed(pki, digest_algorithm=algos.DigestAlgorithm({"algorithm": oid}))

    report = check(sign(base(), lambda _: data), trust).signatures[0]

    assert report.sub_indication is sub


def test_copy_of_the_signed_bytes_in_the_container_is_a_remark(pki: Pki, trust: Trust) -> None:
    def enveloping(data: bytes) -> bytes:
        return container(pki.leader, b"", Recipe(content=data))

    report = check(sign(base(), enveloping), trust).signatures[0]

    assert report.indication is Indication.TOTAL_PASSED, report.findings
    assert "verification.content-repeated" in report.reasons


def test_vendors_may_state_their_name_twice(pki: Pki, trust: Trust) -> None:
    vendor = cms.CMSAttribute({"type": "1.3.6.1.4.1.99999.1", "values": [core.Integer(1)]})

    report = check(sign(base(), by(pki.leader, Recipe(extra=(vendor, vendor)))), trust).signatures[
        0
    ]

    assert report.indication is Indication.TOTAL_PASSED, report.findings


def test_key_and_scheme_that_do_not_fit_are_unsure(pki: Pki, trust: Trust) -> None:
    data = changed(pki, signature_algorithm={"algorithm": "sha256_rsa"})

    report = check(sign(base(), lambda _: data), trust).signatures[0]

    assert "verification.unknown-algorithm" in report.reasons


def test_container_of_another_kind_is_unreadable() -> None:
    data = cms.ContentInfo({"content_type": "data", "content": core.OctetString(b"x")}).dump()

    with pytest.raises(reading.CmsError):
        reading.parse(data)


def test_revocation_data_in_the_container_counts(pki: Pki) -> None:
    trust = pki.trust(crls=(pki.crl(pki.root),), intermediates=(pki.ca.der,))
    with_crl = Recipe(crls=(pki.crl(),))
    with_ocsp = Recipe(ocsps=(pki.ocsp(pki.leader),))
    archival = cms.CMSAttribute(
        {
            "type": "1.2.840.113583.1.1.8",
            "values": [{"crl": [pki.asn1_crl()], "ocsp": [pki.asn1_ocsp(pki.leader)]}],
        }
    )

    for recipe in (with_crl, with_ocsp, Recipe(extra=(archival,))):
        assert one(pki, trust, recipe, OLD).indication is Indication.TOTAL_PASSED
