"""CRLs and OCSP answers: read once, indexed by serial number, judged for freshness."""

import hashlib
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from verification import certificates
from verification._pades.cms import basic_to_response
from verification.certificates import Certificate, NameKey
from verification.policy import DEFAULT_POLICY, Policy

_ID_HASHES = frozenset({"sha1", "sha256", "sha384", "sha512"})


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
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Crl:
    der: bytes
    sha256: str
    issuer: NameKey
    this_update: datetime
    next_update: datetime | None
    revoked: Mapping[int, datetime]
    users: bool
    authorities: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Answer:
    """One SingleResponse, with what it takes to check who signed it."""

    sha256: str
    response: bytes
    serial: int
    hash_name: str
    name_hash: bytes
    key_hash: bytes
    good: bool
    since: datetime | None
    this_update: datetime
    next_update: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sources:
    """Revocation data at hand: CRLs by issuer, OCSP answers by serial number."""

    crls: Mapping[NameKey, tuple[_Crl, ...]]
    answers: Mapping[int, tuple[_Answer, ...]]


@lru_cache(maxsize=64)
def sources(crls: tuple[bytes, ...], ocsps: tuple[bytes, ...]) -> Sources:
    """Read revocation data; what cannot be read is left out."""
    by_issuer: dict[NameKey, tuple[_Crl, ...]] = {}
    for der in dict.fromkeys(crls):
        crl = _crl(der)
        if crl is not None:
            by_issuer[crl.issuer] = (*by_issuer.get(crl.issuer, ()), crl)
    by_serial: dict[int, tuple[_Answer, ...]] = {}
    for der in dict.fromkeys(ocsps):
        for answer in _answers(der):
            by_serial[answer.serial] = (*by_serial.get(answer.serial, ()), answer)
    return Sources(crls=by_issuer, answers=by_serial)


def status(
    one: Certificate,
    issuer: Certificate,
    *,
    at: datetime,
    known: Iterable[Sources],
    policy: Policy,
) -> Revocation:
    """Say whether a certificate was revoked, by the data at hand.

    Data that lists the certificate as revoked counts whatever its age. Data that does not has to
    be fresh for ``at``: issued after it, or valid then.

    Args:
        one: the certificate asked about.
        issuer: its issuer in the chain.
        at: the moment the signature is proven to have existed.
        known: revocation data to use.
        policy: gives the age of data without nextUpdate.

    Returns:
        REVOKED with the date, GOOD, STALE if there is only old data, UNKNOWN if there is none.
    """
    found = [
        each
        for source in known
        for each in (
            *_by_crl(one, issuer, at, source, policy),
            *_by_ocsp(one, issuer, at, source, policy),
        )
    ]
    for wanted in (Status.REVOKED, Status.GOOD, Status.STALE):
        for each in found:
            if each.status is wanted:
                return each
    return Revocation(status=Status.UNKNOWN)


def speaks_for(
    crls: tuple[bytes, ...], ocsps: tuple[bytes, ...], one: Certificate, issuer: Certificate
) -> bool:
    """Tell whether revocation data says anything about a certificate, of whatever age."""
    found = status(
        one,
        issuer,
        at=one.valid_from,
        known=(sources(crls, ocsps),),
        policy=DEFAULT_POLICY,
    )
    return found.status is not Status.UNKNOWN


def _by_crl(
    one: Certificate, issuer: Certificate, at: datetime, source: Sources, policy: Policy
) -> Iterable[Revocation]:
    for crl in source.crls.get(one.issuer, ()):
        covers = crl.authorities if one.is_ca else crl.users
        if not covers or not issuer.may("crl_sign") or not _is_signed_by(crl, issuer):
            continue
        since = crl.revoked.get(one.serial)
        if since is not None:
            yield Revocation(status=Status.REVOKED, since=since, source=crl.sha256)
        else:
            fresh = is_fresh(crl.this_update, crl.next_update, at, policy.crl_max_age)
            yield Revocation(status=Status.GOOD if fresh else Status.STALE, source=crl.sha256)


def _by_ocsp(
    one: Certificate, issuer: Certificate, at: datetime, source: Sources, policy: Policy
) -> Iterable[Revocation]:
    for answer in source.answers.get(one.serial, ()):
        if not _is_about(answer, issuer) or not _responder_holds(answer.response, issuer):
            continue
        if answer.since is not None:
            yield Revocation(status=Status.REVOKED, since=answer.since, source=answer.sha256)
        elif answer.good:
            fresh = is_fresh(answer.this_update, answer.next_update, at, policy.crl_max_age)
            yield Revocation(status=Status.GOOD if fresh else Status.STALE, source=answer.sha256)


def is_fresh(
    this_update: datetime, next_update: datetime | None, at: datetime, max_age: timedelta
) -> bool:
    """Tell whether data speaks for a moment: issued after it, or not yet replaced then."""
    until = this_update + max_age if next_update is None else next_update
    return at <= until


@lru_cache(maxsize=256)
def _crl(der: bytes) -> _Crl | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read_crl(der)
    except Exception:  # noqa: BLE001 -- ValueError, TypeError, UnsupportedAlgorithm: no CRL for us
        return None


def _read_crl(der: bytes) -> _Crl | None:
    crl = x509.load_der_x509_crl(der)
    users = authorities = True
    for extension in crl.extensions:
        if isinstance(extension.value, x509.IssuingDistributionPoint):
            point = extension.value
            if point.indirect_crl or point.only_some_reasons or point.only_contains_attribute_certs:
                return None
            users = not point.only_contains_ca_certs
            authorities = not point.only_contains_user_certs
        elif extension.critical or isinstance(extension.value, x509.DeltaCRLIndicator):
            return None
    return _Crl(
        der=der,
        sha256=hashlib.sha256(der).hexdigest(),
        issuer=certificates.name_key(crl.issuer),
        this_update=crl.last_update_utc,
        next_update=crl.next_update_utc,
        revoked={entry.serial_number: entry.revocation_date_utc for entry in crl},
        users=users,
        authorities=authorities,
    )


@lru_cache(maxsize=1024)
def _is_signed_by(crl: _Crl, issuer: Certificate) -> bool:
    signed = x509.load_der_x509_crl(crl.der)
    return certificates.holds(
        issuer.public_key,
        signed.signature,
        signed.tbs_certlist_bytes,
        signed.signature_hash_algorithm,
    )


@lru_cache(maxsize=1024)
def _answers(der: bytes) -> tuple[_Answer, ...]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read_answers(der)
    except Exception:  # noqa: BLE001 -- ValueError, TypeError, UnsupportedAlgorithm: no answer for us
        return ()


def _read_answers(der: bytes) -> tuple[_Answer, ...]:
    try:
        response = ocsp.load_der_ocsp_response(der)
    except ValueError:
        der = basic_to_response(der)
        response = ocsp.load_der_ocsp_response(der)
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        return ()
    return tuple(
        _Answer(
            sha256=hashlib.sha256(der).hexdigest(),
            response=der,
            serial=one.serial_number,
            hash_name=one.hash_algorithm.name,
            name_hash=one.issuer_name_hash,
            key_hash=one.issuer_key_hash,
            good=one.certificate_status is ocsp.OCSPCertStatus.GOOD,
            since=one.revocation_time_utc,
            this_update=one.this_update_utc,
            next_update=one.next_update_utc,
        )
        for one in response.responses
    )


def _is_about(answer: _Answer, issuer: Certificate) -> bool:
    """RFC 6960 §4.1.1: the issuer is named by hashes of its name and of its key's bits."""
    if answer.hash_name not in _ID_HASHES:
        return False
    named = hashlib.new(answer.hash_name, issuer.subject_der, usedforsecurity=False).digest()
    return named == answer.name_hash and _key_hash(issuer, answer.hash_name) == answer.key_hash


@lru_cache(maxsize=1024)
def _key_hash(issuer: Certificate, name: str) -> bytes:
    bits = certificates.key_bits(issuer.public_key)
    return hashlib.new(name, bits, usedforsecurity=False).digest()


@lru_cache(maxsize=2048)
def _responder_holds(der: bytes, issuer: Certificate) -> bool:
    """RFC 6960 §4.2.2.2: signed by the CA itself, or by one it delegated to."""
    response = ocsp.load_der_ocsp_response(der)
    embedded = certificates.load_all(
        one.public_bytes(Encoding.DER) for one in response.certificates
    )
    delegated = [
        one for one in embedded if one.is_for_ocsp and certificates.is_issued_by(one, issuer)
    ]
    return any(
        certificates.holds(
            one.public_key,
            response.signature,
            response.tbs_response_bytes,
            response.signature_hash_algorithm,
        )
        for one in (issuer, *delegated)
    )
