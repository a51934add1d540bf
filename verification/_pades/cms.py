"""CMS signatures and RFC 3161 tokens as plain records. Reads BER too: old tools write it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from asn1crypto import algos, cms, core, ocsp, parser, tsp, x509
from asn1crypto import pdf as _registers_adobe_attributes  # noqa: F401 -- for its side effect

from verification._pades import der
from verification._pades.algorithms import SignatureAlgorithm, digest_name, signature_algorithm
from verification._pades.ber import BerError, Form, definite, forms
from verification._pades.der import Outline, Reader, UnusualError

_UNTAGGED_SET = b"\x31"
_SEQUENCE = 0x30
_INDEFINITE = 0x80
# Digest algorithms in DER: what ESSCertID(v2) means where it says nothing.
_SHA1, _SHA256 = bytes.fromhex("300706052b0e03021a"), bytes.fromhex("300b0609608648016503040201")
# RFC 5652 §11, RFC 5035 §3, RFC 6211 §2: these may not stand twice, or it is open what they say.
_ONCE = frozenset(
    {"content_type", "message_digest", "signing_time", "cms_algorithm_protection"}
    | {"signing_certificate", "signing_certificate_v2"}
)
# Names and algorithms of issuers recur from file to file; longer ones are not worth keeping.
_COMMON_BYTES = 1024


class CmsError(Exception):
    """The bytes are no CMS signature that can be judged; kept inside this package."""


class SignersError(CmsError):
    """There is another number of signers than one; kept inside this package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateId:
    """An ESSCertID(v2): a certificate named by its hash (RFC 5035)."""

    hash_name: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Cms:
    """A SignedData with exactly one signer.

    ``signed_attributes`` is the DER to verify over, None where the signature is straight over
    the content. ``serial`` with ``issuer`` (spelt as
    ``certificates.name_key`` does) or ``key_id`` names the signer's certificate. ``has_indefinite``
    tells whether a length in it is indefinite, those in certificates and tokens left aside.
    """

    content_type: str
    content: bytes | None
    certificates: tuple[bytes, ...]
    issuer: tuple[tuple[str, str], ...] | None
    serial: int | None
    key_id: bytes | None
    digest_name: str
    algorithm: SignatureAlgorithm
    signature: bytes
    signed_attributes: bytes | None
    attribute_content_type: str | None
    message_digest: bytes | None
    signing_time: datetime | None
    certificate_ids: tuple[CertificateId, ...]
    protected_digest: str | None
    timestamps: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    ocsps: tuple[bytes, ...]
    padding_is_zero: bool
    has_indefinite: bool
    attributes_are_der: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampInfo:
    """What a timestamp authority states (RFC 3161 §2.4.2)."""

    hash_name: str
    imprint: bytes
    time: datetime


@lru_cache(maxsize=64)
def parse(data: bytes) -> Cms:
    """Read a CMS signature, with whatever padding follows it.

    Raises:
        CmsError: it is no SignedData.
        SignersError: it has no signer, or several.
    """
    try:
        return _parse(data)
    except CmsError:
        raise
    except Exception as e:
        # asn1crypto raises ValueError, TypeError, KeyError, IndexError and more on bad input.
        raise CmsError(type(e).__name__) from e


def timestamp_info(token: Cms) -> TimestampInfo:
    """Read the statement inside of a token.

    Raises:
        CmsError: the content is no TSTInfo.
    """
    if token.content_type != "tst_info" or token.content is None:
        msg = "content type"
        raise CmsError(msg)
    try:
        info = tsp.TSTInfo.load(token.content, strict=True)
        imprint = info["message_imprint"]
        return TimestampInfo(
            hash_name=digest_name(imprint["hash_algorithm"]),
            imprint=imprint["hashed_message"].native,
            time=info["gen_time"].native,
        )
    except Exception as e:
        raise CmsError(type(e).__name__) from e


def _parse(data: bytes) -> Cms:
    try:
        return _plain(data, der.outline(data))
    except UnusualError:
        return _full(data)


def _plain(data: bytes, parts: Outline) -> Cms:
    """Give the parts of a plain SignedData their meaning.

    Raises:
        UnusualError: something in it has to be read by asn1crypto.
    """
    if der.ADOBE_REVOCATION in parts.attributes:
        raise UnusualError
    digest = _of("digest", parts.digest_algorithm)
    kind, stamped = parts.only(der.CONTENT_TYPE), parts.only(der.MESSAGE_DIGEST)
    time, protection = parts.only(der.SIGNING_TIME), parts.attributes.get(der.PROTECTION)
    lengths = _forms(parts.signed_attributes)
    return Cms(
        content_type=_of("type", parts.content_type),
        content=parts.content,
        certificates=parts.certificates,
        issuer=None if parts.issuer is None else _of("name", parts.issuer),
        serial=parts.serial,
        key_id=parts.key_id,
        digest_name=digest,
        algorithm=_of("signature", parts.signature_algorithm, parts.digest_algorithm),
        signature=parts.signature,
        signed_attributes=(
            None if parts.signed_attributes is None else _UNTAGGED_SET + parts.signed_attributes[1:]
        ),
        attribute_content_type=None if kind is None else _of("type", kind),
        message_digest=None if stamped is None else der.octets(stamped),
        signing_time=None if time is None else der.utc_time(time),
        certificate_ids=tuple(_plain_certificate_ids(parts)),
        protected_digest=_of("digest", der.first_part(protection[0])) if protection else None,
        timestamps=parts.unsigned.get(der.TOKEN, ()),
        crls=(),
        ocsps=(),
        padding_is_zero=not data[parts.end :].strip(b"\x00"),
        # Everything else was read as DER; the insides of certificates and tokens are their own.
        has_indefinite=Form.INDEFINITE in lengths,
        attributes_are_der=_are_der(parts.signed_attributes, lengths),
    )


def _plain_certificate_ids(parts: Outline) -> Iterator[CertificateId]:
    for kind, default in ((der.CERTIFICATE_V2, _SHA256), (der.CERTIFICATE_V1, _SHA1)):
        for value in parts.attributes.get(kind, ())[:1]:
            algorithm, digest = der.first_certificate_id(value, hashed_by_default=default)
            yield CertificateId(hash_name=_of("digest", algorithm), digest=digest)


def _of(what: str, *encoded: bytes) -> Any:
    """Return what asn1crypto makes of a name or an algorithm."""
    if sum(map(len, encoded)) > _COMMON_BYTES:
        raise UnusualError
    return _known(what, *encoded)


@lru_cache(maxsize=1024)
def _known(what: str, first: bytes, *more: bytes) -> Any:
    if what == "type":
        return cms.ContentType.load(first, strict=True).native
    if what == "name":
        return _name_key(x509.Name.load(first, strict=True))
    if what == "digest":
        return digest_name(algos.DigestAlgorithm.load(first, strict=True))
    return signature_algorithm(
        algos.SignedDigestAlgorithm.load(first, strict=True),
        algos.DigestAlgorithm.load(more[0], strict=True),
    )


def _full(data: bytes) -> Cms:
    written = data
    if len(data) > 1 and data[1] == _INDEFINITE:
        data = definite(data)
    length = parser.peek(data)
    info = cms.ContentInfo.load(data[:length])
    if info["content_type"].native != "signed_data":
        msg = "content type"
        raise CmsError(msg)
    signed = info["content"]
    signers = signed["signer_infos"]
    if len(signers) != 1:
        raise SignersError(len(signers))
    signer = signers[0]
    sent = _raw(signer["signed_attrs"])
    attributes = _attributes(signer["signed_attrs"])
    unsigned = _attributes(signer["unsigned_attrs"])
    encapsulated = signed["encap_content_info"]
    issuer, serial, key_id = _signer_id(signer["sid"])
    crls, ocsps = _revocation(signed, attributes)
    return Cms(
        content_type=encapsulated["content_type"].native,
        content=_content(encapsulated["content"]),
        certificates=tuple(_certificates(signed)),
        issuer=issuer,
        serial=serial,
        key_id=key_id,
        digest_name=digest_name(signer["digest_algorithm"]),
        algorithm=signature_algorithm(signer["signature_algorithm"], signer["digest_algorithm"]),
        signature=signer["signature"].native,
        signed_attributes=_to_verify(signer["signed_attrs"]),
        attribute_content_type=_one(attributes, "content_type"),
        message_digest=_one(attributes, "message_digest"),
        signing_time=_one(attributes, "signing_time"),
        certificate_ids=tuple(_certificate_ids(attributes)),
        protected_digest=_protected_digest(attributes),
        timestamps=tuple(item.dump() for item in unsigned.get("signature_time_stamp_token", ())),
        crls=crls,
        ocsps=ocsps,
        padding_is_zero=not data[length:].strip(b"\x00"),
        has_indefinite=Form.INDEFINITE in _forms(written),
        attributes_are_der=_are_der(sent, _forms(sent)),
    )


def _attributes(items: Any) -> dict[str, Any]:
    """Return the values of each attribute; of those that are judged none may stand twice."""
    found: dict[str, Any] = {}
    if isinstance(items, core.Void):
        return found
    for item in items:
        name = item["type"].native
        if name in found and name in _ONCE:
            msg = "repeated attribute"
            raise CmsError(msg)
        found[name] = [*found.get(name, ()), *item["values"]]
    return found


def _one(attributes: dict[str, Any], name: str) -> Any:
    values = attributes.get(name)
    if values is None:
        return None
    if len(values) != 1:
        msg = "values of an attribute"
        raise CmsError(msg)
    return values[0].native


def _to_verify(items: Any) -> bytes | None:
    """Return the signed attributes as the DER SET that was signed (RFC 5652 §5.4)."""
    if isinstance(items, core.Void):
        return None
    raw: bytes = items.dump()
    return _UNTAGGED_SET + raw[1:]


def _raw(items: Any) -> bytes | None:
    """Return attributes as they were sent, before ``dump`` makes their lengths definite."""
    if isinstance(items, core.Void):
        return None
    sent: bytes = parser.emit(0, 1, cms.CMSAttributes.tag, items.contents)
    return sent


def _forms(data: bytes | None) -> frozenset[Form]:
    """Tell how lengths are written; of what is too large or broken for that, nothing is said."""
    try:
        return frozenset() if data is None else forms(data)
    except BerError:
        return frozenset()


def _are_der(attributes: bytes | None, lengths: frozenset[Form]) -> bool:
    """Tell whether signed attributes are as RFC 5652 §5.4 wants them hashed (X.690 §10, §11.6)."""
    if attributes is None:
        return True
    if lengths:
        return False
    each = list(Reader(attributes, 0, len(attributes)).inside(attributes[0]).every(_SEQUENCE))
    return each == sorted(each)


def in_der(attributes: bytes) -> bytes:
    """Return signed attributes in DER: lengths definite, sorted by their encoding (X.690 §11.6)."""
    encoded = sorted(definite(one.dump()) for one in cms.CMSAttributes.load(attributes))
    der: bytes = parser.emit(0, 1, cms.CMSAttributes.tag, b"".join(encoded))
    return der


def _content(item: Any) -> bytes | None:
    if isinstance(item, core.Void) or item.contents is None:
        return None
    # In PKCS#7 v1.5 the content may be any type; its octets are what was hashed.
    known = isinstance(item, core.OctetString | core.ParsableOctetString)
    return bytes(item) if known else bytes(item.contents)


def _choices(items: Any) -> list[Any]:
    return [] if isinstance(items, core.Void) else list(items)


def _certificates(signed: Any) -> list[bytes]:
    choices = _choices(signed["certificates"])
    return [one.chosen.dump() for one in choices if one.name == "certificate"]


def _signer_id(
    sid: Any,
) -> tuple[tuple[tuple[str, str], ...] | None, int | None, bytes | None]:
    if sid.name == "issuer_and_serial_number":
        return _name_key(sid.chosen["issuer"]), sid.chosen["serial_number"].native, None
    return None, None, sid.chosen.native


def _name_key(name: Any) -> tuple[tuple[str, str], ...]:
    """Return a name as ``certificates.name_key`` spells it."""
    return tuple(
        (part["type"].dotted, " ".join(str(part["value"].native).casefold().split()))
        for group in name.chosen
        for part in group
    )


def _certificate_ids(attributes: dict[str, Any]) -> Iterator[CertificateId]:
    for name in ("signing_certificate_v2", "signing_certificate"):
        for value in attributes.get(name, ())[:1]:
            first = value["certs"][0]
            hash_name = "sha1"
            if name == "signing_certificate_v2":
                hash_name = digest_name(first["hash_algorithm"])
            yield CertificateId(hash_name=hash_name, digest=first["cert_hash"].native)


def _protected_digest(attributes: dict[str, Any]) -> str | None:
    """Return the digest named by CMSAlgorithmProtection (RFC 6211), if it is there."""
    values = attributes.get("cms_algorithm_protection")
    return digest_name(values[0]["digest_algorithm"]) if values else None


def _revocation(
    signed: Any, attributes: dict[str, Any]
) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return CRLs and OCSP answers that lie in the container itself, in either place."""
    crls: list[bytes] = []
    answers: list[bytes] = []
    for value in attributes.get("adobe_revocation_info_archival", ()):
        crls.extend(item.dump() for item in value["crl"] or ())
        answers.extend(item.dump() for item in value["ocsp"] or ())
    choices = _choices(signed["crls"])
    crls += [one.chosen.dump() for one in choices if one.name == "crl"]
    answers += [
        one.chosen["other_rev_info"].dump()
        for one in choices
        if one.name == "other" and one.chosen["other_rev_info_format"].native == "ocsp_response"
    ]
    return tuple(crls), tuple(answers)


def basic_to_response(basic: bytes) -> bytes:
    """Wrap a BasicOCSPResponse, as VRI and CMS may hold it, into an OCSPResponse."""
    return bytes(
        ocsp.OCSPResponse(
            {
                "response_status": "successful",
                "response_bytes": {
                    "response_type": "basic_ocsp_response",
                    "response": ocsp.BasicOCSPResponse.load(basic),
                },
            }
        ).dump()
    )
