"""What pyHanko signs on the same road, read by our eyes."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from asn1crypto import keys
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore
from verification_files import NUMBER, base, check, stream, text_field, update

from verification.model import Indication, Level, Modification
from verification.policy import DEFAULT_POLICY

if TYPE_CHECKING:
    from verification_pki import Party, Pki

    from verification.trust import Trust


@pytest.fixture(scope="module")
def authority(pki: Pki) -> Party:
    return pki.issue(
        "Máy chủ RSA",
        key=rsa.generate_private_key(65537, 2048),
        extended=(ExtendedKeyUsageOID.TIME_STAMPING,),
    )


def private(party: Party) -> keys.PrivateKeyInfo:
    return keys.PrivateKeyInfo.load(
        party.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    )


def signed(
    pdf: bytes, party: Party, authority: Party, name: str, at: datetime, *, certify: bool
) -> bytes:
    signer = signers.SimpleSigner(
        signing_cert=party.asn1,
        signing_key=private(party),
        cert_registry=SimpleCertificateStore(),
    )
    stamper = DummyTimeStamper(
        authority.asn1, private(authority), SimpleCertificateStore(), fixed_dt=at
    )
    meta = signers.PdfSignatureMetadata(
        field_name=name,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=certify,
        docmdp_permissions=fields.MDPPerm.FILL_FORMS,
    )
    out = signers.sign_pdf(
        IncrementalPdfFileWriter(BytesIO(pdf)), meta, signer, timestamper=stamper
    )
    return bytes(out.getvalue())


@pytest.mark.filterwarnings("ignore")
def test_road_of_a_foreign_signer_passes(pki: Pki, trust: Trust, authority: Party) -> None:
    # pyHanko writes the machine's time as the signing time.
    at = datetime.fromtimestamp(int(time.time()), UTC)
    led = signed(base(), pki.leader, authority, "docsvc.leader", at, certify=True)
    numbered = update(
        led,
        {NUMBER: text_field(b"docsvc.number", b"/V(05)/AP<</N 70 0 R>>"), 70: stream(b"")},
        size=200,
    )
    sealed = signed(numbered, pki.organisation, authority, "docsvc.organisation", at, certify=False)

    policy = replace(DEFAULT_POLICY, require_revocation=False)
    report = check(sealed, trust, at=at, policy=policy)

    leader, seal = report.signatures
    assert report.indication is Indication.TOTAL_PASSED, (leader.findings, seal.findings)
    assert leader.modification is Modification.FORM_FILLING
    assert [leader.level, seal.level] == [Level.B_T, Level.B_T]
