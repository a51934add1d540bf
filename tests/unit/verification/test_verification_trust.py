from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from verification_files import base, by, check, road, sign
from verification_pki import DAY, END, NOW, START, Party, Pki, Recipe, Shape, make

from verification import certificates, revocation, statuses, trust
from verification.errors import TrustMaterialError, UnreadableFileError
from verification.model import Indication, Role, SubIndication
from verification.policy import DEFAULT_POLICY
from verification.revocation import collect, ocsp_request, signers
from verification.roles import role_of
from verification.statuses import Status
from verification.trust import Anchor, AnchorKind, Trust, load_directory

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

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


# -- revocation


@pytest.mark.parametrize(
    ("since", "claimed", "stamped", "sub", "code"),
    [
        (NOW - DAY, NOW, False, SubIndication.REVOKED, "revoked"),
        (NOW - DAY, NOW - 2 * DAY, False, SubIndication.REVOKED_NO_POE, "revoked-no-proof"),
        (NOW - DAY, None, False, SubIndication.REVOKED_NO_POE, "revoked-no-proof"),
        (NOW + DAY, NOW, True, None, "revoked-later"),
        (NOW - DAY, NOW, True, SubIndication.REVOKED, "revoked"),
    ],
)
def test_revocation_is_judged_by_date_and_proof(
    since: datetime,
    claimed: datetime | None,
    stamped: bool,  # noqa: FBT001
    sub: SubIndication | None,
    code: str,
    pki: Pki,
) -> None:
    serial = pki.leader.certificate.serial_number
    crls = (pki.crl(pki.root), pki.crl(revoked={serial: since}, at=NOW + 2 * DAY))
    recipe = Recipe(signing_time=claimed, timestamp=pki.tsa if stamped else None)

    report = signed_by(pki.leader, everything(pki, crls=crls), recipe, at=NOW + 3 * DAY)

    assert report.sub_indication is sub
    assert f"verification.{code}" in report.reasons


def test_revoked_authority_is_unsure(pki: Pki) -> None:
    serial = pki.ca.certificate.serial_number
    crls = (pki.crl(pki.root, {serial: NOW - DAY}), pki.crl())

    report = signed_by(pki.leader, everything(pki, crls=crls))

    assert report.sub_indication is SubIndication.REVOKED_CA_NO_POE


@pytest.mark.parametrize(
    ("crls", "code"), [("none", "revocation-unknown"), ("old", "revocation-stale")]
)
def test_revocation_data_has_to_be_there_and_fresh(crls: str, code: str, pki: Pki) -> None:
    old = tuple(
        pki.crl(issuer, at=NOW - 60 * DAY, until=NOW - 30 * DAY) for issuer in (pki.root, pki.ca)
    )
    trusted = everything(pki, crls=old if crls == "old" else ())
    lenient = replace(DEFAULT_POLICY, require_revocation=False)

    strict = signed_by(pki.leader, trusted)

    assert strict.sub_indication is SubIndication.TRY_LATER
    assert f"verification.{code}" in strict.reasons
    assert signed_by(pki.leader, trusted, policy=lenient).indication is Indication.TOTAL_PASSED


def ocsp_of_store(der: bytes) -> bytes:
    """Return the inner answer, without the wrapping, as some files hold it."""
    return bytes(asn1_ocsp.OCSPResponse.load(der)["response_bytes"]["response"].parsed.dump())


@pytest.mark.parametrize(
    "key", [rsa.generate_private_key(65537, 2048), ed448.Ed448PrivateKey.generate()]
)
def test_authorities_may_have_other_keys(
    key: rsa.RSAPrivateKey | ed448.Ed448PrivateKey, pki: Pki
) -> None:
    ca = pki.issue("CA khác", key=key, issuer=pki.root, ca=True)
    party = pki.issue("Dưới CA khác", issuer=ca)
    known = pki.trust(
        intermediates=(ca.der,), crls=(pki.crl(pki.root),), ocsps=(pki.ocsp(party, issuer=ca),)
    )

    assert signed_by(party, known).indication is Indication.TOTAL_PASSED


def test_ocsp_answers_serve_as_well(pki: Pki) -> None:
    root = pki.crl(pki.root)
    responder = pki.issue("Trả Lời", extended=(ExtendedKeyUsageOID.OCSP_SIGNING,))
    answers = {
        "by the authority": pki.ocsp(pki.leader),
        "by a delegate": pki.ocsp(pki.leader, responder=responder),
        "bare": ocsp_of_store(pki.ocsp(pki.leader)),
        "by another hash": pki.ocsp(pki.leader, hashed=hashes.SHA256()),
    }
    wrong = {
        "by a stranger": pki.ocsp(pki.leader, responder=pki.organisation),
        "about another issuer": pki.ocsp(pki.leader, issuer=pki.root),
        "by a hash nobody uses": pki.ocsp(pki.leader, hashed=hashes.SHA224()),
        "unknown": pki.ocsp(pki.leader, status=ocsp.OCSPCertStatus.UNKNOWN),
        "no answer": ocsp.OCSPResponseBuilder.build_unsuccessful(
            ocsp.OCSPResponseStatus.TRY_LATER
        ).public_bytes(Encoding.DER),
        "junk": b"junk",
    }

    for answer in answers.values():
        report = signed_by(pki.leader, everything(pki, crls=(root,), ocsps=(answer,)))
        assert report.indication is Indication.TOTAL_PASSED
    for answer in wrong.values():
        report = signed_by(pki.leader, everything(pki, crls=(root,), ocsps=(answer,)))
        assert report.sub_indication is SubIndication.TRY_LATER


def test_ocsp_answer_revokes(pki: Pki) -> None:
    answer = pki.ocsp(pki.leader, since=NOW - DAY)

    report = signed_by(pki.leader, everything(pki, ocsps=(answer,)))

    assert report.sub_indication is SubIndication.REVOKED


def test_certificate_that_needs_no_revocation_data(pki: Pki) -> None:
    party = pki.issue("Miễn Tra", no_check=True)

    report = signed_by(party, everything(pki, crls=(pki.crl(pki.root),)))

    assert report.indication is Indication.TOTAL_PASSED


def point(**more: object) -> x509.IssuingDistributionPoint:
    plain = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**{**plain, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("extension", "critical", "serves"),
    [
        (point(only_contains_user_certs=True), True, True),
        (point(only_contains_ca_certs=True), True, False),
        (point(indirect_crl=True), True, True),
        (point(only_contains_attribute_certs=True), True, False),
        (x509.DeltaCRLIndicator(1), True, False),
        (x509.DeltaCRLIndicator(1), False, False),
        (x509.CRLNumber(1), False, True),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True, False),
    ],
)
def test_list_for_others_does_not_speak(
    extension: x509.ExtensionType,
    critical: bool,  # noqa: FBT001
    serves: bool,  # noqa: FBT001
    pki: Pki,
) -> None:
    crl = pki.crl(extension=extension, critical=critical)

    report = signed_by(pki.leader, everything(pki, crls=(pki.crl(pki.root), crl)))

    assert (report.indication is Indication.TOTAL_PASSED) is serves


@pytest.mark.parametrize("which_one", ["forged", "junk"])
def test_forged_list_does_not_speak(which_one: str, pki: Pki) -> None:
    impostor = Pki()
    forged = impostor.crl() if which_one == "forged" else b"junk"

    report = signed_by(pki.leader, everything(pki, crls=(pki.crl(pki.root), forged)))

    assert report.sub_indication is SubIndication.TRY_LATER


def test_data_without_next_update_ages() -> None:
    assert statuses.is_fresh(NOW, None, NOW + 6 * DAY, 7 * DAY)
    assert not statuses.is_fresh(NOW, None, NOW + 8 * DAY, 7 * DAY)


# -- collecting


def test_everything_a_file_needs_is_collected(pki: Pki) -> None:
    asked: list[str] = []

    def fetch(url: str, body: bytes | None) -> bytes:
        assert body is None
        asked.append(url)
        return pki.crl()

    sealed = road(pki, 2)
    data = collect(sealed, everything(pki, crls=(pki.crl(pki.root), pki.crl())), fetch)

    assert asked == ["http://pki.invalid/ca.crl"] * 2
    ders = {pki.leader.der, pki.organisation.der, pki.tsa.der, pki.ca.der, pki.root.der}
    assert set(data.certificates) == ders
    assert data.missing == ()
    assert len(data.crls) >= 2


def test_what_cannot_be_had_is_named(pki: Pki) -> None:
    def fetch(url: str, _body: bytes | None) -> bytes:
        raise ConnectionError(url)

    data = collect((pki.leader.der,), everything(pki, crls=()), fetch)
    alone = collect((pki.leader.der,), Trust(), fetch)

    assert data.crls == ()
    assert len(data.missing) == 2
    assert alone.missing == (certificates.load(pki.leader.der).sha256,)


def test_large_list_is_replaced_by_an_answer(pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    party = pki.issue("Danh Sách Dài", crl_url="http://x/a.crl", ocsp_url="http://x/ocsp")
    large = pki.crl(revoked=dict.fromkeys(range(1, 99), NOW - DAY))
    monkeypatch.setattr(revocation, "MAX_EMBEDDED_CRL", 1000)

    def fetch(_url: str, body: bytes | None) -> bytes:
        return large if body is None else pki.ocsp(party)

    data = collect((party.der,), everything(pki), fetch)
    preferred = collect((party.der,), everything(pki), fetch, prefer_ocsp=True)

    assert len(data.ocsps) == len(preferred.ocsps) == 1
    assert large not in data.crls


def test_answer_is_asked_where_no_list_is_named(pki: Pki) -> None:
    party = pki.issue("Chỉ OCSP", ocsp_url="http://x/ocsp")
    free = pki.issue("Miễn Tra", no_check=True)
    odd = pki.issue("Lạ", crl_url="ldap://x/a.crl", ocsp_url="http://x/ocsp")

    def fetch(_url: str, body: bytes | None) -> bytes:
        assert body == ocsp_request(certificates.load(party.der), certificates.load(pki.ca.der))
        return pki.ocsp(party)

    def junk(_url: str, _body: bytes | None) -> bytes:
        return b"junk"

    stored = everything(pki, crls=(pki.crl(pki.root),), ocsps=(b"junk", pki.ocsp(party)))

    assert collect((party.der,), everything(pki), fetch).ocsps
    assert collect((party.der,), stored, junk).ocsps == stored.ocsps[1:]
    assert collect((free.der,), everything(pki), fetch).ocsps == ()
    assert collect((odd.der,), everything(pki, crls=()), junk).missing


def test_file_that_cannot_be_read_has_no_signers() -> None:
    with pytest.raises(UnreadableFileError):
        signers(b"%PDF-1.7")


def test_signers_are_named_without_trusting_them(pki: Pki) -> None:
    broken = sign(road(pki, 1), lambda _: b"\x30\x00")

    assert set(signers(road(pki, 1))) == {pki.leader.der, pki.tsa.der}
    assert signers(broken) == ()
    assert statuses.Revocation(status=Status.GOOD).source is None


# -- roles and folders


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Nguyễn Văn An", Role.LEADER),
        ("UBND xã Suối Trúc", Role.ORGANISATION),
        ("Ủy ban nhân dân xã Suối Trúc", Role.ORGANISATION),
        ("ĐẢNG ỦY XÃ SUỐI TRÚC", Role.ORGANISATION),
        ("Đoàn Thị Điểm", Role.LEADER),
        ("Đoàn Thanh niên xã Suối Trúc", Role.ORGANISATION),
        ("Trương Văn Cường", Role.LEADER),
        ("Trường Tiểu học Suối Trúc", Role.ORGANISATION),
        ("Truong Van Cuong", Role.LEADER),
        ("UBND XA SUOI TRUC", Role.ORGANISATION),
        ("Bộ Xây dựng", Role.ORGANISATION),
        ("Hội Nông dân xã Suối Trúc", Role.ORGANISATION),
        ("", Role.LEADER),
    ],
)
def test_name_speaks_for_a_role(name: str, role: Role, pki: Pki) -> None:
    known = replace(certificates.load(pki.root.der), common_name=name)

    assert role_of(known, {}) is role


def test_store_in_a_folder_is_read(tmp_path: Path, pki: Pki) -> None:
    for folder in ("state", "intermediates", "tsa", "crls"):
        (tmp_path / folder).mkdir()
    (tmp_path / "state" / "root.crt").write_bytes(pki.root.der)
    pem = pki.ca.certificate.public_bytes(Encoding.PEM)
    crl = x509.load_der_x509_crl(pki.crl()).public_bytes(Encoding.PEM)
    (tmp_path / "intermediates" / "all.pem").write_bytes(pem + crl)
    (tmp_path / "intermediates" / "root.cer").write_bytes(pki.root.der)
    (tmp_path / "tsa" / "tsa.der").write_bytes(pki.tsa.der)
    (tmp_path / "crls" / "a.ocsp").write_bytes(pki.ocsp(pki.leader))
    (tmp_path / "top.pem").write_bytes(pki.root.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "README.md").write_text("not read")

    found = load_directory(tmp_path)

    assert [(one.kind, one.name) for one in found.anchors] == [
        (AnchorKind.STATE, "Gốc thử nghiệm"),
        (AnchorKind.PUBLIC, "Gốc thử nghiệm"),
        (AnchorKind.TSA, "Máy chủ dấu thời gian"),
    ]
    assert found.intermediates == (pki.ca.der, pki.root.der)
    assert (len(found.crls), len(found.ocsps)) == (1, 1)


def test_store_may_be_one_file(tmp_path: Path, pki: Pki) -> None:
    file = tmp_path / "anchors"
    file.write_bytes(pki.root.der)

    assert [one.certificate for one in load_directory(file).anchors] == [pki.root.der]


def test_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.crt").write_bytes(b"junk")

    with pytest.raises(TrustMaterialError) as raised:
        load_directory(tmp_path)

    assert raised.value.facts == {"file": "a.crt"}


def test_anchor_that_cannot_be_read_is_left_out(pki: Pki) -> None:
    trusted = Trust(anchors=(Anchor(certificate=b"junk", name="x", kind=AnchorKind.STATE),))

    assert dict(trust.index(trusted).anchors) == {}
    assert signed_by(pki.leader, trusted).indication is Indication.INDETERMINATE
