"""Signs with the keys of one token: one session, one queue."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import pkcs11
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pkcs11 import KeyType, Mechanism
from pkcs11 import exceptions as failures
from typing_extensions import override

from signing.errors import (
    KeyNotFoundError,
    PinIncorrectError,
    PinIncorrectLastTryError,
    PinLastTryError,
    PinLockedError,
    PinNeededError,
    SigningError,
    TokenRemovedError,
)
from signing.signers._chain import chain_of
from signing.signers.base import Completed, Refused
from signing.signers.pkcs11 import _objects, tokens
from signing.signers.pkcs11._failures import DECLINED, WRONG_PIN, named
from signing.signers.pkcs11.pin import Pin
from signing.signers.pkcs11.tokens import PinState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signing.signers.base import Key, Outcome, Request
    from signing.signers.pkcs11._objects import Held

# DigestInfo of SHA-256 without the digest (RFC 8017 §9.2): hashing here and not on the token
# sends a token a few bytes, and works with those that lack CKM_SHA256_RSA_PKCS.
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


class Pkcs11Signer:
    """Signs with the keys of one token.

    The session opens with the first call and stays until the PIN's time is over; after the token
    was pulled out, the next call opens another, on the same token. A wrong PIN is never tried
    again, and the last try that a token has left is not used up.

    Signatures are over SHA-256 with every key, P-384 too: it is what the CMS around them says,
    it is as strong as the timestamps and certificates of these PKIs are, and no verifier in use
    lacks it.

    Args:
        module: path of the PKCS#11 library.
        token_label: label of the token; empty: any.
        pin: the user's PIN; None where it is typed on the reader's own key pad.
        serial: serial of the token, where several have the same label; empty: any.
        use_last_try: the owner was told that only one try is left, and wants it used.
    """

    def __init__(
        self,
        module: str,
        token_label: str,
        pin: str | Pin | None,
        *,
        serial: str = "",
        use_last_try: bool = False,
    ) -> None:
        self._module = module
        self._token_label = token_label
        self._serial = serial
        self._pin = pin if isinstance(pin, Pin) else Pin(pin)
        self._use_last_try = use_last_try
        self._queue = tokens.queue_of(module)
        self._session: Any = None
        self._keys: dict[str, Held] = {}
        self._certificates: tuple[bytes, ...] = ()

    @override
    def __repr__(self) -> str:
        return f"Pkcs11Signer(token_label={self._token_label!r}, serial={self._serial!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the session; the next call opens another, as long as the PIN may be used."""
        with self._queue:
            session, self._session = self._session, None
            self._keys = {}
            if session is not None:
                with self._named():
                    session.close()

    def keys(self) -> list[Key]:
        """Return the private keys that have a certificate, by id.

        Raises:
            SigningError: the token can't be opened or read.
        """
        with self._queue, self._named():
            self._open()
            self._read()
            return [held.key for _, held in sorted(self._keys.items())]

    def chain(self, key_id: str) -> tuple[bytes, ...]:
        """Return the certificates of a key, as far as the token has them; see `Signer`."""
        with self._queue, self._named():
            held = self._held(key_id)
            return chain_of(held.key.certificate, self._certificates)

    def sign(self, request: Request) -> Outcome:
        """Sign every item on the token, in one session; see `Signer`.

        Raises:
            PinIncorrectError: asked once, never again by itself.
            PinIncorrectLastTryError: the same, and one more wrong PIN locks the token.
            PinLastTryError: one try is left, and nobody said that it may be used.
            PinLockedError: the PIN is locked or expired.
            PinNeededError: the time or the uses of the PIN are over, or none was given.
            TokenNotFoundError: no token has the label and serial.
            TokenAmbiguousError: several have.
            TokenRemovedError: it was pulled out or lost its session.
            TokenBusyError: another session of this process is logged in.
            ModuleUnusableError: the module fails otherwise.
        """
        try:
            with self._queue, self._named():
                held = self._held(request.key_id, signatures=len(request.items))
                values = tuple(self._value(held, item.to_be_signed) for item in request.items)
                return Completed(values=values)
        except DECLINED:
            # A reader with a key pad of its own: its owner pressed "cancel".
            return Refused(code="signing.refused")

    def _held(self, key_id: str, *, signatures: int = 0) -> Held:
        self._open(signatures=signatures)
        wanted = key_id.lower()
        if wanted not in self._keys:
            self._read()  # keys may have been brought onto the token since
        if wanted not in self._keys:
            raise KeyNotFoundError(key_id=key_id)
        return self._keys[wanted]

    def _open(self, *, signatures: int = 0) -> None:
        try:
            self._pin.require(signatures)
        except SigningError:
            self.close()
            raise
        if self._session is not None:
            return
        token = tokens.find(self._module, label=self._token_label, serial=self._serial)
        self._session = self._logged_in(token)
        # Should another token with this label be plugged in later, it is not given the PIN.
        self._serial = tokens.serial_of(token)

    def _logged_in(self, token: Any) -> Any:
        state = tokens.pin_state(token)
        if state is PinState.LOCKED:
            raise PinLockedError(token=self._token_label, reason=state)
        if state is PinState.LAST and not self._use_last_try:
            raise PinLastTryError(token=self._token_label)
        pin = pkcs11.PROTECTED_AUTH if tokens.has_key_pad(token) else self._pin.revealed()
        if pin is None:
            raise PinNeededError(token=self._token_label)
        try:
            return token.open(user_pin=pin)
        except WRONG_PIN as error:
            self._refuse(token, error)
            raise

    def _refuse(self, token: Any, error: Exception) -> None:
        """Forget a wrong PIN, and say what its token has left if that is little."""
        self._pin.refused()
        facts = {"token": self._token_label, "reason": type(error).__name__}
        state = tokens.pin_state(token)
        if state is PinState.LOCKED:
            raise PinLockedError(**facts) from error
        if state is PinState.LAST:
            raise PinIncorrectLastTryError(**facts) from error

    def _read(self) -> None:
        found = _objects.certificates(self._session)
        self._certificates = tuple(one.der for one in found)
        self._keys = _objects.keys(self._session, found)

    def _value(self, held: Held, to_be_signed: bytes) -> bytes:
        """Return one signature value, over a digest made here or, if need be, on the token."""
        self._pin.count()
        digest = hashlib.sha256(to_be_signed).digest()
        try:
            if held.kind is KeyType.RSA:
                return self._by(held, _DIGEST_INFO + digest, Mechanism.RSA_PKCS)
            return _as_der(self._by(held, digest, Mechanism.ECDSA))
        except failures.MechanismInvalid:
            # Tokens that want to see what they hash refuse the plain mechanism.
            if held.kind is KeyType.RSA:
                return self._by(held, to_be_signed, Mechanism.SHA256_RSA_PKCS)
            return _as_der(self._by(held, to_be_signed, Mechanism.ECDSA_SHA256))

    def _by(self, held: Held, data: bytes, mechanism: Mechanism) -> bytes:
        if not held.asks_each_time:
            plain: bytes = held.handle.sign(data, mechanism=mechanism)
            return plain
        # Where the PIN is typed on a key pad, an empty one asks for that (PKCS#11 §5.6.8).
        pin = self._pin.revealed() or ""
        try:
            signed: bytes = held.handle.sign(data, mechanism=mechanism, pin=pin)
        except WRONG_PIN as error:
            self._refuse(self._session.token, error)
            raise
        return signed

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Turn the binding's failures into ours; a lost session is forgotten."""
        try:
            with named(self._token_label):
                yield
        except TokenRemovedError:
            self._session, self._keys = None, {}
            raise
        except PinIncorrectError as error:
            if not error.facts:
                raise PinIncorrectError(token=self._token_label) from error
            raise


def _as_der(raw: bytes) -> bytes:
    half = len(raw) // 2
    return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))
