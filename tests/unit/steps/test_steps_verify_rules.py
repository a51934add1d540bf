"""What the signatures of a document mean for it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from docsvc.organisations.mandates import Mandate
from docsvc.steps.verify.rules import (
    DocumentVerdict,
    Holder,
    Inventory,
    Needs,
    Order,
    Signed,
    entitlements,
    judge,
    lacks_anchors,
    signed_of,
    values_of,
)
from verification.model import CertificateClass, Completeness, Indication, MandateHeld, Role

UNIT, OTHER = "H99.12.05", "H99.12.06"
DAY = date(2026, 11, 20)
LEADER = Signed(
    field="docsvc.leader",
    indication=Indication.TOTAL_PASSED,
    certificate="aa",
    day=DAY,
    anchor_kind="state",
)
SEAL = replace(LEADER, field="docsvc.organisation", certificate="bb")
MANDATE = Mandate(
    officer=1,
    unit=UNIT,
    authority="TM. KT.",
    title="Phó Chủ tịch",
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
)
OFFICER = Holder(role=Role.LEADER, unit=UNIT, officer=1, full_name="Nguyễn Văn An")
BODY = Holder(role=Role.ORGANISATION, unit=UNIT)


def judged(
    *signed: Signed,
    officer: Holder = OFFICER,
    body: Holder = BODY,
    mandates: tuple[Mandate, ...] = (MANDATE,),
    authority: str | None = None,
    kind: str | None = None,
) -> DocumentVerdict:
    inventory = Inventory(holders={"aa": officer, "bb": body}, mandates=mandates, kind=kind)
    return judge(UNIT, signed or (LEADER, SEAL), inventory, authority=authority)


def test_leader_and_seal_in_their_order_make_a_document_complete() -> None:
    verdict = judged(authority="KT.")

    assert verdict.complete
    assert (verdict.unit, verdict.completeness, verdict.order) == (
        UNIT,
        Completeness.BOTH,
        Order.KEPT,
    )
    assert verdict.reasons == ()
    assert [one.reasons for one in verdict.signatures] == [(), ()]


def test_who_stands_behind_a_signature_is_told() -> None:
    leader, seal = (one.entitlement for one in judged().signatures)

    assert (leader.role, leader.unit, leader.officer) == (Role.LEADER, UNIT, "Nguyễn Văn An")
    assert (seal.role, seal.officer, seal.mandate) == (Role.ORGANISATION, None, MandateHeld.HELD)


def test_signers_of_any_file_are_asked_about_the_body_they_belong_to() -> None:
    stranger = replace(SEAL, field="Signature1", certificate="cc")
    inventory = Inventory(
        holders={"aa": OFFICER, "bb": replace(BODY, unit=OTHER)}, mandates=(MANDATE,)
    )

    known = entitlements((LEADER, SEAL, stranger), inventory)

    assert {field: one.mandate for field, one in known.items()} == {
        "docsvc.leader": MandateHeld.HELD,
        "docsvc.organisation": MandateHeld.HELD,
        "Signature1": MandateHeld.UNKNOWN,
    }
    assert known["docsvc.organisation"].unit == OTHER
    assert (
        entitlements((replace(LEADER, day=date(2027, 1, 1)),), inventory)["docsvc.leader"].mandate
        is MandateHeld.NOT_HELD
    )


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("state", CertificateClass.OFFICIAL_DUTY),
        ("party", CertificateClass.OFFICIAL_DUTY),
        ("public", CertificateClass.PUBLIC),
        ("eu", CertificateClass.EU_QUALIFIED),
        ("eu-tsa", CertificateClass.UNKNOWN),
        ("demo", CertificateClass.DEMONSTRATION),
        ("tsa", CertificateClass.UNKNOWN),
        (None, CertificateClass.UNKNOWN),
    ],
)
def test_class_of_a_certificate_is_that_of_its_anchor(
    kind: str | None, wanted: CertificateClass
) -> None:
    (one,) = judged(replace(LEADER, anchor_kind=kind)).signatures

    assert one.entitlement.certificate_class is wanted


@pytest.mark.parametrize(
    ("change", "mandate", "code"),
    [
        ({"officer": replace(OFFICER, officer=2)}, MandateHeld.NOT_HELD, "verify.no-mandate"),
        ({"mandates": ()}, MandateHeld.NOT_HELD, "verify.no-mandate"),
        (
            {"mandates": (replace(MANDATE, valid_to=date(2026, 11, 19)),)},
            MandateHeld.NOT_HELD,
            "verify.mandate-not-that-day",
        ),
        ({"authority": "TUQ."}, MandateHeld.NOT_HELD, "verify.mandate-other-authority"),
        (
            {"kind": "quyet-dinh", "mandates": (replace(MANDATE, kinds=frozenset({"giay-moi"})),)},
            MandateHeld.NOT_HELD,
            "verify.mandate-other-kind",
        ),
        (
            {"officer": replace(OFFICER, unit=OTHER)},
            MandateHeld.NOT_HELD,
            "verify.signer-of-other-unit",
        ),
        (
            {"officer": replace(OFFICER, lost_on=DAY)},
            MandateHeld.NOT_HELD,
            "verify.device-lost",
        ),
    ],
)
def test_leader_who_was_not_allowed_does_not_count(
    change: dict[str, Any], mandate: MandateHeld, code: str
) -> None:
    verdict = judged(**change)

    leader = verdict.signatures[0]
    assert not leader.counts
    assert (leader.entitlement.mandate, leader.reasons) == (mandate, (code,))
    assert verdict.completeness is Completeness.ORGANISATION_ONLY
    assert verdict.reasons == ("verify.no-leader",)
    assert not verdict.complete


def test_device_that_was_lost_later_still_counts() -> None:
    assert judged(body=replace(BODY, lost_on=date(2026, 11, 21))).complete


def test_seal_of_another_body_does_not_count() -> None:
    verdict = judged(body=replace(BODY, unit=OTHER))

    assert verdict.completeness is Completeness.LEADER_ONLY
    assert verdict.reasons == ("verify.no-organisation",)
    assert verdict.signatures[1].entitlement.unit == OTHER


def test_stranger_counts_for_nothing_and_takes_nothing_away() -> None:
    stranger = replace(LEADER, field="other", certificate="cc")

    verdict = judged(stranger, LEADER, SEAL)

    assert verdict.complete
    assert verdict.signatures[0].reasons == ("verify.signer-unknown",)
    assert verdict.signatures[0].entitlement.mandate is MandateHeld.UNKNOWN


@pytest.mark.parametrize("certificate", [None, "cc"])
def test_signature_without_a_known_certificate_does_not_count(certificate: str | None) -> None:
    assert judged(replace(LEADER, certificate=certificate)).completeness is Completeness.NONE


def test_signature_without_a_day_does_not_count() -> None:
    verdict = judged(replace(LEADER, day=None), SEAL)

    assert verdict.signatures[0].reasons == ("verify.signing-day-unknown",)
    assert verdict.completeness is Completeness.ORGANISATION_ONLY


@pytest.mark.parametrize("indication", [Indication.TOTAL_FAILED, Indication.INDETERMINATE])
def test_signature_that_did_not_pass_does_not_count(indication: Indication) -> None:
    verdict = judged(replace(LEADER, indication=indication), SEAL)

    assert verdict.signatures[0].reasons == ("verify.signature-not-passed",)
    assert verdict.signatures[0].entitlement.mandate is MandateHeld.HELD
    assert verdict.completeness is Completeness.ORGANISATION_ONLY


def test_seal_before_the_leader_breaks_the_order() -> None:
    verdict = judged(SEAL, LEADER)

    assert verdict.completeness is Completeness.BOTH
    assert (verdict.order, verdict.complete) == (Order.BROKEN, False)
    assert verdict.reasons == ("verify.order-broken",)


def test_order_of_one_signature_is_not_known() -> None:
    assert judged(LEADER).order is Order.UNKNOWN


def test_unsigned_document_lacks_both() -> None:
    verdict = judge(UNIT, (), Inventory(holders={}, mandates=()), authority=None)

    assert verdict.reasons == ("verify.no-leader", "verify.no-organisation")


def test_proven_day_is_that_of_vietnam_and_before_the_claimed_one() -> None:
    one = {
        "field": "a",
        "indication": "TOTAL-PASSED",
        "certificate_sha256": "aa",
        "anchor_kind": "demo",
        "timestamp_time": "2026-11-20T23:30:00+00:00",
        "signing_time": "2026-11-01T10:00:00+07:00",
    }
    claimed = one | {"timestamp_time": None}
    timeless = claimed | {"signing_time": None}

    read = signed_of({"signatures": [one, claimed, timeless]})

    assert [each.day for each in read] == [date(2026, 11, 21), date(2026, 11, 1), None]
    assert read[0].anchor_kind == "demo"


def test_verdict_is_written_as_json() -> None:
    written = json.loads(json.dumps(values_of(judged())))

    assert written["schema"] == "docsvc.document-verdict/1"
    assert (written["complete"], written["order"], written["completeness"]) == (
        True,
        "kept",
        "both",
    )
    assert written["signatures"][0]["entitlement"] == {
        "role": "leader",
        "unit": UNIT,
        "officer": "Nguyễn Văn An",
        "mandate": "held",
        "certificate_class": "official-duty",
    }


@pytest.mark.parametrize(
    ("verdict", "lacking"),
    [
        ({}, False),
        ({"signatures": []}, False),
        ({"signatures": [{"reasons": ["verification.no-chain"]}]}, False),
        (
            {"signatures": [{"reasons": []}, {"reasons": ["verification.no-trust-anchors"]}]},
            True,
        ),
    ],
)
def test_verdict_without_anchors_is_told_from_one_without_a_chain(
    verdict: dict[str, object],
    lacking: bool,  # noqa: FBT001  # a column of the table above
) -> None:
    assert lacks_anchors(verdict) is lacking


@pytest.mark.parametrize(
    ("signed", "complete", "reasons"),
    [
        ((SEAL,), True, ()),
        ((LEADER, SEAL), True, ()),
        ((LEADER, SEAL, SEAL), True, ()),
        ((LEADER,), False, ("verify.no-organisation",)),
        ((SEAL, LEADER), False, ("verify.order-broken",)),
    ],
)
def test_a_copy_needs_the_organisation_alone(
    signed: tuple[Signed, ...], complete: object, reasons: tuple[str, ...]
) -> None:
    inventory = Inventory(holders={"aa": OFFICER, "bb": BODY}, mandates=(MANDATE,))
    verdict = judge(UNIT, signed, inventory, authority=None, needs=Needs.ORGANISATION)
    assert (verdict.complete, verdict.reasons) == (complete, reasons)
    assert values_of(verdict)["needs"] == "organisation"
