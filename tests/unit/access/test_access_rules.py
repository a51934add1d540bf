from __future__ import annotations

import pytest

from docsvc.access.rules import (
    Action,
    Membership,
    Role,
    compatible,
    may,
    may_somewhere,
    units_for,
)

PROVINCE, COMMUNE, OTHER = ("H99",), ("H99", "H99.12.05"), ("H99", "H99.12.06")

# The whole matrix, by hand: what each role may do in its own unit.
MATRIX = {
    Role.CLERK: {
        Action.UPLOAD, Action.REGISTER_PAPER, Action.SEE, Action.READ, Action.CONFIRM, Action.COPY,
        Action.SEAL, Action.REFUSE, Action.COUNT,
    },
    Role.LEADER: {Action.SEE, Action.READ, Action.SIGN, Action.REFUSE, Action.COUNT},
    Role.AUDITOR: {Action.SEE, Action.READ, Action.COUNT},
    Role.LEADERSHIP: {Action.SEE, Action.COUNT},
    Role.ADMINISTRATOR: {Action.MANAGE_ACCOUNTS, Action.MANAGE_SIGNERS, Action.DIAGNOSE},
}  # fmt: skip
REACHES_DOWN = {Role.AUDITOR, Role.LEADERSHIP, Role.ADMINISTRATOR}
EVERY_PAIR = [(role, action) for role in Role for action in Action]


@pytest.mark.parametrize(("role", "action"), EVERY_PAIR)
def test_role_may_do_in_its_own_unit_exactly_what_the_table_says(
    role: Role, action: Action
) -> None:
    held = [Membership(role=role, unit_code="H99.12.05")]

    assert may(held, action, COMMUNE) is (action in MATRIX[role])
    assert may_somewhere(held, action) is (action in MATRIX[role])


@pytest.mark.parametrize(("role", "action"), EVERY_PAIR)
def test_role_of_the_unit_above_reaches_down_only_for_those_who_watch(
    role: Role, action: Action
) -> None:
    held = [Membership(role=role, unit_code="H99")]

    assert may(held, action, COMMUNE) is (action in MATRIX[role] and role in REACHES_DOWN)


@pytest.mark.parametrize(("role", "action"), EVERY_PAIR)
def test_no_role_reaches_up_or_sideways(role: Role, action: Action) -> None:
    held = [Membership(role=role, unit_code="H99.12.05")]

    assert not may(held, action, PROVINCE)
    assert not may(held, action, OTHER)


@pytest.mark.parametrize("action", [Action.SIGN, Action.SEAL, Action.READ, Action.SEE])
def test_administrator_neither_signs_seals_nor_reads(action: Action) -> None:
    held = [Membership(role=Role.ADMINISTRATOR, unit_code="H99")]

    assert not may(held, action, PROVINCE)
    assert not may(held, action, COMMUNE)


@pytest.mark.parametrize("action", list(Action))
def test_nobody_may_anything_without_membership_or_without_unit(action: Action) -> None:
    held = [Membership(role=role, unit_code="H99") for role in Role]

    assert not may([], action, COMMUNE)
    assert not may(held, action, ())


def test_units_are_those_in_which_the_action_is_allowed() -> None:
    held = [
        Membership(role=Role.CLERK, unit_code="H99.12.05"),
        Membership(role=Role.AUDITOR, unit_code="H99"),
    ]
    paths = {path[-1]: path for path in (PROVINCE, COMMUNE, OTHER)}

    assert units_for(held, Action.SEAL, paths) == {"H99.12.05"}
    assert units_for(held, Action.READ, paths) == {"H99", "H99.12.05", "H99.12.06"}


def test_who_administers_does_nothing_else() -> None:
    assert compatible({Role.CLERK, Role.LEADER})
    assert compatible({Role.ADMINISTRATOR})
    assert compatible(set())
    assert not compatible({Role.ADMINISTRATOR, Role.AUDITOR})
