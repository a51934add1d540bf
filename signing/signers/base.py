"""What every signer answers: a value now, a handle to ask again with, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """The signature value: PKCS #1 v1.5 for RSA, the DER of (r, s) for ECDSA; both SHA-256."""

    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A person or a remote service still has to act; ``handle`` finds the request again."""

    handle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The person or the service said no; ``code`` is in the message catalogue."""

    code: str


Outcome = Completed | Pending | Refused


class Key(NamedTuple):
    """A key that can sign: its id in hexadecimal, its label, its certificate in DER."""

    key_id: str
    label: str
    certificate: bytes


class Signer(Protocol):
    """Holds keys and signs with them."""

    def chain(self, key_id: str) -> tuple[bytes, ...]:
        """Return the certificates of a key in DER, its own first, the root left out.

        Raises:
            KeyNotFoundError: there is no such key.
        """
        ...

    def sign(self, key_id: str, to_be_signed: bytes) -> Outcome:
        """Sign the DER of signed attributes; the signer hashes it itself.

        Raises:
            KeyNotFoundError: there is no such key.
            SigningError: the signer could not do it.
        """
        ...
