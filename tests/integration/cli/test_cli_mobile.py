"""A document that two phones sign passes ``docsvc verify``, pyHanko and pdfsig."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from support.mobile_provider import Form, Mode, Rig, Subscriber, running
from support.pdfsig import valid_for_pdfsig

from docsvc.bootstrap import open_online
from docsvc.clock import SystemClock
from docsvc.http import Outbound, Reach
from docsvc.revocation.indexes import FolderIndex
from docsvc.sandbox import Sandbox
from docsvc.settings import Settings
from docsvc.steps.timestamp.service import Augmenter
from signing.complete import complete, signature_value
from signing.model import LEADER_FIELD, ORGANISATION_FIELD, Box, ReservedPlaces, Role, SignaturePlan
from signing.prepare import prepare
from signing.signers.base import Completed, Item, Pending, Request
from signing.stamp import reserve
from signing.timestamp import Timestamper

if TYPE_CHECKING:
    from support.demo import DemoInstance

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "sample_docs/documents/02-quyet-dinh-thanh-lap-to-cong-nghe-so.pdf"
LEADER, CLERK = "84912345678", "84987654321"
PLACES = ReservedPlaces(
    leader=Box(page=0, x0=350, y0=150, x1=470, y1=210),
    organisation=Box(page=0, x0=290, y0=130, x1=390, y1=230),
)


@dataclass(frozen=True, kw_only=True)
class Phones:
    """The leader's and the clerk's phone, and the demonstration's authority."""

    rig: Rig
    stamp: Callable[[bytes], bytes]

    def sign(self, pdf: bytes, plan: SignaturePlan, phone: str) -> bytes:
        signer = self.rig.signer()
        plan = replace(plan, chain=signer.chain(phone))
        prepared = prepare(pdf, plan=plan, at=SystemClock().now())
        item = Item(to_be_signed=prepared.to_be_signed, content_digest=prepared.digest)
        begun = signer.sign(Request(key_id=phone, items=(item,), prompt="Ký QĐ 05/QĐ-UBND"))
        assert isinstance(begun, Pending)
        self.rig.agree()
        # Another object, as a process would make it that has only the handle.
        outcome = self.rig.signer().poll(begun.handle)
        assert isinstance(outcome, Completed)
        (value,) = outcome.values
        raw = signature_value(prepared, plan=plan, value=value)
        token = self.stamp(hashlib.sha256(raw).digest())
        return complete(prepared, plan=plan, value=value, timestamp_token=token)

    def signed(self) -> bytes:
        leader = SignaturePlan(role=Role.LEADER, field_name=LEADER_FIELD, chain=(), certify=True)
        seal = SignaturePlan(role=Role.ORGANISATION, field_name=ORGANISATION_FIELD, chain=())
        led = self.sign(reserve(SAMPLE.read_bytes(), PLACES), leader, LEADER)
        return self.sign(led, seal, CLERK)


def archived(
    pdf: bytes, demo: DemoInstance, folder: Path, stamp: Callable[[bytes], bytes]
) -> bytes:
    settings = Settings.model_validate(
        {
            "data_dir": folder,
            "trust_dir": demo.pki.trust,
            "fetch_allow": (f"127.0.0.1:{demo.pki.port}",),
        }
    )
    online = open_online(settings, FolderIndex(folder / "index"), clock=SystemClock())
    sandbox = Sandbox(1)
    augmenter = Augmenter(
        sandbox=sandbox, trust_dir=str(demo.pki.trust), online=online, stamp=stamp
    )
    try:
        return augmenter.to_lta(pdf)
    finally:
        sandbox.stop()


@pytest.mark.parametrize(
    ("form", "answer"), [("soap", Form.VALUE), ("json", Form.CMS)], ids=["value", "cms"]
)
def test_a_document_that_two_phones_signed_is_valid_everywhere(
    form: str, answer: Form, demo_instance: DemoInstance, docsvc: Callable[..., Any], tmp_path: Path
) -> None:
    pki, bodies = demo_instance.pki, demo_instance.organisations
    officer = bodies.officers[0]
    seal = next(one for one in bodies.seals if one.unit == officer.unit)
    subscribers = [
        Subscriber(msisdn=number, key=pki.rsa_key(key), chain=pki.chain(key))
        for number, key in ((LEADER, officer.key), (CLERK, seal.key))
    ]
    outbound = Outbound(Reach(own=pki.tsa_url), timeout_s=30)
    stamp = Timestamper(pki.tsa_url, outbound.post).stamp
    is_cms = answer is Form.CMS
    with running(subscribers, form, mode=Mode.POLL, signs_content=is_cms) as rig:
        rig.script(form=answer)
        signed = Phones(rig=rig, stamp=stamp).signed()
    final = archived(signed, demo_instance, tmp_path / "data", stamp)
    path = tmp_path / "signed.pdf"
    path.write_bytes(final)

    ended = docsvc("verify", path, "--json", "--trust", pki.trust, "--offline")
    (found,) = ended.lines
    assert ended.code == 0, found
    assert (found["indication"], found["completeness"]) == ("TOTAL-PASSED", "both")
    assert {one["level"] for one in found["signatures"]} == {"B-LTA"}

    assert valid_for_pdfsig(path) >= 2

    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(pki.certificate("root"))],
        other_certs=[asn1_x509.Certificate.load(one) for one in pki.intermediates()],
    )
    for one in PdfFileReader(io.BytesIO(final)).embedded_regular_signatures:
        status = validate_pdf_signature(one, context, context)
        assert status.bottom_line
        assert status.timestamp_validity.valid
