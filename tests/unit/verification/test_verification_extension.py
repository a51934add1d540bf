"""A file that comes back signed: the one signature that was wanted is taken, no attack is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from verification_change_cases import FIELDS
from verification_containers import Recipe
from verification_files import (
    CERTIFIED,
    DAY,
    FORM,
    MONTH,
    NUMBER,
    PAGE,
    PAGE_BODY,
    SEAL,
    SEALED,
    Plan,
    base,
    by,
    sign,
    stamp,
    text_field,
    update,
)
from verification_pki import NOW
from verification_returned import LATER, ORGANISATION, TEXTS, accept, fingerprint, refused, wanted

from verification.errors import (
    BrokenSignatureError,
    MoreThanOneSignatureError,
    NoSignatureError,
    NotOurBytesError,
    NotWholeFileError,
    OtherCertificateError,
    OtherFieldError,
)
from verification.extension import Accepted

if TYPE_CHECKING:
    from verification_pki import Pki

OWN_FIELD = Plan(
    field_number=40,
    value_number=41,
    name=b"Signature1",
    box=b"250 100 350 200",
    objects={
        FORM: b"<</SigFlags 3/Fields[%s]>>" % (FIELDS + b" 40 0 R"),
        PAGE: PAGE_BODY % (FIELDS + b" 40 0 R"),
    },
)


@pytest.mark.parametrize("plan", [Plan(), CERTIFIED], ids=["approval", "certified"])
def test_leaders_signature_is_accepted(pki: Pki, plan: Plan) -> None:
    ours = base()

    found = accept(sign(ours, by(pki.leader), plan), wanted(ours, pki.leader, later=LATER))

    assert found == Accepted(field="docsvc.leader", certificate=fingerprint(pki.leader))


def test_seal_with_number_and_date_is_accepted(led: bytes, pki: Pki) -> None:
    returned = sign(led, by(pki.organisation), SEALED)

    found = accept(returned, wanted(led, pki.organisation, ORGANISATION, texts=TEXTS))

    assert found.certificate == fingerprint(pki.organisation)


def test_tool_may_end_the_file_with_a_line(pki: Pki) -> None:
    """White space after the end is no content, but nobody has signed it."""
    ours = base()

    facts = refused(
        sign(ours, by(pki.leader)) + b"\n\n", wanted(ours, pki.leader), NotWholeFileError
    )

    assert facts["reason"] == "verification.bytes-after-end"


def test_number_that_the_service_filled_in_is_under_the_seal(led: bytes, pki: Pki) -> None:
    filled = update(led, {n: SEALED.objects[n] for n in (NUMBER, DAY, MONTH, 31, 32)})
    plan = replace(SEALED, objects={33: SEALED.objects[33]})
    returned = sign(filled, by(pki.organisation), plan)

    assert accept(returned, wanted(filled, pki.organisation, ORGANISATION, texts=TEXTS))


@pytest.mark.parametrize("where", [10, -30])
def test_other_bytes_are_refused(pki: Pki, where: int) -> None:
    ours = base()
    foreign = bytearray(ours)
    foreign[where] ^= 1

    refused(sign(bytes(foreign), by(pki.leader)), wanted(ours, pki.leader), NotOurBytesError)


def test_part_of_our_bytes_is_refused(pki: Pki) -> None:
    ours = base()

    refused(ours[:-1], wanted(ours, pki.leader), NotOurBytesError)


def test_stale_base_is_refused(led: bytes, pki: Pki) -> None:
    """Signed on what was handed out before the leader had signed."""
    stale = sign(base(), by(pki.organisation), SEALED)

    refused(stale, wanted(led, pki.organisation, ORGANISATION), NotOurBytesError)


@pytest.mark.parametrize("more", [b"", b"\r\n "])
def test_unsigned_file_is_refused(pki: Pki, more: bytes) -> None:
    refused(base() + more, wanted(base(), pki.leader), NoSignatureError)


def test_update_without_signature_is_refused(pki: Pki) -> None:
    returned = update(base(), {NUMBER: text_field(b"docsvc.number", b"/V(05)")})

    refused(returned, wanted(base(), pki.leader), NoSignatureError)


def test_document_timestamp_is_no_signature(pki: Pki) -> None:
    refused(stamp(base(), pki.tsa), wanted(base(), pki.leader), NoSignatureError)


@pytest.mark.parametrize("second", ["signature", "timestamp"])
def test_second_signature_is_refused(pki: Pki, second: str) -> None:
    returned = sign(base(), by(pki.leader))
    returned = (
        stamp(returned, pki.tsa)
        if second == "timestamp"
        else sign(returned, by(pki.organisation), replace(SEALED, objects={}, field_more=b""))
    )

    facts = refused(returned, wanted(base(), pki.leader), MoreThanOneSignatureError)

    assert facts == {"count": 2}


def test_other_reserved_field_is_refused(pki: Pki) -> None:
    plan = Plan(field_number=SEAL, name=b"docsvc.organisation", box=b"250 100 350 200")
    returned = sign(base(), by(pki.leader), plan)

    for allowed in (False, True):
        expected = wanted(base(), pki.leader, new_field=allowed)
        facts = refused(returned, expected, OtherFieldError)
        assert facts == {"field": ORGANISATION, "expected": "docsvc.leader"}


def test_new_field_needs_a_policy_that_allows_it(pki: Pki) -> None:
    returned = sign(base(), by(pki.leader), OWN_FIELD)

    refused(returned, wanted(base(), pki.leader), OtherFieldError)
    assert accept(returned, wanted(base(), pki.leader, new_field=True)).field == "Signature1"


@pytest.mark.parametrize(
    ("shift", "reason"),
    [
        ((0, -10, 0, 0), "verification.byte-range-gap"),
        ((0, 0, 0, -6), "verification.not-a-revision"),
        ((0, 0, 0, 50), "verification.signature-destroyed"),
    ],
)
def test_signature_over_a_part_is_refused(
    pki: Pki, shift: tuple[int, int, int, int], reason: str
) -> None:
    returned = sign(base(), by(pki.leader), Plan(range_shift=shift))

    assert refused(returned, wanted(base(), pki.leader), NotWholeFileError) == {"reason": reason}


def test_change_after_the_signature_is_refused(pki: Pki) -> None:
    signed = sign(base(), by(pki.leader))
    returned = update(signed, {NUMBER: text_field(b"docsvc.number", b"/V(05)")})

    refused(returned, wanted(base(), pki.leader), NotWholeFileError)


def test_page_appended_after_the_signature_is_refused(pki: Pki) -> None:
    pages = b"<</Type/Pages/Kids[3 0 R 42 0 R]/Count 2>>"
    signed = sign(base(), by(pki.leader))
    returned = update(signed, {2: pages, 42: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"})

    refused(returned, wanted(base(), pki.leader), NotWholeFileError)


def test_other_persons_certificate_is_refused(pki: Pki) -> None:
    returned = sign(base(), by(pki.organisation))

    facts = refused(returned, wanted(base(), pki.leader), OtherCertificateError)

    assert facts == {"certificate": fingerprint(pki.organisation)}


@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        (Recipe(flip_value=True), "signature-value"),
        (Recipe(message_digest=b"x" * 32), "content-changed"),
        (Recipe(certificates=()), "no-signing-certificate"),
        (Recipe(hash_name="sha1"), "weak-digest"),
        (Recipe(named=None), "certificate-not-named"),
        (Recipe(signing_time=NOW + timedelta(days=1)), "signing-time-after-proof"),
    ],
)
def test_broken_signature_is_refused(pki: Pki, recipe: Recipe, reason: str) -> None:
    returned = sign(base(), by(pki.leader, recipe))

    facts = refused(returned, wanted(base(), pki.leader), BrokenSignatureError)

    assert facts == {"reason": f"verification.{reason}"}


def test_container_that_is_none_is_refused(pki: Pki) -> None:
    returned = sign(base(), lambda _: b"\x30\x03abc")

    facts = refused(returned, wanted(base(), pki.leader), BrokenSignatureError)

    assert facts == {"reason": "verification.container-unreadable"}


def test_signature_of_an_old_form_is_refused(pki: Pki) -> None:
    returned = sign(base(), by(pki.leader), Plan(sub_filter=b"some.other.form"))

    facts = refused(returned, wanted(base(), pki.leader), BrokenSignatureError)

    assert facts == {"reason": "verification.sub-filter-unknown"}


@pytest.mark.parametrize("claimed", [None, NOW - timedelta(days=400)])
def test_time_that_is_not_claimed_or_early_is_left_to_the_verdict(
    pki: Pki, claimed: object
) -> None:
    recipe = Recipe(signing_time=claimed)  # type: ignore[arg-type]

    assert accept(sign(base(), by(pki.leader, recipe)), wanted(base(), pki.leader))
