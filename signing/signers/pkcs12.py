"""A key in a PKCS#12 file: for trying out and for tests; a real seal lives on a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from typing_extensions import override

from signing.errors import KeyNotFoundError, KeyStoreUnreadableError
from signing.signers._chain import chain_of
from signing.signers.base import Completed, Key

if TYPE_CHECKING:
    from signing.signers.base import Outcome, Request


class Pkcs12Signer:
    """Signs with the one key of a PKCS#12 file; the key stays in this process's memory.

    Args:
        data: the file.
        password: its password; None where it has none.

    Raises:
        KeyStoreUnreadableError: wrong password, no key or no certificate, or an unwanted kind.
    """

    def __init__(self, data: bytes, password: str | None) -> None:
        secret = None if password is None else password.encode("utf-8")
        try:
            store = pkcs12.load_pkcs12(data, secret)
        except ValueError as error:
            raise KeyStoreUnreadableError(reason="unreadable") from error
        if store.cert is None or not isinstance(
            store.key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
        ):
            raise KeyStoreUnreadableError(reason="no-key")
        self._private_key = store.key
        leaf = store.cert.certificate
        identifier = x509.SubjectKeyIdentifier.from_public_key(leaf.public_key())
        self._key = Key(
            key_id=identifier.digest.hex(),
            label=(store.cert.friendly_name or b"").decode("utf-8", "replace"),
            certificate=leaf.public_bytes(Encoding.DER),
        )
        self._others = tuple(
            other.certificate.public_bytes(Encoding.DER) for other in store.additional_certs
        )

    @override
    def __repr__(self) -> str:
        return f"Pkcs12Signer(key_id={self._key.key_id!r})"

    def keys(self) -> list[Key]:
        """Return the one key; its id is the SHA-1 of the public key, as tokens have it."""
        return [self._key]

    def chain(self, key_id: str) -> tuple[bytes, ...]:
        """Return the certificates of the key; see `Signer`."""
        self._require(key_id)
        return chain_of(self._key.certificate, self._others)

    def sign(self, request: Request) -> Outcome:
        """Sign at once; see `Signer`."""
        self._require(request.key_id)
        return Completed(values=tuple(self._value(item.to_be_signed) for item in request.items))

    def _value(self, to_be_signed: bytes) -> bytes:
        if isinstance(self._private_key, rsa.RSAPrivateKey):
            return self._private_key.sign(to_be_signed, padding.PKCS1v15(), hashes.SHA256())
        return self._private_key.sign(to_be_signed, ec.ECDSA(hashes.SHA256()))

    def _require(self, key_id: str) -> None:
        if key_id.lower() != self._key.key_id:
            raise KeyNotFoundError(key_id=key_id)
