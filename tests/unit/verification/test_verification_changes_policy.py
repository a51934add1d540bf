from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from verification_files import (
    CERTIFIED,
    DAY,
    FORM,
    PAGE,
    Plan,
    base,
    base_objects,
    by,
    check,
    sign,
    store,
    stream,
    text_field,
    update,
)

from verification.model import Indication
from verification.policy import DEFAULT_POLICY, ISSUED_POLICY

if TYPE_CHECKING:
    from verification_pki import Pki

    from verification.trust import Trust

from verification_change_cases import ALLOWED, FIELDS, FORM_OBJECT, NEW_FIELDS, leader


def test_certification_without_changes_refuses_form_filling(pki: Pki, trust: Trust) -> None:
    strict = replace(CERTIFIED, value_more=CERTIFIED.value_more.replace(b"/P 2", b"/P 1"))
    pdf = sign(base(), by(pki.leader), strict)

    filled = leader(update(pdf, ALLOWED["number filled in"][0]), trust)
    stored = leader(store(pdf, pki), trust)

    assert "verification.certification-broken" in filled.reasons
    assert stored.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    ("lock", "refused"),
    [
        (b"/Action/All", True),
        (b"/Action/Include/Fields[(docsvc.number)]", True),
        (b"/Action/Include/Fields[(docsvc.day)]", False),
        (b"/Action/Exclude/Fields[(docsvc)]", False),
        (b"/Action/Exclude/Fields[(docsvc.day)]", True),
        (b"/P 1", True),
        (b"", False),
    ],
)
def test_locks_hold(lock: bytes, *, refused: bool, pki: Pki, trust: Trust) -> None:
    pdf = sign(base(), by(pki.leader), Plan(field_more=b"/Lock<<%s>>" % lock))
    params = b"/Reference[<</TransformMethod/FieldMDP/TransformParams<<%s>>>>]" % lock
    by_reference = sign(base(), by(pki.leader), Plan(value_more=params))

    one = leader(update(pdf, ALLOWED["number filled in"][0]), trust)
    other = leader(update(by_reference, ALLOWED["number filled in"][0]), trust)

    assert (one.indication is Indication.TOTAL_FAILED) is refused
    if b"Action" in lock:
        assert (other.indication is Indication.TOTAL_FAILED) is refused


def test_policy_of_issued_documents_refuses_other_fields(pki: Pki, trust: Trust) -> None:
    objects = base_objects()
    objects[DAY] = text_field(b"amount")
    pdf = update(
        sign(base(objects), by(pki.leader)),
        {DAY: text_field(b"amount", b"/V(1)/AP<</N 40 0 R>>"), 40: stream(b"")},
    )

    assert check(pdf, trust, policy=DEFAULT_POLICY).indication is Indication.TOTAL_PASSED
    report = check(pdf, trust, policy=ISSUED_POLICY)
    assert "verification.other-field-filled" in report.signatures[0].reasons


@pytest.mark.parametrize(
    ("box", "page", "refused"),
    [
        (b"0 0 595 842", b"/MediaBox[0 0 595 842]", True),
        (b"0 0 100 100", b"/MediaBox[0 0 595 842]", False),
        (b"0 0 100 100", b"", False),
    ],
)
def test_later_signature_may_not_cover_the_page(
    box: bytes, page: bytes, *, refused: bool, pki: Pki, trust: Trust
) -> None:
    objects = base_objects()
    objects[PAGE] = objects[PAGE].replace(b"/MediaBox[0 0 595 842]", page)
    pdf = sign(base(objects), by(pki.leader))
    plan = Plan(
        field_number=40,
        value_number=41,
        name=b"more",
        box=box,
        objects={
            FORM: NEW_FIELDS,
            PAGE: objects[PAGE].replace(FIELDS, FIELDS + b" 40 0 R"),
            42: stream(b"0 0 9 9 re f", FORM_OBJECT),
        },
        field_more=b"/AP<</N 42 0 R>>",
    )

    one = leader(sign(pdf, by(pki.organisation), plan), trust)

    assert (one.indication is Indication.TOTAL_FAILED) is refused
    assert ("verification.appearance-too-large" in one.reasons) is refused


def test_own_fields_are_filled_under_a_signature(led: bytes, trust: Trust) -> None:
    pdf = update(led, ALLOWED["number filled in"][0])

    report = check(pdf, trust, policy=ISSUED_POLICY)

    assert "verification.filled-without-signature" in report.signatures[0].reasons
    assert check(pdf, trust).indication is Indication.TOTAL_PASSED
