"""Whether somebody could sign now, by the checks of a signature."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from verification_pki import DAY, END, NOW, Pki

from verification.holders import examine
from verification.policy import DEFAULT_POLICY
from verification.trust import Trust

if TYPE_CHECKING:
    from datetime import datetime

    from verification_pki import Party


def codes(pki: Pki, party: Party, trust: Trust | None = None, *, at: datetime = NOW) -> list[str]:
    found = examine(
        (party.der, pki.ca.der), policy=DEFAULT_POLICY, trust=trust or pki.trust(), at=at
    )
    assert all(one.indication is not None for one in found)
    return [one.code for one in found]


def test_a_certificate_in_order_can_be_signed_with(pki: Pki) -> None:
    assert codes(pki, pki.leader) == []


def test_an_authoritys_or_a_decryption_key_signs_no_document(pki: Pki) -> None:
    other = pki.issue("Mã hóa", uses=frozenset({"key_encipherment"}))
    assert codes(pki, other) == ["verification.key-usage"]
    assert "verification.key-usage" in codes(pki, pki.tsa)


def test_a_revoked_certificate_is_named(pki: Pki) -> None:
    serial = pki.leader.certificate.serial_number
    crls = (pki.crl(pki.root), pki.crl(revoked={serial: NOW - DAY}))
    assert codes(pki, pki.leader, pki.trust(crls=crls)) == ["verification.revoked"]


def test_without_revocation_data_nobody_knows(pki: Pki) -> None:
    found = codes(pki, pki.leader, pki.trust(crls=()))
    assert set(found) == {"verification.revocation-unknown"}


def test_an_expired_and_a_future_certificate_are_named(pki: Pki) -> None:
    assert "verification.expired" in codes(pki, pki.leader, at=END + timedelta(days=1))
    early = pki.issue("Sớm", start=NOW + DAY)
    assert "verification.not-yet-valid" in codes(pki, early)


def test_a_stranger_has_no_chain(pki: Pki) -> None:
    assert codes(pki, pki.leader, Trust()) == ["verification.no-trust-anchors"]


def test_what_is_no_certificate_is_none_to_sign_with() -> None:
    found = examine((b"none",), policy=DEFAULT_POLICY, trust=Trust(), at=NOW)
    assert [one.code for one in found] == ["verification.no-signing-certificate"]


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()
