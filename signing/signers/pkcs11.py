"""A token through its PKCS#11 module: one session, one thread at a time.

The binding initialises modules without locking, and two sessions in two threads crash the
process: whoever uses this keeps one process for each token.
"""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11 import exceptions as failures
from typing_extensions import override

from signing.errors import (
    KeyNotFoundError,
    ModuleUnusableError,
    PinIncorrectError,
    PinLockedError,
    SigningError,
    TokenBusyError,
    TokenNotFoundError,
    TokenRemovedError,
)
from signing.signers._chain import chain_of
from signing.signers.base import Completed, Key, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signing.signers.base import Outcome, Request

# DigestInfo of SHA-256 without the digest (RFC 8017 §9.2): hashing here and not on the token
# works with every token, also with those that lack CKM_SHA256_RSA_PKCS.
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")

# Processes that initialise SoftHSM at one instant sometimes do not see the token: try again.
_START_WAITS_S = (0.05, 0.1, 0.2, 0.4)

_GONE = (
    failures.DeviceRemoved, failures.TokenNotPresent, failures.TokenNotRecognised,
    failures.DeviceError, failures.SessionClosed, failures.SessionHandleInvalid,
    failures.KeyHandleInvalid, failures.ObjectHandleInvalid, failures.UserNotLoggedIn,
)  # fmt: skip
_MEANINGS: tuple[tuple[tuple[type[Exception], ...], type[SigningError]], ...] = (
    ((failures.PinIncorrect, failures.PinInvalid, failures.PinLenRange), PinIncorrectError),
    ((failures.PinLocked, failures.PinExpired), PinLockedError),
    ((failures.UserAlreadyLoggedIn, failures.AnotherUserAlreadyLoggedIn), TokenBusyError),
    ((failures.NoSuchToken, failures.MultipleTokensReturned), TokenNotFoundError),
    (_GONE, TokenRemovedError),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A private key's handle on the token, and what is known of it."""

    key: Key
    handle: Any
    kind: KeyType


class Pkcs11Signer:
    """Signs with the keys of one token.

    The session opens with the first call and stays; after the token was pulled out, the next
    call opens another. A wrong PIN is never tried again.

    Args:
        module: path of the PKCS#11 library.
        token_label: label of the token.
        pin: the user's PIN; it is neither logged nor shown.
    """

    def __init__(self, module: str, token_label: str, pin: str) -> None:
        self._module = module
        self._token_label = token_label
        self._pin: str | None = pin
        self._lock = threading.RLock()
        self._session: Any = None
        self._keys: dict[str, _Held] = {}
        self._certificates: tuple[bytes, ...] = ()

    @override
    def __repr__(self) -> str:
        return f"Pkcs11Signer(token_label={self._token_label!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the session; the next call opens another."""
        with self._lock:
            session, self._session = self._session, None
            self._keys = {}
            if session is not None:
                with self._named():
                    session.close()

    def keys(self) -> list[Key]:
        """Return the private keys that have a certificate of the same CKA_ID, by id.

        Raises:
            SigningError: the token can't be opened or read.
        """
        with self._lock, self._named():
            self._open()
            self._read()
            return [held.key for _, held in sorted(self._keys.items())]

    def chain(self, key_id: str) -> tuple[bytes, ...]:
        """Return the certificates of a key, as far as the token has them; see `Signer`."""
        with self._lock, self._named():
            held = self._held(key_id)
            return chain_of(held.key.certificate, self._certificates)

    def sign(self, request: Request) -> Outcome:
        """Sign every item on the token, in one session; see `Signer`.

        Raises:
            PinIncorrectError: asked once, never again by itself.
            PinLockedError: the PIN is locked or expired.
            TokenNotFoundError: no token has the label.
            TokenRemovedError: it was pulled out or lost its session.
            TokenBusyError: another session of this process is logged in.
            ModuleUnusableError: the module fails otherwise.
        """
        digests = [hashlib.sha256(item.to_be_signed).digest() for item in request.items]
        try:
            with self._lock, self._named():
                held = self._held(request.key_id)
                return Completed(values=tuple(_value(held, digest) for digest in digests))
        except (failures.FunctionCancelled, failures.FunctionRejected):
            # A reader with a key pad of its own: its owner pressed "cancel".
            return Refused(code="signing.refused")

    def _held(self, key_id: str) -> _Held:
        self._open()
        wanted = key_id.lower()
        if wanted not in self._keys:
            self._read()  # keys may have been brought onto the token since
        if wanted not in self._keys:
            raise KeyNotFoundError(key_id=key_id)
        return self._keys[wanted]

    def _open(self) -> None:
        if self._session is not None:
            return
        if self._pin is None:
            raise PinIncorrectError(token=self._token_label)
        token = self._token()
        try:
            self._session = token.open(user_pin=self._pin)
        except (failures.PinIncorrect, failures.PinInvalid, failures.PinLenRange):
            self._pin = None  # a second try of the same PIN would only help to lock the token
            raise

    def _token(self) -> Any:
        try:
            library = pkcs11.lib(self._module)
        except (RuntimeError, OSError) as error:
            raise ModuleUnusableError(module=self._module, reason="not-loaded") from error
        for wait in _START_WAITS_S:
            try:
                return library.get_token(token_label=self._token_label)
            except (failures.NoSuchToken, failures.TokenNotPresent):
                time.sleep(wait)
                library.reinitialize()
        return library.get_token(token_label=self._token_label)

    def _read(self) -> None:
        certificates: dict[bytes, list[bytes]] = {}
        for found in self._session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}):
            certificates.setdefault(found[Attribute.ID], []).append(found[Attribute.VALUE])
        self._certificates = tuple(value for values in certificates.values() for value in values)
        self._keys = {}
        for handle in self._session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}):
            if handle.id not in certificates:
                continue
            # After a renewal a key may have two certificates: the later one is meant.
            leaf = max(certificates[handle.id], key=_expiry)
            key = Key(key_id=handle.id.hex(), label=handle.label, certificate=leaf)
            self._keys[key.key_id] = _Held(key=key, handle=handle, kind=handle.key_type)

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Turn the binding's failures into ours; a lost session is forgotten."""
        try:
            yield
        except (failures.FunctionCancelled, failures.FunctionRejected):
            raise
        except failures.PKCS11Error as error:
            meaning = next(
                (ours for theirs, ours in _MEANINGS if isinstance(error, theirs)),
                ModuleUnusableError,
            )
            if meaning is TokenRemovedError:
                self._session, self._keys = None, {}
            raise meaning(token=self._token_label, reason=type(error).__name__) from error


def _value(held: _Held, digest: bytes) -> bytes:
    if held.kind is KeyType.RSA:
        signed: bytes = held.handle.sign(_DIGEST_INFO + digest, mechanism=Mechanism.RSA_PKCS)
        return signed
    raw: bytes = held.handle.sign(digest, mechanism=Mechanism.ECDSA)
    half = len(raw) // 2
    return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))


def _expiry(certificate: bytes) -> float:
    return x509.load_der_x509_certificate(certificate).not_valid_after_utc.timestamp()
