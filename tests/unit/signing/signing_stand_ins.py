"""A small PKI, a timestamp authority in the process, and documents to sign."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property

import pikepdf
from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image, ImageDraw

from signing.model import Box, ReservedPlaces, TextPlace

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=timezone(timedelta(hours=7)))
START, END = NOW - timedelta(days=365), NOW + timedelta(days=3650)

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def sign_value(key: PrivateKey, to_be_signed: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(to_be_signed, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(to_be_signed, ec.ECDSA(hashes.SHA256()))


@dataclass
class Party:
    key: PrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return der(self.certificate)

    def sign(self, to_be_signed: bytes) -> bytes:
        return sign_value(self.key, to_be_signed)


class Pki:
    """Root and CA, and whoever they are asked to certify."""

    def __init__(self) -> None:
        root_key = rsa.generate_private_key(65537, 2048)
        self.root = Party(
            root_key, self._certificate("Root", root_key.public_key(), None, ca=True, key=root_key)
        )
        ca_key = rsa.generate_private_key(65537, 2048)
        self.ca = Party(
            ca_key, self._certificate("CA", ca_key.public_key(), self.root, ca=True, key=root_key)
        )

    def _certificate(
        self, name: str, public: object, issuer: Party | None, *, key: PrivateKey, ca: bool = False,
        usage: x509.ObjectIdentifier | None = None,
    ) -> x509.Certificate:  # fmt: skip
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(public)
            .serial_number(int.from_bytes(hashlib.sha256(name.encode()).digest()[:9], "big"))
            .not_valid_before(START.astimezone(UTC))
            .not_valid_after(END.astimezone(UTC))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=not ca, content_commitment=not ca and usage is None,
                    key_encipherment=False, data_encipherment=False, key_agreement=False,
                    key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False,
                ),
                critical=True,
            )
        )  # fmt: skip
        if usage is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
        return builder.sign(key, hashes.SHA256())

    def party(
        self, name: str, key: PrivateKey | None = None,
        usage: x509.ObjectIdentifier | None = None,
    ) -> Party:  # fmt: skip
        key = key or rsa.generate_private_key(65537, 2048)
        public = key.public_key()
        return Party(key, self._certificate(name, public, self.ca, key=self.ca.key, usage=usage))

    @cached_property
    def leader(self) -> Party:
        return self.party("Nguyễn Văn An")

    @cached_property
    def organisation(self) -> Party:
        return self.party("UBND xã Suối Trúc")

    @cached_property
    def tsa(self) -> Party:
        return self.party("TSA", usage=ExtendedKeyUsageOID.TIME_STAMPING)

    def chain(self, party: Party) -> tuple[bytes, ...]:
        return (party.der, self.ca.der)

    @cached_property
    def crls(self) -> tuple[bytes, ...]:
        return tuple(self._crl(party) for party in (self.root, self.ca))

    def _crl(self, issuer: Party) -> bytes:
        crl = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.certificate.subject)
            .last_update((NOW - timedelta(days=1)).astimezone(UTC))
            .next_update((NOW + timedelta(days=30)).astimezone(UTC))
            .sign(issuer.key, hashes.SHA256())
        )
        return crl.public_bytes(serialization.Encoding.DER)


@dataclass
class Tsa:
    """Answers RFC 3161 requests; each switch makes it wrong in one way."""

    party: Party
    at: datetime = NOW
    status: str = "granted"
    keep_nonce: bool = True
    imprint: bytes | None = None
    content_type: str = "tst_info"
    hash_name: str = "sha256"
    by_key_id: bool = False
    pss: bool = False
    embed: bool = True
    signers: int = 1
    break_value: bool = False
    drop_token: bool = False
    break_digest: bool = False
    garble_info: bool = False
    leave_attributes: bool = False
    stranger: bool = False
    failure: str = "bad_request"
    padding: int = 0
    algorithm: str = "rsassa_pkcs1v15"
    shown: Party | None = None

    def transport(self, _url: str, body: bytes, _content_type: str) -> bytes:
        request = tsp.TimeStampReq.load(body)
        assert request["cert_req"].native is True
        if self.status != "granted":
            failed = {"status": self.status, "fail_info": {self.failure}}
            return self._alone(failed)
        token = self.token(request)
        granted = {"status": "granted"}
        if self.drop_token:
            return self._alone(granted)
        return tsp.TimeStampResp({"status": granted, "time_stamp_token": token}).dump()

    def _alone(self, status: dict[str, object]) -> bytes:
        encoded = tsp.PKIStatusInfo(status).dump()
        return b"\x30" + bytes([len(encoded)]) + encoded

    def token(self, request: tsp.TimeStampReq) -> cms.ContentInfo:
        imprint = request["message_imprint"]
        if self.imprint is not None:
            imprint["hashed_message"] = self.imprint
        info = {
            "version": "v1",
            "policy": "1.2.3.4",
            "message_imprint": imprint,
            "serial_number": 7,
            "gen_time": self.at.astimezone(UTC),
        }
        if self.keep_nonce:
            info["nonce"] = request["nonce"]
        encoded = b"\x30\x03abc" if self.garble_info else tsp.TSTInfo(info).dump()
        return self._signed(encoded)

    def _signed(self, content: bytes) -> cms.ContentInfo:
        certificate = asn1_x509.Certificate.load((self.shown or self.party).der)
        digest = hashlib.new(self.hash_name, content).digest()
        if self.break_digest:
            digest = bytes(len(digest))
        attributes = cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": "content_type", "values": [self.content_type]}),
                cms.CMSAttribute({"type": "message_digest", "values": [digest]}),
                cms.CMSAttribute(
                    {
                        "type": "signing_certificate_v2",
                        "values": [
                            {"certs": [{"cert_hash": hashlib.sha256(self.party.der).digest()}]}
                        ],
                    }
                ),
            ]
        )
        hashing = {"sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha1": hashes.SHA1}
        value, algorithm = self._value(attributes.dump(), hashing[self.hash_name]())
        sid = (
            cms.SignerIdentifier(
                "subject_key_identifier",
                b"stranger" if self.stranger else certificate.key_identifier,
            )
            if self.by_key_id
            else cms.SignerIdentifier(
                "issuer_and_serial_number",
                {
                    "issuer": certificate.issuer,
                    "serial_number": certificate.serial_number + self.stranger,
                },
            )
        )
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": sid,
                "digest_algorithm": {"algorithm": self.hash_name},
                "signed_attrs": None if self.leave_attributes else attributes,
                "signature_algorithm": algorithm,
                "signature": bytes(len(value)) if self.break_value else value,
            }
        )
        if self.padding:
            # Real tokens may carry attributes of their own that nobody signed.
            signer["unsigned_attrs"] = [
                {"type": "1.2.3.4.5", "values": [core.OctetString(bytes(self.padding))]}
            ]
        data = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": self.hash_name}],
                "encap_content_info": cms.EncapsulatedContentInfo(
                    {
                        "content_type": self.content_type,
                        "content": cms.ParsableOctetString(content),
                    }
                ),
                "certificates": [certificate] if self.embed else [],
                "signer_infos": [signer] * self.signers,
            }
        )
        return cms.ContentInfo({"content_type": "signed_data", "content": data})

    def _value(
        self, signed: bytes, hashing: hashes.HashAlgorithm
    ) -> tuple[bytes, algos.SignedDigestAlgorithm]:
        key = self.party.key
        if isinstance(key, ec.EllipticCurvePrivateKey):
            algorithm = algos.SignedDigestAlgorithm({"algorithm": f"{self.hash_name}_ecdsa"})
            return key.sign(signed, ec.ECDSA(hashing)), algorithm
        if self.pss:
            parameters = algos.RSASSAPSSParams(
                {
                    "hash_algorithm": {"algorithm": self.hash_name},
                    "mask_gen_algorithm": {
                        "algorithm": "mgf1",
                        "parameters": {"algorithm": self.hash_name},
                    },
                    "salt_length": 32,
                }
            )
            algorithm = algos.SignedDigestAlgorithm(
                {"algorithm": "rsassa_pss", "parameters": parameters}
            )
            return key.sign(signed, padding.PSS(padding.MGF1(hashing), 32), hashing), algorithm
        algorithm = algos.SignedDigestAlgorithm({"algorithm": self.algorithm})
        return key.sign(signed, padding.PKCS1v15(), hashing), algorithm


def seal_png(colour: tuple[int, int, int] = (220, 20, 20), size: int = 120) -> bytes:
    image = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((6, 6, size - 7, size - 7), outline=(*colour, 255), width=6)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def blank_pdf(*, pages: int = 2, rotate: int = 0, **save: object) -> bytes:
    """Return a small document with a line of text on each page."""
    document = pikepdf.new()
    for number in range(pages):
        document.add_blank_page(page_size=(595.28, 841.89))
        page = document.pages[number]
        page.Resources = pikepdf.Dictionary(
            Font=pikepdf.Dictionary(
                F1=pikepdf.Dictionary(
                    Type=pikepdf.Name.Font,
                    Subtype=pikepdf.Name.Type1,
                    BaseFont=pikepdf.Name.Helvetica,
                )
            )
        )
        text = f"BT /F1 13 Tf 85 760 Td (Page {number + 1}) Tj ET".encode("ascii")
        page.Contents = document.make_stream(text)
        if rotate:
            page.Rotate = rotate
    stream = io.BytesIO()
    document.save(stream, **(save or {"deterministic_id": True}))
    return stream.getvalue()


def places(page: int = 1) -> ReservedPlaces:
    """Return the places of an ordinary letter: number and date first, signatures last."""
    return ReservedPlaces(
        texts=(
            TextPlace(
                name="docsvc.number", box=Box(page=0, x0=110, y0=700, x1=150, y1=716), font_size=13
            ),
            TextPlace(
                name="docsvc.day", box=Box(page=0, x0=380, y0=700, x1=400, y1=716), font_size=13,
                italic=True,
            ),
            TextPlace(
                name="docsvc.month", box=Box(page=0, x0=440, y0=700, x1=460, y1=716), font_size=13,
                italic=True,
            ),
        ),
        leader=Box(page=page, x0=350, y0=150, x1=470, y1=210),
        organisation=Box(page=page, x0=290, y0=130, x1=390, y1=230),
    )  # fmt: skip
