"""Certificate revocation lists, read once into an index of serial numbers (RFC 5280 §5).

A list of twenty megabytes has half a million entries. Its index is eight bytes for each: a hash
of the serial number and the place of the entry, in order; the entry itself is read when asked for.
"""

import hashlib
import warnings
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from verification import certificates, der
from verification.cache import ByteCache
from verification.certificates import Certificate
from verification.extensions import ALL_REASONS, point_names, reason_bits, value
from verification.names import GeneralName, NameKey, name_key

# Lists are kept up to this many bytes: three of the largest that national authorities publish.
_CACHE_BYTES = 64 << 20
_HASH_BITS = 32
_HASH_MASK = (1 << _HASH_BITS) - 1
_LONG_FORM = 0x80
# Real lists have as many kinds of extensions as there are reasons; with dates they have no end.
_MAX_KNOWN_TAILS = 256
# Identifiers of entry extensions, as DER has them (RFC 5280 §5.3).
_REASON_CODE = b"\x55\x1d\x15"
_INVALIDITY_DATE = b"\x55\x1d\x18"
_CERTIFICATE_ISSUER = b"\x55\x1d\x1d"
_ENTRY_UNDERSTOOD = frozenset({_REASON_CODE, _INVALIDITY_DATE, _CERTIFICATE_ISSUER})
_REASONS = {
    b"\x01": x509.ReasonFlags.key_compromise,
    b"\x02": x509.ReasonFlags.ca_compromise,
    b"\x03": x509.ReasonFlags.affiliation_changed,
    b"\x04": x509.ReasonFlags.superseded,
    b"\x05": x509.ReasonFlags.cessation_of_operation,
    b"\x06": x509.ReasonFlags.certificate_hold,
    b"\x08": x509.ReasonFlags.remove_from_crl,
    b"\x09": x509.ReasonFlags.privilege_withdrawn,
    b"\x0a": x509.ReasonFlags.aa_compromise,
}
_EXPIRED_CERTS_ON_CRL = x509.ObjectIdentifier("2.5.29.60")
_UNDERSTOOD = (
    x509.IssuingDistributionPoint,
    x509.DeltaCRLIndicator,
    x509.CRLNumber,
    x509.AuthorityKeyIdentifier,
    x509.IssuerAlternativeName,
    x509.FreshestCRL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a list speaks of (RFC 5280 §5.2.5); empty ``names`` are those of any point."""

    names: frozenset[GeneralName] = frozenset()
    users: bool = True
    authorities: bool = True
    reasons: int = ALL_REASONS
    is_indirect: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One certificate in a list; ``since`` is None where the date cannot be read."""

    since: datetime | None = None
    reason: x509.ReasonFlags | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crl:
    """A list that can be judged by; ``base`` is the number that a delta list builds on.

    ``expired_since`` is the date since which certificates stay listed though they expired.
    """

    sha256: str
    issuer: NameKey
    key_id: bytes | None
    this_update: datetime
    next_update: datetime | None
    number: int | None
    base: int | None
    scope: Scope
    expired_since: datetime | None
    data: bytes = field(repr=False)
    _signed: tuple[int, int]
    _signature: bytes
    _hashed: hashes.HashAlgorithm | None
    _padding: padding.AsymmetricPadding | None
    _index: Sequence[int] = field(repr=False)
    # Where entries begin to be another authority's, ascending (RFC 5280 §5.3.3).
    _turns: tuple[tuple[int, NameKey], ...]
    _signed_by: dict[str, bool] = field(default_factory=dict)

    def entry(self, issuer: NameKey, serial: int) -> Entry | None:
        """Return what is listed about a certificate, None if nothing is."""
        wanted = _serial(serial)
        key = (hash(wanted) & _HASH_MASK) << _HASH_BITS
        first = bisect_left(self._index, key)
        last = bisect_right(self._index, key | _HASH_MASK)
        for packed in self._index[first:last]:
            at = packed & _HASH_MASK
            number, since, *more = der.children(self.data, der.element(self.data, at))
            if self.data[number.start : number.end] == wanted and self._issuer_at(at) == issuer:
                return _entry(self.data, since, more)
        return None

    def _issuer_at(self, at: int) -> NameKey:
        turn = bisect_right(self._turns, at, key=lambda one: one[0])
        return self._turns[turn - 1][1] if turn else self.issuer

    def is_signed_by(self, signer: Certificate) -> bool:
        """Tell whether a certificate's key made the signature; each is asked once."""
        found = self._signed_by.get(signer.sha256)
        if found is None:
            found = self._signed_by[signer.sha256] = certificates.holds(
                signer.public_key,
                self._signature,
                self.data[slice(*self._signed)],
                self._hashed,
                self._padding,
            )
        return found


_read: ByteCache[bytes, Crl | None] = ByteCache(_CACHE_BYTES)


def load(data: bytes) -> Crl | None:
    """Read a list; None for what is no list that can be judged by.

    An unknown critical extension, of the list or of one of its entries, makes it such
    (RFC 5280 §5.2, §5.3).
    """
    return _read.get(data, len(data), _load)


def _load(data: bytes) -> Crl | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _parse(data)
    except Exception:  # noqa: BLE001 -- ValueError, TypeError, UnsupportedAlgorithm: no list for us
        return None


def _parse(data: bytes) -> Crl | None:
    crl = x509.load_der_x509_crl(data)
    found = {extension.oid: extension for extension in crl.extensions}
    if any(one.critical and not isinstance(one.value, _UNDERSTOOD) for one in found.values()):
        return None
    issuer = name_key(crl.issuer)
    scope = _scope(value(found, x509.IssuingDistributionPoint), issuer)
    signed = next(der.children(data, der.element(data, 0)))
    if scope is None:
        return None
    index, turns = _index(crl, data, signed)
    number = value(found, x509.CRLNumber)
    base = value(found, x509.DeltaCRLIndicator)
    key_id = value(found, x509.AuthorityKeyIdentifier)
    pad = crl.signature_algorithm_parameters
    return Crl(
        sha256=hashlib.sha256(data).hexdigest(),
        issuer=issuer,
        key_id=None if key_id is None else key_id.key_identifier,
        this_update=crl.last_update_utc,
        next_update=crl.next_update_utc,
        number=None if number is None else number.crl_number,
        base=None if base is None else base.crl_number,
        scope=scope,
        expired_since=_expired_since(found.get(_EXPIRED_CERTS_ON_CRL)),
        data=data,
        _signed=(der.element(data, 0).start, signed.end),
        _signature=crl.signature,
        _hashed=crl.signature_hash_algorithm,
        _padding=pad if isinstance(pad, padding.AsymmetricPadding) else None,
        _index=index,
        _turns=turns,
    )


def _scope(point: x509.IssuingDistributionPoint | None, issuer: NameKey) -> Scope | None:
    """Return what a list speaks of; None if of attribute certificates alone."""
    if point is None:
        return Scope()
    if point.only_contains_attribute_certs:
        return None
    return Scope(
        names=point_names(point.full_name, point.relative_name, issuer),
        users=not point.only_contains_ca_certs,
        authorities=not point.only_contains_user_certs,
        reasons=reason_bits(point.only_some_reasons),
        is_indirect=point.indirect_crl,
    )


def _expired_since(extension: x509.Extension[x509.ExtensionType] | None) -> datetime | None:
    """Return the date of ExpiredCertsOnCRL (X.509 §9.5.2.8)."""
    if extension is None or not isinstance(extension.value, x509.UnrecognizedExtension):
        return None
    stated = extension.value.value
    return der.moment(stated, der.element(stated, 0))


def _index(
    crl: x509.CertificateRevocationList, data: bytes, signed: der.Element
) -> tuple[Sequence[int], tuple[tuple[int, NameKey], ...]]:
    """Return the index of a list, and where its entries turn to another authority.

    Raises:
        ValueError: an entry has a critical extension that is not understood.
    """
    sequences = [one for one in der.children(data, signed) if one.tag == der.SEQUENCE]
    packed, turns = array("Q"), []
    known: dict[bytes, bool] = {}
    # RFC 5280 §5.1: algorithm, issuer, then what is revoked, if anything is.
    for at, serial, tail in _entries(data, sequences[2:]):
        if tail:
            turned = known.get(tail)
            if turned is None:
                turned = _names_issuer(tail)
                if len(known) < _MAX_KNOWN_TAILS:
                    known[tail] = turned
            if turned:
                turns.append((at, _issuer_of(crl[len(packed)])))
        packed.append((hash(serial) & _HASH_MASK) << _HASH_BITS | at)
    return array("Q", sorted(packed)), tuple(turns)


def _entries(data: bytes, lists: Iterable[der.Element]) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield place, serial number and extensions of each entry; cryptography has read them all."""
    for one in lists:
        at = one.start
        while at < one.end:
            if (data[at + 1] | data[at + 3]) & _LONG_FORM:
                entry = der.element(data, at)
                number = der.element(data, entry.start)
                since = der.element(data, number.end)
                yield at, data[number.start : number.end], data[since.end : entry.end]
                at = entry.end
            else:
                end = at + 2 + data[at + 1]
                middle = at + 4 + data[at + 3]
                yield at, data[at + 4 : middle], data[middle + 2 + data[middle + 1] : end]
                at = end


def _entry_extensions(data: bytes, parent: der.Element) -> Iterator[tuple[bytes, bool, bytes]]:
    """Yield identifier, criticality and value of each extension of an entry."""
    for one in der.children(data, parent):
        oid, *critical, inner = der.children(data, one)
        yield (
            data[oid.start : oid.end],
            any(data[each.start : each.end] != b"\0" for each in critical),
            data[inner.start : inner.end],
        )


def _names_issuer(tail: bytes) -> bool:
    """Tell whether an entry's extensions name the issuer of the certificate.

    Raises:
        ValueError: one of them is critical and not understood.
    """
    found = {oid: critical for oid, critical, _ in _entry_extensions(tail, der.element(tail, 0))}
    if any(critical and oid not in _ENTRY_UNDERSTOOD for oid, critical in found.items()):
        msg = "critical extension of an entry"
        raise ValueError(msg)
    return _CERTIFICATE_ISSUER in found


def _issuer_of(entry: x509.RevokedCertificate) -> NameKey:
    names = entry.extensions.get_extension_for_class(x509.CertificateIssuer).value
    return name_key(names.get_values_for_type(x509.DirectoryName)[0])


def _entry(data: bytes, since: der.Element, more: Iterable[der.Element]) -> Entry:
    reason = None
    for one in more:
        for oid, _, stated in _entry_extensions(data, one):
            if oid == _REASON_CODE:
                reason = _REASONS.get(stated[-1:])
    try:
        return Entry(since=der.moment(data, since), reason=reason)
    except ValueError:
        return Entry(reason=reason)


def _serial(number: int) -> bytes:
    """Return a serial number as DER has it; some authorities give negative ones."""
    bits = (number if number >= 0 else ~number).bit_length()
    return number.to_bytes(bits // 8 + 1, "big", signed=True)
