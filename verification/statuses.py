"""What CRLs and OCSP answers say of a certificate (RFC 5280 §6.3.3, RFC 6960 §4.2.2)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from cryptography import x509

from verification import answers, crls
from verification.answers import Answer
from verification.cache import ByteCache
from verification.certificates import Certificate
from verification.crls import Crl, Entry
from verification.extensions import ALL_REASONS, Point
from verification.names import NameKey, directory
from verification.policy import DEFAULT_POLICY, Policy

# A responder revoked for one of these had not lost its key: what it signed before stays said.
_KEY_WAS_SAFE = frozenset(
    {
        x509.ReasonFlags.affiliation_changed,
        x509.ReasonFlags.superseded,
        x509.ReasonFlags.cessation_of_operation,
    }
)
# What files and trust bring is kept up to this many bytes of lists and answers.
_CACHE_BYTES = 64 << 20

# A list → certificates other than the issuer's own, that are known to be entitled to sign it.
Signers: TypeAlias = Callable[[Crl], Iterable[Certificate]]


class Status(StrEnum):
    """What revocation data says about a certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    STALE = "stale"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """The answer for one certificate; ``source`` is the SHA-256 of the CRL or OCSP answer."""

    status: Status
    since: datetime | None = None
    reason: x509.ReasonFlags | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sources:
    """Revocation data at hand: complete and delta CRLs by issuer, OCSP answers by serial number."""

    crls: Mapping[NameKey, tuple[Crl, ...]]
    deltas: Mapping[NameKey, tuple[Crl, ...]]
    answers: Mapping[int, tuple[Answer, ...]]


def _nobody(_crl: Crl) -> Iterable[Certificate]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of revocation data, whichever the certificate.

    Attributes:
        at: the moment the signature is proven to have existed.
        known: revocation data to use.
        policy: gives the age of data without nextUpdate.
        signers: who else may have signed a list than the issuer of the certificate.
        about_responder: whether it is about one who answers such questions; he does not answer
            for himself.
    """

    at: datetime
    known: tuple[Sources, ...]
    policy: Policy
    signers: Signers = _nobody
    about_responder: bool = False

    def is_fresh(self, this_update: datetime, next_update: datetime | None) -> bool:
        """Tell whether data speaks for the moment in question."""
        return is_fresh(this_update, next_update, self.at, self.policy.crl_max_age)


_sources: ByteCache[tuple[tuple[bytes, ...], tuple[bytes, ...]], Sources] = ByteCache(_CACHE_BYTES)


def sources(lists: tuple[bytes, ...], ocsps: tuple[bytes, ...]) -> Sources:
    """Read revocation data; what cannot be read is left out."""
    weight = sum(map(len, lists)) + sum(map(len, ocsps))
    return _sources.get((lists, ocsps), weight, _sort)


def _sort(ders: tuple[tuple[bytes, ...], tuple[bytes, ...]]) -> Sources:
    complete: dict[NameKey, list[Crl]] = {}
    deltas: dict[NameKey, list[Crl]] = {}
    for der in dict.fromkeys(ders[0]):
        crl = crls.load(der)
        if crl is not None:
            kind = complete if crl.base is None else deltas
            kind.setdefault(crl.issuer, []).append(crl)
    by_serial: dict[int, list[Answer]] = {}
    for der in dict.fromkeys(ders[1]):
        for answer in answers.load(der):
            by_serial.setdefault(answer.serial, []).append(answer)
    return Sources(
        crls={name: tuple(found) for name, found in complete.items()},
        deltas={name: tuple(found) for name, found in deltas.items()},
        answers={serial: tuple(found) for serial, found in by_serial.items()},
    )


def status(one: Certificate, issuer: Certificate, question: Question) -> Revocation:
    """Say whether a certificate was revoked, by the data at hand.

    Data that lists the certificate as revoked counts whatever its age. Data that does not has to
    be fresh for the moment in question: issued after it, or valid then. It counts only if it was
    issued before the certificate expired, since expired ones may be dropped.

    Returns:
        REVOKED with date and reason, GOOD, STALE if there is only old data, UNKNOWN if there is
        none.
    """
    found = (_by_crls(one, issuer, question), *_by_ocsp(one, issuer, question))
    for wanted in (Status.REVOKED, Status.GOOD, Status.STALE):
        for each in found:
            if each.status is wanted:
                return each
    return Revocation(status=Status.UNKNOWN)


def speaks_for(
    lists: tuple[bytes, ...], ocsps: tuple[bytes, ...], one: Certificate, issuer: Certificate
) -> bool:
    """Tell whether revocation data says anything about a certificate, of whatever age."""
    # Whether the responder was revoked is another question, with data of its own.
    policy = replace(DEFAULT_POLICY, require_revocation=False)
    question = Question(at=one.valid_from, known=(sources(lists, ocsps),), policy=policy)
    return status(one, issuer, question).status is not Status.UNKNOWN


def _by_crls(one: Certificate, issuer: Certificate, question: Question) -> Revocation:
    """RFC 5280 §6.3.3: lists for all distribution points, until all reasons are covered."""
    covered = fresh = 0
    source = None
    for crl, reasons in _lists(one, question).items():
        signer = _signer(crl, issuer, question)
        if signer is None:
            continue
        delta = _delta(crl, signer, question)
        entry = _listed(one, crl, delta)
        if entry is not None:
            return Revocation(
                status=Status.REVOKED, since=entry.since, reason=entry.reason, source=crl.sha256
            )
        if _counts(one, crl):
            covered, source = covered | reasons, source or crl.sha256
            newest = delta or crl
            if question.is_fresh(newest.this_update, newest.next_update):
                fresh |= reasons
    if fresh == ALL_REASONS:
        return Revocation(status=Status.GOOD, source=source)
    stale = covered == ALL_REASONS
    return Revocation(status=Status.STALE if stale else Status.UNKNOWN, source=source)


def _lists(one: Certificate, question: Question) -> dict[Crl, int]:
    """Return complete lists that speak for a certificate, with the reasons they speak of."""
    found: dict[Crl, int] = {}
    for point in one.points:
        for source in question.known:
            for name in point.issuers or (one.issuer,):
                for crl in source.crls.get(name, ()):
                    if _is_for(crl, point, one):
                        found[crl] = found.get(crl, 0) | (crl.scope.reasons & point.reasons)
    return found


def _is_for(crl: Crl, point: Point, one: Certificate) -> bool:
    """§6.3.3 (b): issuer, name of the point, and kind of certificate fit."""
    scope = crl.scope
    wanted = point.names or frozenset(map(directory, point.issuers))
    return (
        (scope.is_indirect or not point.issuers)
        and (not scope.names or bool(scope.names & wanted))
        and (scope.authorities if one.is_ca else scope.users)
    )


def _signer(crl: Crl, issuer: Certificate, question: Question) -> Certificate | None:
    """§6.3.3 (f), (g): the issuer's own key, or that of another with a path of its own."""
    if crl.issuer == issuer.subject and _has_signed(issuer, crl):
        return issuer
    return next((one for one in question.signers(crl) if _has_signed(one, crl)), None)


def _has_signed(signer: Certificate, crl: Crl) -> bool:
    return signer.may("crl_sign") and crl.is_signed_by(signer)


def _delta(crl: Crl, signer: Certificate, question: Question) -> Crl | None:
    """§5.2.4, §6.3.3 (c), (h): the newest list of changes that fits a complete one."""
    if crl.number is None:
        return None
    found = [
        (one.number, one)
        for source in question.known
        for one in source.deltas.get(crl.issuer, ())
        if one.number is not None
        and (one.base or 0) <= crl.number <= one.number
        and one.scope == crl.scope
        and _has_signed(signer, one)
    ]
    return max(found, key=lambda each: each[0])[1] if found else None


def _listed(one: Certificate, crl: Crl, delta: Crl | None) -> Entry | None:
    """§6.3.3 (i), (j), (k): what changed counts before what was."""
    entry = None if delta is None else delta.entry(one.issuer, one.serial)
    if entry is None:
        return crl.entry(one.issuer, one.serial)
    return None if entry.reason is x509.ReasonFlags.remove_from_crl else entry


def _counts(one: Certificate, crl: Crl) -> bool:
    """EN 319 102-1 §5.2.5: a list made after a certificate expired may have dropped it."""
    kept = crl.expired_since is not None and crl.expired_since <= one.valid_to
    return kept or crl.this_update <= one.valid_to


def _by_ocsp(one: Certificate, issuer: Certificate, question: Question) -> Iterator[Revocation]:
    for source in question.known:
        for answer in source.answers.get(one.serial, ()):
            if not answers.is_about(answer, issuer) or not _is_entitled(answer, issuer, question):
                continue
            sha256 = answer.response.sha256
            if answer.since is not None:
                yield Revocation(
                    status=Status.REVOKED, since=answer.since, reason=answer.reason, source=sha256
                )
            elif answer.good and answers.is_kept(one, answer):
                fresh = question.is_fresh(answer.this_update, answer.next_update)
                yield Revocation(status=Status.GOOD if fresh else Status.STALE, source=sha256)


def is_fresh(
    this_update: datetime, next_update: datetime | None, at: datetime, max_age: timedelta
) -> bool:
    """Tell whether data speaks for a moment: issued after it, or not yet replaced then."""
    until = this_update + max_age if next_update is None else next_update
    return at <= until


def _is_entitled(answer: Answer, issuer: Certificate, question: Question) -> bool:
    """RFC 6960 §4.2.2.2: signed by the CA itself, or by one it delegated to and did not revoke."""
    signer = answers.signer_of(answer.response, issuer)
    if signer is None:
        return False
    if signer.sha256 == issuer.sha256 or signer.no_revocation_check:
        return True
    if question.about_responder:
        return False
    made = answer.response.produced_at
    found = status(signer, issuer, replace(question, at=made, about_responder=True))
    if found.status is Status.REVOKED:
        return found.reason in _KEY_WAS_SAFE and found.since is not None and made < found.since
    # §4.2.2.2.1: one that names no way to ask about it is for the verifier to judge. Whatever
    # says that a certificate was revoked counts unless it is known to be worth nothing.
    named = bool(signer.crl_urls or signer.ocsp_urls)
    needed = named and question.policy.require_revocation and answer.since is None
    return found.status is Status.GOOD or not needed
