"""A document signed through each remote service, judged by us, by pyHanko and by pdfsig."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import remote_makers
from signing_remotes import pki
from signing_stand_ins import NOW, Tsa, blank_pdf, places, seal_png
from signing_steps import statuses

from signing.complete import complete
from signing.model import LEADER_FIELD, Role, SignaturePlan
from signing.prepare import prepare
from signing.signers.base import Completed, Item, Pending, Request
from signing.stamp import reserve
from signing.timestamp import Timestamper
from verification.anchors import AnchorKind
from verification.model import Completeness, Indication
from verification.model import Role as FoundRole
from verification.policy import DEFAULT_POLICY
from verification.trust import Anchor, Trust
from verification.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

MAKERS = remote_makers.SIGNERS | remote_makers.DEFERRED


def signed_through(made: Any) -> bytes:
    """Take a letter to B-T, as the road does."""
    plan = SignaturePlan(
        role=Role.LEADER,
        field_name=LEADER_FIELD,
        chain=made.signer.chain(made.key_id),
        image=seal_png((20, 40, 200)),
        certify=True,
    )
    prepared = prepare(reserve(blank_pdf(), places()), plan=plan, at=NOW)
    (value,) = values_of(made, prepared.to_be_signed)
    stamper = Timestamper("http://tsa.invalid", Tsa(pki().tsa).transport)
    token = stamper.stamp(hashlib.sha256(value).digest())
    return complete(prepared, plan=plan, value=value, timestamp_token=token)


def values_of(made: Any, to_be_signed: bytes) -> tuple[bytes, ...]:
    outcome = made.signer.sign(
        Request(
            key_id=made.key_id,
            items=(Item(to_be_signed=to_be_signed, name="123/QĐ-UBND"),),
            transaction="t-1",
            prompt="Ký Quyết định 123/QĐ-UBND",
            control_code="4F7K",
        )
    )
    if isinstance(outcome, Pending):
        made.agree()
        outcome = made.renewed().poll(outcome.handle)
    assert isinstance(outcome, Completed)
    return outcome.values


@pytest.mark.parametrize("name", MAKERS)
def test_three_judges_find_the_signature_valid(name: str, tmp_path: Path) -> None:
    with MAKERS[name]() as made:
        pdf = signed_through(made)

    report = verify(
        pdf,
        policy=DEFAULT_POLICY,
        trust=Trust(
            anchors=(Anchor(certificate=pki().root.der, name="Root", kind=AnchorKind.DEMO),),
            crls=pki().crls,
        ),
        at=NOW + timedelta(hours=1),
        roles={hashlib.sha256(made.certificate).hexdigest(): FoundRole.LEADER},
    )
    assert report.indication is Indication.TOTAL_PASSED, report
    assert report.completeness is Completeness.LEADER_ONLY
    assert [status.bottom_line for status in statuses(pdf, pki())] == [True]
    assert "Signature is Valid." in said_by_pdfsig(pdf, tmp_path)


def said_by_pdfsig(pdf: bytes, folder: Path) -> str:
    if shutil.which("pdfsig") is None:
        pytest.skip("no pdfsig: install the package poppler-utils")
    path = folder / "signed.pdf"
    path.write_bytes(pdf)
    return subprocess.run(["pdfsig", path], capture_output=True, text=True, check=True).stdout
