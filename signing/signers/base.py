"""What every signer is asked and answers: values now, a handle to ask again with, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One signature of a request.

    Attributes:
        to_be_signed: DER of the signed attributes, as the SET OF that is hashed (RFC 5652 §5.4).
        content_digest: SHA-256 of the byte range, for signers that answer with a CMS of their
            own attributes.
        name: what the holder's device may call it, such as the number and kind of a document.
    """

    to_be_signed: bytes
    content_digest: bytes = b""
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the holder of one key is asked: one confirmation for all items.

    Attributes:
        key_id: names the key: CKA_ID in hexadecimal, MSISDN, credential or account of a service.
        transaction: our own name of the request; the same when it is sent again after a crash.
        prompt: what the holder's device shows, in Vietnamese; a device that can't is sent less.
        control_code: short code that desk and device show, so that the holder can compare.
        valid_for_s: seconds after which no answer is wanted any more.
    """

    # What names a person or tells of a document stays out of logs and tracebacks.
    key_id: str = field(repr=False)
    items: tuple[Item, ...]
    transaction: str = ""
    prompt: str = field(default="", repr=False)
    control_code: str = ""
    valid_for_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """One answer for each item, in order.

    Each is a signature value over SHA-256 (PKCS #1 v1.5 for RSA, the DER of (r, s) for ECDSA),
    or the DER of a whole CMS.
    """

    values: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A person or a remote service still has to act.

    Attributes:
        handle: finds the request again, from any process.
        poll_after_s: seconds to let pass before `DeferredSigner.poll` is called.
    """

    # It may hold a phone number, or what opens an account.
    handle: str = field(repr=False)
    poll_after_s: float = 5.0


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

    def sign(self, request: Request) -> Outcome:
        """Sign every item of a request, or begin to; the signer hashes what is signed itself.

        Raises:
            KeyNotFoundError: there is no such key.
            SigningError: the signer could not do it; nothing was signed.
        """
        ...


class DeferredSigner(Signer, Protocol):
    """A signer whose holder needs minutes: what was begun is asked for again, from any process."""

    def poll(self, handle: str) -> Outcome:
        """Ask for the answer to a request; the same answer however often one asks.

        Raises:
            SigningError: the service could not be asked; ask again if it is ``retryable``.
        """
        ...

    def cancel(self, handle: str) -> None:
        """Give a request up; one that was answered or has expired stays as it is.

        Raises:
            SigningError: the service could not be asked.
        """
        ...
