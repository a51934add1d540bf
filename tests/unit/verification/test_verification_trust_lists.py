from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ReasonFlags
from cryptography.x509.oid import ExtendedKeyUsageOID
from verification_pki import DAY, NOW, Party, Pki

from verification import certificates, context, crls, der, inquiry, statuses
from verification.cache import ByteCache
from verification.context import Store
from verification.extensions import ALL_REASONS, reason_bits
from verification.inquiry import Inquiry
from verification.policy import DEFAULT_POLICY
from verification.statuses import Question, Revocation, Status
from verification.trust import Anchor, AnchorKind, Trust

if TYPE_CHECKING:
    from verification.crls import Crl

Extension = tuple[x509.ExtensionType, bool]


def listing(
    signer: Party,
    *entries: x509.RevokedCertificate,
    extensions: tuple[Extension, ...] = (),
    issuer: x509.Name | None = None,
    at: datetime = NOW - DAY,
    until: datetime = NOW + 30 * DAY,
) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer or signer.certificate.subject)
        .last_update(at)
        .next_update(until)
    )
    for entry in entries:
        builder = builder.add_revoked_certificate(entry)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def entry(
    party: Party | int, *extensions: Extension, since: datetime = NOW - DAY
) -> x509.RevokedCertificate:
    serial = party if isinstance(party, int) else party.certificate.serial_number
    builder = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.build()


def reason(flag: ReasonFlags) -> Extension:
    return x509.CRLReason(flag), False


def of_issuer(party: Party) -> Extension:
    return x509.CertificateIssuer([x509.DirectoryName(party.certificate.subject)]), True


def scope(**more: object) -> Extension:
    plain = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**{**plain, **more}), True  # type: ignore[arg-type]


def uri(text: str) -> list[x509.GeneralName]:
    return [x509.UniformResourceIdentifier(text)]


def points(*found: x509.DistributionPoint) -> tuple[Extension, ...]:
    return ((x509.CRLDistributionPoints(found), False),)


def point(
    full: list[x509.GeneralName] | None = None,
    *,
    relative: x509.RelativeDistinguishedName | None = None,
    reasons: frozenset[ReasonFlags] | None = None,
    issuer: Party | None = None,
) -> x509.DistributionPoint:
    issuers = None if issuer is None else [x509.DirectoryName(issuer.certificate.subject)]
    return x509.DistributionPoint(full, relative, reasons, issuers)


def asked(party: Party, issuer: Party, *lists: bytes, at: datetime = NOW) -> Revocation:
    question = Question(at=at, known=(statuses.sources(lists, ()),), policy=DEFAULT_POLICY)
    return statuses.status(certificates.load(party.der), certificates.load(issuer.der), question)


def read(data: bytes) -> Crl:
    found = crls.load(data)
    assert found is not None
    return found


# -- one list


def test_entries_are_found_by_serial_number(pki: Pki) -> None:
    serials = [1, 127, 128, 255, 256, 2**64 + 5, 2**158]
    dates = {serial: NOW - number * DAY for number, serial in enumerate(serials)}
    crl = read(listing(pki.ca, *(entry(one, since=dates[one]) for one in serials)))

    for serial in serials:
        found = crl.entry(crl.issuer, serial)
        assert found is not None
        assert found.since == dates[serial]
    assert crl.entry(crl.issuer, 2) is None
    assert crl.entry(crl.issuer, -1) is None


def test_entry_gives_its_reason(pki: Pki) -> None:
    crl = read(
        listing(
            pki.ca,
            entry(1, reason(ReasonFlags.key_compromise)),
            entry(2, (x509.InvalidityDate(NOW), False), reason(ReasonFlags.superseded)),
            entry(3),
        )
    )

    found = [crl.entry(crl.issuer, serial) for serial in (1, 2, 3)]
    assert [one and one.reason for one in found] == [
        ReasonFlags.key_compromise,
        ReasonFlags.superseded,
        None,
    ]


def test_many_different_extensions_are_read_without_being_remembered(
    pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crls, "_MAX_KNOWN_TAILS", 1)
    dates = [(x509.InvalidityDate(NOW - number * DAY), False) for number in range(3)]
    crl = read(listing(pki.ca, *(entry(number + 1, one) for number, one in enumerate(dates))))

    assert all(crl.entry(crl.issuer, serial) for serial in (1, 2, 3))


def test_entries_alike_are_read_alike(pki: Pki) -> None:
    alike = (reason(ReasonFlags.superseded),)
    crl = read(listing(pki.ca, *(entry(serial, *alike) for serial in (1, 2, 3))))

    assert crl.entry(crl.issuer, 3) == crls.Entry(since=NOW - DAY, reason=ReasonFlags.superseded)


def test_long_entry_is_found(pki: Pki) -> None:
    long = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x04\x81\xc8" + bytes(200))
    crl = read(listing(pki.ca, entry(7, (long, False)), entry(8)))

    assert crl.entry(crl.issuer, 7) is not None
    assert crl.entry(crl.issuer, 8) is not None


def test_unknown_critical_extension_of_an_entry_makes_the_list_unusable(pki: Pki) -> None:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x05\x00")

    assert crls.load(listing(pki.ca, entry(7, (unknown, True)))) is None
    assert crls.load(listing(pki.ca, entry(7, (unknown, False)))) is not None


def test_date_that_is_none_still_revokes(pki: Pki) -> None:
    data = listing(pki.ca, entry(7, since=datetime(2026, 1, 1, tzinfo=UTC)))
    crl = replace(read(data), data=data.replace(b"260101000000Z", b"260199000000Z"))

    assert crl.entry(crl.issuer, 7) == crls.Entry()


def test_list_signed_with_probabilistic_padding_speaks(pki: Pki) -> None:
    key = rsa.generate_private_key(65537, 2048)
    ca = pki.issue("CA PSS", key=key, issuer=pki.root, ca=True)
    pad = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    built = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca.certificate.subject)
        .last_update(NOW - DAY)
        .next_update(NOW + DAY)
        .sign(key, hashes.SHA256(), rsa_padding=pad)
    )

    assert read(built.public_bytes(Encoding.DER)).is_signed_by(certificates.load(ca.der))


# -- whether a list speaks of a certificate


@pytest.mark.parametrize(
    ("named", "published", "status"),
    [
        (uri("http://a/1.crl"), uri("http://a/1.crl"), Status.GOOD),
        (uri("http://a/1.crl"), [*uri("http://b/"), *uri("http://a/1.crl")], Status.GOOD),
        (uri("http://a/1.crl"), uri("http://a/2.crl"), Status.UNKNOWN),
        (uri("http://a/1.crl"), None, Status.GOOD),
        (None, uri("http://a/1.crl"), Status.UNKNOWN),
    ],
)
def test_names_of_distribution_points_have_to_meet(
    named: list[x509.GeneralName] | None,
    published: list[x509.GeneralName] | None,
    status: Status,
    pki: Pki,
) -> None:
    party = pki.issue("Điểm", more=points(point(named)) if named else ())

    crl = listing(pki.ca, extensions=(scope(full_name=published),) if published else ())

    assert asked(party, pki.ca, crl).status is status


def test_relative_name_continues_the_issuers(pki: Pki) -> None:
    relative = x509.RelativeDistinguishedName(
        [x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "Danh sách 1")]
    )
    full = x509.Name([*pki.ca.certificate.subject, *relative])
    by_part = pki.issue("Điểm", more=points(point(relative=relative)))
    by_whole = pki.issue("Điểm", more=points(point([x509.DirectoryName(full)])))
    crl = listing(pki.ca, extensions=(scope(relative_name=relative),))

    assert asked(by_part, pki.ca, crl).status is Status.GOOD
    assert asked(by_whole, pki.ca, crl).status is Status.GOOD
    assert asked(pki.issue("Không"), pki.ca, crl).status is Status.UNKNOWN


HALF = frozenset({ReasonFlags.key_compromise, ReasonFlags.ca_compromise})
REST = frozenset(ReasonFlags) - HALF - {ReasonFlags.unspecified, ReasonFlags.remove_from_crl}


def test_lists_for_some_reasons_have_to_cover_all(pki: Pki) -> None:
    one = listing(pki.ca, extensions=(scope(only_some_reasons=HALF),))
    other = listing(pki.ca, extensions=(scope(only_some_reasons=REST),))

    assert asked(pki.leader, pki.ca, one).status is Status.UNKNOWN
    assert asked(pki.leader, pki.ca, one, other).status is Status.GOOD
    assert asked(pki.leader, pki.ca, one, other, at=NOW + 60 * DAY).status is Status.STALE
    assert reason_bits(HALF) | reason_bits(REST) == reason_bits(None) == ALL_REASONS


def test_list_for_some_reasons_may_revoke(pki: Pki) -> None:
    revoked = entry(pki.leader, reason(ReasonFlags.key_compromise))
    crl = listing(pki.ca, revoked, extensions=(scope(only_some_reasons=HALF),))

    found = asked(pki.leader, pki.ca, crl)

    assert (found.status, found.reason) == (Status.REVOKED, ReasonFlags.key_compromise)


def test_list_made_after_a_certificate_expired_may_have_dropped_it(pki: Pki) -> None:
    party = pki.issue("Đã Hết Hạn", end=NOW - 2 * DAY)
    stamp = b"\x18\x0f" + f"{NOW - 9 * DAY:%Y%m%d%H%M%SZ}".encode()
    since = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.60"), stamp)
    silent = listing(pki.ca)
    keeping = listing(pki.ca, extensions=((since, False),))
    revoking = listing(pki.ca, entry(party))

    at = NOW - 3 * DAY
    assert asked(party, pki.ca, silent, at=at).status is Status.UNKNOWN
    assert asked(party, pki.ca, keeping, at=at).status is Status.GOOD
    assert asked(party, pki.ca, revoking, at=at).status is Status.REVOKED


def test_list_by_a_stranger_does_not_speak(pki: Pki) -> None:
    forged = listing(pki.root, issuer=pki.ca.certificate.subject)

    assert asked(pki.leader, pki.ca, forged).status is Status.UNKNOWN


# -- changes to lists


def number(value: int) -> Extension:
    return x509.CRLNumber(value), False


def changes(base: int) -> Extension:
    return x509.DeltaCRLIndicator(base), True


@pytest.mark.parametrize(
    ("complete", "base", "at", "status"),
    [
        (5, 5, 6, Status.REVOKED),
        (5, 4, 6, Status.REVOKED),
        (5, 6, 7, Status.GOOD),
        (8, 5, 6, Status.GOOD),
        (None, 5, 6, Status.GOOD),
        (5, 5, None, Status.GOOD),
    ],
)
def test_changes_apply_to_the_list_they_continue(
    complete: int | None, base: int, at: int | None, status: Status, pki: Pki
) -> None:
    whole = listing(pki.ca, extensions=() if complete is None else (number(complete),))
    extensions = (changes(base), *(() if at is None else (number(at),)))
    delta = listing(pki.ca, entry(pki.leader), extensions=extensions)

    assert asked(pki.leader, pki.ca, whole, delta).status is status


def test_newest_changes_count_and_may_take_an_entry_back(pki: Pki) -> None:
    hold = entry(pki.leader, reason(ReasonFlags.certificate_hold))
    gone = entry(pki.leader, reason(ReasonFlags.remove_from_crl))
    whole = listing(pki.ca, hold, extensions=(number(5),))
    first = listing(pki.ca, hold, extensions=(changes(5), number(6)))
    second = listing(pki.ca, gone, extensions=(changes(5), number(7)))

    assert asked(pki.leader, pki.ca, whole).reason is ReasonFlags.certificate_hold
    assert asked(pki.leader, pki.ca, whole, second, first).status is Status.GOOD


def test_changes_keep_a_list_fresh(pki: Pki) -> None:
    whole = listing(pki.ca, extensions=(number(5),), until=NOW - DAY / 2)
    delta = listing(pki.ca, extensions=(changes(5), number(6)))

    assert asked(pki.leader, pki.ca, whole).status is Status.STALE
    assert asked(pki.leader, pki.ca, whole, delta).status is Status.GOOD


def test_changes_by_a_stranger_or_of_another_scope_do_not_apply(pki: Pki) -> None:
    whole = listing(pki.ca, extensions=(number(5),))
    name = pki.ca.certificate.subject
    forged = listing(pki.root, entry(pki.leader), issuer=name, extensions=(changes(5), number(6)))
    users = listing(
        pki.ca,
        entry(pki.leader),
        extensions=(changes(5), number(6), scope(only_contains_user_certs=True)),
    )

    assert asked(pki.leader, pki.ca, whole, forged, users).status is Status.GOOD


def test_changes_alone_say_nothing(pki: Pki) -> None:
    delta = listing(pki.ca, extensions=(changes(5), number(6)))

    assert asked(pki.leader, pki.ca, delta).status is Status.UNKNOWN


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


# -- parts


def test_cache_forgets_what_was_used_longest_ago() -> None:
    made: list[str] = []

    def make(key: str) -> str:
        made.append(key)
        return key.upper()

    cache: ByteCache[str, str] = ByteCache(10)
    for key, weight in (("a", 4), ("b", 4), ("a", 4), ("c", 4), ("a", 4), ("b", 4), ("huge", 11)):
        assert cache.get(key, weight, make) == key.upper()
    cache.get("huge", 11, make)

    assert made == ["a", "b", "c", "b", "huge", "huge"]


def test_cache_keeps_one_of_two_made_at_once() -> None:
    cache: ByteCache[str, int] = ByteCache(10)

    assert cache.get("a", 6, lambda key: cache.get(key, 6, lambda _: 1) + 1) == 2
    assert cache.get("a", 6, lambda _: 3) == 1


@pytest.mark.parametrize(
    "data", [b"", b"\x30", b"\x30\x80", b"\x30\x85\0\0\0\0\x01", b"\x30\x02\0", b"\x30\x82\x01"]
)
def test_length_that_leads_nowhere_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="length"):
        der.element(data, 0)


def test_dates_of_both_kinds_are_read() -> None:
    for data, year in (
        (b"\x17\x0d491231235959Z", 2049),
        (b"\x17\x0d500101000000Z", 1950),
        (b"\x18\x0f20500101000000Z", 2050),
    ):
        assert der.moment(data, der.element(data, 0)).year == year


@pytest.mark.parametrize(
    ("content", "dotted"),
    [(b"\x2a\x03", "1.2.3"), (b"\x88\x37\x03", "2.999.3"), (b"\x06", "0.6")],
)
def test_object_identifiers_are_spelled(content: bytes, dotted: str) -> None:
    assert der.oid(content) == dotted


@pytest.mark.parametrize("content", [b"", b"\x2a\x86"])
def test_object_identifier_that_ends_early_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="object identifier"):
        der.oid(content)
