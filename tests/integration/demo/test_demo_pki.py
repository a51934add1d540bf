from __future__ import annotations

import multiprocessing
import stat
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from docsvc.demo import pki as demo_pki
from docsvc.demo.errors import OtherPortError, UnknownKeyError
from verification.trust import AnchorKind, load_directory

if TYPE_CHECKING:
    from pathlib import Path

    from support.demo import DemoInstance

    from docsvc.demo.organisations import Organisations
    from docsvc.demo.pki import DemoPki


def certificate(pki: DemoPki, name: str) -> x509.Certificate:
    return x509.load_der_x509_certificate(pki.certificate(name))


def values(name: x509.Name, oid: x509.ObjectIdentifier) -> list[str | bytes]:
    return [attribute.value for attribute in name.get_attributes_for_oid(oid)]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_second_call_changes_nothing(small_pki: DemoPki, hamlet: Organisations) -> None:
    before = contents(small_pki.folder)

    again = demo_pki.create(small_pki.folder.parent, port=small_pki.port, organisations=hamlet)

    assert contents(small_pki.folder) == before
    assert again == small_pki == demo_pki.load(small_pki.folder.parent)


def test_a_lost_certificate_is_issued_again_for_the_same_key(
    small_pki: DemoPki, hamlet: Organisations
) -> None:
    before = certificate(small_pki, "leader")
    small_pki.certificate_file("leader").unlink()

    demo_pki.create(small_pki.folder.parent, port=small_pki.port, organisations=hamlet)

    after = certificate(small_pki, "leader")
    assert after.public_key() == before.public_key()
    assert after.serial_number != before.serial_number


def test_another_port_is_refused(small_pki: DemoPki, hamlet: Organisations) -> None:
    with pytest.raises(OtherPortError):
        demo_pki.create(small_pki.folder.parent, port=small_pki.port + 1, organisations=hamlet)


def test_two_processes_at_once_make_one_pki(tmp_path: Path, hamlet: Organisations) -> None:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as processes:
        jobs = [
            processes.submit(demo_pki.create, tmp_path, port=1, organisations=hamlet)
            for _ in range(2)
        ]
        first, second = (job.result(60) for job in jobs)

    assert first == second
    leader = certificate(first, "leader")
    leader.verify_directly_issued_by(certificate(first, "state"))
    assert leader.public_key() == first.rsa_key("leader").public_key()


def test_private_keys_are_closed_to_others(small_pki: DemoPki) -> None:
    keys = list((small_pki.folder / "keys").iterdir())

    assert len(keys) == 7
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}


def test_every_certificate_says_that_it_is_a_test(demo_instance: DemoInstance) -> None:
    names = [path.stem for path in (demo_instance.pki.folder / "certificates").iterdir()]

    assert len(names) == 21
    for name in names:
        subject = certificate(demo_instance.pki, name).subject
        assert "THỬ NGHIỆM" in values(subject, NameOID.ORGANIZATIONAL_UNIT_NAME)


def test_every_certificate_was_valid_on_the_first_day_of_2024(demo_instance: DemoInstance) -> None:
    for path in (demo_instance.pki.folder / "certificates").iterdir():
        found = certificate(demo_instance.pki, path.stem)
        assert found.not_valid_before_utc <= datetime(2023, 12, 31, 17, tzinfo=UTC)
        assert found.not_valid_after_utc > datetime(2035, 1, 1, tzinfo=UTC)


def test_an_officer_is_named_with_unit_and_title(demo_instance: DemoInstance) -> None:
    subject = certificate(demo_instance.pki, "leader-h99-12-05").subject

    assert values(subject, NameOID.COMMON_NAME) == ["Nguyễn Văn An"]
    assert values(subject, NameOID.TITLE) == ["Chủ tịch"]
    assert values(subject, NameOID.ORGANIZATION_NAME) == ["Ủy ban nhân dân tỉnh Lâm An"]
    assert values(subject, NameOID.ORGANIZATIONAL_UNIT_NAME) == [
        "Ủy ban nhân dân xã Suối Trúc",
        "THỬ NGHIỆM",
    ]


def test_a_seal_is_named_by_its_body_in_capitals(demo_instance: DemoInstance) -> None:
    subject = certificate(demo_instance.pki, "seal-h99-12-05").subject

    assert values(subject, NameOID.COMMON_NAME) == ["ỦY BAN NHÂN DÂN XÃ SUỐI TRÚC"]
    assert values(subject, NameOID.TITLE) == []


@pytest.mark.parametrize(
    ("name", "ca"),
    [("leader-h99", "state"), ("leader-a99", "party"), ("seal-i99-12-05", "party")],
)
def test_the_chain_leads_from_the_holder_through_its_own_ca(
    demo_instance: DemoInstance, name: str, ca: str
) -> None:
    pki = demo_instance.pki
    own, issuer = (x509.load_der_x509_certificate(der) for der in pki.chain(name))

    own.verify_directly_issued_by(issuer)
    issuer.verify_directly_issued_by(certificate(pki, "root"))
    assert pki.chain(name)[1] == pki.certificate(ca)
    assert pki.chain(name)[1] in pki.intermediates()


def test_the_chain_of_an_authority_is_its_own_certificate(demo_instance: DemoInstance) -> None:
    assert demo_instance.pki.chain("tsa") == (demo_instance.pki.certificate("tsa"),)


def test_a_holder_signs_and_does_nothing_else(demo_instance: DemoInstance) -> None:
    extensions = certificate(demo_instance.pki, "leader-h99").extensions
    usage = extensions.get_extension_for_class(x509.KeyUsage).value

    assert usage.digital_signature
    assert usage.content_commitment
    assert not usage.key_cert_sign
    assert not extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_holder_names_the_authority_that_answers_for_it(demo_instance: DemoInstance) -> None:
    extensions = certificate(demo_instance.pki, "leader-a99").extensions
    access = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    points = extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    url = demo_instance.authority.url

    assert {entry.access_method: entry.access_location.value for entry in access} == {
        AuthorityInformationAccessOID.OCSP: f"{url}/ocsp/party",
        AuthorityInformationAccessOID.CA_ISSUERS: f"{url}/ca/party.crt",
    }
    assert [name.value for point in points for name in point.full_name or ()] == [
        f"{url}/crl/party.crl"
    ]


def test_the_timestamp_authority_may_do_nothing_but_timestamp(demo_instance: DemoInstance) -> None:
    extensions = certificate(demo_instance.pki, "tsa").extensions
    usage = extensions.get_extension_for_class(x509.ExtendedKeyUsage)

    assert usage.critical
    assert list(usage.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def test_the_trust_store_has_the_root_as_its_only_anchor(demo_instance: DemoInstance) -> None:
    pki = demo_instance.pki

    trust = load_directory(pki.trust)

    assert [(anchor.certificate, anchor.kind) for anchor in trust.anchors] == [
        (pki.certificate("root"), AnchorKind.DEMO)
    ]
    assert set(trust.intermediates) == set(pki.intermediates())


def test_only_holders_can_be_revoked(small_pki: DemoPki) -> None:
    with pytest.raises(UnknownKeyError):
        small_pki.revoke("root", since=datetime(2026, 1, 1, tzinfo=UTC))


def test_an_unknown_name_has_no_certificate(small_pki: DemoPki) -> None:
    with pytest.raises(UnknownKeyError):
        small_pki.certificate("nobody")
