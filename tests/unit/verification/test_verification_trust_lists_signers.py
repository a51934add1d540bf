from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from verification_crl_files import Extension, entry, listing, point, points, read, scope, uri
from verification_pki import DAY, NOW, Party, Pki

from verification import certificates, context, inquiry, statuses
from verification.context import Store
from verification.inquiry import Inquiry
from verification.policy import DEFAULT_POLICY
from verification.statuses import Question, Revocation, Status
from verification.trust import Anchor, AnchorKind, Trust

if TYPE_CHECKING:
    import pytest


def of_issuer(party: Party) -> Extension:
    return x509.CertificateIssuer([x509.DirectoryName(party.certificate.subject)]), True


# -- lists by others


def signer_for(pki: Pki, **shape: object) -> Party:
    """Return a key of the CA's name that signs lists and nothing else."""
    return pki.issue(
        "CA thử nghiệm", **{"uses": frozenset({"crl_sign"}), "issuer": pki.root, **shape}
    )


def inquire(
    pki: Pki, party: Party, *lists: bytes, known: tuple[Party, ...] = (), strict: bool = True
) -> Revocation:
    trusted = Trust(
        anchors=tuple(
            Anchor(certificate=one.der, name="x", kind=AnchorKind.STATE)
            for one in (
                pki.root,
                *(each for each in known if each.certificate.subject == each.certificate.issuer),
            )
        ),
        intermediates=(pki.ca.der, *(one.der for one in known)),
    )
    policy = replace(DEFAULT_POLICY, require_revocation=strict)
    around = context.build(policy, trusted, NOW, Store(), ())
    asking = Inquiry(context=around, at=NOW, known=(statuses.sources(lists, ()),))
    one, issuer, root = (certificates.load(each.der) for each in (party, pki.ca, pki.root))
    return asking.about(one, issuer, root)


def by_other(signer: Party, pki: Pki, *entries: x509.RevokedCertificate) -> bytes:
    return listing(signer, *entries, issuer=pki.ca.certificate.subject)


def test_key_beside_the_authoritys_own_may_sign_its_lists(pki: Pki) -> None:
    signer = signer_for(pki)
    root, crl = listing(pki.root), by_other(signer, pki)

    assert inquire(pki, pki.leader, root, crl, known=(signer,)).status is Status.GOOD
    assert inquire(pki, pki.leader, root, crl).status is Status.UNKNOWN


def test_signer_of_lists_needs_a_path_of_its_own(pki: Pki) -> None:
    signer = signer_for(pki)
    stranger = Pki()
    wrong = {
        "revoked": (signer, listing(pki.root, entry(signer))),
        "not known to be good": (signer, listing(pki.root, until=NOW - DAY / 2)),
        "expired before": (signer_for(pki, end=NOW - 2 * DAY), listing(pki.root)),
        "no signer of lists": (signer_for(pki, uses=None, ca=False, more=()), b""),
        "of another anchor": (signer_for(stranger), listing(stranger.root)),
        "under constraints": (
            signer_for(pki, unknown_critical=True),
            listing(pki.root),
        ),
    }

    for why, (one, root) in wrong.items():
        known = (one, stranger.root) if why == "of another anchor" else (one,)
        found = inquire(pki, pki.leader, root, by_other(one, pki), known=known)
        assert found.status is Status.UNKNOWN, why


def test_signer_of_lists_under_an_outdated_authority_is_not_entitled(pki: Pki) -> None:
    late = pki.issue("Trung Gian", issuer=pki.root, ca=True, end=NOW - 2 * DAY)
    signer = signer_for(pki, issuer=late)
    lists = (listing(pki.root), listing(late), by_other(signer, pki))

    found = inquire(pki, pki.leader, *lists, known=(late, signer))

    assert found.status is Status.UNKNOWN


def test_lenient_policy_takes_a_signer_that_is_not_known_to_be_revoked(pki: Pki) -> None:
    signer = signer_for(pki)
    free = signer_for(pki, no_check=True)
    crl = by_other(signer, pki)
    revoked = listing(pki.root, entry(signer))

    assert inquire(pki, pki.leader, crl, known=(signer,), strict=False).status is Status.GOOD
    assert (
        inquire(pki, pki.leader, crl, revoked, known=(signer,), strict=False).status
        is Status.UNKNOWN
    )
    assert inquire(pki, pki.leader, by_other(free, pki), known=(free,)).status is Status.GOOD


def test_signers_that_vouch_for_each_other_are_not_entitled(pki: Pki) -> None:
    def of_root(name: str, place: str) -> Party:
        return pki.issue(
            name,
            issuer=pki.root,
            subject=pki.root.certificate.subject,
            uses=frozenset({"crl_sign"}),
            more=points(point(uri(place))),
        )

    def at(signer: Party, place: str) -> bytes:
        return listing(signer, extensions=(scope(full_name=uri(place)),))

    one, two = of_root("một", "http://1/"), of_root("hai", "http://2/")
    signer = signer_for(pki, more=points(point(uri("http://0/"))))
    lists = (at(one, "http://0/"), by_other(signer, pki), at(one, "http://2/"))
    known = (one, two, signer)

    circle = inquire(pki, pki.leader, *lists, at(two, "http://1/"), known=known)
    broken = inquire(pki, pki.leader, *lists, at(pki.root, "http://1/"), known=known)

    assert circle.status is Status.UNKNOWN
    assert broken.status is Status.GOOD


def test_indirect_list_speaks_for_the_authorities_it_names(pki: Pki) -> None:
    lister = pki.issue("Cơ quan thu hồi", issuer=pki.root, uses=frozenset({"crl_sign"}))
    listed = pki.issue("Bị Thu Hồi", more=points(point(issuer=lister)))
    unlisted = pki.issue("Còn Tốt", more=points(point(issuer=lister)))
    plain = pki.issue("Không Chỉ Tới")
    crl = listing(
        lister,
        entry(unlisted),  # of the lister's own name
        entry(listed, of_issuer(pki.ca)),
        entry(plain),
        extensions=(scope(indirect_crl=True),),
    )
    direct = listing(lister, entry(listed, of_issuer(pki.ca)))
    root = listing(pki.root)

    assert inquire(pki, listed, root, crl, known=(lister,)).status is Status.REVOKED
    assert inquire(pki, unlisted, root, crl, known=(lister,)).status is Status.GOOD
    assert inquire(pki, plain, root, crl, known=(lister,)).status is Status.UNKNOWN
    assert inquire(pki, listed, root, direct, known=(lister,)).status is Status.UNKNOWN
    assert read(crl).entry(read(crl).issuer, plain.certificate.serial_number) is None


def test_indirect_list_may_cover_its_own_signer(pki: Pki) -> None:
    lister = pki.issue("Tự Thu Hồi", issuer=pki.root, uses=frozenset({"crl_sign"}))
    itself = pki.issue(
        "Tự Thu Hồi",
        key=lister.key,
        issuer=pki.root,
        uses=frozenset({"crl_sign"}),
        more=points(point(issuer=lister)),
    )
    party = pki.issue("Còn Tốt", more=points(point(issuer=itself)))
    good = listing(itself, extensions=(scope(indirect_crl=True),))
    bad = listing(
        itself, entry(itself, of_issuer(pki.root)), extensions=(scope(indirect_crl=True),)
    )

    assert inquire(pki, party, good, known=(itself,)).status is Status.GOOD
    assert inquire(pki, party, bad, known=(itself,)).status is Status.UNKNOWN


def test_paths_of_signers_are_bounded(pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    signer = signer_for(pki)
    monkeypatch.setattr(inquiry, "_MAX_PATHS", 0)

    found = inquire(pki, pki.leader, listing(pki.root), by_other(signer, pki), known=(signer,))

    assert found.status is Status.UNKNOWN


# -- answers


def test_answer_of_a_delegate_whose_certificate_had_expired_does_not_speak(pki: Pki) -> None:
    uses = (ExtendedKeyUsageOID.OCSP_SIGNING,)
    late = pki.issue("Trả Lời Cũ", extended=uses, end=NOW - 300 * DAY)
    fine = pki.issue("Trả Lời Mới", extended=uses)

    def about(responder: Party) -> Status:
        known = (statuses.sources((), (pki.ocsp(pki.leader, responder=responder),)),)
        question = Question(at=NOW, known=known, policy=DEFAULT_POLICY)
        one, issuer = certificates.load(pki.leader.der), certificates.load(pki.ca.der)
        # Who signed an answer is found out once; the second question is answered from memory.
        first, second = (statuses.status(one, issuer, question).status for _ in "12")
        assert first is second
        return first

    assert about(fine) is Status.GOOD
    assert about(late) is Status.UNKNOWN
