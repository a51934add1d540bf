"""No rendering and no record gives away the national id number that a certificate carries."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pikepdf
import pypdfium2
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from verification_files import base, by, check, sign
from verification_reports import Plain

from docsvc.trust import rules
from verification import evidence
from verification.policy import DEFAULT_POLICY
from verification.report import to_json, to_sheet, to_text
from verification.report.html import to_html
from verification.report.pdf import to_pdf
from verification.report.xml import to_xml
from verification.trust import Anchor, AnchorKind, Trust, load_directory

if TYPE_CHECKING:
    from pathlib import Path

    from verification_pki import Party, Pki

    from verification.model import Report

# A citizen's card of now and of before 2016, and a citizen's tax number, which is the card's.
CCCD, CMND, MST = "001099012345", "012345678", "079188004321"
NUMBERS = (CCCD, CMND, MST, "001 099 012 345", "001.099.012.345")
UID = x509.ObjectIdentifier("0.9.2342.19200300.100.1.1")
SUBJECT = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"UBND xã Suối Trúc, MST:{MST}"),
        x509.NameAttribute(NameOID.SERIAL_NUMBER, f"CCCD:{CCCD}"),
        x509.NameAttribute(UID, f"CMND:{CMND}"),
        x509.NameAttribute(NameOID.COMMON_NAME, f"Nguyễn Văn An CCCD:{CCCD} 01/01/1990"),
    ]
)
OTHER_NAMES = x509.SubjectAlternativeName(
    [
        x509.DirectoryName(x509.Name([x509.NameAttribute(UID, f"CCCD:{CCCD}")])),
        x509.RFC822Name(f"{CMND}@suoitruc.invalid"),
        x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x0c\x0c" + MST.encode()),
    ]
)


@pytest.fixture
def holder(pki: Pki) -> Party:
    """A signer who is an authority of the same name too, so that issuers are told as well."""
    ca = pki.issue("x", issuer=pki.root, ca=True, subject=SUBJECT)
    return pki.issue("y", issuer=ca, subject=SUBJECT, more=((OTHER_NAMES, False),))


@pytest.fixture
def trust(holder: Party) -> Trust:
    anchor = Anchor(certificate=holder.der, name=f"CCCD:{CCCD}", kind=AnchorKind.PUBLIC)
    return Trust(anchors=(anchor,))


@pytest.fixture
def pdf(holder: Party) -> bytes:
    return sign(base(), by(holder))


@pytest.fixture
def report(pdf: bytes, trust: Trust) -> Report:
    return check(pdf, trust)


def gave_away(text: str) -> list[str]:
    return [number for number in NUMBERS if number in text]


def test_certificate_carries_them_to_where_reports_are_made(report: Report) -> None:
    one = report.signatures[0]

    assert CCCD in str(one.signer)
    assert MST in str(one.organisation)
    assert CCCD in str(one.issuer)
    assert CCCD in str(one.anchor_name)


def test_no_rendering_gives_them_away(report: Report) -> None:
    sheet = to_sheet(report, "vi", Plain())
    drawn = {
        "json": json.dumps(to_json(report), ensure_ascii=False),
        "text": to_text(sheet),
        "html": to_html(sheet),
        "xml": to_xml(report).decode(),
    }

    assert [form for form, text in drawn.items() if gave_away(text)] == []
    # The name is still there, and as much of the number as tells two holders apart.
    assert [form for form, text in drawn.items() if "CCCD:*********345" not in text] == []


def test_no_page_of_the_drawn_report_gives_them_away(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(to_pdf(to_sheet(report, "vi", Plain()), at=report.verified_at))

    with pypdfium2.PdfDocument(path) as document:
        text = "".join(page.get_textpage().get_text_range() for page in document)

    assert "Nguyễn Văn An" in text
    assert gave_away(text) == []
    with pikepdf.open(path) as opened:
        # Neither do the strings of its structure, where screen readers look.
        plain = b"".join(
            one.unparse() for one in opened.objects if not isinstance(one, pikepdf.Stream)
        )
    assert gave_away(plain.decode("latin-1")) == []


def test_evidence_names_nobody_but_by_the_certificates_themselves(
    pdf: bytes, report: Report, trust: Trust
) -> None:
    kept = evidence.to_bytes(
        evidence.gather(pdf, report, policy=DEFAULT_POLICY, trust=trust, roles={})
    )

    assert gave_away(kept.decode()) == []
    assert evidence.replay(evidence.read(kept), pdf).differences == ()


def test_store_of_anchors_names_none(holder: Party, tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "holder.crt").write_bytes(holder.der)

    (anchor,) = load_directory(tmp_path).anchors
    shown = rules.candidate(holder.der)

    assert anchor.name == "Nguyễn Văn An CCCD:*********345 01/01/1990"
    assert gave_away(f"{shown.subject}{shown.issuer}{shown.common_name}{anchor.name}") == []


def test_no_record_of_the_log_names_any(
    pdf: bytes, trust: Trust, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        check(pdf, trust)

    assert gave_away("".join(str(one.__dict__) for one in caplog.records)) == []
