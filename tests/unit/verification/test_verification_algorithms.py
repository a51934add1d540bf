"""Algorithms that few use are checked, or named and left open; all of them can be read."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from asn1crypto import algos, cms, core
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, utils
from verification_containers import Recipe, container
from verification_files import base, check, sign

from verification import certificates, crypto
from verification._pades import algorithms
from verification._pades.algorithms import SignatureAlgorithm
from verification.crypto import UnknownAlgorithmError
from verification.model import Indication, SubIndication

if TYPE_CHECKING:
    from collections.abc import Callable

    from verification_pki import Party, Pki

    from verification.model import SignatureReport
    from verification.trust import Trust

# Ed25519 goes with SHA-512, Ed448 with SHAKE256 (RFC 8419 §3).
CURVES: dict[str, tuple[Callable[[], object], str]] = {
    "ed25519": (ed25519.Ed25519PrivateKey.generate, "sha512"),
    "ed448": (ed448.Ed448PrivateKey.generate, "shake256_len"),
}


def digest(name: str, data: bytes) -> bytes:
    return crypto.digest(name, data)


def signed(
    party: Party, trust: Trust, digest_algorithm: dict[str, object], scheme: str
) -> SignatureReport:
    """Judge a container whose digest and signature algorithm are these."""
    name = str(digest_algorithm["algorithm"])

    def made(data: bytes) -> bytes:
        recipe = Recipe(message_digest=digest(name, data), signing_time=None)
        info = cms.ContentInfo.load(container(party, b"", recipe))
        signer = info["content"]["signer_infos"][0]
        signer["digest_algorithm"] = algos.DigestAlgorithm(digest_algorithm)
        signer["signature_algorithm"] = algos.SignedDigestAlgorithm({"algorithm": scheme})
        return bytes(info.dump())

    return check(sign(base(), made), trust).signatures[0]


@pytest.mark.parametrize("curve", CURVES)
def test_edwards_curve_with_the_digest_that_goes_with_it_passes(
    curve: str, pki: Pki, trust: Trust
) -> None:
    make, name = CURVES[curve]
    party = pki.issue(f"Ét {curve}", key=make())  # type: ignore[arg-type]
    stated: dict[str, object] = {"algorithm": name}
    if name.endswith("_len"):
        stated["parameters"] = core.Integer(512)

    report = signed(party, trust, stated, curve)

    assert report.indication is Indication.TOTAL_PASSED, report.findings


@pytest.mark.parametrize("name", ["shake128", "shake256", "shake128_len", "shake256_len"])
def test_shake_is_a_digest_of_the_length_that_cms_has(name: str, pki: Pki, trust: Trust) -> None:
    party = pki.issue("Ét", key=ed448.Ed448PrivateKey.generate())

    report = signed(party, trust, {"algorithm": name}, "ed448")

    assert "verification.content-changed" not in report.reasons
    assert "verification.unknown-algorithm" not in report.reasons
    made = hashlib.shake_128 if "128" in name else hashlib.shake_256
    assert digest(name, b"x") == made(b"x").digest(32 if "128" in name else 64)


@pytest.mark.parametrize("curve", CURVES)
def test_edwards_curve_with_another_digest_is_left_open(curve: str, pki: Pki, trust: Trust) -> None:
    party = pki.issue(f"Ét {curve} khác", key=CURVES[curve][0]())  # type: ignore[arg-type]

    report = signed(party, trust, {"algorithm": "sha256"}, curve)

    (found,) = [one for one in report.findings if one.indication is not None]
    assert found.code == "verification.digest-of-another-scheme"
    assert found.facts == {"algorithm": curve, "digest": "sha256"}
    assert report.indication is Indication.INDETERMINATE


@pytest.mark.parametrize(
    ("oid", "name", "made"),
    [
        ("0.4.0.127.0.7.1.1.4.1.3", "sha256", hashes.SHA256()),
        ("0.4.0.127.0.7.1.1.4.1.11", "sha3_512", hashes.SHA3_512()),
    ],
)
def test_plain_ecdsa_is_two_numbers_side_by_side(
    oid: str, name: str, made: hashes.HashAlgorithm
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    one, other = utils.decode_dss_signature(key.sign(b"x", ec.ECDSA(made)))
    algorithm = algorithms.signature_algorithm(
        algos.SignedDigestAlgorithm({"algorithm": oid}),
        algos.DigestAlgorithm({"algorithm": "sha256"}),
    )

    def holds(*numbers: int) -> bool:
        value = b"".join(each.to_bytes(32, "big") for each in numbers)
        return crypto.signature_holds(key.public_key(), algorithm, value, b"x")

    assert algorithm == SignatureAlgorithm(scheme="ecdsa-plain", hash_name=name)
    assert holds(one, other)
    assert not holds(other, one)
    assert not holds()


def test_shake_of_another_length_is_named_and_left_open(pki: Pki, trust: Trust) -> None:
    party = pki.issue("Ét", key=ed448.Ed448PrivateKey.generate())
    stated = {"algorithm": "shake256_len", "parameters": core.Integer(1024)}

    report = signed(party, trust, stated, "ed448")

    (found,) = [one for one in report.findings if one.check == "V-15"]
    assert (found.code, found.facts) == (
        "verification.unknown-algorithm",
        {"algorithm": "shake256_len-1024"},
    )
    assert report.sub_indication is SubIndication.GENERIC


@pytest.mark.parametrize(
    ("oid", "named"),
    [
        ("1.3.6.1.5.5.7.6.31", "rsa-pss-shake256"),
        ("1.3.6.1.5.5.7.6.32", "ecdsa-shake128"),
        ("2.16.840.1.101.3.4.3.18", "2.16.840.1.101.3.4.3.18"),
    ],
)
def test_signature_algorithm_that_is_not_supported_is_named_and_left_open(
    oid: str, named: str, pki: Pki, trust: Trust
) -> None:
    report = signed(pki.leader, trust, {"algorithm": "sha256"}, oid)

    assert report.indication is Indication.INDETERMINATE
    (found,) = [one for one in report.findings if one.check == "V-15"]
    assert (found.code, found.facts) == (
        "verification.unknown-algorithm",
        {"algorithm": named},
    )


def test_curve_signs_under_its_own_name_only() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    value = key.sign(b"x")

    def holds(scheme: str) -> bool:
        algorithm = SignatureAlgorithm(scheme=scheme, hash_name="sha512")
        return crypto.signature_holds(key.public_key(), algorithm, value, b"x")

    assert holds("ed25519")
    for other in ("ed448", "rsa", "ecdsa"):
        with pytest.raises(UnknownAlgorithmError):
            holds(other)


@pytest.mark.parametrize(("last", "name"), [(15, "sha512_224"), (16, "sha512_256")])
def test_short_sha_512_of_rsa_is_known(last: int, name: str) -> None:
    stated = algos.SignedDigestAlgorithm({"algorithm": f"1.2.840.113549.1.1.{last}"})
    digest_of = algos.DigestAlgorithm({"algorithm": "sha256"})

    found = algorithms.signature_algorithm(stated, digest_of)

    assert found == SignatureAlgorithm(scheme="rsa", hash_name=name)


def test_signer_whose_certificate_is_signed_by_something_new_is_known_by_name(pki: Pki) -> None:
    party = pki.issue("Mới", key=ec.generate_private_key(ec.SECP256R1()))
    old, new = bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06082b06010505070620")
    assert party.der.count(old) == 2

    found = certificates.load(party.der.replace(old, new))

    assert (found.common_name, found.hash_name) == ("Mới", "1.3.6.1.5.5.7.6.32")
    assert not certificates.is_issued_by(found, certificates.load(pki.ca.der))
