"""Text fields filled in a revision of their own, for tools that can't do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from signing_steps import organisation_plan, sign, statuses

from signing.errors import FieldFilledError, FieldMissingError, UnreadablePdfError
from signing.fill import empty_fields, fill
from signing.model import DAY_FIELD, MONTH_FIELD, NUMBER_FIELD

if TYPE_CHECKING:
    from signing_stand_ins import Pki

VALUES = {NUMBER_FIELD: "05", DAY_FIELD: "07", MONTH_FIELD: "11"}


def test_filled_file_begins_with_the_signed_one_and_is_the_same_each_time(led: bytes) -> None:
    filled = fill(led, VALUES)

    assert filled.startswith(led)
    assert len(filled) > len(led)
    assert fill(led, VALUES) == filled


def test_nothing_to_fill_changes_nothing(led: bytes) -> None:
    assert fill(led, {}) == led


def test_leaders_signature_survives_and_the_seal_covers_the_number(led: bytes, pki: Pki) -> None:
    filled = fill(led, VALUES)
    plan = organisation_plan(pki)
    plan = type(plan)(
        role=plan.role,
        field_name=plan.field_name,
        chain=plan.chain,
        image=plan.image,
        # A tool on somebody's own PC does not look who has signed before.
        requires_leader=False,
    )

    leader, seal = statuses(sign(filled, plan, pki.organisation, None), pki)

    assert leader.bottom_line
    assert seal.bottom_line


def test_filled_field_is_not_filled_again(led: bytes) -> None:
    with pytest.raises(FieldFilledError):
        fill(fill(led, VALUES), {NUMBER_FIELD: "06"})


def test_field_that_was_not_reserved_is_refused(led: bytes) -> None:
    with pytest.raises(FieldMissingError):
        fill(led, {"docsvc.year": "2026"})


def test_file_that_is_no_pdf_is_refused() -> None:
    with pytest.raises(UnreadablePdfError):
        fill(b"not a PDF", VALUES)


def test_empty_fields_are_those_that_wait_for_a_value(led: bytes) -> None:
    filled = fill(led, {DAY_FIELD: "07"})

    assert empty_fields(led, [*VALUES, "docsvc.year"]) == tuple(VALUES)
    assert empty_fields(filled, VALUES) == (NUMBER_FIELD, MONTH_FIELD)
