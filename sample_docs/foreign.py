"""Signs one sample with another tool's habits and a PKI that is thrown away at once.

Run only by ``build.py --sign``. The keys live in memory while the file is signed; the folder
``pki/`` keeps the certificates, so that the signature can be checked but never made again.
"""

import io
from datetime import UTC, datetime, timedelta

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

SIGNED_AT = datetime(2026, 6, 15, 2, 30, tzinfo=UTC)
ROOT_FILE = "pki/foreign-root.crt"
SIGNER_FILE = "pki/foreign-signer.crt"


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "DỮ LIỆU THỬ NGHIỆM"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _certificate(
    subject: str, issuer: str, key: rsa.RSAPublicKey, by: rsa.RSAPrivateKey
) -> x509.Certificate:
    """Issue a certificate; who issues to itself is a CA."""
    is_root = subject == issuer
    usage = x509.KeyUsage(
        digital_signature=not is_root,
        content_commitment=not is_root,
        key_cert_sign=is_root,
        crl_sign=is_root,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(SIGNED_AT - timedelta(days=30))
        .not_valid_after(SIGNED_AT + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(by, hashes.SHA256())
    )


def sign(pdf: bytes, signer_name: str) -> dict[str, bytes]:
    """Sign a file; return the signed bytes under ``""`` and the certificates by their paths."""
    root_key = rsa.generate_private_key(65537, 2048)
    key = rsa.generate_private_key(65537, 2048)
    root = _certificate(
        "CA thử nghiệm ngoài", "CA thử nghiệm ngoài", root_key.public_key(), root_key
    )
    leaf = _certificate(signer_name, "CA thử nghiệm ngoài", key.public_key(), root_key)
    der = serialization.Encoding.DER
    private = key.private_bytes(
        der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # the library has no types here
    store.register(asn1_x509.Certificate.load(root.public_bytes(der)))
    signer = signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(leaf.public_bytes(der)),
        signing_key=asn1_keys.PrivateKeyInfo.load(private),
        cert_registry=store,
    )
    metadata = signers.PdfSignatureMetadata(
        field_name="Signature1",
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
        reason="Ký bằng phần mềm khác",
        location="Suối Trúc",
        name=signer_name,
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    out = signers.PdfSigner(metadata, signer=signer).sign_pdf(writer)
    pem = serialization.Encoding.PEM
    return {
        "": out.getvalue(),
        ROOT_FILE: root.public_bytes(pem),
        SIGNER_FILE: leaf.public_bytes(pem),
    }
