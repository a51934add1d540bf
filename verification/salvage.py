"""Extensions of a certificate of which one cannot be read: the others, each by itself.

cryptography reads all extensions or none. Here each is put alone into a copy of the certificate,
whose signature nobody looks at.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from verification import der
from verification.der import Element
from verification.extensions import Extensions, require_readable

_EXTENSIONS, _OCTETS = 0xA3, 0x04
_LONG = 0x80
# A certificate has some ten.
_MAX_EXTENSIONS = 64
# They limit what a certificate is for: one that cannot be read counts as critical whatever it says,
# since passing it over would give the certificate more than its issuer did.
_LIMITING = frozenset(
    one.dotted_string
    for one in (
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.INHIBIT_ANY_POLICY,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvaged:
    """The extensions that can be read, and the identifiers (dotted) of those that cannot.

    ``unreadable_critical`` are those of them that must not be passed over.
    """

    extensions: Extensions
    unreadable: tuple[str, ...] = ()
    unreadable_critical: tuple[str, ...] = ()


def salvage(certificate: bytes) -> Salvaged:
    """Read the extensions of a certificate (DER) one by one.

    One that stands twice says nothing that could be relied on (RFC 5280 §4.2).

    Raises:
        ValueError: it is not even a list of extensions, or there are too many.
    """
    outer = der.element(certificate, 0)
    tbs, *rest = der.children(certificate, outer)
    *before, wrapped = der.children(certificate, tbs)
    if wrapped.tag != _EXTENSIONS:
        msg = "extensions"
        raise ValueError(msg)
    front = certificate[tbs.start : before[-1].end]
    back = certificate[tbs.end : rest[-1].end]
    read: dict[x509.ObjectIdentifier, x509.Extension[x509.ExtensionType]] = {}
    unreadable: dict[str, bool] = {}
    found = list(_each(certificate, wrapped))
    times = Counter(oid for oid, _, _ in found)
    for oid, critical, whole in found:
        alone = _element(_EXTENSIONS, _element(der.SEQUENCE, whole))
        copy = _element(der.SEQUENCE, _element(der.SEQUENCE, front + alone) + back)
        one = _read(copy) if times[oid] == 1 else None
        if one is None:
            unreadable[oid] = critical or oid in _LIMITING or times[oid] > 1
        else:
            read[one.oid] = one
    if ExtensionOID.POLICY_MAPPINGS.dotted_string in unreadable:
        # Nobody knows what its policies are called below it: none of them holds any more.
        read.pop(ExtensionOID.CERTIFICATE_POLICIES, None)
    return Salvaged(
        extensions=read,
        unreadable=tuple(unreadable),
        unreadable_critical=tuple(oid for oid, forbids in unreadable.items() if forbids),
    )


def _read(certificate: bytes) -> x509.Extension[x509.ExtensionType] | None:
    """Return the only extension of a certificate; None if it cannot be read."""
    try:
        one: x509.Extension[x509.ExtensionType]
        (one,) = x509.load_der_x509_certificate(certificate).extensions
        require_readable({one.oid: one})
    except Exception:  # noqa: BLE001 -- ValueError, but KeyError and classes of cryptography's own too
        return None
    return one


def _each(data: bytes, wrapped: Element) -> Iterator[tuple[str, bool, bytes]]:
    """Yield identifier, whether it is critical, and the whole of each extension."""
    (listed,) = der.children(data, wrapped)
    found = list(der.children(data, listed))
    if len(found) > _MAX_EXTENSIONS:
        msg = "extensions"
        raise ValueError(msg)
    at = listed.start
    for one in found:
        name, *more = der.children(data, one)
        # Anything but a plain FALSE is taken for critical.
        critical = more[0].tag != _OCTETS and any(data[more[0].start : more[0].end])
        yield der.oid(data[name.start : name.end]), critical, data[at : one.end]
        at = one.end


def _element(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < _LONG:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG | len(octets))) + octets + content
