from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from asn1crypto import algos, cms, core, tsp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, padding, rsa
from verification_files import Plan, base, by, check, sign, stamp
from verification_pki import DAY, NOW, Pki, Recipe, Shape, container, make, statement, token

from verification import crypto
from verification._pades import ber
from verification._pades import cms as reading
from verification._pades.algorithms import SignatureAlgorithm
from verification.cades import RangeDigests
from verification.crypto import UnknownAlgorithmError
from verification.model import Indication, Level, SubIndication

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
    party = pki.issue("Trần Ét", key=ed448.Ed448PrivateKey.generate())

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
    return info.dump(force=True)


@pytest.mark.parametrize(
    ("oid", "sub"),
    [
        ("1.2.840.113549.1.1.11", SubIndication.FORMAT_FAILURE),
        ("1.2.3.4", SubIndication.CRYPTO_CONSTRAINTS_FAILURE),
    ],
)
def test_digest_nobody_knows(oid: str, sub: SubIndication, pki: Pki, trust: Trust) -> None:
    data = changed(pki, digest_algorithm=algos.DigestAlgorithm({"algorithm": oid}))

    report = check(sign(base(), lambda _: data), trust).signatures[0]

    assert report.sub_indication is sub


def test_key_and_scheme_that_do_not_fit_are_unsure(pki: Pki, trust: Trust) -> None:
    data = changed(pki, signature_algorithm={"algorithm": "sha256_rsa"})

    report = check(sign(base(), lambda _: data), trust).signatures[0]

    assert "verification.unknown-algorithm" in report.reasons


def test_indefinite_lengths_are_read(pki: Pki, trust: Trust) -> None:
    report = check(sign(base(), lambda d: _indefinite(by(pki.leader)(d))), trust).signatures[0]

    assert report.indication is Indication.TOTAL_PASSED, report.findings


def _indefinite(der: bytes) -> bytes:
    """Rewrite the outermost headers as old tools do."""
    signed = cms.ContentInfo.load(der)["content"].dump()
    # The explicit tag and the sequence in it have headers of four bytes each.
    body = signed[8:]
    oid = core.ObjectIdentifier("1.2.840.113549.1.7.2").dump()
    return b"\x30\x80" + oid + b"\xa0\x80" + b"\x30\x80" + body + b"\0\0" * 3


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"\x30\x80\x02\x01\x05\x00\x00", b"\x30\x03\x02\x01\x05"),
        (b"\x24\x80\x04\x01a\x04\x01b\x00\x00rest", b"\x04\x02ab"),
        (b"\x30\x80" + b"\x04\x81\xc8" + bytes(200) + b"\0\0", None),
        (b"\xbf\x81\x01\x80\x05\x00\x00\x00", b"\xbf\x81\x01\x02\x05\x00"),
        (b"\x02\x01\x05", b"\x02\x01\x05"),
    ],
)
def test_indefinite_lengths_become_definite(written: bytes, meant: bytes | None) -> None:
    found = ber.definite(written)

    assert found == (meant or b"\x30\x81\xcb\x04\x81\xc8" + bytes(200))


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (b"\x30\x03\x02\x01\x05", set()),
        (b"\x30\x06\x30\x80\x05\x00\x00\x00", {ber.Form.INDEFINITE}),
        (b"\x30\x04\x02\x81\x01\x05", {ber.Form.LONG}),
        (b"\x04\x82\x00\xc8" + bytes(200), {ber.Form.LONG}),
        (b"\x04\x81\xc8" + bytes(200), set()),
        (b"\x04\x02\x30\x80", set()),
    ],
)
def test_lengths_that_are_no_der_are_found_however_deep(
    written: bytes, found: set[ber.Form]
) -> None:
    assert ber.forms(written) == found


@pytest.mark.parametrize(
    "broken", [b"", b"\x30\x80", b"\x30\x80" * 80, b"\x30\x80" + b"\x05\x00" * 60_000]
)
def test_lengths_that_nobody_can_follow_are_told(broken: bytes) -> None:
    with pytest.raises(ber.BerError):
        ber.forms(broken)


def test_what_is_too_large_to_look_at_is_passed_over() -> None:
    assert reading._forms(b"\x30\x80" + b"\x05\x00" * 60_000) == set()


@pytest.mark.parametrize(
    "broken", [b"", b"\x30\x80", b"\x30\x05\x02", b"\x02\x80\x00\x00", b"\x30\x80" * 80]
)
def test_broken_lengths_are_told(broken: bytes) -> None:
    with pytest.raises(ber.BerError):
        ber.definite(broken)


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


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"timestamp_of": bytes(32)}, "timestamp-of-other-data"),
        ({"timestamp_at": NOW + 5000 * DAY}, "expired-no-proof"),
    ],
)
def test_timestamp_that_does_not_hold_proves_nothing(
    how: dict[str, object], code: str, pki: Pki, trust: Trust
) -> None:
    report = one(pki, trust, Recipe(timestamp=pki.tsa, **how))  # type: ignore[arg-type]

    assert report.indication is Indication.TOTAL_PASSED
    assert report.level is Level.B_B
    assert report.timestamp_time is None
    assert {"verification.timestamp-not-passed", f"verification.{code}"} & set(report.reasons)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x30\x00", "container-unreadable"),
        ("data", "timestamp-unreadable"),
        ("junk", "timestamp-unreadable"),
        ("digest", "timestamp-unreadable"),
        ("stranger", "no-signing-certificate"),
    ],
)
def test_document_timestamp_that_is_none(
    data: bytes | str, code: str, pki: Pki, trust: Trust
) -> None:
    made = {
        "data": lambda: container(pki.tsa, b"", Recipe(content=b"x")),
        "junk": lambda: token(pki.tsa, b"", content=b"\x30\x00"),
        "digest": lambda: token(pki.tsa, b"", content=statement(bytes(4), hash_name="1.2.3")),
        "stranger": lambda: token(pki.issue("xyz"), bytes(32), certificates=()),
    }
    contents = data if isinstance(data, bytes) else made[data]()
    plan = Plan(sub_filter=b"ETSI.RFC3161")

    report = check(sign(base(), lambda _: contents, plan), trust).document_timestamps[0]

    assert f"verification.{code}" in report.reasons


def test_authority_that_expired_needs_a_newer_timestamp(pki: Pki) -> None:
    short = pki.issue(
        "Máy chủ cũ",
        end=NOW + DAY,
        uses=frozenset({"digital_signature"}),
        extended=Shape(extended=(tsp_usage(),)).extended,
    )
    trust = pki.trust(intermediates=(pki.ca.der,))
    pdf = sign(base(), by(pki.leader, Recipe(timestamp=short)))
    later = NOW + 20 * DAY

    alone = check(pdf, trust, at=later).signatures[0]
    renewed = check(stamp(pdf, pki.tsa), trust, at=later).signatures[0]

    assert "verification.timestamp-authority-expired" in alone.reasons
    assert renewed.timestamp_time == NOW


def tsp_usage() -> object:
    from cryptography.x509.oid import ExtendedKeyUsageOID  # noqa: PLC0415

    return ExtendedKeyUsageOID.TIME_STAMPING


def test_weak_imprint_of_a_timestamp_is_noted(pki: Pki, trust: Trust) -> None:
    data = statement(hashlib.sha1(b"", usedforsecurity=False).digest(), hash_name="sha1")
    plan = Plan(sub_filter=b"ETSI.RFC3161")
    pdf = sign(base(), lambda _: token(pki.tsa, b"", content=data), plan)

    report = check(pdf, trust).document_timestamps[0]

    assert "verification.weak-digest-no-proof" in report.reasons


# -- algorithms


def test_pss_is_verified() -> None:
    key = rsa.generate_private_key(65537, 2048)
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    value = key.sign(b"x", pss, hashes.SHA256())
    algorithm = SignatureAlgorithm(
        scheme="rsa-pss", hash_name="sha256", mgf_hash_name="sha256", salt_length=32
    )

    assert crypto.signature_holds(key.public_key(), algorithm, value, b"x")
    assert not crypto.signature_holds(key.public_key(), algorithm, value, b"y")


def test_pss_parameters_are_read_from_the_container(pki: Pki) -> None:
    parameters = algos.RSASSAPSSParams(
        {
            "hash_algorithm": {"algorithm": "sha256"},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}},
            "salt_length": 32,
        }
    )
    data = changed(pki, signature_algorithm={"algorithm": "rsassa_pss", "parameters": parameters})

    assert reading.parse(data).algorithm == SignatureAlgorithm(
        scheme="rsa-pss", hash_name="sha256", mgf_hash_name="sha256", salt_length=32
    )


def test_sha3_has_names(pki: Pki) -> None:
    data = changed(
        pki,
        digest_algorithm=algos.DigestAlgorithm({"algorithm": "2.16.840.1.101.3.4.2.8"}),
        signature_algorithm={"algorithm": "2.16.840.1.101.3.4.3.10"},
    )
    found = reading.parse(data)

    assert found.digest_name == "sha3_256"
    assert found.algorithm == SignatureAlgorithm(scheme="ecdsa", hash_name="sha3_256")


def test_dsa_is_verified() -> None:
    key = dsa.generate_private_key(1024)  # noqa: S505 -- fast to make
    algorithm = SignatureAlgorithm(scheme="dsa", hash_name="sha256")
    value = key.sign(b"x", hashes.SHA256())

    assert crypto.signature_holds(key.public_key(), algorithm, value, b"x")


def test_unknown_digests_and_schemes_are_told_apart_from_wrong_ones() -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()

    with pytest.raises(UnknownAlgorithmError):
        crypto.digest("nothing", b"")
    for algorithm in (
        SignatureAlgorithm(scheme="ecdsa", hash_name="nothing"),
        SignatureAlgorithm(scheme="rsa", hash_name="sha256"),
    ):
        with pytest.raises(UnknownAlgorithmError):
            crypto.signature_holds(key, algorithm, b"x", b"x")
    with pytest.raises(UnknownAlgorithmError):
        crypto.signature_holds(
            key, SignatureAlgorithm(scheme="ecdsa", hash_name="sha256"), b"x", b"x", hashed=True
        )


@pytest.mark.parametrize("name", ["sha256", "sha3_256", "shake256", "md5"])
def test_ranges_are_hashed_alike_in_any_order(name: str) -> None:
    data = bytes(range(256))
    digests = RangeDigests(data, [100, 10, 150])
    holes = [((100, 120), 200), ((10, 20), 90), ((150, 160), 256)]

    for hole, end in holes:
        expected = crypto.digest(name, data[: hole[0]] + data[hole[1] : end])
        assert digests.over(hole, end)(name) == expected


def test_certificate_without_a_key_identifier_by_its_own_maker() -> None:
    root = make("Một mình", ec.generate_private_key(ec.SECP256R1()), Shape())

    assert root.certificate.subject == root.certificate.issuer
    assert tsp.TSTInfo.load(statement(bytes(32)))["version"].native == "v1"
