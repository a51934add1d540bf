from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, x25519
from verification_pki import DAY, END, NOW, START, Party, Pki, new_key

from verification import certificates, context, trust
from verification.context import Store, conclude
from verification.model import Indication, SubIndication
from verification.policy import DEFAULT_POLICY
from verification.trust import Anchor, AnchorKind, Trust, find_chain, find_chains
from verification.validity import ChainVerdict, Moment, judge

if TYPE_CHECKING:
    from verification.certificates import Certificate


def read(*parties: Party) -> tuple[Certificate, ...]:
    return tuple(certificates.load(one.der) for one in parties)


def anchor(party: Party, kind: AnchorKind = AnchorKind.STATE, **more: object) -> Anchor:
    return Anchor(certificate=party.der, name=kind.value, kind=kind, **more)  # type: ignore[arg-type]


def judged(leaf: Party, trusted: Trust, *, for_timestamps: bool = False) -> ChainVerdict:
    policy = replace(DEFAULT_POLICY, require_revocation=False)
    known = context.build(policy, trusted, NOW, Store(), ())
    (one,) = read(leaf)
    when = Moment(proof=NOW, is_trusted=False)
    return judge(one, when, known, for_timestamps=for_timestamps)


def codes(verdict: ChainVerdict) -> set[str]:
    return {found.code.removeprefix("verification.") for found in verdict.findings}


# -- several paths


def cross(pki: Pki) -> tuple[Party, Party, Party]:
    """Return a second root, its cross-certificate for the CA of the first, and a signer."""
    other = pki.issue("Gốc G2", issuer=None, ca=True)
    ca = pki.issue("CA thử nghiệm", key=pki.ca.key, issuer=other, ca=True)
    return other, ca, pki.issue("Hai Đường")


def test_another_chain_is_tried_where_the_first_does_not_hold(pki: Pki) -> None:
    other, crossed, party = cross(pki)
    old = late(pki, pki.root)
    trusted = Trust(
        anchors=(anchor(pki.root), anchor(other, AnchorKind.PARTY)),
        intermediates=(old.der, crossed.der),
    )

    verdict = judged(party, trusted)

    assert conclude(verdict.findings)[0] is Indication.TOTAL_PASSED
    assert verdict.chain == read(party, crossed, other)
    assert verdict.anchor == trusted.anchors[1]


def test_chain_through_a_revoked_authority_gives_way_to_another(pki: Pki) -> None:
    other, crossed, party = cross(pki)
    revoked = pki.crl(pki.root, {pki.ca.certificate.serial_number: NOW - DAY})
    trusted = Trust(
        anchors=(anchor(pki.root), anchor(other)),
        intermediates=(pki.ca.der, crossed.der),
        crls=(revoked,),
    )

    assert judged(party, trusted).chain == read(party, crossed, other)


def test_revoked_signer_is_so_on_any_chain(pki: Pki) -> None:
    other, crossed, party = cross(pki)
    trusted = Trust(
        anchors=(anchor(pki.root), anchor(other)),
        intermediates=(pki.ca.der, crossed.der),
        crls=(pki.crl(revoked={party.certificate.serial_number: NOW - DAY}),),
    )

    assert "revoked-no-proof" in codes(judged(party, trusted))


def late(pki: Pki, root: Party) -> Party:
    """Return a certificate of the CA by some root, no longer valid."""
    return pki.issue("CA thử nghiệm", key=pki.ca.key, issuer=root, ca=True, end=NOW - DAY)


def test_least_failing_chain_is_reported(pki: Pki) -> None:
    other, crossed, party = cross(pki)
    old = late(pki, pki.root)
    anchors = (anchor(pki.root), anchor(other, until=NOW - DAY))

    verdict = judged(party, Trust(anchors=anchors, intermediates=(crossed.der, old.der)))

    assert "chain-not-valid-then" in codes(verdict)
    assert verdict.chain == read(party, old, pki.root)


def test_first_of_chains_that_fail_alike_is_reported(pki: Pki) -> None:
    other, _, party = cross(pki)
    old = late(pki, pki.root), late(pki, other)
    anchors = (anchor(pki.root), anchor(other))

    verdict = judged(party, Trust(anchors=anchors, intermediates=tuple(one.der for one in old)))

    assert verdict.chain == read(party, old[0], pki.root)


def test_certificate_on_hold_may_come_back(pki: Pki) -> None:
    serial = pki.leader.certificate.serial_number
    hold = x509.CRLReason(x509.ReasonFlags.certificate_hold)
    trusted = Trust(
        anchors=(anchor(pki.root),),
        intermediates=(pki.ca.der,),
        crls=(pki.crl(revoked={serial: NOW - DAY}, entry_extension=hold),),
    )

    found = {one.code: one.sub_indication for one in judged(pki.leader, trusted).findings}

    assert found["verification.on-hold"] is SubIndication.TRY_LATER


def test_collecting_takes_the_chain_that_is_valid(pki: Pki) -> None:
    low = pki.issue("Dưới", issuer=pki.root, ca=True, path_length=0)
    mid = pki.issue("Giữa", issuer=low, ca=True)
    again = pki.issue("Giữa", key=mid.key, issuer=pki.root, ca=True)
    party = pki.issue("Cuối", issuer=mid)
    trusted = trust.index(
        Trust(anchors=(anchor(pki.root),), intermediates=(low.der, mid.der, again.der))
    )
    (leaf,) = read(party)

    assert find_chain(leaf, {}, trusted, for_timestamps=False) == read(party, again, pki.root)


def test_shortest_chain_is_found_first(pki: Pki) -> None:
    mid = pki.issue("Vòng", issuer=pki.root, ca=True)
    round_about = pki.issue("CA thử nghiệm", key=pki.ca.key, issuer=mid, ca=True)
    trusted = trust.index(
        Trust(anchors=(anchor(pki.root),), intermediates=(round_about.der, mid.der, pki.ca.der))
    )
    (leaf,) = read(pki.leader)

    assert list(find_chains(leaf, {}, trusted, for_timestamps=False)) == [
        read(pki.leader, pki.ca, pki.root),
        read(pki.leader, round_about, mid, pki.root),
    ]


def test_search_among_authorities_that_all_certify_each_other_ends(
    pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {name: new_key() for name in "ABCD"}
    selves = {name: pki.issue(name, key=key, issuer=None, ca=True) for name, key in keys.items()}
    web = [
        pki.issue(name, key=keys[name], issuer=selves[other], ca=True)
        for name in keys
        for other in keys
        if name != other
    ]
    embedded = trust.by_subject(read(*web))
    (leaf,) = read(pki.issue("Lạc", issuer=selves["A"]))
    tried: list[Certificate] = []
    monkeypatch.setattr(trust, "_MAX_STEPS", 9)
    monkeypatch.setattr(
        certificates, "is_issued_by", lambda one, issuer: not tried.append(issuer) and bool(one)
    )

    found = list(find_chains(leaf, embedded, trust.index(Trust()), for_timestamps=False))

    assert found == []
    assert 0 < len(tried) <= 9 * 8


def test_many_of_an_issuers_name_hide_no_trusted_one(pki: Pki) -> None:
    impostors = read(*(pki.issue("CA thử nghiệm", issuer=None, ca=True) for _ in range(6)))
    trusted = trust.index(Trust(anchors=(anchor(pki.root),), intermediates=(pki.ca.der,)))
    (leaf,) = read(pki.leader)

    found = find_chains(leaf, trust.by_subject(impostors), trusted, for_timestamps=False, at=NOW)

    assert list(islice(found, 1)) == [read(pki.leader, pki.ca, pki.root)]


def test_memory_of_issuers_is_bounded(pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "_MAX_REMEMBERED", 1)
    ca, *others = read(pki.ca, *(pki.issue("CA thử nghiệm", issuer=None, ca=True) for _ in "ab"))
    (leaf,) = read(pki.issue("Nhớ"))

    assert [certificates.is_issued_by(leaf, one) for one in (*others, ca)] == [False, False, True]
    assert len(leaf._issued_by) == 1


# -- anchors


@pytest.mark.parametrize(
    ("bounds", "is_trusted"),
    [
        ({}, True),
        ({"since": NOW}, True),
        ({"until": NOW}, True),
        ({"since": NOW + DAY}, False),
        ({"until": NOW - DAY}, False),
        ({"since": START, "until": END}, True),
    ],
)
def test_anchor_counts_while_it_is_trusted(
    bounds: dict[str, object],
    is_trusted: bool,  # noqa: FBT001
    pki: Pki,
) -> None:
    trusted = Trust(anchors=(anchor(pki.root, **bounds),), intermediates=(pki.ca.der,))

    verdict = judged(pki.leader, trusted)

    assert ("anchor-not-trusted-then" not in codes(verdict)) is is_trusted
    assert (verdict.anchor is not None) is is_trusted
    if not is_trusted:
        assert verdict.findings[0].sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
        assert verdict.findings[0].facts["anchor"] == "Gốc thử nghiệm"


def test_chain_goes_on_past_an_anchor_not_trusted_then(pki: Pki) -> None:
    trusted = Trust(anchors=(anchor(pki.ca, until=START), anchor(pki.root)))

    verdict = judged(pki.leader, trusted)

    assert verdict.chain == read(pki.leader, pki.ca, pki.root)
    assert verdict.anchor == trusted.anchors[1]


def test_one_certificate_may_be_an_anchor_twice(pki: Pki) -> None:
    early = anchor(pki.root, until=START)
    both = (early, anchor(pki.root, AnchorKind.TSA), anchor(pki.root, AnchorKind.PUBLIC))
    trusted = Trust(anchors=both, intermediates=(pki.ca.der,))

    assert judged(pki.leader, trusted).anchor == both[2]
    assert judged(pki.tsa, trusted, for_timestamps=True).anchor == both[1]


def test_verdict_names_the_kind_of_anchor(pki: Pki) -> None:
    trusted = Trust(anchors=(anchor(pki.root, AnchorKind.PARTY),), intermediates=(pki.ca.der,))

    verdict = judged(pki.leader, trusted)

    assert verdict.anchor is not None
    assert verdict.anchor.kind is AnchorKind.PARTY


# -- keys


def test_signature_by_a_key_of_the_digital_signature_standard_holds() -> None:
    key = dsa.generate_private_key(1024)  # noqa: S505 -- fast to make
    value = key.sign(b"data", hashes.SHA256())

    assert certificates.holds(key.public_key(), value, b"data", hashes.SHA256())
    assert not certificates.holds(key.public_key(), value, b"other", hashes.SHA256())


def test_key_that_is_for_no_signatures_holds_none() -> None:
    key = x25519.X25519PrivateKey.generate().public_key()

    assert not certificates.holds(key, b"", b"", hashes.SHA256())
