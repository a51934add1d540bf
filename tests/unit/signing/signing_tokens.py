"""A module, its slots, tokens, sessions and objects, as the binding shows them; and their moods."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import PROTECTED_AUTH, Attribute, KeyType, Mechanism, ObjectClass, TokenFlag
from pkcs11 import exceptions as failures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signing_stand_ins import Party, Pki

PIN = "1234-secret"
READY = TokenFlag.TOKEN_INITIALIZED | TokenFlag.USER_PIN_INITIALIZED


class Object(dict[Attribute, Any]):
    """An object of a token; an attribute that it lacks is refused."""

    def __missing__(self, key: Attribute) -> Any:
        raise failures.AttributeTypeInvalid


class PrivateKey(Object):
    def __init__(self, token: Token, attributes: dict[Attribute, Any]) -> None:
        super().__init__(attributes)
        self.token = token

    @property
    def key_type(self) -> KeyType:
        return self[Attribute.KEY_TYPE]

    def sign(self, data: bytes, *, mechanism: Mechanism, pin: str | None = None) -> bytes:
        if self.token.failure is not None:
            raise self.token.failure
        if mechanism not in self.token.mechanisms:
            raise failures.MechanismInvalid
        self.token.asked.append((mechanism, pin))
        return hashlib.sha512(data).digest()


def certificate(party: Party, key_id: bytes, label: str = "") -> Object:
    return Object(
        {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: key_id,
         Attribute.LABEL: label, Attribute.VALUE: party.der}
    )  # fmt: skip


def public_of(party: Party, *, wrapped: bool = True) -> dict[Attribute, Any]:
    public = party.certificate.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        modulus = public.public_numbers().n
        return {Attribute.MODULUS: b"\0" + modulus.to_bytes((modulus.bit_length() + 7) // 8)}
    assert isinstance(public, ec.EllipticCurvePublicKey)
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {Attribute.EC_POINT: bytes([4, len(point)]) + point if wrapped else point}


def public_key(party: Party, key_id: bytes, *, wrapped: bool = True) -> Object:
    return Object(
        {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.ID: key_id}
        | public_of(party, wrapped=wrapped)
    )


@dataclass
class Token:
    """A token in its slot, with its session; what it does wrong is set from outside."""

    label: str = "token"
    serial: bytes = b"0001  "
    flags: TokenFlag = READY
    flags_after_wrong_pin: TokenFlag = READY | TokenFlag.USER_PIN_COUNT_LOW
    manufacturer_id: str = "maker\0\0"
    model: str = "model "
    slot_id: int = 7
    slot_description: str = "reader "
    objects: list[Object] = field(default_factory=list)
    mechanisms: set[Mechanism] = field(
        default_factory=lambda: {Mechanism.RSA_PKCS, Mechanism.ECDSA}
    )
    failure: Exception | None = None
    open_failure: Exception | None = None
    absent: Exception | None = None
    asked: list[tuple[Mechanism, str | None]] = field(default_factory=list)
    pins: list[object] = field(default_factory=list)
    opened: int = 0
    closed: int = 0

    def private_key(self, key_id: bytes, **more: Any) -> PrivateKey:
        attributes = {
            Attribute.CLASS: ObjectClass.PRIVATE_KEY,
            Attribute.ID: key_id,
            Attribute.LABEL: "leader",
            Attribute.KEY_TYPE: KeyType.RSA,
        }
        key = PrivateKey(self, attributes | more.pop("attributes", {}))
        self.objects.append(key)
        return key

    # The slot, which is the same here.
    @property
    def slot(self) -> Token:
        return self

    def get_token(self) -> Token:
        if self.absent is not None:
            raise self.absent
        return self

    # The token.
    def open(self, *, user_pin: object = None) -> Token:
        if user_pin is not None:
            self.pins.append(user_pin)
        self.opened += 1
        if self.open_failure is not None:
            self.flags = self.flags_after_wrong_pin
            raise self.open_failure
        return self

    # The session.
    @property
    def token(self) -> Token:
        return self

    def close(self) -> None:
        self.closed += 1

    def get_objects(self, template: dict[Attribute, object]) -> Iterator[Object]:
        wanted = template[Attribute.CLASS]
        return (one for one in self.objects if one[Attribute.CLASS] is wanted)


@dataclass
class Module:
    """What a module shows; ``missing`` looks in vain before the tokens appear."""

    tokens: list[Token]
    missing: int = 0
    reinitialised: int = 0

    def get_slots(self, *, token_present: bool = False) -> list[Token]:
        if token_present and self.missing:
            self.missing -= 1
            return []
        return self.tokens

    def reinitialize(self) -> None:
        self.reinitialised += 1


def with_leader(pki: Pki) -> Token:
    """Return a token with the leader's key and certificate, and the CA's certificate."""
    token = Token()
    token.private_key(b"\xa1")
    token.objects += [certificate(pki.leader, b"\xa1"), certificate(pki.ca, b"\xca")]
    return token


KEY_PAD = SimpleNamespace(pin=PROTECTED_AUTH, flag=TokenFlag.PROTECTED_AUTHENTICATION_PATH)
