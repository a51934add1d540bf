"""Files that another tool signed, and plans for a signature without a reserved field."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pikepdf
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore
from signing_stand_ins import seal_png

from signing.layouts import block, block_size, seal_with_caption
from signing.model import ADDED_FIELD, Box, Role, SignaturePlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from signing_stand_ins import Party, Pki

SEAL = Box(page=0, x0=300, y0=300, x1=402, y1=402)
CAPTION = Box(page=0, x0=270, y0=268, x1=432, y1=298)
LINES = ("Số: 125/QĐ-UBND", "Ngày 07 tháng 6 năm 2026")
FOREIGN_FIELD = "Signature1"


def added_plan(pki: Pki) -> SignaturePlan:
    """Plan a copy: no leader, a block of text at the top right."""
    lines = ("SAO Y; UBND xã A", "20.11.2026 09:30:00 +07:00")
    width, height = block_size(lines, size=10)
    box = Box(page=0, x0=540 - width, y0=800 - height, x1=540, y1=800)
    return SignaturePlan(
        role=Role.ORGANISATION,
        field_name=ADDED_FIELD,
        chain=pki.chain(pki.organisation),
        requires_leader=False,
        appearance=block(lines, box, size=10),
    )


def sealing_plan(pki: Pki, *, leader_field: str = FOREIGN_FIELD) -> SignaturePlan:
    """Plan the seal on a file that another tool signed, number and date beside it."""
    return SignaturePlan(
        role=Role.ORGANISATION,
        field_name=ADDED_FIELD,
        chain=pki.chain(pki.organisation),
        leader_field=leader_field,
        appearance=seal_with_caption(seal_png(), SEAL, lines=LINES, caption=CAPTION, size=10),
    )


def foreign(pdf: bytes, party: Party, *, certify: fields.MDPPerm | None = None) -> bytes:
    """Sign a file as another tool does: pyHanko, with its own field and habits."""
    private = party.key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    signer = signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(party.der),
        signing_key=asn1_keys.PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore(),
    )
    metadata = signers.PdfSignatureMetadata(
        field_name=FOREIGN_FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
        certify=certify is not None,
        docmdp_permissions=certify or fields.MDPPerm.FILL_FORMS,
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    return signers.PdfSigner(metadata, signer=signer).sign_pdf(writer).getvalue()


def changed(pdf: bytes, change: Callable[[pikepdf.Pdf], object]) -> bytes:
    """Return a file with a change, written anew as a whole."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        change(document)
        stream = io.BytesIO()
        document.save(stream)
        return stream.getvalue()
