"""Foreign signing tools: pyHanko's own way, and poppler's, with keys of the demonstration."""

from __future__ import annotations

import hashlib
import io
import subprocess
from typing import TYPE_CHECKING

from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from PIL import Image, ImageDraw
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from docsvc.demo.pki import DemoPki


def _seal() -> TextStampStyle:
    """Show a red ring and no words: words across those of the document would be refused."""
    ring = Image.new("RGBA", (120, 120), (0, 0, 0, 0))
    ImageDraw.Draw(ring).ellipse((6, 6, 113, 113), outline=(220, 20, 20, 255), width=6)
    return TextStampStyle(
        stamp_text=" ", background=PdfImage(ring), background_opacity=1, border_width=0
    )


def holder_of(pki: DemoPki, fingerprints: Iterable[str]) -> str:
    """Return the name of the key whose certificate has one of these SHA-256 (hex)."""
    wanted = set(fingerprints)
    return next(
        name
        for name in pki.issuer_of
        if hashlib.sha256(pki.certificate(name)).hexdigest() in wanted
    )


def signer_of(pki: DemoPki, holder: str) -> signers.SimpleSigner:
    """Return pyHanko's own signer with a key of the demonstration and its chain."""
    key = pki.rsa_key(holder).private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    own, *above = (asn1_x509.Certificate.load(der) for der in pki.chain(holder))
    return signers.SimpleSigner(
        signing_cert=own,
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore.from_certs(above),
    )


def sign(pdf: bytes, pki: DemoPki, holder: str, *, field: str, new: bool = False) -> bytes:
    """Append a signature; ``new`` puts it in a visible field of the tool's own making."""
    place = fields.SigFieldSpec(field, on_page=0, box=(60, 60, 160, 110)) if new else None
    return (
        signers.PdfSigner(
            signers.PdfSignatureMetadata(field_name=field, md_algorithm="sha256"),
            signer=signer_of(pki, holder),
            stamp_style=_seal(),
            new_field_spec=place,
        )
        .sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
        .getvalue()
    )


def sign_with_poppler(pdf: bytes, pki: DemoPki, holder: str, folder: Path) -> bytes:
    """Append a signature in a new field as Okular does, by poppler's pdfsig with a key in NSS."""
    key = pki.rsa_key(holder)
    own, *above = (x509.load_der_x509_certificate(der) for der in pki.chain(holder))
    store = pkcs12.serialize_key_and_certificates(
        b"signer", key, own, above, serialization.BestAvailableEncryption(b"x")
    )
    (folder / "key.p12").write_bytes(store)
    (folder / "given.pdf").write_bytes(pdf)
    place = f"sql:{folder}"
    for command in (
        ["certutil", "-N", "-d", place, "--empty-password"],
        ["pk12util", "-i", "key.p12", "-d", place, "-W", "x"],
        ["certutil", "-A", "-d", place, "-n", "root", "-t", "C,C,C", "-i",
         str(pki.certificate_file("root").absolute())],
        ["pdfsig", "-nssdir", place, "-nick", "signer", "-add-signature", "given.pdf", "out.pdf"],
    ):  # fmt: skip
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    return (folder / "out.pdf").read_bytes()
