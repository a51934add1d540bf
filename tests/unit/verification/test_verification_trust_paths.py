from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from verification import certificates, paths
from verification.certificate_policies import PolicyInputs

if TYPE_CHECKING:
    from verification_pki import Party, Pki

    from verification.certificates import Certificate


# 1.3.6.1.4.1.99999.1 → 1.3.6.1.4.1.99999.2
MAPPING = bytes.fromhex("3018301606092b06010401868d1f0106092b06010401868d1f02")


def read(*parties: Party) -> tuple[Certificate, ...]:
    return tuple(certificates.load(one.der) for one in parties)


def named(organisation: str) -> x509.DirectoryName:
    parts = ((NameOID.COUNTRY_NAME, "VN"), (NameOID.ORGANIZATION_NAME, organisation))
    return x509.DirectoryName(x509.Name([x509.NameAttribute(*part) for part in parts]))


def within(organisation: str) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    return ((x509.NameConstraints([named(organisation)], None), True),)


# -- one path


def test_chain_in_order_has_no_fault(pki: Pki) -> None:
    assert paths.fault(read(pki.leader, pki.ca, pki.root), PolicyInputs()) is None


def test_signer_of_no_authority_issues_nothing(pki: Pki) -> None:
    holder = pki.issue("Người Thường", uses=None)
    party = pki.issue("Giả Mạo", issuer=holder)

    assert paths.fault(read(party, holder, pki.ca, pki.root), PolicyInputs()) == (
        "verification.chain-no-authority"
    )


def test_root_of_version_1_may_be_an_anchor(pki: Pki) -> None:
    leaf, root = read(pki.ca, pki.root)
    old = replace(root, has_extensions=False, is_ca=False, key_usage=None)

    assert paths.fault((leaf, old), PolicyInputs()) is None
    assert paths.fault((leaf, old, root), PolicyInputs()) == "verification.chain-no-authority"


def test_self_issued_authority_does_not_count_in_lengths(pki: Pki) -> None:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Đổi Khóa")])
    old = pki.issue("cũ", issuer=pki.root, ca=True, path_length=0, subject=subject)
    new = pki.issue("mới", issuer=old, ca=True, subject=subject)
    below = pki.issue("Cấp Dưới", issuer=new, ca=True)
    party, other = pki.issue("Cuối", issuer=new), pki.issue("Cuối Nữa", issuer=below)

    assert paths.fault(read(party, new, old, pki.root), PolicyInputs()) is None
    assert paths.fault(read(other, below, new, old, pki.root), PolicyInputs()) == (
        "verification.chain-too-long"
    )


def test_length_that_an_anchor_states_is_kept(pki: Pki) -> None:
    leaf, ca, root = read(pki.leader, pki.ca, pki.root)

    assert paths.fault((leaf, ca, replace(root, path_length=0)), PolicyInputs()) == (
        "verification.chain-too-long"
    )


@pytest.mark.parametrize(("organisation", "fault"), [("Huyện", None), ("Tỉnh", "chain-names")])
def test_authority_issues_within_its_names(organisation: str, fault: str | None, pki: Pki) -> None:
    ca = pki.issue("CA Huyện", issuer=pki.root, ca=True, more=within("Huyện"))
    party = pki.issue("Cán Bộ", issuer=ca, organisation=organisation)

    found = paths.fault(read(party, ca, pki.root), PolicyInputs())

    assert found == (fault and f"verification.{fault}")


def test_self_issued_authority_need_not_keep_names_but_a_last_one_must(pki: Pki) -> None:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ngoài Phạm Vi")])
    old = pki.issue("a", issuer=pki.root, ca=True, subject=subject, more=within("Huyện"))
    new = pki.issue("b", issuer=old, ca=True, subject=subject)
    party = pki.issue("Cán Bộ Huyện", issuer=new, organisation="Huyện")

    assert paths.fault(read(party, new, old, pki.root), PolicyInputs()) is None
    assert paths.fault(read(new, old, pki.root), PolicyInputs()) == "verification.chain-names"


def test_address_within_the_subject_is_under_constraints_too(pki: Pki) -> None:
    only = x509.NameConstraints([x509.RFC822Name("suoitruc.vn")], [x509.DNSName("x.vn")])
    ca = pki.issue("CA Thư", issuer=pki.root, ca=True, more=((only, True),))
    subject = x509.Name([x509.NameAttribute(NameOID.EMAIL_ADDRESS, "an@other.vn")])
    party = pki.issue("An", issuer=ca, subject=subject)

    assert paths.fault(read(party, ca, pki.root), PolicyInputs()) == "verification.chain-names"


def test_alternative_name_alone_is_under_constraints(pki: Pki) -> None:
    names = x509.SubjectAlternativeName([x509.DNSName("bad.vn")])
    only = x509.NameConstraints(None, [x509.DNSName("bad.vn")])
    ca = pki.issue("CA Tên", issuer=pki.root, ca=True, more=((only, True),))
    party = pki.issue("x", issuer=ca, subject=x509.Name([]), more=((names, True),))

    assert paths.fault(read(party, ca, pki.root), PolicyInputs()) == "verification.chain-names"


def policies(*numbers: int) -> x509.CertificatePolicies:
    oids = [x509.ObjectIdentifier(f"1.3.6.1.4.1.99999.{number}") for number in numbers]
    return x509.CertificatePolicies([x509.PolicyInformation(oid, None) for oid in oids])


def test_policies_are_read_and_mapped(pki: Pki) -> None:
    mapping = x509.UnrecognizedExtension(ExtensionOID.POLICY_MAPPINGS, MAPPING)
    ca = pki.issue(
        "CA Chính Sách",
        issuer=pki.root,
        ca=True,
        more=(
            (policies(1), False),
            (mapping, True),
            (x509.PolicyConstraints(0, None), True),
            (x509.InhibitAnyPolicy(0), True),
        ),
    )
    fits = pki.issue("Đúng", issuer=ca, more=((policies(2), False),))
    other = pki.issue("Sai", issuer=ca, more=((policies(1), False),))

    assert paths.fault(read(fits, ca, pki.root), PolicyInputs()) is None
    assert paths.fault(read(other, ca, pki.root), PolicyInputs()) == "verification.chain-policy"


@pytest.mark.parametrize("mapping", [b"\x30\x03\x30\x01\x06", b"\x30\x80", b"\x30\x09\x02", b"0"])
def test_broken_mapping_is_an_extension_that_cannot_be_read(mapping: bytes, pki: Pki) -> None:
    broken = x509.UnrecognizedExtension(ExtensionOID.POLICY_MAPPINGS, mapping)
    party = pki.issue("Hỏng", more=((broken, False),))

    found = certificates.load(party.der)

    assert (found.unreadable, found.unreadable_critical) == (("2.5.29.33",), ())
    assert found.policies.mappings == {}


def test_verifier_may_ask_for_policies(pki: Pki) -> None:
    asked = PolicyInputs(require_explicit=True)

    assert paths.fault(read(pki.leader, pki.ca, pki.root), asked) == "verification.chain-policy"
