"""A file that comes back signed: the one signature that was wanted is taken, no attack is."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from verification_containers import Recipe
from verification_files import (
    CATALOG,
    CERTIFIED,
    CONTENTS,
    DAY,
    FORM,
    LEADER,
    MONTH,
    NUMBER,
    PAGE,
    PAGE_BODY,
    SEAL,
    SEALED,
    Plan,
    base,
    base_objects,
    by,
    refs,
    sign,
    signature_field,
    stamp,
    stream,
    text_field,
    update,
)
from verification_pki import NOW

from verification.errors import (
    BrokenSignatureError,
    ChangedElseError,
    EncryptedFileError,
    ExtensionError,
    MoreThanOneSignatureError,
    NoSignatureError,
    NotOurBytesError,
    NotWholeFileError,
    OtherCertificateError,
    OtherFieldError,
)
from verification.extension import Accepted, Expected, require_extension

if TYPE_CHECKING:
    from verification_pki import Party, Pki

FIELDS = refs(NUMBER, DAY, MONTH, LEADER, SEAL)
ORGANISATION = "docsvc.organisation"
TEXTS = {"docsvc.number": "05", "docsvc.day": "07", "docsvc.month": "11"}
# The leader's step: the seal and the number are still to come.
LATER = frozenset({ORGANISATION, *TEXTS})
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


def fingerprint(party: Party) -> str:
    return hashlib.sha256(party.der).hexdigest()


def wanted(pdf: bytes, party: Party, field: str = "docsvc.leader", **more: object) -> Expected:
    return Expected(
        sha256=hashlib.sha256(pdf).hexdigest(),
        size=len(pdf),
        field=field,
        certificates=frozenset({fingerprint(party)}),
        **more,  # type: ignore[arg-type]
    )


def accept(returned: bytes, expected: Expected) -> Accepted:
    return require_extension(returned, expected, at=NOW)


def refused(returned: bytes, expected: Expected, error: type[ExtensionError]) -> dict[str, object]:
    with pytest.raises(error) as caught:
        accept(returned, expected)
    return dict(caught.value.facts)


@pytest.mark.parametrize("plan", [Plan(), CERTIFIED], ids=["approval", "certified"])
def test_leaders_signature_is_accepted(pki: Pki, plan: Plan) -> None:
    ours = base()

    found = accept(sign(ours, by(pki.leader), plan), wanted(ours, pki.leader, later=LATER))

    assert found == Accepted(field="docsvc.leader", certificate=fingerprint(pki.leader))


def certified(pki: Pki, permissions: bytes, more: dict[int, bytes] | None = None) -> bytes:
    """Sign first, with a catalog that names the certification as tools do."""
    catalog = b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Perms%s>>" % permissions
    plan = replace(CERTIFIED, objects={CATALOG: catalog, **(more or {})})
    return sign(base(), by(pki.leader), plan)


def test_first_signature_may_certify_the_file(pki: Pki) -> None:
    returned = certified(pki, b"<</DocMDP 20 0 R>>")

    assert accept(returned, wanted(base(), pki.leader, later=LATER)).field == "docsvc.leader"


@pytest.mark.parametrize(
    "permissions", [b"<</DocMDP 20 0 R/UR3 20 0 R>>", b"<</UR3 20 0 R>>", b"<</DocMDP 30 0 R>>"]
)
def test_other_permissions_are_refused(pki: Pki, permissions: bytes) -> None:
    returned = certified(pki, permissions)

    facts = refused(returned, wanted(base(), pki.leader), ChangedElseError)

    assert facts["change"] == "verification.catalog-changed"


def test_a_later_signature_must_not_certify(led: bytes, pki: Pki) -> None:
    catalog = b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Perms<</DocMDP 30 0 R>>>>"
    plan = replace(SEALED, objects={**SEALED.objects, CATALOG: catalog})
    returned = sign(led, by(pki.organisation), plan)

    facts = refused(
        returned, wanted(led, pki.organisation, ORGANISATION, texts=TEXTS), ChangedElseError
    )

    assert facts["change"] == "verification.catalog-changed"


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


WITH_SIGNATURE = {
    "page content": ({CONTENTS: stream(b"BT ET")}, "object-replaced"),
    "page appended": (
        {
            2: b"<</Type/Pages/Kids[3 0 R 42 0 R]/Count 2>>",
            42: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        },
        "object-replaced",
    ),
    "annotation added": (
        {PAGE: PAGE_BODY % (FIELDS + b" 42 0 R"), 42: b"<</Subtype/FreeText/Rect[0 0 9 9]>>"},
        "annotation-added",
    ),
    "catalog": (
        {CATALOG: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/OpenAction 42 0 R>>"},
        "catalog-changed",
    ),
    "text filled": ({NUMBER: text_field(b"docsvc.number", b"/V(05)")}, "other-field-filled"),
    "empty field added": (
        {
            FORM: b"<</SigFlags 3/Fields[%s]>>" % (FIELDS + b" 42 0 R"),
            42: signature_field(b"Trap"),
        },
        "field-added",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WITH_SIGNATURE)
def test_whatever_comes_with_the_signature_is_refused(pki: Pki, name: str) -> None:
    objects, change = WITH_SIGNATURE[name]
    returned = sign(base(), by(pki.leader), Plan(objects=objects))

    facts = refused(returned, wanted(base(), pki.leader), ChangedElseError)

    assert facts["change"] == f"verification.{change}"


@pytest.mark.parametrize("name", WITH_SIGNATURE)
def test_whatever_comes_before_the_signature_is_refused(pki: Pki, name: str) -> None:
    objects, change = WITH_SIGNATURE[name]
    plan = Plan(objects={FORM: objects[FORM]} if FORM in objects else {})
    returned = sign(update(base(), objects), by(pki.leader), plan)

    facts = refused(returned, wanted(base(), pki.leader), ChangedElseError)

    assert facts["change"] == f"verification.{change}"


def test_other_number_than_that_of_the_book_is_refused(led: bytes, pki: Pki) -> None:
    returned = sign(led, by(pki.organisation), SEALED)
    expected = wanted(
        led, pki.organisation, ORGANISATION, texts={**TEXTS, "docsvc.number": "06", "gone": "1"}
    )

    facts = refused(returned, expected, ChangedElseError)

    assert facts == {"change": "verification.extension-other-value", "field": "docsvc.number"}


def test_number_that_stays_empty_is_refused(led: bytes, pki: Pki) -> None:
    plan = replace(SEALED, objects={33: SEALED.objects[33]})
    returned = sign(led, by(pki.organisation), plan)

    facts = refused(
        returned, wanted(led, pki.organisation, ORGANISATION, texts=TEXTS), ChangedElseError
    )

    assert facts["change"] == "verification.extension-other-value"


@pytest.mark.parametrize(
    "plan",
    [
        Plan(
            value_more=(
                b"/Reference[<</Type/SigRef/TransformMethod/DocMDP"
                b"/TransformParams<</Type/TransformParams/P 1/V/1.2>>>>]"
            )
        ),
        Plan(
            value_more=(
                b"/Reference[<</Type/SigRef/TransformMethod/FieldMDP/TransformParams"
                b"<</Type/TransformParams/Action/Include/Fields[(docsvc.organisation)]/V/1.2>>>>]"
            )
        ),
    ],
    ids=["no changes", "locks the seal"],
)
def test_leaders_signature_that_locks_the_seal_out_is_refused(pki: Pki, plan: Plan) -> None:
    returned = sign(base(), by(pki.leader), plan)

    facts = refused(returned, wanted(base(), pki.leader, later=LATER), ChangedElseError)
    assert facts["change"] == "verification.extension-locked"
    assert accept(returned, wanted(base(), pki.leader))


def test_what_was_amiss_before_is_not_the_signers_fault(pki: Pki) -> None:
    """A file that had a remark-worthy history is signed on: only what is new counts."""
    ours = update(sign(base(), by(pki.leader)), {CONTENTS: stream(b"BT ET")})
    returned = sign(ours, by(pki.organisation), replace(SEALED, objects={}, field_more=b""))

    assert accept(returned, wanted(ours, pki.organisation, ORGANISATION))


def test_signature_that_takes_an_older_ones_permission_is_refused(pki: Pki) -> None:
    """The leader locked the number; the seal's tool fills it all the same."""
    locked = (
        b"/Reference[<</Type/SigRef/TransformMethod/FieldMDP/TransformParams"
        b"<</Type/TransformParams/Action/Include/Fields[(docsvc.number)]/V/1.2>>>>]"
    )
    ours = sign(base(), by(pki.leader), Plan(value_more=locked))
    returned = sign(ours, by(pki.organisation), SEALED)

    facts = refused(
        returned, wanted(ours, pki.organisation, ORGANISATION, texts=TEXTS), ChangedElseError
    )

    assert facts["change"] == "verification.locked-field-changed"


def test_signature_left_in_the_file_beside_is_refused(pki: Pki) -> None:
    value = b"<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>"
    returned = sign(base(), by(pki.leader), Plan(objects={45: value}))

    facts = refused(returned, wanted(base(), pki.leader), ChangedElseError)

    assert facts == {"change": "verification.signature-left-over", "count": 1}


def test_update_that_hides_what_was_handed_out_is_refused(pki: Pki) -> None:
    """The new file begins with our bytes, but no cross-reference leads back to them."""
    whole = base_objects()
    start = len(base())
    alone = sign(b"%PDF-1.7\n" + b"x" * (start - 9), by(pki.leader), Plan(objects=whole))
    returned = base() + alone[start:]

    refused(returned, wanted(base(), pki.leader), ChangedElseError)


def test_garbage_behind_our_bytes_is_refused(pki: Pki) -> None:
    refused(base() + b"\nstartxref\n7\n%%EOF\n", wanted(base(), pki.leader), ChangedElseError)


def test_encrypted_update_is_refused(pki: Pki) -> None:
    returned = sign(base(), by(pki.leader), Plan(trailer=b"/Encrypt<</Filter/Standard>>"))

    with pytest.raises(EncryptedFileError):
        accept(returned, wanted(base(), pki.leader))
