"""A foreign signing tool: pyHanko's own way to sign a file, with a key of the demonstration."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from PIL import Image, ImageDraw
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def sign(pdf: bytes, pki: DemoPki, holder: str, *, field: str, new: bool = False) -> bytes:
    """Append a signature; ``new`` puts it in a visible field of the tool's own making."""
    key = pki.rsa_key(holder).private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    own, *above = (asn1_x509.Certificate.load(der) for der in pki.chain(holder))
    signer = signers.SimpleSigner(
        signing_cert=own,
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore.from_certs(above),
    )
    place = fields.SigFieldSpec(field, on_page=0, box=(60, 60, 160, 110)) if new else None
    return (
        signers.PdfSigner(
            signers.PdfSignatureMetadata(field_name=field, md_algorithm="sha256"),
            signer=signer,
            stamp_style=_seal(),
            new_field_spec=place,
        )
        .sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
        .getvalue()
    )
