"""OCSP answers: read, and told who signed them (RFC 6960 §4.2)."""

import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from verification import certificates, der
from verification._pades.cms import basic_to_response
from verification.cache import ByteCache
from verification.certificates import Certificate

_ARCHIVE_CUTOFF = x509.ObjectIdentifier("1.3.6.1.5.5.7.48.1.6")
_ID_HASHES = frozenset({"sha1", "sha256", "sha384", "sha512"})
# What files and trust bring is kept up to this many bytes.
_CACHE_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Response:
    """An OCSP response, with what it takes to check who signed it."""

    sha256: str
    signed: bytes
    signature: bytes
    hashed: hashes.HashAlgorithm | None
    responders: tuple[Certificate, ...]
    produced_at: datetime
    # SHA-256 of an issuer's certificate → who signed this: it, one it delegated to, or neither.
    signer_by: dict[str, Certificate | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """One SingleResponse."""

    response: Response
    serial: int
    hash_name: str
    name_hash: bytes
    key_hash: bytes
    good: bool
    since: datetime | None
    reason: x509.ReasonFlags | None
    this_update: datetime
    next_update: datetime | None
    archived_since: datetime | None


def load(data: bytes) -> tuple[Answer, ...]:
    """Read an OCSP response, or a bare basic one as VRI and CMS hold it; none if it is neither."""
    return _answers.get(data, len(data), _load)


def _load(data: bytes) -> tuple[Answer, ...]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(data)
    except Exception:  # noqa: BLE001 -- ValueError, TypeError, UnsupportedAlgorithm: no answer for us
        return ()


def _read(data: bytes) -> tuple[Answer, ...]:
    try:
        response = ocsp.load_der_ocsp_response(data)
    except ValueError:
        data = basic_to_response(data)
        response = ocsp.load_der_ocsp_response(data)
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        return ()
    about = Response(
        sha256=hashlib.sha256(data).hexdigest(),
        signed=response.tbs_response_bytes,
        signature=response.signature,
        hashed=response.signature_hash_algorithm,
        responders=certificates.load_all(
            one.public_bytes(Encoding.DER) for one in response.certificates
        ),
        produced_at=response.produced_at_utc,
    )
    archived = _archived_since(response)
    return tuple(
        Answer(
            response=about,
            serial=one.serial_number,
            hash_name=one.hash_algorithm.name,
            name_hash=one.issuer_name_hash,
            key_hash=one.issuer_key_hash,
            good=one.certificate_status is ocsp.OCSPCertStatus.GOOD,
            since=one.revocation_time_utc,
            reason=one.revocation_reason,
            this_update=one.this_update_utc,
            next_update=one.next_update_utc,
            archived_since=archived,
        )
        for one in response.responses
    )


def _archived_since(response: ocsp.OCSPResponse) -> datetime | None:
    """Return the date of ArchiveCutoff (RFC 6960 §4.4.4), read where there is one answer only."""
    try:
        found = response.single_extensions.get_extension_for_oid(_ARCHIVE_CUTOFF).value
        stated = found.public_bytes()
        return der.moment(stated, der.element(stated, 0))
    except (ValueError, x509.ExtensionNotFound):
        return None


_answers: ByteCache[bytes, tuple[Answer, ...]] = ByteCache(_CACHE_BYTES)


def is_about(answer: Answer, issuer: Certificate) -> bool:
    """RFC 6960 §4.1.1: the issuer is named by hashes of its name and of its key's bits."""
    if answer.hash_name not in _ID_HASHES:
        return False
    named = hashlib.new(answer.hash_name, issuer.subject_der, usedforsecurity=False).digest()
    return named == answer.name_hash and _key_hash(issuer, answer.hash_name) == answer.key_hash


@lru_cache(maxsize=1024)
def _key_hash(issuer: Certificate, name: str) -> bytes:
    bits = certificates.key_bits(issuer.public_key)
    return hashlib.new(name, bits, usedforsecurity=False).digest()


def is_kept(one: Certificate, answer: Answer) -> bool:
    """RFC 6960 §4.4.4: about an expired certificate a responder may know nothing any more."""
    kept = answer.archived_since is not None and answer.archived_since <= one.valid_to
    return kept or answer.this_update <= one.valid_to


def responders(data: bytes, issuer: Certificate) -> tuple[Certificate, ...]:
    """Return the delegates that signed an OCSP response (DER) and whose revocation is asked."""
    found = {one.sha256: one for each in load(data) if (one := signer_of(each.response, issuer))}
    return tuple(
        one
        for one in found.values()
        if one.sha256 != issuer.sha256
        and not one.no_revocation_check
        and (one.crl_urls or one.ocsp_urls)
    )


def signer_of(response: Response, issuer: Certificate) -> Certificate | None:
    """RFC 6960 §4.2.2.2: the CA itself, or one it delegated to; None if neither signed it."""
    if issuer.sha256 not in response.signer_by:
        response.signer_by[issuer.sha256] = next(
            (
                one
                for one in (issuer, *_delegates(response, issuer))
                if certificates.holds(
                    one.public_key, response.signature, response.signed, response.hashed
                )
            ),
            None,
        )
    return response.signer_by[issuer.sha256]


def _delegates(response: Response, issuer: Certificate) -> Iterator[Certificate]:
    """Yield responders that the CA appointed, and whose certificates were valid then."""
    for one in response.responders:
        in_time = one.valid_from <= response.produced_at <= one.valid_to
        if one.is_for_ocsp and in_time and certificates.is_issued_by(one, issuer):
            yield one
