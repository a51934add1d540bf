"""Modules, slots and tokens: which are there, and what they tell without a PIN."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pkcs11
from pkcs11 import TokenFlag
from pkcs11 import exceptions as failures

from signing.errors import ModuleUnusableError, SigningError
from signing.signers.pkcs11 import _objects
from signing.signers.pkcs11._failures import named

if TYPE_CHECKING:
    from collections.abc import Iterator

# Processes that initialise SoftHSM at one instant sometimes do not see the token: try again.
_START_WAITS_S = (0.05, 0.1, 0.2, 0.4)
_SKIPPED = (failures.TokenNotPresent, failures.TokenNotRecognised)

_queues: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)


class PinState(StrEnum):
    """How many tries a token has left, as far as its flags tell; PKCS#11 knows no number."""

    FREE = "free"
    FEW = "few"
    LAST = "last"
    LOCKED = "locked"
    UNSET = "unset"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSeen:
    """A certificate that a token shows without a PIN.

    Attributes:
        key_id: CKA_ID, hexadecimal.
        has_key: whether a public key beside it says that the token holds the private one; None
            where nothing says so without a PIN.
    """

    key_id: str
    label: str
    der: bytes
    has_key: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSeen:
    """A token, and what it shows without a PIN."""

    label: str
    serial: str
    manufacturer: str
    model: str
    pin: PinState
    has_key_pad: bool
    certificates: tuple[CertificateSeen, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotSeen:
    """A slot; ``token`` is None where it is empty, ``code`` says why it could not be read."""

    number: int
    description: str
    token: TokenSeen | None = None
    code: str = ""


def queue_of(module: str) -> threading.RLock:
    """Return the queue of a module: whoever holds it is the only one who calls it."""
    return _queues[str(Path(module).resolve())]


def library_of(module: str) -> Any:
    """Load a module.

    Raises:
        ModuleUnusableError: it can't be loaded.
    """
    try:
        return pkcs11.lib(module)
    except (RuntimeError, OSError, failures.PKCS11Error) as error:
        raise ModuleUnusableError(module=module, reason="not-loaded") from error


def find(module: str, *, label: str, serial: str) -> Any:
    """Return the one token with this label and serial; an empty one stands for any.

    Raises:
        NoSuchToken: none is plugged in, not even after some waiting.
        MultipleTokensReturned: several are, and nothing says which one is meant.
        ModuleUnusableError: the module can't be loaded.
    """
    library = library_of(module)
    for wait in (*_START_WAITS_S, 0.0):
        found = [one for one in _tokens(library) if _is_meant(one, label, serial)]
        if len(found) > 1:
            raise failures.MultipleTokensReturned
        if found:
            return found[0]
        if wait:
            time.sleep(wait)
            library.reinitialize()
    raise failures.NoSuchToken


def pin_state(token: Any) -> PinState:
    """Read the flags of a token, freshly."""
    flags = token.slot.get_token().flags
    if TokenFlag.USER_PIN_LOCKED in flags:
        return PinState.LOCKED
    if TokenFlag.USER_PIN_FINAL_TRY in flags:
        return PinState.LAST
    if TokenFlag.USER_PIN_COUNT_LOW in flags:
        return PinState.FEW
    return PinState.FREE if TokenFlag.USER_PIN_INITIALIZED in flags else PinState.UNSET


def has_key_pad(token: Any) -> bool:
    """Tell whether a PIN is typed on the reader itself and never handed over."""
    return TokenFlag.PROTECTED_AUTHENTICATION_PATH in token.flags


def survey(module: str) -> tuple[SlotSeen, ...]:
    """Look at every slot of a module without a PIN; nobody is logged in or out.

    Raises:
        ModuleUnusableError: the module can't be loaded or does not list its slots.
    """
    with queue_of(module), named(module):
        return tuple(_seen(slot) for slot in library_of(module).get_slots())


def _seen(slot: Any) -> SlotSeen:
    number, description = slot.slot_id, _text(slot.slot_description)
    try:
        with named(description):
            token = _token_seen(slot)
    except SigningError as error:
        return SlotSeen(number=number, description=description, code=error.code)
    return SlotSeen(number=number, description=description, token=token)


def _token_seen(slot: Any) -> TokenSeen | None:
    try:
        token = slot.get_token()
    except _SKIPPED:
        return None
    return TokenSeen(
        label=_text(token.label),
        serial=serial_of(token),
        manufacturer=_text(token.manufacturer_id),
        model=_text(token.model),
        pin=pin_state(token),
        has_key_pad=has_key_pad(token),
        certificates=_certificates(token) if TokenFlag.TOKEN_INITIALIZED in token.flags else (),
    )


def _certificates(token: Any) -> tuple[CertificateSeen, ...]:
    session = token.open()
    try:
        public = {key for held in _objects.public_keys(session).values() for key in held}
        return tuple(
            CertificateSeen(
                key_id=one.key_id.hex(),
                label=one.label,
                der=one.der,
                has_key=one.public in public or None,
            )
            for one in _objects.certificates(session)
        )
    finally:
        session.close()


def _tokens(library: Any) -> Iterator[Any]:
    for slot in library.get_slots(token_present=True):
        try:
            yield slot.get_token()
        except _SKIPPED:
            continue


def serial_of(token: Any) -> str:
    """Return the serial of a token as text."""
    return _text(bytes(token.serial).decode("utf-8", "replace"))


def _is_meant(token: Any, label: str, serial: str) -> bool:
    # A label that is padded with NUL instead of blanks is the same label.
    return label in {"", _text(token.label)} and serial in {"", serial_of(token)}


def _text(padded: str) -> str:
    return padded.replace("\0", " ").strip()
