"""A document signed through each remote service, judged by us, by pyHanko and by pdfsig."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import remote_makers
from signing_remotes import PERSON, pki
from signing_stand_ins import NOW, Tsa, blank_pdf, places, seal_png
from signing_steps import statuses
from support.pdfsig import valid_for_pdfsig

from signing.complete import complete
from signing.model import (
    DAY_FIELD,
    LEADER_FIELD,
    MONTH_FIELD,
    NUMBER_FIELD,
    ORGANISATION_FIELD,
    Role,
    SignaturePlan,
)
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
    from collections.abc import Mapping
    from pathlib import Path

    from verification.model import Report

MAKERS = remote_makers.SIGNERS | remote_makers.DEFERRED


def leader_plan(chain: tuple[bytes, ...]) -> SignaturePlan:
    return SignaturePlan(
        role=Role.LEADER,
        field_name=LEADER_FIELD,
        chain=chain,
        image=seal_png((20, 40, 200)),
        certify=True,
    )


def seal_plan(chain: tuple[bytes, ...]) -> SignaturePlan:
    return SignaturePlan(
        role=Role.ORGANISATION,
        field_name=ORGANISATION_FIELD,
        chain=chain,
        image=seal_png(),
        fills={NUMBER_FIELD: "05", DAY_FIELD: "07", MONTH_FIELD: "11"},
    )


def signed_through(made: Any, pdf: bytes, plan: SignaturePlan) -> bytes:
    """Add one signature at B-T, as the road does."""
    prepared = prepare(pdf, plan=plan, at=NOW)
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
        plan = leader_plan(made.signer.chain(made.key_id))
        pdf = signed_through(made, reserve(blank_pdf(), places()), plan)
    report = judged(pdf, {made.certificate: FoundRole.LEADER})
    assert report.indication is Indication.TOTAL_PASSED, report
    assert report.completeness is Completeness.LEADER_ONLY
    assert [status.bottom_line for status in statuses(pdf, pki())] == [True]
    path = tmp_path / "signed.pdf"
    path.write_bytes(pdf)
    assert valid_for_pdfsig(path) == 1


def test_a_leader_and_a_seal_of_two_services_make_a_whole_document(tmp_path: Path) -> None:
    seal_id = f"{PERSON}:540101bb"
    with remote_makers.mysign() as leader, remote_makers.smartca() as account:
        seal = replace(account, key_id=seal_id, certificate=account.signer.chain(seal_id)[0])
        led = signed_through(
            leader,
            reserve(blank_pdf(), places()),
            leader_plan(leader.signer.chain(leader.key_id)),
        )
        pdf = signed_through(seal, led, seal_plan(seal.signer.chain(seal_id)))
    report = judged(
        pdf,
        {leader.certificate: FoundRole.LEADER, seal.certificate: FoundRole.ORGANISATION},
    )
    assert report.indication is Indication.TOTAL_PASSED, report
    assert report.completeness is Completeness.BOTH
    assert [status.bottom_line for status in statuses(pdf, pki())] == [True, True]
    path = tmp_path / "signed.pdf"
    path.write_bytes(pdf)
    assert valid_for_pdfsig(path) == 2


def judged(pdf: bytes, roles: Mapping[bytes, FoundRole]) -> Report:
    anchor = Anchor(certificate=pki().root.der, name="Root", kind=AnchorKind.DEMO)
    return verify(
        pdf,
        policy=DEFAULT_POLICY,
        trust=Trust(anchors=(anchor,), crls=pki().crls),
        at=NOW + timedelta(hours=1),
        roles={hashlib.sha256(der).hexdigest(): role for der, role in roles.items()},
    )
