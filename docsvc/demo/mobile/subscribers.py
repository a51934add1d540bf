"""The subscribers of the stand-in: a key for each phone number, and what it answers with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

if TYPE_CHECKING:
    from docsvc.demo.organisations import Organisations
    from docsvc.demo.pki import DemoPki


class Form(StrEnum):
    """What the operator answers with."""

    VALUE = "value"
    CMS = "cms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A phone with its key.

    Args:
        msisdn: E.164 without plus.
        key: on the SIM.
        chain: certificates in DER, the holder's first.
    """

    msisdn: str
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = field(repr=False)
    chain: tuple[bytes, ...] = field(repr=False)

    def answer(self, digest: bytes, form: Form) -> bytes:
        """Sign a SHA-256 digest: as it is, or within a CMS whose message-digest it becomes."""
        return self._value(digest) if form is Form.VALUE else self._cms(digest)

    def _value(self, digest: bytes) -> bytes:
        hashed = utils.Prehashed(hashes.SHA256())
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(digest, padding.PKCS1v15(), hashed)
        return self.key.sign(digest, ec.ECDSA(hashed))

    def _cms(self, digest: bytes) -> bytes:
        """Return a detached CMS (RFC 5652 §5.1) with the attributes that CAdES asks for."""
        certificate = asn1_x509.Certificate.load(self.chain[0])
        fingerprint = {"cert_hash": hashlib.sha256(self.chain[0]).digest()}
        attributes = cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["data"]},
                {"type": "message_digest", "values": [digest]},
                {"type": "signing_certificate_v2", "values": [{"certs": [fingerprint]}]},
            ]
        )
        signed = hashlib.sha256(attributes.dump()).digest()
        kind = "rsa" if isinstance(self.key, rsa.RSAPrivateKey) else "ecdsa"
        named = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
        signer = {
            "version": "v1",
            "sid": cms.SignerIdentifier("issuer_and_serial_number", named),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": f"sha256_{kind}"},
            "signature": self._value(signed),
        }
        data = cms.SignedData(
            {
                "version": "v1",
                "digest_algorithms": [{"algorithm": "sha256"}],
                "encap_content_info": {"content_type": "data"},
                "certificates": [asn1_x509.Certificate.load(one) for one in self.chain],
                "signer_infos": [signer],
            }
        )
        return bytes(cms.ContentInfo({"content_type": "signed_data", "content": data}).dump())


def number_of(place: int) -> str:
    """Return the phone number of a holder of the demonstration: in a range that nobody has."""
    return f"8410000{place:04d}"


def of_demonstration(pki: DemoPki, bodies: Organisations) -> dict[str, Subscriber]:
    """Return a phone for every officer and every seal of the demonstration, by key name."""
    return {
        holder.key: Subscriber(
            msisdn=number_of(place), key=pki.rsa_key(holder.key), chain=pki.chain(holder.key)
        )
        for place, holder in enumerate(bodies.holders, 1)
    }
