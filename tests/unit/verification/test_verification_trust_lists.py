from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ReasonFlags
from verification_crl_files import asked, entry, listing, point, points, read, reason, scope, uri
from verification_pki import DAY, NOW, Pki

from verification import certificates, crls
from verification.extensions import ALL_REASONS, reason_bits
from verification.statuses import Status

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
