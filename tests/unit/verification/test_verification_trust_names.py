from __future__ import annotations

import ipaddress

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from verification import names
from verification.names import Form, GeneralName, NameConstraints, are_allowed, general_name

VN = ("2.5.4.6", "vn")
ORGANISATION = ("2.5.4.10", "ubnd xã suối trúc")


def of(form: Form, text: str) -> GeneralName:
    return GeneralName(form=form, text=text)


def directory(*parts: tuple[str, str]) -> GeneralName:
    return names.directory(parts)


@pytest.mark.parametrize(
    ("form", "base", "inside", "outside"),
    [
        (Form.EMAIL, "suoitruc.vn", "an@suoitruc.vn", "an@mail.suoitruc.vn"),
        (Form.EMAIL, ".suoitruc.vn", "an@mail.suoitruc.vn", "an@suoitruc.vn"),
        (Form.EMAIL, "an@suoitruc.vn", "an@suoitruc.vn", "binh@suoitruc.vn"),
        (Form.DNS, "suoitruc.vn", "suoitruc.vn", "xsuoitruc.vn"),
        (Form.DNS, "suoitruc.vn", "a.b.suoitruc.vn", "suoitruc.vn.example"),
        (Form.DNS, ".suoitruc.vn", "a.suoitruc.vn", "other.vn"),
        (Form.URI, "suoitruc.vn", "https://suoitruc.vn./", "https://vn/"),
        (Form.URI, "suoitruc.vn", "https://SUOITRUC.vn:8443/x", "https://a.suoitruc.vn/"),
        (Form.URI, ".suoitruc.vn", "https://a.suoitruc.vn/", "https://suoitruc.vn/"),
        (Form.ADDRESS, "10.1.0.0/16", "10.1.2.3", "10.2.0.1"),
        (Form.ADDRESS, "10.1.0.0/16", "10.1.0.0", "fe80::1"),
    ],
)
def test_subtree_holds_what_lies_in_it(form: Form, base: str, inside: str, outside: str) -> None:
    permitted = NameConstraints(permitted=(of(form, base),))
    excluded = NameConstraints(excluded=(of(form, base),))

    assert permitted.allow(of(form, inside))
    assert not permitted.allow(of(form, outside))
    assert not excluded.allow(of(form, inside))
    assert excluded.allow(of(form, outside))


def test_distinguished_names_lie_below_a_beginning() -> None:
    permitted = NameConstraints(permitted=(directory(VN),))

    assert permitted.allow(directory(VN, ORGANISATION))
    assert not permitted.allow(directory(ORGANISATION, VN))


def test_empty_base_holds_every_host() -> None:
    assert not NameConstraints(excluded=(of(Form.DNS, ""),)).allow(of(Form.DNS, "a.vn"))


def test_constraint_of_another_form_does_not_concern() -> None:
    constraints = NameConstraints(permitted=(of(Form.DNS, "a.vn"),), excluded=(directory(VN),))

    assert constraints.allow(of(Form.EMAIL, "an@b.vn"))


def test_excluded_wins_over_permitted() -> None:
    constraints = NameConstraints(
        permitted=(of(Form.DNS, "vn"),), excluded=(of(Form.DNS, "bad.vn"),)
    )

    assert constraints.allow(of(Form.DNS, "good.vn"))
    assert not constraints.allow(of(Form.DNS, "a.bad.vn"))


@pytest.mark.parametrize(
    "name",
    [
        of(Form.OTHER, "1.2.3"),
        of(Form.URI, "urn:isbn:1"),
        of(Form.URI, "https://10.1.2.3/"),
        of(Form.URI, "https://[::1]/"),
        of(Form.URI, "https://[broken/"),
    ],
)
def test_what_cannot_be_compared_is_not_allowed_under_a_constraint(name: GeneralName) -> None:
    base = of(name.form, "1.2.3" if name.form is Form.OTHER else "a.vn")

    assert not NameConstraints(permitted=(base,)).allow(name)
    assert not NameConstraints(excluded=(base,)).allow(name)
    assert NameConstraints(permitted=(directory(VN),)).allow(name)


def test_other_name_of_another_kind_is_not_concerned() -> None:
    constraints = NameConstraints(permitted=(of(Form.OTHER, "1.2.3"),))

    assert constraints.allow(of(Form.OTHER, "1.2.4"))


def test_too_much_to_compare_is_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    constraints = NameConstraints(permitted=(of(Form.DNS, "a.vn"),) * 4)
    many = (of(Form.DNS, "a.vn"),) * 3

    assert are_allowed(many, [constraints])
    monkeypatch.setattr(names, "MAX_COMPARISONS", 11)
    assert not are_allowed(many, [constraints])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (x509.RFC822Name("An@Suoitruc.VN"), of(Form.EMAIL, "an@suoitruc.vn")),
        (x509.DNSName("Suoitruc.VN."), of(Form.DNS, "suoitruc.vn")),
        (x509.UniformResourceIdentifier("https://A/B"), of(Form.URI, "https://A/B")),
        (x509.IPAddress(ipaddress.ip_address("10.0.0.1")), of(Form.ADDRESS, "10.0.0.1")),
        (x509.IPAddress(ipaddress.ip_network("10.0.0.0/8")), of(Form.ADDRESS, "10.0.0.0/8")),
        (x509.RegisteredID(x509.ObjectIdentifier("1.2.3")), of(Form.OTHER, "registeredid")),
        (x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x05\0"), of(Form.OTHER, "1.2.3")),
        (
            x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")])),
            directory(VN),
        ),
    ],
)
def test_names_are_read_for_comparison(name: x509.GeneralName, expected: GeneralName) -> None:
    assert general_name(name) == expected
