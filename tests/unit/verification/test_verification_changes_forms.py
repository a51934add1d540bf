"""Forms as other tools write them: default resources that change hands, widgets apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from verification_change_cases import FIELDS, FORM_OBJECT, NEW_FIELDS, leader
from verification_files import (
    FORM,
    LOOK,
    NUMBER,
    PAGE,
    SEAL,
    Plan,
    base,
    base_objects,
    by,
    sign,
    stream,
    text_field,
    update,
)

from verification.model import Indication, Modification

if TYPE_CHECKING:
    from verification_pki import Pki

    from verification.trust import Trust

PICTURES = b"<</SigFlags 3/Fields[%s]/DR<</XObject<</FRM %%d 0 R>>/ProcSet[/PDF]>>>>" % FIELDS


def with_pictures(more: dict[int, bytes] | None = None) -> dict[int, bytes]:
    """Return objects of a form that keeps a picture among its default resources."""
    return base_objects() | {FORM: PICTURES % 45, 45: stream(b"", FORM_OBJECT)} | (more or {})


def test_default_picture_may_give_way_to_a_new_one(pki: Pki, trust: Trust) -> None:
    pdf = sign(base(with_pictures()), by(pki.leader))

    one = leader(update(pdf, {FORM: PICTURES % 46, 46: stream(b"", FORM_OBJECT)}), trust)

    assert one.indication is Indication.TOTAL_PASSED, one.findings


@pytest.mark.parametrize("other", [LOOK, None])
def test_default_picture_may_not_become_one_that_was_there(
    other: int | None, pki: Pki, trust: Trust
) -> None:
    pdf = sign(base(with_pictures()), by(pki.leader))
    form = PICTURES % (other or 45)

    one = leader(update(pdf, {FORM: form if other else form.replace(b"/FRM", b"/Other")}), trust)

    assert "verification.form-changed" in one.reasons


@pytest.mark.parametrize(
    ("drawn", "entries"),
    [
        (b"q /FRM Do Q", b"/AP<</N 11 0 R>>"),
        (b"BT /F 9 Tf ET", b"/AP<</N<</On 11 0 R>>>>"),
        (b"", b"/DA(/FRM Do)"),
    ],
    ids=["picture", "font-of-a-state", "value"],
)
def test_default_resources_that_a_signed_look_draws_by_stay(
    drawn: bytes, entries: bytes, pki: Pki, trust: Trust
) -> None:
    own = {LOOK: stream(drawn, FORM_OBJECT), NUMBER: text_field(b"docsvc.number", entries)}
    pdf = sign(base(with_pictures(own)), by(pki.leader))

    one = leader(update(pdf, {FORM: PICTURES % 46, 46: stream(b"", FORM_OBJECT)}), trust)

    assert "verification.form-changed" in one.reasons


def test_default_resources_may_change_beside_looks_with_their_own(pki: Pki, trust: Trust) -> None:
    looks = {
        LOOK: stream(b"/FRM Do", FORM_OBJECT + b"/Resources<<>>"),
        47: stream(b"/Tx BMC EMC", FORM_OBJECT),
        NUMBER: text_field(b"docsvc.number", b"/AP<</N 11 0 R/D 47 0 R>>"),
    }
    pdf = sign(base(with_pictures(looks)), by(pki.leader))

    one = leader(update(pdf, {FORM: PICTURES % 46, 46: stream(b"", FORM_OBJECT)}), trust)

    assert one.indication is Indication.TOTAL_PASSED, one.findings


APART = b"<</FT/Sig/T(more)/Kids %s>>"
WIDGET = b"<</Type/Annot/Subtype/Widget/F 132/Rect[0 0 0 0]/P 3 0 R/Parent 40 0 R%s>>"


def test_signature_field_may_have_its_widget_apart(led: bytes, trust: Trust) -> None:
    page = base_objects()[PAGE].replace(b"%s]" % FIELDS, b"%s 41 0 R]" % FIELDS)
    added = {PAGE: page, FORM: NEW_FIELDS, 40: APART % b"[41 0 R]", 41: WIDGET % b""}

    one = leader(update(led, added), trust)

    assert one.indication is Indication.TOTAL_PASSED, one.findings
    assert one.modification is Modification.FORM_FILLING


@pytest.mark.parametrize(
    ("kids", "more"),
    [
        (b"[41 0 R 42 0 R]", b""),
        (b"[]", b""),
        (b"[<<>>]", b""),
        (b"[8 0 R]", b""),
        (b"[41 0 R]/Rect[0 0 9 9]", b""),
        (b"[41 0 R]", b"/Kids[42 0 R]"),
        (b"[41 0 R]", b"/Contents(x)"),
    ],
    ids=["two", "none", "no-reference", "old", "widget-itself", "deeper", "unknown-entry"],
)
def test_signature_field_apart_has_one_new_plain_widget(
    kids: bytes, more: bytes, led: bytes, trust: Trust
) -> None:
    added = {FORM: NEW_FIELDS, 40: APART % kids, 41: WIDGET % more, 42: WIDGET % b""}

    assert "verification.field-added" in leader(update(led, added), trust).reasons


def test_field_that_was_reserved_with_its_widget_apart_is_signed(pki: Pki, trust: Trust) -> None:
    field = b"<</FT/Sig/T(docsvc.organisation)/Kids[41 0 R]%s>>"
    widget = b"<</Type/Annot/Subtype/Widget/F 132/Rect[9 9 99 99]/P 3 0 R/Parent %d 0 R%%s>>" % SEAL
    page = base_objects()[PAGE].replace(b"%d 0 R]" % SEAL, b"41 0 R]")
    pdf = base(base_objects() | {SEAL: field % b"", 41: widget % b"", PAGE: page})
    led = sign(pdf, by(pki.leader))
    look = {41: widget % b"/AP<</N 45 0 R>>", 45: stream(b"0 0 9 9 re S", FORM_OBJECT)}
    seal = Plan(field_number=SEAL, value_number=30, objects={SEAL: field % b"/V 30 0 R", **look})

    signed = leader(sign(led, by(pki.organisation), seal), trust)
    drawn = leader(update(led, look), trust)

    assert signed.indication is Indication.TOTAL_PASSED, signed.findings
    assert "verification.mark-without-signature" in drawn.reasons
