"""What the PKCS#11 modules of this machine show without a PIN, each looked at in a child."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from docsvc.clock import VIETNAM
from docsvc.sandbox import Child
from signing.errors import SigningError
from signing.signers.pkcs11 import PinState, SlotSeen, survey
from verification.masking import shown

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from docsvc.settings import Token

# Slow readers answer within seconds; one that hangs is a finding too.
_TIMEOUT_S = 30.0
_GONE = "sign.token-gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A module, and the variables that it wants to find."""

    module: Path
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one module shows; ``code`` says why it shows nothing."""

    module: Path
    slots: tuple[SlotSeen, ...] = ()
    code: str = ""

    def named(self, label: str) -> Look:
        """Keep the slots whose token has this label."""
        slots = tuple(one for one in self.slots if one.token and one.token.label == label)
        return Look(module=self.module, slots=slots, code=self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateText:
    """A certificate as people may see it: no national id number is shown in full."""

    sha256: str
    subject: str
    issuer: str
    serial: str
    key: str
    valid_from: datetime
    valid_to: datetime
    is_authority: bool


def places_of(tokens: tuple[Token, ...]) -> tuple[Place, ...]:
    """Return each module of the settings once for each of its environments."""
    found = {
        (one.module, tuple(sorted(one.environment.items()))): Place(
            module=one.module, environment=one.environment
        )
        for one in tokens
    }
    return tuple(found.values())


def look(place: Place, *, timeout_s: float = _TIMEOUT_S) -> Look:
    """Look at a module in a child, which it may take with it when it crashes."""
    child = Child(_look, str(place.module), dict(place.environment))
    try:
        if not child.has_answered(timeout_s):
            return Look(module=place.module, code=_GONE)
        answer = child.pipe.recv()
    except (EOFError, OSError):
        return Look(module=place.module, code=_GONE)
    finally:
        child.stop()
    if isinstance(answer, str):
        return Look(module=place.module, code=answer)
    return Look(module=place.module, slots=answer)


def described(der: bytes) -> CertificateText | None:
    """Describe a certificate; None where it can't be read."""
    try:
        parsed = x509.load_der_x509_certificate(der)
        return CertificateText(
            sha256=sha256(der).hexdigest(),
            subject=shown(parsed.subject.rfc4514_string()),
            issuer=shown(parsed.issuer.rfc4514_string()),
            serial=f"{parsed.serial_number:X}",
            key=_kind_of(parsed),
            valid_from=parsed.not_valid_before_utc.astimezone(VIETNAM),
            valid_to=parsed.not_valid_after_utc.astimezone(VIETNAM),
            is_authority=_is_authority(parsed),
        )
    except ValueError:
        return None


def pin_code(state: PinState) -> str:
    """Return the code of a sentence about the tries that a token has left."""
    return f"devices.pin-{state}"


def _look(pipe: Connection, module: str, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    with contextlib.suppress(OSError):
        try:
            pipe.send(survey(module))
        except SigningError as error:
            pipe.send(error.code)


def _kind_of(certificate: x509.Certificate) -> str:
    public = certificate.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return f"RSA {public.key_size}"
    if isinstance(public, ec.EllipticCurvePublicKey):
        return public.curve.name
    return type(public).__name__


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False
