"""What comes back with the one signature that was wanted: nothing but what its step may add."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from verification_change_cases import FIELDS
from verification_files import (
    CATALOG,
    CERTIFIED,
    CONTENTS,
    FORM,
    NUMBER,
    PAGE,
    PAGE_BODY,
    SEALED,
    Plan,
    base,
    base_objects,
    by,
    sign,
    signature_field,
    stream,
    text_field,
    update,
)
from verification_returned import LATER, ORGANISATION, TEXTS, accept, refused, wanted

from verification.errors import ChangedElseError, EncryptedFileError

if TYPE_CHECKING:
    from verification_pki import Pki


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
