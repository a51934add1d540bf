from __future__ import annotations

import pytest
from asn1crypto import algos, cms, tsp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from verification_containers import container, statement
from verification_pki import Pki, Shape, make

from verification import crypto
from verification._pades import cms as reading
from verification._pades.algorithms import SignatureAlgorithm
from verification.cades import RangeDigests
from verification.crypto import UnknownAlgorithmError


def changed(pki: Pki, **fields: object) -> bytes:
    """Return a container whose signer info is changed after the fact."""
    info = cms.ContentInfo.load(container(pki.leader, bytes(32)))
    signer = info["content"]["signer_infos"][0]
    for name, value in fields.items():
        signer[name] = value
    return info.dump()


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
