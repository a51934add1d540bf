"""Who may sign for a body, on which day, under which authority (NĐ 30/2020 Đ13)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from docsvc.organisations.errors import MandateAuthorityError, MandateDatesError, NoMandateError
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
    or nothing for the head of a body that is no collective.
    """

    officer: int
    unit: str
    authority: str
    title: str
    valid_from: date | None
    valid_to: date | None


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
    mandates: Iterable[Mandate], *, officer: int, unit: str, on: date, authority: str | None
) -> Mandate:
    """Return the mandate under which ``officer`` signs for ``unit`` on the day ``on``.

    Args:
        mandates: those that are known; of other officers and bodies too.
        officer: who signs.
        unit: for whom.
        on: the day of the signature, in Vietnam.
        authority: the prefixes on the document; None where they were not read: any will do.

    Raises:
        NoMandateError: the officer has never been allowed to sign for this body.
        MandateDatesError: not on this day, or by a delegation without an end, which is none.
        MandateAuthorityError: on this day, but not under this authority.
    """
    own = [m for m in mandates if m.officer == officer and m.unit == unit]
    if not own:
        raise NoMandateError(officer=officer, unit=unit)
    today = [m for m in own if _in_force(m, on)]
    if not today:
        raise MandateDatesError(officer=officer, unit=unit, day=on.isoformat())
    for mandate in today:
        if authority is None or prefixes(mandate.authority) == prefixes(authority):
            return mandate
    raise MandateAuthorityError(officer=officer, unit=unit, authority=authority)


def _in_force(mandate: Mandate, day: date) -> bool:
    # NĐ 30/2020 Đ13: a delegation (TUQ.) is given for a limited time.
    endless = mandate.valid_to is None and Authority.DELEGATION in prefixes(mandate.authority)
    return covers(day, mandate.valid_from, mandate.valid_to) and not endless
