"""Past validation: what a verdict rests on was there in time, or it does not count.

EN 319 102-1 §5.6: proofs of existence are taken from timestamps that passed, the newest first,
and each of them lets the certificates, revocation data and algorithms below it outlive their end.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from verification_containers import Recipe, token
from verification_files import (
    DAY as DAY_FIELD,
)
from verification_files import (
    FORM,
    LEADER,
    MONTH,
    NUMBER,
    PAGE,
    PAGE_BODY,
    SEAL,
    Plan,
    base,
    by,
    check,
    refs,
    sign,
    stream,
    update,
)
from verification_pki import DAY, NOW, Party, Pki, Shape, make, new_key

from verification import certificates
from verification import context as contexts
from verification.context import Store
from verification.evidence import gather, read, replay, to_bytes
from verification.model import Indication, Level, SubIndication
from verification.policy import DEFAULT_POLICY
from verification.trust import Anchor, AnchorKind, Trust
from verification.validity import Moment, key_is_strong
from verification.verify import verify

if TYPE_CHECKING:
    from verification.model import Report, TimestampReport

YEAR = 365 * DAY
_USES = frozenset({"digital_signature"})
_STAMPING = (ExtendedKeyUsageOID.TIME_STAMPING,)


@dataclass(frozen=True, kw_only=True)
class Generation:
    """A CA and its timestamp authority, both of a time."""

    ca: Party
    tsa: Party


def generation(root: Party, at: datetime, years: int, name: str) -> Generation:
    start, end = at - 30 * DAY, at + years * YEAR
    ca = make(f"CA {name}", new_key(), Shape(issuer=root, ca=True, start=start, end=end))
    shape = Shape(issuer=ca, uses=_USES, extended=_STAMPING, start=start, end=end)
    return Generation(ca=ca, tsa=make(f"TSA {name}", new_key(), shape))


@dataclass(kw_only=True)
class Keeper:
    """Keeps a signed file alive: its store, its stamps, and the numbers of its objects."""

    pdf: bytes
    widgets: list[int] = field(
        default_factory=lambda: [NUMBER, DAY_FIELD, MONTH, LEADER, SEAL],
    )
    stored: dict[str, list[int]] = field(default_factory=lambda: {"Certs": [], "CRLs": []})
    free: int = 100

    def store(self, certificates: tuple[Party, ...], crls: tuple[bytes, ...]) -> None:
        """Add validation data to the document security store."""
        objects: dict[int, bytes] = {}
        ders = {"Certs": [one.der for one in certificates], "CRLs": list(crls)}
        for key, found in ders.items():
            for der in found:
                objects[self.free] = stream(der)
                self.stored[key].append(self.free)
                self.free += 1
        lists = b"".join(b"/%s[%s]" % (k.encode(), refs(*v)) for k, v in self.stored.items())
        objects[60] = b"<</Type/DSS%s>>" % lists
        objects[1] = b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/DSS 60 0 R>>"
        self.pdf = update(self.pdf, objects, size=400)

    def stamp(self, authority: Party, at: datetime, **more: object) -> None:
        """Add a document timestamp."""
        widget, value = self.free, self.free + 1
        self.free += 2
        self.widgets.append(widget)
        plan = Plan(
            field_number=widget,
            value_number=value,
            name=b"stamp%d" % widget,
            box=b"0 0 0 0",
            sub_filter=b"ETSI.RFC3161",
            objects={
                FORM: b"<</SigFlags 3/Fields[%s]>>" % refs(*self.widgets),
                PAGE: PAGE_BODY % refs(*self.widgets),
            },
            write=lambda pdf, objects: update(pdf, objects, size=400),
        )
        self.pdf = sign(
            self.pdf,
            lambda data: token(authority, hashlib.sha256(data).digest(), at, **more),
            plan,
        )


@pytest.fixture(scope="module")
def old() -> Pki:
    """A root that outlives everything below it, and signers that do not."""
    return Pki()


def root_of(pki: Pki) -> Party:
    shape = Shape(ca=True, start=NOW - 40 * YEAR, end=NOW + 80 * YEAR)
    return make("Gốc lâu dài", pki.root.key, shape)


def trusted(root: Party, *crls: bytes, intermediates: tuple[Party, ...] = ()) -> Trust:
    anchor = Anchor(certificate=root.der, name="Gốc lâu dài", kind=AnchorKind.STATE)
    return Trust(
        anchors=(anchor,), crls=crls, intermediates=tuple(one.der for one in intermediates)
    )


def crl(pki: Pki, issuer: Party, at: datetime, **more: object) -> bytes:
    return pki.crl(issuer, at=at - DAY, until=at + 30 * DAY, **more)  # type: ignore[arg-type]


def kept_alive(pki: Pki, *, years: int, every: int, life: int = 6) -> tuple[bytes, Trust, datetime]:
    """Sign, and renew for years; return the file, what is trusted, and the moment at the end."""
    root = root_of(pki)
    first = generation(root, NOW, life, "0")
    signer_shape = Shape(issuer=first.ca, start=NOW - DAY, end=NOW + 2 * YEAR)
    signer = make("Nguyễn Văn An", new_key(), signer_shape)
    keeper = Keeper(pdf=sign(base(), by(signer, Recipe(timestamp=first.tsa))))
    last, at = first, NOW
    for year in range(0, years + 1, every):
        at = NOW + year * YEAR
        keeper.store((root, last.ca), (crl(pki, root, at), crl(pki, last.ca, at)))
        last = generation(root, at, life, str(year + 1))
        keeper.stamp(last.tsa, at, certificates=(last.tsa, last.ca))
    return keeper.pdf, trusted(root, crl(pki, root, at), crl(pki, last.ca, at)), at


def test_document_renewed_for_thirty_years_passes(old: Pki) -> None:
    pdf, trust, at = kept_alive(old, years=30, every=5)

    report = check(pdf, trust, at=at + YEAR)

    assert report.indication is Indication.TOTAL_PASSED, report.signatures[0].reasons
    assert report.signatures[0].level is Level.B_LTA
    assert [one.indication for one in report.document_timestamps] == [Indication.TOTAL_PASSED] * 7


def test_renewal_that_came_too_late_proves_nothing(old: Pki) -> None:
    pdf, trust, at = kept_alive(old, years=24, every=8, life=6)

    report = check(pdf, trust, at=at + YEAR)

    first = report.document_timestamps[0]
    assert first.indication is Indication.INDETERMINATE
    assert "verification.timestamp-authority-expired" in first.reasons
    assert report.indication is Indication.INDETERMINATE


def test_verdict_of_thirty_years_is_replayed(old: Pki) -> None:
    pdf, trust, at = kept_alive(old, years=30, every=10, life=11)
    report = verify(pdf, policy=DEFAULT_POLICY, trust=trust, at=at + YEAR)
    kept = gather(pdf, report, policy=DEFAULT_POLICY, trust=trust, roles={})

    again = replay(read(to_bytes(kept)), pdf)

    assert again.report == report
    assert report.indication is Indication.TOTAL_PASSED


def expired_ca(pki: Pki, *, stamped: datetime | None, kept: bool = False) -> Report:
    """Judge a signature whose CA, and with it the key of its CRL, has expired since."""
    root = root_of(pki)
    ca = make("CA ngắn", new_key(), Shape(issuer=root, ca=True, start=NOW - YEAR, end=NOW + YEAR))
    long = generation(root, NOW, 60, "dài")
    signer = make("Lê Thị Ca", new_key(), Shape(issuer=ca, start=NOW - DAY, end=NOW + YEAR))
    keeper = Keeper(pdf=sign(base(), by(signer, Recipe(timestamp=long.tsa))))
    data = crl(pki, ca, NOW)
    keeper.store((root, ca, long.ca), (data, crl(pki, root, NOW), crl(pki, long.ca, NOW)))
    outside = [crl(pki, root, NOW + 2 * YEAR), crl(pki, long.ca, NOW + 2 * YEAR)]
    if stamped is not None:
        keeper.stamp(long.tsa, stamped, certificates=(long.tsa, long.ca))
    if kept:
        outside.append(data)
    return check(keeper.pdf, trusted(root, *outside), at=NOW + 3 * YEAR)


def test_revocation_data_of_an_expired_key_counts_if_a_timestamp_is_older(old: Pki) -> None:
    assert expired_ca(old, stamped=NOW + 10 * DAY).indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize("stamped", [None, NOW + 400 * DAY])
def test_revocation_data_of_an_expired_key_without_proof_does_not_count(
    old: Pki, stamped: datetime | None
) -> None:
    one = expired_ca(old, stamped=stamped).signatures[0]

    assert one.sub_indication is SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE
    assert "verification.revocation-no-proof" in one.reasons


def test_revocation_data_that_the_verifier_has_kept_needs_no_proof(old: Pki) -> None:
    assert expired_ca(old, stamped=None, kept=True).indication is Indication.TOTAL_PASSED


def test_revocation_data_in_a_container_is_proven_by_a_timestamp_over_it(old: Pki) -> None:
    root = root_of(old)
    ca = make("CA ngắn", new_key(), Shape(issuer=root, ca=True, start=NOW - YEAR, end=NOW + YEAR))
    long = generation(root, NOW, 60, "dài")
    signer = make("Lê Thị Ca", new_key(), Shape(issuer=ca, start=NOW - DAY, end=NOW + YEAR))
    recipe = Recipe(
        timestamp=long.tsa, crls=(crl(old, ca, NOW),), certificates=(signer, ca, long.ca)
    )
    keeper = Keeper(pdf=sign(base(), by(signer, recipe)))
    at = NOW + 3 * YEAR
    trust = trusted(root, crl(old, root, NOW), crl(old, root, at), crl(old, long.ca, at))

    bare = check(keeper.pdf, trust, at=at).signatures[0]
    keeper.stamp(long.tsa, NOW + 10 * DAY, certificates=(long.tsa, long.ca))

    assert "verification.revocation-no-proof" in bare.reasons
    assert check(keeper.pdf, trust, at=at).indication is Indication.TOTAL_PASSED


def revoked_authority(
    pki: Pki,
    *,
    since: datetime,
    renewed: datetime | None,
    reason: x509.ReasonFlags | None = None,
) -> TimestampReport:
    """Judge a document timestamp whose authority was revoked after the time that it states."""
    root = root_of(pki)
    lost, sound = generation(root, NOW, 20, "mất khóa"), generation(root, NOW, 20, "khác")
    keeper = Keeper(pdf=base())
    keeper.stamp(lost.tsa, NOW, certificates=(lost.tsa, lost.ca))
    if renewed is not None:
        keeper.stamp(sound.tsa, renewed, certificates=(sound.tsa, sound.ca))
    at = NOW + 3 * YEAR
    revoked = {lost.tsa.certificate.serial_number: since}
    more = {} if reason is None else {"entry_extension": x509.CRLReason(reason)}
    trust = trusted(
        root,
        crl(pki, root, at),
        crl(pki, sound.ca, at),
        crl(pki, lost.ca, at, revoked=revoked, **more),
    )
    return check(keeper.pdf, trust, at=at).document_timestamps[0]


def test_timestamp_of_a_revoked_authority_proves_nothing_by_what_it_states(old: Pki) -> None:
    one = revoked_authority(old, since=NOW + YEAR, renewed=None)

    assert one.indication is Indication.INDETERMINATE
    assert one.sub_indication is SubIndication.REVOKED_NO_POE


def test_timestamp_of_an_authority_that_closed_later_passes(old: Pki) -> None:
    one = revoked_authority(
        old,
        since=NOW + YEAR,
        renewed=None,
        reason=x509.ReasonFlags.cessation_of_operation,
    )

    assert one.indication is Indication.TOTAL_PASSED


def test_timestamp_of_an_authority_that_lost_its_key_does_not_pass(old: Pki) -> None:
    one = revoked_authority(
        old, since=NOW + YEAR, renewed=None, reason=x509.ReasonFlags.key_compromise
    )

    assert one.indication is Indication.INDETERMINATE


def test_timestamp_stamped_anew_before_its_authority_was_revoked_passes(old: Pki) -> None:
    one = revoked_authority(old, since=NOW + YEAR, renewed=NOW + 30 * DAY)

    assert one.indication is Indication.TOTAL_PASSED
    assert "verification.revoked-later" in one.reasons


def test_timestamp_stamped_anew_after_its_authority_was_revoked_does_not_pass(old: Pki) -> None:
    one = revoked_authority(old, since=NOW + YEAR, renewed=NOW + 2 * YEAR)

    assert one.indication is Indication.INDETERMINATE


def old_practice(
    pki: Pki,
    *,
    renewed: datetime | None,
    then: datetime = datetime(2016, 5, 1, tzinfo=UTC),
    hash_name: str = "sha1",
    hashed: hashes.HashAlgorithm | None = None,
) -> Report:
    """Judge a file that was signed and stamped long ago, by an old digest."""
    root = root_of(pki)
    start, end = then - YEAR, NOW + 20 * YEAR
    ca = make("CA cũ", new_key(), Shape(issuer=root, ca=True, start=start, end=end))
    shape = Shape(issuer=ca, start=start, end=end, hashed=hashed or hashes.SHA256())
    signer = make("Trần Văn Cũ", new_key(), shape)
    tsa = make("TSA cũ", new_key(), replace(shape, uses=_USES, extended=_STAMPING))
    recipe = Recipe(hash_name=hash_name, signing_time=then)
    keeper = Keeper(pdf=sign(base(), by(signer, recipe)))
    keeper.stamp(tsa, then, hash_name=hash_name, certificates=(tsa, ca))
    new = generation(root, renewed or NOW, 20, "mới")
    if renewed is not None:
        keeper.stamp(new.tsa, renewed, certificates=(new.tsa, new.ca))
    crls = (crl(pki, root, NOW), crl(pki, ca, NOW), crl(pki, new.ca, NOW))
    return check(keeper.pdf, trusted(root, *crls, intermediates=(ca,)))


def test_old_digest_lives_on_under_a_timestamp_that_came_in_time(old: Pki) -> None:
    report = old_practice(old, renewed=datetime(2018, 6, 1, tzinfo=UTC))

    assert report.indication is Indication.TOTAL_PASSED, report


@pytest.mark.parametrize("renewed", [None, datetime(2020, 6, 1, tzinfo=UTC)])
def test_old_digest_dies_without_one(old: Pki, renewed: datetime | None) -> None:
    report = old_practice(old, renewed=renewed)

    assert report.indication is Indication.INDETERMINATE
    assert report.document_timestamps[0].indication is Indication.INDETERMINATE


def test_authority_whose_certificate_was_signed_by_an_old_digest_needs_proof(old: Pki) -> None:
    then, renewed = datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC)
    how = {"then": then, "hash_name": "sha256", "hashed": hashes.SHA224()}

    bare = old_practice(old, renewed=None, **how)  # type: ignore[arg-type]
    proven = old_practice(old, renewed=renewed, **how)  # type: ignore[arg-type]

    assert "verification.weak-digest-no-proof" in bare.document_timestamps[0].reasons
    assert proven.document_timestamps[0].indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    ("at", "passes"),
    [
        (datetime(2013, 5, 1, tzinfo=UTC), True),
        (datetime(2015, 5, 1, tzinfo=UTC), False),
        (None, False),
    ],
)
def test_short_key_is_judged_by_its_date(at: datetime | None, *, passes: bool, old: Pki) -> None:
    then = at or datetime(2013, 5, 1, tzinfo=UTC)
    root = root_of(old)
    new = generation(root, then, 30, "dài")
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 -- what is tested
    shape = Shape(issuer=new.ca, start=then - DAY, end=NOW + YEAR)
    signer = make("Phạm Văn Ngắn", short, shape)
    recipe = Recipe(signing_time=then, timestamp=new.tsa if at else None, timestamp_at=then)
    pdf = sign(base(), by(signer, recipe))
    trust = trusted(root, crl(old, root, NOW), crl(old, new.ca, NOW), intermediates=(new.ca,))

    one = check(pdf, trust).signatures[0]

    assert (one.indication is Indication.TOTAL_PASSED) is passes
    assert ("verification.weak-key" in one.reasons) is not passes


def test_dsa_key_is_no_stronger_than_an_rsa_key_of_its_length(old: Pki) -> None:
    key = dsa.generate_private_key(1024)  # noqa: S505 -- what is tested
    party = make("Ký bằng DSA", key, Shape(issuer=old.ca))  # type: ignore[arg-type]
    context = contexts.build(DEFAULT_POLICY, Trust(), NOW, Store(), ())

    one = certificates.load(party.der)

    assert not key_is_strong(one, Moment(proof=NOW, is_trusted=True), context)
