"""A small PKI and its revocation data, each detail open to be wrong."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from verification.trust import Anchor, AnchorKind, Trust

NOW = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
DAY = timedelta(days=1)
START, END = NOW - 365 * DAY, NOW + 3650 * DAY

Edwards = ed448.Ed448PrivateKey | ed25519.Ed25519PrivateKey
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | Edwards


@dataclass
class Party:
    """A key with its certificate."""

    key: PrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def asn1(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.der)

    def sign(self, data: bytes, hash_name: str = "sha256") -> bytes:
        hashed = {
            "sha512": hashes.SHA512(),
            "sha256": hashes.SHA256(),
            "sha1": hashes.SHA1(),  # noqa: S303 -- old practice is tested
            "sha384": hashes.SHA384(),
        }
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), hashed[hash_name])
        if isinstance(self.key, Edwards):
            return self.key.sign(data)
        return self.key.sign(data, ec.ECDSA(hashed[hash_name]))


@dataclass(kw_only=True)
class Shape:
    """How a certificate looks; the defaults are those of a signer in order."""

    organisation: str | None = None
    issuer: Party | None = None
    ca: bool = False
    path_length: int | None = None
    uses: frozenset[str] | None = frozenset({"digital_signature", "content_commitment"})
    extended: tuple[x509.ObjectIdentifier, ...] = ()
    start: datetime = START
    end: datetime = END
    hashed: hashes.HashAlgorithm = field(default_factory=hashes.SHA256)
    crl_url: str | None = None
    ocsp_url: str | None = None
    no_check: bool = False
    unknown_critical: bool = False
    upper_issuer: bool = False
    subject: x509.Name | None = None
    # Extensions of other kinds, with their criticality.
    more: tuple[tuple[x509.ExtensionType, bool], ...] = ()


_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def make(name: str, key: PrivateKey, shape: Shape) -> Party:
    """Make a certificate; without an issuer it is self-signed."""
    issuer = shape.issuer
    subject = shape.subject or _name(name, shape.organisation)
    issuer_name = subject if issuer is None else issuer.certificate.subject
    if shape.upper_issuer:
        issuer_name = _upper(issuer_name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(hashlib.sha256(name.encode()).digest()[:9], "big"))
        .not_valid_before(shape.start)
        .not_valid_after(shape.end)
        .add_extension(x509.BasicConstraints(shape.ca, shape.path_length), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    for extension in _extensions(shape):
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.KeyUsage))
    for extension, critical in shape.more:
        builder = builder.add_extension(extension, critical=critical)
    if shape.unknown_critical:
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
        builder = builder.add_extension(unknown, critical=True)
    signing = key if issuer is None else issuer.key
    hashed = None if isinstance(signing, Edwards) else shape.hashed
    return Party(key, builder.sign(signing, hashed))


def _extensions(shape: Shape) -> list[x509.ExtensionType]:
    found: list[x509.ExtensionType] = []
    if shape.uses is not None:
        uses = frozenset({"key_cert_sign", "crl_sign"}) if shape.ca else shape.uses
        found.append(x509.KeyUsage(*(use in uses for use in _USES)))
    if shape.extended:
        found.append(x509.ExtendedKeyUsage(shape.extended))
    if shape.crl_url:
        points = [x509.UniformResourceIdentifier(shape.crl_url)]
        found.append(x509.CRLDistributionPoints([x509.DistributionPoint(points, None, None, None)]))
    if shape.ocsp_url:
        location = x509.UniformResourceIdentifier(shape.ocsp_url)
        found.append(
            x509.AuthorityInformationAccess(
                [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, location)]
            )
        )
    if shape.no_check:
        found.append(x509.OCSPNoCheck())
    return found


def _name(common: str, organisation: str | None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")]
    if organisation is not None:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _upper(name: x509.Name) -> x509.Name:
    return x509.Name([x509.NameAttribute(one.oid, str(one.value).upper()) for one in name])


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


class Pki:
    """Root, CA, two signers and an authority, made once."""

    def __init__(self) -> None:
        self.root = make("Gốc thử nghiệm", new_key(), Shape(ca=True))
        self.ca = self.issue("CA thử nghiệm", ca=True, issuer=self.root)

    def issue(self, name: str, key: PrivateKey | None = None, **shape: object) -> Party:
        shape.setdefault("issuer", getattr(self, "ca", None))
        return make(name, key or new_key(), Shape(**shape))  # type: ignore[arg-type]

    @cached_property
    def leader(self) -> Party:
        return self.issue(
            "Nguyễn Văn An", organisation="UBND xã Suối Trúc", crl_url="http://pki.invalid/ca.crl"
        )

    @cached_property
    def organisation(self) -> Party:
        return self.issue("UBND xã Suối Trúc", crl_url="http://pki.invalid/ca.crl")

    @cached_property
    def tsa(self) -> Party:
        return self.issue(
            "Máy chủ dấu thời gian",
            uses=frozenset({"digital_signature"}),
            extended=(ExtendedKeyUsageOID.TIME_STAMPING,),
        )

    def crl(
        self,
        issuer: Party | None = None,
        revoked: dict[int, datetime] | None = None,
        *,
        at: datetime = NOW - DAY,
        until: datetime | None = NOW + 30 * DAY,
        extension: x509.ExtensionType | None = None,
        critical: bool = True,
        entry_extension: x509.ExtensionType | None = None,
    ) -> bytes:
        signer = issuer or self.ca
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(signer.certificate.subject)
            .last_update(at)
            .next_update(until or at + 36500 * DAY)
        )
        for serial, since in (revoked or {}).items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
            if entry_extension is not None:
                entry = entry.add_extension(entry_extension, critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        if extension is not None:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def ocsp(
        self,
        party: Party,
        *,
        issuer: Party | None = None,
        responder: Party | None = None,
        since: datetime | None = None,
        status: ocsp.OCSPCertStatus | None = None,
        at: datetime = NOW - DAY,
        hashed: hashes.HashAlgorithm | None = None,
        embed: bool = True,
    ) -> bytes:
        above = issuer or self.ca
        signer = responder or above
        good = ocsp.OCSPCertStatus.GOOD if since is None else ocsp.OCSPCertStatus.REVOKED
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=party.certificate,
                issuer=above.certificate,
                algorithm=hashed or hashes.SHA1(),  # noqa: S303 -- the usual identifier
                cert_status=status or good,
                this_update=at,
                next_update=at + 30 * DAY,
                revocation_time=since,
                revocation_reason=None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        )
        if responder is not None and embed:
            builder = builder.certificates([responder.certificate])
        hashing = None if isinstance(signer.key, Edwards) else hashes.SHA256()
        return builder.sign(signer.key, hashing).public_bytes(Encoding.DER)

    def asn1_crl(self) -> object:
        return asn1_crl.CertificateList.load(self.crl())

    def asn1_ocsp(self, party: Party) -> object:
        return asn1_ocsp.OCSPResponse.load(self.ocsp(party))

    def trust(self, *, crls: tuple[bytes, ...] | None = None, **more: object) -> Trust:
        anchor = Anchor(certificate=self.root.der, name="Gốc", kind=AnchorKind.DEMO)
        both = (self.crl(self.root), self.crl()) if crls is None else crls
        return Trust(**{"anchors": (anchor,), "crls": both, **more})  # type: ignore[arg-type]
