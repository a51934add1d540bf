"""Keys and certificates of a token, and which belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import Attribute, KeyType, ObjectClass

from signing.signers.base import Key
from signing.signers.pkcs11._failures import LACKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# An uncompressed point of P-256 or P-384, and the same in the OCTET STRING that PKCS#11 wants
# around it; tokens write either.
_POINT_LENGTHS = frozenset({65, 97})
_OCTET_STRING_HEAD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A private key's handle on the token, and what is known of it.

    Attributes:
        asks_each_time: CKA_ALWAYS_AUTHENTICATE: the PIN is wanted again for each signature.
    """

    key: Key
    handle: Any
    kind: KeyType
    asks_each_time: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate of a token.

    Attributes:
        public: its public key: the modulus of RSA, the point of an elliptic curve.
    """

    key_id: bytes
    label: str
    der: bytes
    parsed: x509.Certificate
    public: bytes


def certificates(session: Any) -> tuple[Certificate, ...]:
    """Return the certificates that a session shows; what can't be read as one is left out."""
    found = []
    for one in list(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})):
        der = bytes(value(one, Attribute.VALUE, b""))
        try:
            parsed = x509.load_der_x509_certificate(der)
            public = _public_of(parsed)
        except (ValueError, UnsupportedAlgorithm):
            continue
        found.append(
            Certificate(
                key_id=bytes(value(one, Attribute.ID, b"")),
                label=str(value(one, Attribute.LABEL, "")),
                der=der,
                parsed=parsed,
                public=public,
            )
        )
    return tuple(found)


def public_keys(session: Any) -> dict[bytes, list[bytes]]:
    """Return the public keys that a session shows, by their CKA_ID."""
    found: dict[bytes, list[bytes]] = {}
    for one in list(session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY})):
        found.setdefault(bytes(value(one, Attribute.ID, b"")), []).append(_public_at(one))
    return found


def keys(session: Any, known: Iterable[Certificate]) -> dict[str, Held]:
    """Return the private keys that have a certificate, by the name that finds them again.

    The public key decides which certificate is a key's; CKA_ID does where the token does not show
    the public key. Some tools give the two different ids, or every object the same.
    """
    handles = [
        one
        for one in list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}))
        # A key that is there to decrypt would be refused by the token later.
        if value(one, Attribute.SIGN, True)  # noqa: FBT003  # the value of an attribute
    ]
    ids = [bytes(value(one, Attribute.ID, b"")) for one in handles]
    shown, known = public_keys(session), tuple(known)
    found: dict[str, Held] = {}
    for handle, key_id in zip(handles, ids, strict=True):
        shared = ids.count(key_id) > 1
        leaf = _certificate_of(handle, key_id, known, [] if shared else shown.get(key_id, []))
        if leaf is None or (shared and not _public_at(handle)):
            continue
        name = key_id.hex() if key_id and not shared else _named_by_key(leaf)
        found[name] = Held(
            key=Key(key_id=name, label=str(value(handle, Attribute.LABEL, "")),
                    certificate=leaf.der),
            handle=handle,
            kind=handle.key_type,
            asks_each_time=bool(value(handle, Attribute.ALWAYS_AUTHENTICATE, False)),  # noqa: FBT003  # the value of an attribute
        )  # fmt: skip
    return found


def value(one: Any, attribute: Attribute, otherwise: Any) -> Any:
    """Return an attribute of an object; ``otherwise`` where the token has none or hides it."""
    try:
        return one[attribute]
    except LACKING:
        return otherwise


def _certificate_of(
    handle: Any, key_id: bytes, known: tuple[Certificate, ...], shown: list[bytes]
) -> Certificate | None:
    public = _public_at(handle) or (shown[0] if len(shown) == 1 else b"")
    if public:
        fitting = [one for one in known if one.public == public]
    else:
        fitting = [one for one in known if one.key_id == key_id]
    # After a renewal a key may have two certificates: the later one is meant.
    return max(fitting, key=lambda one: one.parsed.not_valid_after_utc, default=None)


def _named_by_key(leaf: Certificate) -> str:
    """Return the SHA-1 of the public key, where CKA_ID names no key or more than one."""
    return x509.SubjectKeyIdentifier.from_public_key(leaf.parsed.public_key()).digest.hex()


def _public_of(certificate: x509.Certificate) -> bytes:
    public = certificate.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        modulus = public.public_numbers().n
        return modulus.to_bytes((modulus.bit_length() + 7) // 8)
    if isinstance(public, ec.EllipticCurvePublicKey):
        return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    raise UnsupportedAlgorithm(type(public).__name__)


def _public_at(one: Any) -> bytes:
    """Return the public key that an object tells of; empty where it tells none."""
    modulus = value(one, Attribute.MODULUS, b"")
    if modulus:
        return bytes(modulus).lstrip(b"\0")
    point = bytes(value(one, Attribute.EC_POINT, b""))
    if len(point) - _OCTET_STRING_HEAD in _POINT_LENGTHS:
        return point[_OCTET_STRING_HEAD:]
    return point
