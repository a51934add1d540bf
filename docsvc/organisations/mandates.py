"""Who may sign for a body, on which day, under which authority (NĐ 30/2020 Đ13)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from docsvc.organisations.errors import (
    DelegationIncompleteError,
    MandateAuthorityError,
    MandateDatesError,
    MandateKindError,
    MandateReversedError,
    NoMandateError,
    RedelegationError,
)
from docsvc.organisations.rules import covers

if TYPE_CHECKING:
    from collections.abc import Iterable


class Authority(StrEnum):
    """A prefix before the title of who signs; the Party writes it with a stroke (``T/M``)."""

    COLLECTIVE = "TM"
    ACTING = "Q"
    DEPUTY = "KT"
    ORDER = "TL"
    DELEGATION = "TUQ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """An officer may sign for a body, from a day to a day, both included; None is open.

    ``authority`` holds the prefixes as the office writes them: ``TM.``, ``TM. KT.``, ``T/M``,
    or nothing for the head of a body that is no collective. ``kinds`` are codes of the catalogue;
    none of them stands for all. ``basis`` is the decision or authorisation that gave it, as it is
    quoted, and ``delegated_by`` the officer whose right it is, for a delegation (TUQ.).
    """

    officer: int
    unit: str
    authority: str
    title: str
    valid_from: date | None
    valid_to: date | None
    kinds: frozenset[str] = frozenset()
    basis: str = ""
    delegated_by: int | None = None


class Standing(StrEnum):
    """What a mandate is on a day; ``ending`` still counts, and somebody should be told."""

    NOT_YET = "not-yet"
    IN_FORCE = "in-force"
    ENDING = "ending"
    OVER = "over"


# Time enough for a new decision before the old one ends.
_ENDING_DAYS = 30


def prefixes(authority: str) -> tuple[Authority, ...]:
    """Read the prefixes of an authority block, in their order.

    ``TM.`` is dropped where another follows it: "TM. ỦY BAN NHÂN DÂN / KT. CHỦ TỊCH" is signed
    as a deputy, in the name of the same collective.

    Raises:
        MandateAuthorityError: there is a word that is no prefix.
    """
    words = re.split(r"[\s.]+", authority.replace("/", "").upper())
    try:
        found = tuple(Authority(word) for word in words if word)
    except ValueError as e:
        raise MandateAuthorityError(authority=authority) from e
    if len(found) > 1:
        return tuple(prefix for prefix in found if prefix is not Authority.COLLECTIVE)
    return found


def require_mandate(
    mandates: Iterable[Mandate],
    *,
    officer: int,
    unit: str,
    on: date,
    authority: str | None,
    kind: str | None = None,
) -> Mandate:
    """Return the mandate under which ``officer`` signs for ``unit`` on the day ``on``.

    Args:
        mandates: those that are known; of other officers and bodies too.
        officer: who signs.
        unit: for whom.
        on: the day of the signature, in Vietnam.
        authority: the prefixes on the document; None where they were not read: any will do.
        kind: code of the kind of document; None where it is not known: any will do.

    Raises:
        NoMandateError: the officer has never been allowed to sign for this body.
        MandateDatesError: not on this day, or by a delegation without an end, which is none.
        MandateAuthorityError: on this day, but not under this authority.
        MandateKindError: on this day and under this authority, but not this kind of document.
    """
    own = [m for m in mandates if m.officer == officer and m.unit == unit]
    if not own:
        raise NoMandateError(officer=officer, unit=unit)
    today = [m for m in own if _in_force(m, on)]
    if not today:
        raise MandateDatesError(officer=officer, unit=unit, day=on.isoformat())
    fitting = [m for m in today if authority is None or _is_signed_under(m, authority)]
    if not fitting:
        raise MandateAuthorityError(officer=officer, unit=unit, authority=authority)
    for mandate in fitting:
        if kind is None or not mandate.kinds or kind in mandate.kinds:
            return mandate
    raise MandateKindError(officer=officer, unit=unit, kind=kind)


def check_mandate(mandate: Mandate, others: Iterable[Mandate]) -> None:
    """Check that a mandate can be given (NĐ 30/2020 Đ13).

    Args:
        mandate: the new one.
        others: those that are known already, of the same body.

    Raises:
        MandateReversedError: it ends before it begins.
        MandateAuthorityError: there is a word that is no prefix.
        DelegationIncompleteError: a delegation is in writing and for a limited time: it lacks a
            day, its document, or whose right it is.
        RedelegationError: who delegates signs by delegation too, or what is delegated would be
            signed by a deputy or on the order of the delegate.
    """
    if mandate.valid_from and mandate.valid_to and mandate.valid_to < mandate.valid_from:
        raise MandateReversedError(unit=mandate.unit)
    found = prefixes(mandate.authority)
    if Authority.DELEGATION not in found:
        return
    if len(found) > 1:
        raise RedelegationError(authority=mandate.authority)
    if not (mandate.valid_from and mandate.valid_to and mandate.basis and mandate.delegated_by):
        raise DelegationIncompleteError(unit=mandate.unit)
    own = [m for m in others if m.officer == mandate.delegated_by and m.unit == mandate.unit]
    if mandate.delegated_by == mandate.officer or not any(_covers(m, mandate) for m in own):
        raise RedelegationError(authority=mandate.authority)


def standing_on(mandate: Mandate, day: date) -> Standing:
    """Say what a mandate is on a day; a delegation without an end is none."""
    if mandate.valid_from is not None and day < mandate.valid_from:
        return Standing.NOT_YET
    if not _in_force(mandate, day):
        return Standing.OVER
    if mandate.valid_to is not None and (mandate.valid_to - day).days < _ENDING_DAYS:
        return Standing.ENDING
    return Standing.IN_FORCE


def _covers(own: Mandate, given: Mandate) -> bool:
    """Say whether who delegates holds the right itself, for the whole time that it is given."""
    if Authority.DELEGATION in prefixes(own.authority):
        return False
    days = [day for day in (given.valid_from, given.valid_to) if day is not None]
    allowed = not own.kinds or (bool(given.kinds) and given.kinds <= own.kinds)
    return allowed and all(covers(day, own.valid_from, own.valid_to) for day in days)


def _is_signed_under(mandate: Mandate, authority: str) -> bool:
    return prefixes(mandate.authority) == prefixes(authority)


def _in_force(mandate: Mandate, day: date) -> bool:
    # NĐ 30/2020 Đ13: a delegation (TUQ.) is given for a limited time.
    endless = mandate.valid_to is None and Authority.DELEGATION in prefixes(mandate.authority)
    return covers(day, mandate.valid_from, mandate.valid_to) and not endless
