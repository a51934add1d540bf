from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from verification_containers import Recipe
from verification_files import base, by, check, road, sign
from verification_pki import DAY, END, NOW, START, Party, Pki, Shape, make

from verification import certificates
from verification.model import Indication, SubIndication
from verification.policy import DEFAULT_POLICY
from verification.trust import Anchor, AnchorKind, Trust

if TYPE_CHECKING:
    from datetime import datetime

    from verification.model import SignatureReport


def signed_by(
    party: Party, trusted: Trust, recipe: Recipe | None = None, **more: object
) -> SignatureReport:
    return check(sign(base(), by(party, recipe)), trusted, **more).signatures[0]  # type: ignore[arg-type]


def everything(pki: Pki, **more: object) -> Trust:
    return pki.trust(intermediates=(pki.ca.der,), **more)


def test_missing_intermediate_leaves_no_chain(pki: Pki) -> None:
    report = signed_by(pki.leader, pki.trust())

    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert "verification.no-chain" in report.reasons


def test_signer_that_is_an_anchor_itself_needs_no_more(pki: Pki) -> None:
    anchor = Anchor(certificate=pki.leader.der, name="x", kind=AnchorKind.PUBLIC)

    assert signed_by(pki.leader, Trust(anchors=(anchor,))).indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize("kind", [AnchorKind.TSA, AnchorKind.EU_TSA])
def test_anchor_for_timestamps_serves_no_signature(pki: Pki, kind: AnchorKind) -> None:
    anchor = Anchor(certificate=pki.root.der, name="x", kind=kind)
    trusted = replace(everything(pki), anchors=(anchor,))

    report = check(road(pki, 1), trusted).signatures[0]

    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert report.timestamp_time == NOW


@pytest.mark.parametrize(
    ("start", "end", "claimed", "sub"),
    [
        (NOW + DAY, END, NOW, SubIndication.NOT_YET_VALID),
        (START, NOW - DAY, NOW, SubIndication.EXPIRED),
        (START, NOW - DAY, NOW - 2 * DAY, SubIndication.OUT_OF_BOUNDS_NO_POE),
    ],
)
def test_validity_is_judged_at_the_proven_time(
    start: datetime, end: datetime, claimed: datetime, sub: SubIndication, pki: Pki
) -> None:
    party = pki.issue("Hết Hạn", start=start, end=end)

    report = signed_by(party, everything(pki), Recipe(signing_time=claimed))

    assert report.sub_indication is sub


def test_signature_stamped_in_time_outlives_its_certificate(pki: Pki) -> None:
    party = pki.issue("Hết Hạn", end=NOW + DAY)

    report = signed_by(party, everything(pki), Recipe(timestamp=pki.tsa), at=NOW + 25 * DAY)

    assert report.indication is Indication.TOTAL_PASSED, report.findings


@pytest.mark.parametrize(
    "shape",
    [
        {"uses": frozenset({"key_encipherment"})},
        {"extended": (ExtendedKeyUsageOID.TIME_STAMPING,)},
    ],
)
def test_key_usage_has_to_allow_signatures(shape: dict[str, object], pki: Pki) -> None:
    report = signed_by(pki.issue("Sai Mục Đích", **shape), everything(pki))

    assert report.sub_indication is SubIndication.CHAIN_CONSTRAINTS_FAILURE
    assert "verification.key-usage" in report.reasons


def test_certificate_without_key_usage_may_sign(pki: Pki) -> None:
    report = signed_by(pki.issue("Không Ghi", uses=None), everything(pki))

    assert report.indication is Indication.TOTAL_PASSED


def test_weak_key_is_unsure(pki: Pki) -> None:
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 -- what is tested
    weak = pki.issue("Khóa Ngắn", key=short)
    curve = pki.issue("Cong Ngắn", key=ec.generate_private_key(ec.SECP192R1()))

    for party in (weak, curve):
        assert "verification.weak-key" in signed_by(party, everything(pki)).reasons


def test_weak_digest_in_the_chain_is_unsure(pki: Pki) -> None:
    ca = make(
        "CA SHA-1",
        ec.generate_private_key(ec.SECP256R1()),
        Shape(issuer=pki.root, ca=True, hashed=hashes.SHA224()),
    )
    party = pki.issue("Dưới", issuer=ca)
    policy = replace(DEFAULT_POLICY, hashes={"sha256": NOW + DAY})

    report = signed_by(
        party,
        pki.trust(intermediates=(ca.der,), crls=(pki.crl(pki.root), pki.crl(ca))),
        policy=policy,
    )

    assert "verification.weak-digest" in report.reasons


def test_edwards_keys_are_strong(pki: Pki) -> None:
    party = pki.issue("Ét", key=ed448.Ed448PrivateKey.generate())

    assert (
        "verification.weak-key"
        not in signed_by(party, everything(pki), Recipe(hash_name="sha512")).reasons
    )


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        ({"ca": False}, "chain-no-authority"),
        ({"ca": True, "path_length": 0}, None),
        ({"ca": True, "end": NOW - DAY}, "chain-not-valid-then"),
        ({"ca": True, "unknown_critical": True}, "chain-unknown-extension"),
    ],
)
def test_authority_in_the_middle(shape: dict[str, object], code: str | None, pki: Pki) -> None:
    ca = pki.issue("Trung Gian", issuer=pki.root, **shape)
    party = pki.issue("Cuối", issuer=ca)
    crls = (pki.crl(pki.root), pki.crl(ca))

    report = signed_by(party, pki.trust(intermediates=(ca.der,), crls=crls))

    if code is None:
        assert report.indication is Indication.TOTAL_PASSED
    else:
        assert f"verification.{code}" in report.reasons


def test_path_length_is_kept(pki: Pki) -> None:
    top = pki.issue("Trên", issuer=pki.root, ca=True, path_length=0)
    low = pki.issue("Dưới", issuer=top, ca=True)
    party = pki.issue("Cuối", issuer=low)

    report = signed_by(party, pki.trust(intermediates=(top.der, low.der)))

    assert "verification.chain-too-long" in report.reasons


def test_endless_chain_ends(pki: Pki) -> None:
    last, between = pki.root, []
    for number in range(9):
        last = pki.issue(f"Tầng {number}", issuer=last, ca=True)
        between.append(last.der)
    party = pki.issue("Cuối", issuer=last)

    report = signed_by(party, pki.trust(intermediates=tuple(between)))

    assert "verification.no-chain" in report.reasons


def test_name_of_an_issuer_without_its_key_makes_no_chain(pki: Pki) -> None:
    impostor = Pki()
    party = impostor.issue("Giả Mạo")

    report = signed_by(party, everything(pki), Recipe(certificates=(party, impostor.ca)))

    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_names_are_compared_without_case(pki: Pki) -> None:
    party = pki.issue("Chữ Hoa", upper_issuer=True)

    assert certificates.is_issued_by(certificates.load(party.der), certificates.load(pki.ca.der))
    assert not certificates.is_issued_by(
        certificates.load(party.der), certificates.load(pki.root.der)
    )


def test_key_of_another_kind_signs_nothing(pki: Pki) -> None:
    key = dsa.generate_private_key(1024).public_key()  # noqa: S505 -- fast to make

    assert not certificates.holds(key, b"", b"", hashes.SHA256())
    assert certificates.key_bits(key) == b""
    assert len(certificates.key_bits(ed448.Ed448PrivateKey.generate().public_key())) == 57
    assert certificates.load_all((b"no certificate", pki.root.der, pki.root.der))[0].is_ca
