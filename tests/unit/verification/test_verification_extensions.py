"""One extension that cannot be read does not hide what the others say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID
from verification_files import base, by, check, sign

from verification import certificates
from verification.certificates import CertificateError
from verification.model import Indication, SubIndication
from verification.salvage import salvage
from verification.trust import Anchor, AnchorKind, Trust

if TYPE_CHECKING:
    from verification_pki import Party, Pki

    from verification.model import SignatureReport

ACCESS = ExtensionOID.AUTHORITY_INFORMATION_ACCESS
MAPPINGS = ExtensionOID.POLICY_MAPPINGS
SUBJECT_NAMES = ExtensionOID.SUBJECT_ALTERNATIVE_NAME
REMARK = "verification.extension-unreadable"
REFUSED = "verification.chain-unreadable-extension"
CONSTRAINTS = (
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.NAME_CONSTRAINTS,
    ExtensionOID.POLICY_CONSTRAINTS,
    ExtensionOID.INHIBIT_ANY_POLICY,
)


def broken(
    oid: x509.ObjectIdentifier = ACCESS, *, critical: bool = False
) -> tuple[x509.ExtensionType, bool]:
    return x509.UnrecognizedExtension(oid, b"\x04\x01x"), critical


def signed_by(party: Party, trusted: Trust) -> SignatureReport:
    return check(sign(base(), by(party)), trusted).signatures[0]


def below(pki: Pki) -> Trust:
    return pki.trust(intermediates=(pki.ca.der,))


def test_the_others_are_read(pki: Pki) -> None:
    whole = pki.issue("Lành", crl_url="http://pki.invalid/ca.crl")
    party = pki.issue("Hỏng", crl_url="http://pki.invalid/ca.crl", more=(broken(),))

    found, sound = certificates.load(party.der), certificates.load(whole.der)

    assert (found.unreadable, sound.unreadable) == ((ACCESS.dotted_string,), ())
    assert found.key_usage == sound.key_usage
    assert found.crl_urls == sound.crl_urls
    assert found.ocsp_urls == ()


def test_optional_one_is_a_remark(pki: Pki) -> None:
    report = signed_by(pki.issue("Hỏng", more=(broken(),)), below(pki))

    assert report.indication is Indication.TOTAL_PASSED
    (remark,) = [one for one in report.findings if one.code == REMARK]
    assert (remark.indication, remark.facts) == (None, {"extensions": ACCESS.dotted_string})


def test_critical_one_makes_the_chain_unusable(pki: Pki) -> None:
    report = signed_by(pki.issue("Hỏng", more=(broken(critical=True),)), below(pki))

    assert report.sub_indication is SubIndication.CHAIN_CONSTRAINTS_FAILURE
    assert REFUSED in report.reasons


def mappings(*pairs: bytes) -> x509.UnrecognizedExtension:
    content = b"".join(pairs)
    return x509.UnrecognizedExtension(MAPPINGS, bytes((0x30, len(content))) + content)


# GeneralNames of a kind that cryptography does not know: ediPartyName, empty.
EDI = bytes.fromhex("3002a500")
# Spelled so that cryptography raises four kinds of exceptions, or none and leaves it to us.
BROKEN_VALUES = {
    "mappings that end early": mappings(bytes.fromhex("30060603550403")),
    "mapping of one policy": mappings(bytes.fromhex("30050603550403")),
    "mapping to nowhere": mappings(bytes.fromhex("3007060355040306 00".replace(" ", ""))),
    "mappings of no list": x509.UnrecognizedExtension(MAPPINGS, b"\x02"),
    "policies": broken(ExtensionOID.CERTIFICATE_POLICIES)[0],
    "policy twice": x509.UnrecognizedExtension(
        ExtensionOID.CERTIFICATE_POLICIES, bytes.fromhex("300a30030601 2930030601".replace(" ", ""))
    ),
    "alternative name of an unknown kind": x509.UnrecognizedExtension(SUBJECT_NAMES, EDI),
    "alternative names": broken(SUBJECT_NAMES)[0],
    "issuer's names": broken(ExtensionOID.ISSUER_ALTERNATIVE_NAME)[0],
    "distribution points": broken(ExtensionOID.CRL_DISTRIBUTION_POINTS)[0],
    "feature nobody knows": x509.UnrecognizedExtension(
        ExtensionOID.TLS_FEATURE, bytes.fromhex("3003020163")
    ),
}


@pytest.mark.parametrize("critical", [False, True], ids=["optional", "critical"])
@pytest.mark.parametrize("name", BROKEN_VALUES)
def test_fault_is_named_whatever_it_is(name: str, critical: bool, pki: Pki) -> None:  # noqa: FBT001
    value = BROKEN_VALUES[name]
    oid = value.oid.dotted_string

    report = signed_by(pki.issue("Hỏng", more=((value, critical),)), below(pki))

    faults = {one.code: one for one in report.findings if one.code in {REMARK, REFUSED}}
    assert {code: one.facts for code, one in faults.items()} == {
        REFUSED if critical else REMARK: {"extensions": oid}
    }
    passed = Indication.INDETERMINATE if critical else Indication.TOTAL_PASSED
    assert report.indication is passed


def test_policies_that_are_mapped_nobody_knows_where_are_none(pki: Pki) -> None:
    policies = x509.CertificatePolicies(
        [x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)]
    )
    sound = pki.issue("Lành", more=((policies, False),))
    party = pki.issue("Hỏng", more=((policies, False), (mappings(b"\x30"), False)))

    found = [certificates.load(one.der).policies.stated for one in (sound, party)]

    assert found == [frozenset({"1.2.3"}), None]


@pytest.mark.parametrize("is_constrained", [False, True])
def test_names_that_cannot_be_read_are_none_that_a_constraint_allows(
    is_constrained: bool,  # noqa: FBT001
    pki: Pki,
) -> None:
    limits = x509.NameConstraints([x509.DNSName("gov.invalid")], None)
    more = ((limits, True),) if is_constrained else ()
    ca = pki.issue("CA", issuer=pki.root, ca=True, more=more)
    party = pki.issue("Hỏng", issuer=ca, more=(broken(SUBJECT_NAMES),))

    report = signed_by(party, pki.trust(intermediates=(ca.der,)))

    assert ("verification.chain-names" in report.reasons) is is_constrained
    assert REMARK in report.reasons


@pytest.mark.parametrize("oid", CONSTRAINTS, ids=lambda oid: oid._name)
def test_one_that_limits_counts_as_critical(oid: x509.ObjectIdentifier, pki: Pki) -> None:
    report = signed_by(pki.issue("Hỏng", more=(broken(oid),)), below(pki))

    assert REFUSED in report.reasons


def test_anchor_is_trusted_whatever_is_broken_in_it(pki: Pki) -> None:
    party = pki.issue("Hỏng", more=(broken(critical=True),))
    anchor = Anchor(certificate=party.der, name="x", kind=AnchorKind.PUBLIC)

    report = signed_by(party, Trust(anchors=(anchor,)))

    assert report.indication is Indication.TOTAL_PASSED
    assert REMARK in report.reasons


def test_authority_whose_constraints_cannot_be_read_is_none(pki: Pki) -> None:
    ca = pki.issue("CA hỏng", issuer=pki.root, ca=True, path_length=7)
    # A path length where there is no authority is against RFC 5280 §4.2.1.9.
    spoilt = ca.der.replace(
        b"\x30\x06\x01\x01\xff\x02\x01\x07", b"\x30\x06\x01\x01\x00\x02\x01\x07"
    )

    found = certificates.load(spoilt)

    assert spoilt != ca.der
    assert (found.is_ca, found.unreadable_critical) == (False, ("2.5.29.19",))


def spoil(der: bytes, old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    assert der.count(old) == 1
    return der.replace(old, new)


def test_what_is_no_list_of_extensions_makes_no_certificate(pki: Pki) -> None:
    party = pki.issue("Hỏng", more=(broken(),))
    extensions = x509.load_der_x509_certificate(pki.leader.der)

    with pytest.raises(ValueError, match="extensions"):
        salvage(_without_extensions(party.der))
    assert extensions.version is x509.Version.v3


def _without_extensions(der: bytes) -> bytes:
    """Turn the tag of the extensions into that of nothing known."""
    at = der.rindex(b"\xa3", 0, der.index(b"\x06\x03\x55\x1d"))
    return der[:at] + b"\xa4" + der[at + 1 :]


def test_extension_that_stands_twice_counts_for_nothing_and_is_named(pki: Pki) -> None:
    other = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.9")
    sound = x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP,
                x509.UniformResourceIdentifier("http://pki.invalid/ocsp"),
            )
        ]
    )
    party = pki.issue("Hỏng", more=((sound, False), broken(other)))
    twice = spoil(
        party.der, bytes.fromhex("06082b06010505070109"), bytes.fromhex("06082b06010505070101")
    )

    found = certificates.load(twice)

    assert found.unreadable == found.unreadable_critical == (ACCESS.dotted_string,)
    assert found.ocsp_urls == ()
    assert found.common_name == "Hỏng"


def test_more_extensions_than_anybody_has_make_no_certificate(pki: Pki) -> None:
    many = tuple(
        (x509.UnrecognizedExtension(x509.ObjectIdentifier(f"1.2.3.4.{n}"), b"\x05\x00"), False)
        for n in range(64)
    )
    party = pki.issue("Hỏng", more=(*many, broken()))

    with pytest.raises(CertificateError):
        certificates.load(party.der)
