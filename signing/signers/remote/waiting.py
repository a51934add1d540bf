"""What has to be known to read the answer to a request, and the check of every value in it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from signing._pades.cms import PublicKey, require_value, template_of
from signing.errors import ValueDoesNotVerifyError
from signing.signers.base import Completed
from signing.signers.remote.errors import HandleUnknownError, RemoteAnswerInvalidError
from signing.signers.remote.reading import object_of, octets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from signing.signers.base import Request

SHA256_OID = "2.16.840.1.101.3.4.2.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One request, as plain data.

    Its text is the handle: the name, a colon, and the rest as JSON. A message that only names the
    request so finds the row of the handle that begins with ``prefix_of(name)``.

    Attributes:
        name: how the service calls the request.
        key: public key of the certificate that was asked (SubjectPublicKeyInfo in DER).
        digests: SHA-256 of what is signed, one for each item.
        account: whose token the service wants to see; empty where it wants none.
        label: what the names of the documents begin with; empty where they have none.
    """

    name: str
    key: bytes
    digests: tuple[bytes, ...]
    account: str = field(default="", repr=False)
    label: str = ""

    @property
    def handle(self) -> str:
        """Return the text that finds this request again."""
        known = {
            "key": _text_of(self.key),
            "digests": [_text_of(one) for one in self.digests],
            "account": self.account,
            "label": self.label,
        }
        return prefix_of(self.name) + json.dumps(known, separators=(",", ":"))

    def document(self, number: int) -> str:
        """Return the name of an item's document, counted from zero, as holder and desk see it."""
        return f"{self.label}-{number + 1}" if self.label else str(number + 1)

    def in_order(self, service: str, found: Sequence[tuple[str, str]]) -> list[str]:
        """Return the values in the order of the items.

        Args:
            service: name of the service, for errors.
            found: name of a document and its value, in any order.

        Raises:
            RemoteAnswerInvalidError: a document is missing, is unknown, or is there twice.
        """
        values = dict(found)
        wanted = [self.document(number) for number in range(len(self.digests))]
        if len(values) != len(found) or values.keys() != set(wanted):
            raise RemoteAnswerInvalidError(service=service, field="document")
        return [values[one] for one in wanted]

    def completed(self, service: str, values: Sequence[str]) -> Completed:
        """Return the answer, once every value was found to be right.

        Args:
            service: name of the service, for errors.
            values: in base64, in the order of the items.

        Raises:
            RemoteAnswerInvalidError: a value is no base64.
            ValueDoesNotVerifyError: there are more or fewer values than items, or one of them was
                not made by the key over its digest.
        """
        if len(values) != len(self.digests):
            raise ValueDoesNotVerifyError(service=service, reason="count")
        key = _loaded(self.key)
        decoded = [octets(service, value, field="signature") for value in values]
        return Completed(
            values=tuple(
                normal_value(value, key=key, digest=digest, service=service)
                for value, digest in zip(decoded, self.digests, strict=True)
            )
        )


def prefix_of(name: str) -> str:
    """Return what the handle of the request that the service calls so begins with."""
    return quote(name, safe="") + ":"


def waiting_for(
    name: str, find: Callable[[str], str | None], *, service: str
) -> tuple[str, Waiting]:
    """Return the handle of the request that a message of a service names, and what it says.

    Args:
        name: as the service calls the request.
        find: looks up the handle that begins with a text, among those that wait.
        service: name of the service, for errors.

    Raises:
        HandleUnknownError: nobody waits for it, or no longer.
    """
    handle = find(prefix_of(name))
    if handle is None:
        raise HandleUnknownError(service=service)
    return handle, waiting_of(handle)


def waiting_of(handle: str) -> Waiting:
    """Read a handle.

    Raises:
        HandleUnknownError: it is none of these services'.
    """
    name, _, rest = handle.partition(":")
    try:
        fields = object_of("", rest.encode("utf-8"))
        found = Waiting(
            name=unquote(name, errors="strict"),
            key=octets("", fields.text("key"), field="key"),
            digests=tuple(octets("", one, field="digests") for one in fields.texts("digests")),
            account=fields.text_or("account"),
            label=fields.text_or("label"),
        )
        _loaded(found.key)
    except (ValueError, RemoteAnswerInvalidError, UnsupportedAlgorithm) as error:
        raise HandleUnknownError from error
    # Only what we wrote ourselves reads back as it was.
    if found.handle != handle:
        raise HandleUnknownError
    return found


def digests_of(request: Request) -> tuple[bytes, ...]:
    """Return the SHA-256 of what each item signs.

    Raises:
        ValueError: there is no item: nobody's phone should ring for nothing.
    """
    if not request.items:
        msg = "nothing to sign"
        raise ValueError(msg)
    return tuple(hashlib.sha256(item.to_be_signed).digest() for item in request.items)


def key_of(chain: tuple[bytes, ...]) -> bytes:
    """Return the public key of a chain's first certificate (SubjectPublicKeyInfo in DER).

    Raises:
        UnusableCertificateError: it is of a kind that we do not sign with.
    """
    key: PublicKey = template_of(chain).public_key
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def normal_value(value: bytes, *, key: PublicKey, digest: bytes, service: str) -> bytes:
    """Return a signature value in the form that a CMS has, checked against the key.

    ECDSA values come as the DER of (r, s), or as r and s side by side, each of the curve's length
    (IEEE 1363); which of them it is, the check decides.

    Raises:
        ValueDoesNotVerifyError: the key did not make it over this digest.
    """
    for one in _forms(value, key):
        with contextlib.suppress(ValueDoesNotVerifyError):
            require_value(key, value=one, digest=digest)
            return one
    raise ValueDoesNotVerifyError(service=service, reason="key-or-content")


def _forms(value: bytes, key: PublicKey) -> Sequence[bytes]:
    if isinstance(key, rsa.RSAPublicKey):
        return (value,)
    half = (key.key_size + 7) // 8
    if len(value) != 2 * half:
        return (value,)
    r, s = int.from_bytes(value[:half]), int.from_bytes(value[half:])
    return value, encode_dss_signature(r, s)


def _loaded(encoded: bytes) -> PublicKey:
    key = serialization.load_der_public_key(encoded)
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        msg = "no key that we sign with"
        raise ValueError(msg)  # noqa: TRY004  # it comes out of a handle, not from a caller
    return key


def _text_of(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
