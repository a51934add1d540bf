"""Who may do what, and where. Pure: one table, one question.

A membership ties an account to a role in a unit. Who works (clerk, leader) does so in that unit
alone; who watches or maintains (auditor, leadership, administrator) does so below it as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an account is to a unit."""

    CLERK = "clerk"
    LEADER = "leader"
    AUDITOR = "auditor"
    LEADERSHIP = "leadership"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """What can be done to what belongs to a unit.

    To *see* a document is to see its facts and its way; to *read* it is to open its pages.
    """

    UPLOAD = "upload"
    REGISTER_PAPER = "register-paper"
    SEE = "see"
    READ = "read"
    CONFIRM = "confirm"
    COPY = "copy"
    SIGN = "sign"
    SEAL = "seal"
    REFUSE = "refuse"
    COUNT = "count"
    MANAGE_ACCOUNTS = "manage-accounts"
    MANAGE_SIGNERS = "manage-signers"
    DIAGNOSE = "diagnose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A role in a unit."""

    role: Role
    unit_code: str


# A path of units leads from the topmost body down to the one in question.
UnitPath = Sequence[str]

ALLOWED: Mapping[Role, frozenset[Action]] = {
    Role.CLERK: frozenset(
        {
            Action.UPLOAD,
            Action.REGISTER_PAPER,
            Action.SEE,
            Action.READ,
            Action.CONFIRM,
            # NĐ 30/2020 Đ27, Đ32: the clerk makes copies, and seals those of the own body.
            Action.COPY,
            Action.SEAL,
            Action.REFUSE,
            Action.COUNT,
        }
    ),
    Role.LEADER: frozenset(
        {Action.SEE, Action.READ, Action.SIGN, Action.REFUSE, Action.COUNT},
    ),
    Role.AUDITOR: frozenset({Action.SEE, Action.READ, Action.COUNT}),
    Role.LEADERSHIP: frozenset({Action.SEE, Action.COUNT}),
    # Nothing here may ever open, sign or seal a document.
    Role.ADMINISTRATOR: frozenset({Action.MANAGE_ACCOUNTS, Action.MANAGE_SIGNERS, Action.DIAGNOSE}),
}

COVERS_SUB_UNITS = frozenset({Role.AUDITOR, Role.LEADERSHIP, Role.ADMINISTRATOR})


def may(memberships: Iterable[Membership], action: Action, unit_path: UnitPath) -> bool:
    """Say whether one of the memberships allows ``action`` in the unit that ends ``unit_path``."""
    return any(
        action in ALLOWED[m.role] and _covers(m, unit_path) for m in memberships if unit_path
    )


def may_somewhere(memberships: Iterable[Membership], action: Action) -> bool:
    """Say whether one of the memberships allows ``action`` in any unit at all."""
    return any(action in ALLOWED[m.role] for m in memberships)


def units_for(
    memberships: Collection[Membership], action: Action, paths: Mapping[str, UnitPath]
) -> frozenset[str]:
    """Return the codes of the units in which ``action`` is allowed, out of those with a path."""
    return frozenset(code for code, path in paths.items() if may(memberships, action, path))


def compatible(roles: Collection[Role]) -> bool:
    """Say whether one account may have these roles: who administers does nothing else."""
    return Role.ADMINISTRATOR not in roles or set(roles) == {Role.ADMINISTRATOR}


def _covers(membership: Membership, unit_path: UnitPath) -> bool:
    if membership.role in COVERS_SUB_UNITS:
        return membership.unit_code in unit_path
    return membership.unit_code == unit_path[-1]
