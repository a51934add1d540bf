"""A SignedData cut into its parts, as plainly as nearly all of them are written: DER, one signer.

Reading is strict: whatever is not expected here raises, and the caller reads it with asn1crypto,
which knows the rest of the syntax. Values are not looked into.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

_INTEGER, _OCTETS, _OID, _SEQUENCE, _SET = b"\x02\x04\x06\x30\x31"
_ZERO, _ONE, _KEY_ID = b"\xa0\xa1\x80"
_SIGNED_DATA = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
# Attributes by the body of their OID (RFC 5652 §11, RFC 5035, RFC 6211, RFC 3161).
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = (
    bytes.fromhex("2a864886f70d0109") + bytes((last,)) for last in (3, 4, 5)
)
CERTIFICATE_V1, TOKEN, CERTIFICATE_V2 = (
    bytes.fromhex("2a864886f70d01091002") + bytes((last,)) for last in (12, 14, 47)
)
PROTECTION = bytes.fromhex("2a864886f70d010934")
ADOBE_REVOCATION = bytes.fromhex("2a864886f72f010108")
# RFC 5652 §11.3: two digits of a year from 50 on are of the twentieth century.
_TURN = 50
_LONG, _LONG_TAG = 0x80, 0x1F
# Four bytes of length are four gigabytes.
_MAX_LENGTH_BYTES = 4


class UnusualError(Exception):
    """The bytes are not what is expected here; kept inside this package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The parts of a SignedData: names, algorithms and attributes in DER, octets as they are.

    ``end`` is where it ends; attributes are by the body of their OID.
    """

    content_type: bytes
    content: bytes | None
    certificates: tuple[bytes, ...]
    issuer: bytes | None
    serial: int | None
    key_id: bytes | None
    digest_algorithm: bytes
    signed_attributes: bytes | None
    attributes: dict[bytes, tuple[bytes, ...]]
    signature_algorithm: bytes
    signature: bytes
    unsigned: dict[bytes, tuple[bytes, ...]]
    end: int

    def only(self, kind: bytes) -> bytes | None:
        """Return the value of a signed attribute, None if it is absent.

        Raises:
            UnusualError: it has several values, or none.
        """
        values = self.attributes.get(kind)
        if values is None:
            return None
        if len(values) != 1:
            raise UnusualError
        return values[0]


class Reader:
    """A cursor over the elements of one constructed value."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data = data
        self.at = at
        self.end = end

    def element(self, tag: int) -> tuple[int, int, int]:
        """Step over an element: where it starts, its contents start, and it ends.

        Raises:
            UnusualError: it has another tag, a length that is no DER, or does not fit.
        """
        data, start = self.data, self.at
        if start + 2 > self.end or data[start] != tag:
            raise UnusualError
        first = start + 2
        length = data[start + 1]
        if length >= _LONG:
            length, first = self._long(length - _LONG, first)
        self.at = first + length
        if self.at > self.end:
            raise UnusualError
        return start, first, self.at

    def _long(self, count: int, at: int) -> tuple[int, int]:
        size = self.data[at : at + count]
        # Not indefinite, and no longer than it has to be.
        if not 0 < count <= _MAX_LENGTH_BYTES or size[:1] in (b"", b"\0"):
            raise UnusualError
        length = int.from_bytes(size, "big")
        if length < _LONG:
            raise UnusualError
        return length, at + count

    def inside(self, tag: int) -> "Reader":
        """Step over a constructed element and return a cursor over what is in it."""
        _, start, end = self.element(tag)
        return Reader(self.data, start, end)

    def whole(self, tag: int) -> bytes:
        """Step over an element and return all of it."""
        start, _, end = self.element(tag)
        return self.data[start:end]

    def body(self, tag: int) -> bytes:
        """Step over an element and return its contents."""
        _, start, end = self.element(tag)
        return self.data[start:end]

    def number(self) -> int:
        """Step over an integer and return it."""
        return int.from_bytes(self.body(_INTEGER), "big", signed=True)

    def has(self, tag: int) -> bool:
        """Tell whether the next element has a tag."""
        return self.at < self.end and self.data[self.at] == tag

    def close(self) -> None:
        """Require that nothing is left.

        Raises:
            UnusualError: something is.
        """
        if self.at != self.end:
            raise UnusualError

    def every(self, tag: int) -> Iterator[bytes]:
        """Yield each element to the end, all of one tag."""
        while self.at < self.end:
            yield self.whole(tag)


def outline(data: bytes) -> Outline:
    """Cut a SignedData into its parts; what follows it is left alone.

    Raises:
        UnusualError: it is not written as expected here.
    """
    outer = Reader(data, 0, len(data))
    info = outer.inside(_SEQUENCE)
    if info.whole(_OID) != _SIGNED_DATA:
        raise UnusualError
    wrapped = info.inside(_ZERO)
    signed = wrapped.inside(_SEQUENCE)
    signed.number()
    signed.element(_SET)
    content_type, content = _encapsulated(signed.inside(_SEQUENCE))
    certificates = tuple(signed.inside(_ZERO).every(_SEQUENCE)) if signed.has(_ZERO) else ()
    signers = signed.inside(_SET)
    signer = signers.inside(_SEQUENCE)
    for each in (signers, signed, wrapped, info):
        each.close()
    signer.number()
    issuer, serial, key_id = _signer_id(signer)
    digest_algorithm = signer.whole(_SEQUENCE)
    signed_attributes, attributes = _attributes(signer, _ZERO)
    signature_algorithm = signer.whole(_SEQUENCE)
    signature = signer.body(_OCTETS)
    _, unsigned = _attributes(signer, _ONE)
    signer.close()
    return Outline(
        content_type=content_type,
        content=content,
        certificates=certificates,
        issuer=issuer,
        serial=serial,
        key_id=key_id,
        digest_algorithm=digest_algorithm,
        signed_attributes=signed_attributes,
        attributes=attributes,
        signature_algorithm=signature_algorithm,
        signature=signature,
        unsigned=unsigned,
        end=outer.at,
    )


def _encapsulated(item: Reader) -> tuple[bytes, bytes | None]:
    kind = item.whole(_OID)
    content = None
    if item.has(_ZERO):
        wrapped = item.inside(_ZERO)
        content = wrapped.body(_OCTETS)
        wrapped.close()
    item.close()
    return kind, content


def _signer_id(signer: Reader) -> tuple[bytes | None, int | None, bytes | None]:
    if signer.has(_KEY_ID):
        return None, None, signer.body(_KEY_ID)
    named = signer.inside(_SEQUENCE)
    issuer, serial = named.whole(_SEQUENCE), named.number()
    named.close()
    return issuer, serial, None


def _attributes(signer: Reader, tag: int) -> tuple[bytes | None, dict[bytes, tuple[bytes, ...]]]:
    """Return the attributes as they stand, and the values of each; none may stand twice."""
    found: dict[bytes, tuple[bytes, ...]] = {}
    if not signer.has(tag):
        return None, found
    start, first, end = signer.element(tag)
    items = Reader(signer.data, first, end)
    while items.at < items.end:
        item = items.inside(_SEQUENCE)
        kind = item.body(_OID)
        values = item.inside(_SET)
        item.close()
        if kind in found:
            raise UnusualError
        found[kind] = tuple(_elements(values))
    return signer.data[start:end], found


def _elements(values: Reader) -> Iterator[bytes]:
    while values.at < values.end:
        tag = values.data[values.at]
        if tag & _LONG_TAG == _LONG_TAG:
            raise UnusualError
        yield values.whole(tag)


def first_certificate_id(value: bytes, *, hashed_by_default: bytes) -> tuple[bytes, bytes]:
    """Return digest algorithm (DER) and digest of the first ESSCertID(v2) (RFC 5035).

    Raises:
        UnusualError: it is not written as expected here.
    """
    first = Reader(value, 0, len(value)).inside(_SEQUENCE).inside(_SEQUENCE).inside(_SEQUENCE)
    algorithm = first.whole(_SEQUENCE) if first.has(_SEQUENCE) else hashed_by_default
    digest = first.body(_OCTETS)
    if first.has(_SEQUENCE):
        first.element(_SEQUENCE)
    first.close()
    return algorithm, digest


def first_part(value: bytes) -> bytes:
    """Return the first element of a sequence, itself a sequence.

    Raises:
        UnusualError: it is not written as expected here.
    """
    return Reader(value, 0, len(value)).inside(_SEQUENCE).whole(_SEQUENCE)


def octets(value: bytes) -> bytes:
    """Return the contents of an octet string.

    Raises:
        UnusualError: it is none.
    """
    return Reader(value, 0, len(value)).body(_OCTETS)


def utc_time(value: bytes) -> datetime:
    """Read the usual form of UTCTime, ``YYMMDDhhmmssZ``.

    Raises:
        UnusualError: it has another form.
    """
    if value[:2] != b"\x17\x0d" or not value[2:14].isdigit() or value[14:] != b"Z":
        raise UnusualError
    year, month, day, hour, minute, second = (int(value[at : at + 2]) for at in range(2, 14, 2))
    century = 1900 if year >= _TURN else 2000
    return datetime(century + year, month, day, hour, minute, second, tzinfo=UTC)
