from __future__ import annotations

import pytest
from verification_files import road, sign
from verification_pki import DAY, NOW, Pki

from verification import certificates, revocation, statuses
from verification.errors import UnreadableFileError
from verification.revocation import collect, ocsp_request, signers
from verification.statuses import Status
from verification.trust import Trust


def everything(pki: Pki, **more: object) -> Trust:
    return pki.trust(intermediates=(pki.ca.der,), **more)


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
