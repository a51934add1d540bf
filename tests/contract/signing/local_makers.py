"""Signers whose key is in this process. Tokens run the same suite where the other tokens do."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from signing_stand_ins import Pki

from signing.signers.pkcs12 import Pkcs12Signer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signing_stand_ins import PrivateKey


@dataclass(frozen=True, kw_only=True)
class Local:
    signer: Pkcs12Signer
    key_id: str
    certificate: bytes


def _made(key: PrivateKey | None) -> Local:
    pki = Pki()
    party = pki.party("Nguyễn Văn An", key)
    store = pkcs12.serialize_key_and_certificates(
        b"leader",
        party.key,
        party.certificate,
        [pki.ca.certificate, pki.root.certificate],
        BestAvailableEncryption(b"password"),
    )
    signer = Pkcs12Signer(store, "password")
    return Local(signer=signer, key_id=signer.keys()[0].key_id, certificate=party.der)


@contextmanager
def rsa() -> Iterator[Local]:
    yield _made(None)


@contextmanager
def elliptic() -> Iterator[Local]:
    yield _made(ec.generate_private_key(ec.SECP256R1()))


SIGNERS = {"pkcs12": rsa, "pkcs12-p256": elliptic}
