"""A leader and a seal for every kind of key, certified by the demonstration's CA for the State."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from docsvc.demo import issuing
from signing.model import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from docsvc.demo.pki import DemoPki

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_CA = "state"
KINDS: Mapping[str, Callable[[], PrivateKey]] = {
    "rsa2048": lambda: rsa.generate_private_key(65537, 2048),
    "rsa3072": lambda: rsa.generate_private_key(65537, 3072),
    "rsa4096": lambda: rsa.generate_private_key(65537, 4096),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Somebody with a key; ``chain`` in DER, the holder's own certificate first, no root."""

    name: str
    key: PrivateKey
    chain: tuple[bytes, ...]

    @property
    def certificates(self) -> list[x509.Certificate]:
        """Return the chain as certificates."""
        return [x509.load_der_x509_certificate(one) for one in self.chain]

    @property
    def key_pem(self) -> bytes:
        """Return the private key as PKCS#8 in PEM."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def pkcs12(self, password: str) -> bytes:
        """Return key and chain as a PKCS#12 file."""
        own, *above = self.certificates
        secret = BestAvailableEncryption(password.encode())
        name = self.name.encode()
        return pkcs12.serialize_key_and_certificates(name, self.key, own, above, secret)


# By kind of key and role.
Holders = dict[tuple[str, Role], Holder]


def enrol(pki: DemoPki) -> Holders:
    """Add the holders to a PKI whose authority has not started yet: its OCSP knows them then."""
    issuer = issuing.Issuer(
        certificate=x509.load_der_x509_certificate(pki.certificate(_CA)),
        key=pki.rsa_key(_CA),
        crl_url=f"{pki.url}/crl/{_CA}.crl",
        certificate_url=f"{pki.url}/ca/{_CA}.crt",
        ocsp_url=f"{pki.url}/ocsp/{_CA}",
    )
    made: Holders = {}
    for kind, generate in KINDS.items():
        for role in Role:
            name = f"{role}-{kind}"
            key = generate()
            subject = issuing.authority_name(name)
            own = issuing.issue_holder(subject, key, issuer=issuer).public_bytes(Encoding.DER)
            pki.certificate_file(name).write_bytes(own)
            made[kind, role] = Holder(name=name, key=key, chain=(own, pki.certificate(_CA)))
    _write_down(pki, made)
    return made


def holder_of(pki: DemoPki, name: str) -> Holder:
    """Return a holder whom the demonstration has made itself."""
    return Holder(name=name, key=pki.rsa_key(name), chain=pki.chain(name))


def _write_down(pki: DemoPki, made: Holders) -> None:
    added = {holder.name: _CA for holder in made.values()}
    known = replace(pki, issuer_of=dict(pki.issuer_of) | added)
    summary = {"port": known.port, "issuer_of": dict(known.issuer_of)}
    file: Path = pki.folder / "pki.json"
    file.write_text(json.dumps(summary), "utf-8")
