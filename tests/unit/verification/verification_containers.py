"""CMS containers and timestamp tokens, each detail open to be wrong."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import algos, cms, core, tsp
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, padding, rsa
from verification_pki import NOW, Edwards, Party


@dataclass(kw_only=True)
class Recipe:
    """How a CMS container is made; the defaults are those of PAdES B-B."""

    hash_name: str = "sha256"
    attributes: bool = True
    named: str | None = "v2"
    named_certificate: bytes | None = None
    certificates: tuple[Party, ...] | None = None
    signing_time: datetime | None = NOW
    content: bytes | None = None
    content_type: str = "data"
    attribute_type: str | None = None
    message_digest: bytes | None = None
    key_id: bool = False
    timestamp: Party | None = None
    timestamp_of: bytes | None = None
    timestamp_at: datetime = NOW
    flip_value: bool = False
    signers: int = 1
    protection: str | None = None
    extra: tuple[cms.CMSAttribute, ...] = ()
    twice: bool = False
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()


def attribute(name: str, value: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": name, "values": (value,)})


def container(party: Party, digest: bytes, recipe: Recipe | None = None) -> bytes:
    """Make a SignedData over a digest of the byte range."""
    how = recipe or Recipe()
    signed = _attributes(party, digest, how) if how.attributes else None
    tbs = digest if signed is None else signed.dump()
    value = _raw(party, tbs, how.hash_name, hashed=signed is None and how.content is None)
    if signed is None and how.content is not None:
        value = party.sign(how.content, how.hash_name)
    if how.flip_value:
        value = value[:-1] + bytes((value[-1] ^ 1,))
    signer = {
        "version": "v1",
        "sid": _sid(party, how),
        "digest_algorithm": algos.DigestAlgorithm({"algorithm": how.hash_name}),
        "signature_algorithm": _algorithm(party, how),
        "signature": value,
    }
    if signed is not None:
        signer["signed_attrs"] = signed
    unsigned = _unsigned(value, how)
    if unsigned:
        signer["unsigned_attrs"] = unsigned
    content: dict[str, object] = {"content_type": how.content_type}
    if how.content is not None:
        content["content"] = _content(how)
    parties = (party,) if how.certificates is None else how.certificates
    body = {
        "version": "v3",
        "digest_algorithms": [algos.DigestAlgorithm({"algorithm": how.hash_name})],
        "encap_content_info": content,
        "signer_infos": [cms.SignerInfo(signer)] * how.signers,
    }
    if parties:
        body["certificates"] = [one.asn1 for one in parties]
    if how.crls or how.ocsps:
        body["crls"] = _revocation(how)
    return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(body)}).dump()


def _revocation(how: Recipe) -> list[object]:
    found: list[object] = [
        cms.RevocationInfoChoice(name="crl", value=asn1_crl.CertificateList.load(der))
        for der in how.crls
    ]
    found += [
        cms.RevocationInfoChoice(
            name="other",
            value=cms.OtherRevocationInfoFormat(
                {
                    "other_rev_info_format": "ocsp_response",
                    "other_rev_info": asn1_ocsp.OCSPResponse.load(der),
                }
            ),
        )
        for der in how.ocsps
    ]
    return found


def _content(how: Recipe) -> object:
    return core.ParsableOctetString(how.content)


def _raw(party: Party, data: bytes, hash_name: str, *, hashed: bool) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed  # noqa: PLC0415

    if not hashed or isinstance(party.key, Edwards):
        return party.sign(data, hash_name)
    over = Prehashed(hashes.SHA256() if hash_name == "sha256" else hashes.SHA1())  # noqa: S303 -- old practice
    if isinstance(party.key, rsa.RSAPrivateKey):
        return party.key.sign(data, padding.PKCS1v15(), over)
    return party.key.sign(data, ec.ECDSA(over))


def _sid(party: Party, how: Recipe) -> cms.SignerIdentifier:
    if how.key_id:
        return cms.SignerIdentifier(
            name="subject_key_identifier", value=party.asn1.key_identifier_value
        )
    issuer = cms.IssuerAndSerialNumber(
        {"issuer": party.asn1.issuer, "serial_number": party.asn1.serial_number}
    )
    return cms.SignerIdentifier(name="issuer_and_serial_number", value=issuer)


def _algorithm(party: Party, how: Recipe) -> dict[str, object]:
    if isinstance(party.key, rsa.RSAPrivateKey):
        return {"algorithm": "rsassa_pkcs1v15"}
    if isinstance(party.key, Edwards):
        return {"algorithm": "ed448" if isinstance(party.key, ed448.Ed448PrivateKey) else "ed25519"}
    return {"algorithm": f"{how.hash_name}_ecdsa"}


def _attributes(party: Party, digest: bytes, how: Recipe) -> cms.CMSAttributes:
    if how.content is not None:
        digest = hashlib.new(how.hash_name, how.content).digest()
    found = [attribute("content_type", how.attribute_type or how.content_type)]
    if how.message_digest != b"":
        found.append(attribute("message_digest", how.message_digest or digest))
    if how.signing_time is not None:
        found.append(attribute("signing_time", cms.Time({"utc_time": how.signing_time})))
    named = how.named_certificate or party.der
    if how.named == "v2":
        ident = tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(named).digest()})
        found.append(
            attribute("signing_certificate_v2", tsp.SigningCertificateV2({"certs": [ident]}))
        )
    elif how.named == "v1":
        old = tsp.ESSCertID({"cert_hash": hashlib.sha1(named, usedforsecurity=False).digest()})
        found.append(attribute("signing_certificate", tsp.SigningCertificate({"certs": [old]})))
    if how.protection is not None:
        protected = cms.CMSAlgorithmProtection(
            {
                "digest_algorithm": algos.DigestAlgorithm({"algorithm": how.protection}),
                "signature_algorithm": algos.SignedDigestAlgorithm(_algorithm(party, how)),
            }
        )
        found.append(attribute("cms_algorithm_protection", protected))
    if how.twice:
        found.append(found[0])
    return cms.CMSAttributes([*found, *how.extra])


def _unsigned(value: bytes, how: Recipe) -> list[cms.CMSAttribute]:
    if how.timestamp is None:
        return []
    stamped = hashlib.sha256(value).digest() if how.timestamp_of is None else how.timestamp_of
    made = token(how.timestamp, stamped, how.timestamp_at)
    return [attribute("signature_time_stamp_token", cms.ContentInfo.load(made))]


def statement(imprint: bytes, at: datetime = NOW, *, hash_name: str = "sha256") -> bytes:
    """Make a TSTInfo."""
    return tsp.TSTInfo(
        {
            "version": "v1",
            "policy": "1.3.6.1.4.1.99999.1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": hash_name},
                "hashed_message": imprint,
            },
            "serial_number": 4711,
            "gen_time": at,
        }
    ).dump()


def token(authority: Party, imprint: bytes, at: datetime = NOW, **more: object) -> bytes:
    """Make an RFC 3161 token over a digest."""
    how = Recipe(content=statement(imprint, at), content_type="tst_info", signing_time=None)
    for name, value in more.items():
        setattr(how, name, value)
    return container(authority, b"", how)
