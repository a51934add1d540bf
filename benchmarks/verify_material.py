"""What `verify.py` measures on: a chain of three, its revocation data, and signed documents.

Root RSA-4096 → issuing CA RSA-3072 → signers, authority and responder RSA-2048. The documents are
text pages and scanned pages of several sizes, signed by pyHanko with 1, 2 and 10 signatures, and
raised to B-T and B-LTA.
"""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
from asn1crypto import crl as asn1_crl
from asn1crypto import keys as asn1_keys
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers, timestamps
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from verification.trust import Anchor, AnchorKind, Trust

if TYPE_CHECKING:
    from collections.abc import Iterator

# pdfsig judges by the clock of the machine, so everything else has to.
NOW = datetime.fromtimestamp(int(time.time()), UTC)
_DAY = timedelta(days=1)
_DER = serialization.Encoding.DER
_BITS = {"root": 4096, "ca": 3072}
_URL = "http://crl.invalid/"
_FONT = Path(__file__).parent.parent / "signing" / "fonts" / "Tinos-Regular.ttf"
_TEXT = (
    "cộng hòa xã hội chủ nghĩa việt nam độc lập tự do hạnh phúc quyết định về việc ban hành "
    "quy chế quản lý văn bản điện tử căn cứ luật tổ chức chính quyền địa phương nghị định thông "
    "tư hướng dẫn công tác văn thư lưu trữ chữ ký số cơ quan tổ chức chịu trách nhiệm thực hiện"
)
_WORDS = _TEXT.split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A document before it is signed: so many pages, text or a scan of so many bytes."""

    pages: int
    scan_bytes: int = 0


KINDS = {
    "30kB": Kind(pages=1),
    "500kB": Kind(pages=3, scan_bytes=160_000),
    "500pages": Kind(pages=500),
    "10MB": Kind(pages=50, scan_bytes=200_000),
    "100MB": Kind(pages=100, scan_bytes=1_000_000),
}


class Pki:
    """Keys, certificates and revocation data of one run."""

    def __init__(self) -> None:
        names = ("root", "ca", "leader", "organisation", "tsa", "responder")
        self.keys = {name: rsa.generate_private_key(65537, _BITS.get(name, 2048)) for name in names}
        self.certificates: dict[str, x509.Certificate] = {}
        for name in names:
            self.certificates[name] = self._certificate(name)

    def der(self, name: str) -> bytes:
        """Return a certificate."""
        return self.certificates[name].public_bytes(_DER)

    def asn1(self, name: str) -> asn1_x509.Certificate:
        """Return a certificate for pyHanko."""
        return asn1_x509.Certificate.load(self.der(name))

    def _certificate(self, name: str) -> x509.Certificate:
        ca = name in _BITS
        issuer = {"root": "root", "ca": "root"}.get(name, "ca")
        usage = x509.KeyUsage(
            digital_signature=not ca, content_commitment=not ca, key_encipherment=False,
            data_encipherment=False, key_agreement=False, key_cert_sign=ca, crl_sign=ca,
            encipher_only=False, decipher_only=False,
        )  # fmt: skip
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name(issuer))
            .public_key(self.keys[name].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 800 * _DAY)
            .not_valid_after(NOW + 3650 * _DAY)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(usage, critical=True)
        )
        for extension in _more(name, issuer):
            critical = isinstance(extension, x509.ExtendedKeyUsage)
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self.keys[issuer], hashes.SHA256())

    def crl(self, issuer: str, entries: int = 20) -> bytes:
        """Return a CRL of so many certificates that nobody has seen."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(_name(issuer))
            .last_update(NOW - timedelta(hours=1))
            .next_update(NOW + 30 * _DAY)
            .add_extension(x509.CRLNumber(1), critical=False)
        )
        for serial in range(1_000, 1_000 + entries):
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.keys[issuer], hashes.SHA256()).public_bytes(_DER)

    @cached_property
    def crls(self) -> tuple[bytes, ...]:
        """Return the CRLs of the root and of the issuing CA."""
        return self.crl("root", 2), self.crl("ca")

    @cached_property
    def ocsps(self) -> tuple[bytes, ...]:
        """Return an OCSP answer for each signer."""
        return tuple(self._answer(name) for name in ("leader", "organisation"))

    def _answer(self, name: str) -> bytes:
        return (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=self.certificates[name],
                issuer=self.certificates["ca"],
                algorithm=hashes.SHA1(),  # noqa: S303 -- an identifier, as responders use it
                cert_status=ocsp.OCSPCertStatus.GOOD,
                this_update=NOW - timedelta(minutes=10),
                next_update=NOW + 7 * _DAY,
                revocation_time=None,
                revocation_reason=None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, self.certificates["responder"])
            .certificates([self.certificates["responder"]])
            .sign(self.keys["responder"], hashes.SHA256())
            .public_bytes(_DER)
        )

    def trust(self, ca_crl: bytes | None = None, *, with_ocsp: bool = True) -> Trust:
        """Return what we verify with, all in memory."""
        crls = self.crls if ca_crl is None else (self.crls[0], ca_crl)
        return Trust(
            anchors=(Anchor(certificate=self.der("root"), name="root", kind=AnchorKind.PUBLIC),),
            intermediates=(self.der("ca"),),
            crls=crls,
            ocsps=self.ocsps if with_ocsp else (),
        )

    def context(self, ca_crl: bytes | None = None, *, with_ocsp: bool = True) -> ValidationContext:
        """Return the same for pyHanko, every certificate below the root to be checked."""
        trust = self.trust(ca_crl, with_ocsp=with_ocsp)
        return ValidationContext(
            trust_roots=[self.asn1("root")],
            other_certs=[self.asn1("ca"), self.asn1("responder")],
            allow_fetching=False,
            crls=[asn1_crl.CertificateList.load(der) for der in trust.crls],
            ocsps=[asn1_ocsp.OCSPResponse.load(der) for der in trust.ocsps],
            revocation_mode="hard-fail",
        )

    def signer(self, name: str) -> signers.SimpleSigner:
        """Return pyHanko's signer of a holder."""
        return signers.SimpleSigner(
            signing_cert=self.asn1(name), signing_key=self._key(name), cert_registry=self._store()
        )

    def timestamper(self) -> timestamps.DummyTimeStamper:
        """Return a timestamp authority in memory."""
        return timestamps.DummyTimeStamper(
            self.asn1("tsa"), self._key("tsa"), certs_to_embed=self._store()
        )

    def _key(self, name: str) -> asn1_keys.PrivateKeyInfo:
        return asn1_keys.PrivateKeyInfo.load(
            self.keys[name].private_bytes(
                _DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def _store(self) -> SimpleCertificateStore:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # pyHanko has no types here
        store.register_multiple([self.asn1("ca"), self.asn1("root")])
        return store


def _name(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Benchmark"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _more(name: str, issuer: str) -> Iterator[x509.ExtensionType]:
    if name == "tsa":
        yield x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    if name == "responder":
        yield x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
        yield x509.OCSPNoCheck()
    elif name != "root":
        place = [x509.UniformResourceIdentifier(f"{_URL}{issuer}.crl")]
        yield x509.CRLDistributionPoints([x509.DistributionPoint(place, None, None, None)])


def document(kind: Kind) -> bytes:
    """Return an unsigned document."""
    return _scanned(kind) if kind.scan_bytes else _written(kind.pages)


def _written(pages: int) -> bytes:
    pdfmetrics.registerFont(TTFont("text", str(_FONT)))
    stream = io.BytesIO()
    page = canvas.Canvas(stream, pagesize=A4, pageCompression=1)
    for number in range(pages):
        page.setFont("text", 11)
        for line in range(44):
            first = number * 31 + line * 7
            words = (_WORDS[(first + n * (1 + line % 5)) % len(_WORDS)] for n in range(14))
            page.drawString(50, 770 - 15 * line, " ".join(words))
        page.showPage()
    page.save()
    return stream.getvalue()


def _scanned(kind: Kind) -> bytes:
    stream = io.BytesIO()
    Image.effect_noise((1240, 1754), 7).save(stream, "JPEG", quality=30)
    picture = stream.getvalue().ljust(kind.scan_bytes, b"\0")
    pdf = pikepdf.new()
    for number in range(kind.pages):
        page = pdf.add_blank_page(page_size=A4)
        image = pdf.make_stream(
            picture + str(number).encode("ascii"),
            {
                "/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Image, "/Width": 1240,
                "/Height": 1754, "/ColorSpace": pikepdf.Name.DeviceGray, "/BitsPerComponent": 8,
                "/Filter": pikepdf.Name.DCTDecode,
            },
        )  # fmt: skip
        name = page.add_resource(image, pikepdf.Name.XObject)
        page.Contents = pdf.make_stream(f"q {A4[0]} 0 0 {A4[1]} 0 0 cm {name} Do Q".encode("ascii"))
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def signed(pki: Pki, pdf: bytes, count: int, level: str = "B-B") -> bytes:
    """Return a document signed by leader and organisation in turn.

    Args:
        pki: whose keys sign.
        pdf: the document.
        count: how many signatures.
        level: B-B, B-T or B-LTA; for the last the last signature brings the document timestamp.
    """
    for number in range(count):
        last = number == count - 1
        archived = level == "B-LTA"
        metadata = signers.PdfSignatureMetadata(
            field_name=f"Signature{number}",
            md_algorithm="sha256",
            subfilter=fields.SigSeedSubFilter.PADES,
            embed_validation_info=archived,
            use_pades_lta=archived and last,
            validation_context=pki.context() if archived else None,
        )
        out: io.BytesIO = signers.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(pdf)),
            metadata,
            pki.signer("organisation" if number % 2 else "leader"),
            timestamper=None if level == "B-B" else pki.timestamper(),
        )
        pdf = out.getvalue()
    return pdf
