"""Decisions about bodies: who stands above whom on a day, codes old and new, who holds devices."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from docsvc.organisations.errors import (
    ParentCycleError,
    TwoParentsError,
    UnitCodeError,
    UnitCodeFormError,
)
from verification.model import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# QĐ 20/2020/QĐ-TTg: levels with dots between them, at most 35 characters.
_CODE = re.compile(r"[A-K][0-9]{2}(\.[0-9A-Z]{2,})*")
_MAX_CODE = 35
# QCVN 102:2016/BTTTT: four levels of fixed width, the highest last.
_LEGACY_CODE = re.compile(r"([0-9]{3})\.([0-9]{2})\.([0-9]{2})\.([A-Z][0-9]{2})")
_LEGACY_WIDTHS = (2, 2, 3)


class Device(StrEnum):
    """What holds the private key of a certificate."""

    USB_TOKEN = "usb-token"  # noqa: S105  # a kind of device, not a password
    SIM_PKI = "sim-pki"
    HSM = "hsm"
    REMOTE = "remote"


class HolderGroup(StrEnum):
    """Whose devices are counted together."""

    COMMITTEE = "committee"
    COUNCIL = "council"
    DEPARTMENT = "department"
    PARTY = "party"
    FRONT = "front"
    INDIVIDUAL = "individual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A body belongs to another from a day to a day, both included; None is open."""

    unit: str
    parent: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHolder:
    """One certificate of the inventory; those of one ``token`` share a device."""

    fingerprint: str
    token: str | None
    group: HolderGroup


def covers(day: date, valid_from: date | None, valid_to: date | None) -> bool:
    """Say whether ``day`` lies in a span whose ends are included; None is open."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day <= valid_to)


def parents_on(links: Iterable[Link], day: date) -> dict[str, str]:
    """Return the body above each body on ``day``."""
    return {link.unit: link.parent for link in links if covers(day, link.valid_from, link.valid_to)}


def parent_on(links: Iterable[Link], unit: str, day: date) -> str | None:
    """Return the body above ``unit`` on ``day``; None for one that has nobody above it."""
    return parents_on(links, day).get(unit)


def path_of(parents: Mapping[str, str], unit: str) -> str:
    """Return the bodies from the highest down to ``unit``: ``H99/H99.12/H99.12.05``.

    Raises:
        ParentCycleError: the way up comes back to where it was.
    """
    path = [unit]
    while (above := parents.get(path[0])) is not None:
        if above in path:
            raise ParentCycleError(unit=unit)
        path.insert(0, above)
    return "/".join(path)


def path_on(links: Iterable[Link], unit: str, day: date) -> str:
    """Return :func:`path_of` ``unit`` on ``day``.

    Raises:
        ParentCycleError: the way up comes back to where it was.
    """
    return path_of(parents_on(links, day), unit)


def check_links(links: Iterable[Link]) -> None:
    """Check that on every day a body has one parent at most and never stands above itself.

    Raises:
        TwoParentsError: two spans of one body have a day in common.
        ParentCycleError: on some day the way up comes back to where it was.
    """
    known = sorted(links, key=lambda link: (link.unit, link.valid_from or date.min))
    for earlier, later in pairwise(known):
        ends, begins = earlier.valid_to or date.max, later.valid_from or date.min
        if earlier.unit == later.unit and begins <= ends:
            raise TwoParentsError(unit=earlier.unit)
    # The tree changes on the first day of a span, or loses branches, which makes no cycle.
    for day in sorted({link.valid_from or date.min for link in known}):
        parents = parents_on(known, day)
        for unit in parents:
            path_of(parents, unit)


def check_code(code: str) -> str:
    """Return ``code`` if it is an identifier of QĐ 20/2020/QĐ-TTg.

    Raises:
        UnitCodeError: it is not.
    """
    if len(code) > _MAX_CODE or _CODE.fullmatch(code) is None:
        raise UnitCodeError(unit=code)
    return code


def from_legacy(code: str) -> str:
    """Convert ``000.05.12.H36`` to ``H36.12.05``: the levels turned round, empty ones cut off.

    Raises:
        UnitCodeError: it is not an identifier of QCVN 102:2016/BTTTT.
    """
    found = _LEGACY_CODE.fullmatch(code)
    if found is None:
        raise UnitCodeError(unit=code)
    levels = list(reversed(found.groups()))
    while len(levels) > 1 and set(levels[-1]) == {"0"}:
        levels.pop()
    return check_code(".".join(levels))


def to_legacy(code: str) -> str:
    """Convert ``H36.12.05`` to the 13 characters of QCVN 102: ``000.05.12.H36``.

    Raises:
        UnitCodeError: it is not an identifier of QĐ 20/2020/QĐ-TTg.
        UnitCodeFormError: it has a level that the older form has no room for.
    """
    top, *levels = check_code(code).split(".")
    filled = [*levels, *("0" * width for width in _LEGACY_WIDTHS[len(levels) :])]
    widths = tuple(len(level) for level in filled)
    if widths != _LEGACY_WIDTHS or not all(level.isdecimal() for level in filled):
        raise UnitCodeFormError(unit=code)
    return ".".join((*reversed(filled), top))


def group_of(*, role: Role, kind: str, symbol: str) -> HolderGroup:
    """Say whose device holds a certificate.

    Args:
        role: a leader's certificate belongs to a person.
        kind: of the body: ``state``, ``party`` or ``front``.
        symbol: of the body, as in its number line; by it committees and councils are known.
    """
    if role is Role.LEADER:
        return HolderGroup.INDIVIDUAL
    match kind, symbol:
        case "party", _:
            return HolderGroup.PARTY
        case "front", _:
            return HolderGroup.FRONT
        case _, "UBND":
            return HolderGroup.COMMITTEE
        case _, "HĐND":
            return HolderGroup.COUNCIL
        case _:
            return HolderGroup.DEPARTMENT


def count_devices(holders: Iterable[DeviceHolder]) -> dict[HolderGroup, int]:
    """Count devices by group; a token with several certificates is one device of each group."""
    devices = {(h.group, h.token or h.fingerprint) for h in holders}
    counts = Counter(group for group, _ in devices)
    return {group: counts[group] for group in HolderGroup}
