"""A provider's own CMS, made by asn1crypto; each switch makes it wrong in one way."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from signing_stand_ins import NOW, Party


@dataclass
class Provider:
    """Signs over a content digest with attributes of its own."""

    party: Party
    hash_name: str = "sha256"
    digest_name: str = "sha256"
    signature_name: str = ""
    pss: bool = False
    by_key_id: bool = False
    named: Party | None = None
    ess: str = "v2"
    ess_party: Party | None = None
    ess_algorithm: bool = False
    issuer_serial: Party | None = None
    with_time: bool = False
    attributes_given: bytes | None = None
    leave: frozenset[str] = frozenset()
    twice: str = ""
    unsorted: bool = False
    no_attributes: bool = False
    content: bytes | None = None
    content_type: str = "data"
    claimed_type: str = "data"
    signers: int = 1
    embed: list[Party] = field(default_factory=list)
    unsigned: int = 0

    def sign(self, content_digest: bytes) -> bytes:
        certificate = asn1_x509.Certificate.load((self.named or self.party).der)
        attributes = self._attributes(content_digest)
        value, algorithm = self._value(b"\x31" + attributes[1:])
        signer = cms.SignerInfo(
            {
                "version": "v3" if self.by_key_id else "v1",
                "sid": self._sid(certificate),
                "digest_algorithm": {"algorithm": self.digest_name},
                "signed_attrs": None,
                "signature_algorithm": algorithm,
                "signature": value,
            }
        )
        if not self.no_attributes:
            signer["signed_attrs"] = cms.CMSAttributes.load(b"\x31" + attributes[1:])
        if self.unsigned:
            signer["unsigned_attrs"] = [
                {"type": "1.2.3.4.5", "values": [core.OctetString(bytes(self.unsigned))]}
            ]
        data = cms.SignedData(
            {
                "version": "v3" if self.by_key_id else "v1",
                "digest_algorithms": [{"algorithm": "sha256"}],
                "encap_content_info": {"content_type": self.content_type, "content": self.content},
                "certificates": [
                    asn1_x509.Certificate.load(one.der) for one in (self.party, *self.embed)
                ],
                "signer_infos": [signer] * self.signers,
            }
        )
        answer = cms.ContentInfo({"content_type": "signed_data", "content": data}).dump()
        # asn1crypto would sort what is to be in disorder.
        members = [one.dump() for one in cms.CMSAttributes.load(b"\x31" + attributes[1:])]
        written, given = b"".join(sorted(members)), b"".join(members)
        return answer.replace(written, given) if self.unsorted else answer

    def _attributes(self, content_digest: bytes) -> bytes:
        if self.attributes_given is not None:
            return self.attributes_given
        made: dict[str, Any] = {
            "content_type": self.claimed_type,
            "message_digest": content_digest,
        }
        if self.ess in {"v1", "both"}:
            made["signing_certificate"] = {"certs": [self._certificate_id("sha1")]}
        if self.ess in {"v2", "both"}:
            made["signing_certificate_v2"] = {"certs": [self._certificate_id("sha256")]}
        if self.with_time:
            made["signing_time"] = cms.Time({"utc_time": NOW})
        encoded = [
            cms.CMSAttribute({"type": name, "values": [value]}).dump()
            for name, value in made.items()
            if name not in self.leave
            for _ in range(2 if name == self.twice else 1)
        ]
        encoded.sort(reverse=self.unsorted)
        return _tlv(0x31, b"".join(encoded))

    def _certificate_id(self, name: str) -> dict[str, Any]:
        party = self.ess_party or self.party
        made: dict[str, Any] = {"cert_hash": hashlib.new(name, party.der).digest()}
        if self.ess_algorithm and name == "sha256":
            made["hash_algorithm"] = {"algorithm": "sha256", "parameters": core.Null()}
        if self.issuer_serial is not None:
            certificate = asn1_x509.Certificate.load(self.issuer_serial.der)
            made["issuer_serial"] = {
                "issuer": [asn1_x509.GeneralName("directory_name", certificate.issuer)],
                "serial_number": certificate.serial_number,
            }
        return made

    def _sid(self, certificate: asn1_x509.Certificate) -> cms.SignerIdentifier:
        if self.by_key_id:
            return cms.SignerIdentifier("subject_key_identifier", certificate.key_identifier)
        return cms.SignerIdentifier(
            "issuer_and_serial_number",
            {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
        )

    def _value(self, signed: bytes) -> tuple[bytes, algos.SignedDigestAlgorithm]:
        hashing = getattr(hashes, self.hash_name.upper())()
        key = self.party.key
        if isinstance(key, ec.EllipticCurvePrivateKey):
            name = self.signature_name or f"{self.hash_name}_ecdsa"
            return key.sign(signed, ec.ECDSA(hashing)), _algorithm(name)
        if self.pss:
            value = key.sign(signed, padding.PSS(padding.MGF1(hashing), 32), hashing)
            return value, _pss_algorithm(self.hash_name)
        name = self.signature_name or f"{self.hash_name}_rsa"
        return key.sign(signed, padding.PKCS1v15(), hashing), _algorithm(name)


def _algorithm(name: str) -> algos.SignedDigestAlgorithm:
    return algos.SignedDigestAlgorithm({"algorithm": name})


def _pss_algorithm(name: str) -> algos.SignedDigestAlgorithm:
    hashed = {"algorithm": name, "parameters": core.Null()}
    parameters = algos.RSASSAPSSParams(
        {
            "hash_algorithm": hashed,
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": hashed},
            "salt_length": 32,
        }
    )
    return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})


def _tlv(tag: int, content: bytes) -> bytes:
    octets = b""
    if len(content) >= 0x80:
        octets = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    length = bytes([0x80 | len(octets)]) + octets if octets else bytes([len(content)])
    return bytes([tag]) + length + content
