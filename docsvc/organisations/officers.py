"""Officers and their mandates are kept one by one, by who administers the body."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from docsvc.audit import service as audit
from docsvc.catalog import kinds as catalogue
from docsvc.organisations import queries
from docsvc.organisations.errors import (
    AccountTakenError,
    MandateKindError,
    MandateReversedError,
    MandateUnknownError,
    OfficerNameError,
    OfficerUnknownError,
    UnitUnknownError,
)
from docsvc.organisations.mandates import Mandate, Standing, check_mandate, standing_on
from docsvc.organisations.tables import Mandate as MandateRow
from docsvc.organisations.tables import Officer, Unit

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from docsvc.db.transactions import Tx

_MAX_NAME = 100
_MAX_BASIS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMandate:
    """A mandate to be kept; fields as in `mandates.Mandate`.

    Attributes:
        officer: number of the officer; None: somebody new, by ``full_name`` and ``account``.
    """

    unit: str
    authority: str
    title: str
    officer: int | None = None
    full_name: str = ""
    account: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    kinds: frozenset[str] = field(default_factory=frozenset)
    basis: str = ""
    delegated_by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateRecord:
    """A mandate, whose it is, and what it is on a day."""

    number: int
    full_name: str
    account: str | None
    mandate: Mandate
    standing: Standing


def mandates(tx: Tx, *, on: date, units: Collection[str]) -> tuple[MandateRecord, ...]:
    """Return the mandates of some bodies, by body and officer, the newest last."""
    rows = tx.execute(
        select(MandateRow, Officer.full_name, Officer.account)
        .join(Officer, Officer.id == MandateRow.officer_id)
        .where(MandateRow.unit_code.in_(sorted(units)))
        .order_by(MandateRow.unit_code, Officer.full_name, MandateRow.id)
    )
    found = ((row.id, name, account, queries.mandate_of(row)) for row, name, account in rows)
    return tuple(
        MandateRecord(
            number=number,
            full_name=name,
            account=account,
            mandate=one,
            standing=standing_on(one, on),
        )
        for number, name, account, one in found
    )


def give(tx: Tx, new: NewMandate, *, at: datetime, actor: str) -> int:
    """Keep a mandate; the officer too, if it is somebody new.

    Returns:
        The number of the mandate.

    Raises:
        UnitUnknownError: no body has this code.
        OfficerUnknownError: no officer has this number; nor who delegates.
        OfficerNameError: a name or title that can't be used.
        AccountTakenError: the account is another officer's.
        MandateKindError: a kind that the catalogue does not have.
        MandateReversedError, MandateAuthorityError, DelegationIncompleteError, RedelegationError:
            as `mandates.check_mandate`.
    """
    _check(tx, new)
    officer = _officer(tx, new)
    mandate = Mandate(
        officer=officer.id, unit=new.unit, authority=new.authority, title=new.title,
        valid_from=new.valid_from, valid_to=new.valid_to, kinds=new.kinds, basis=new.basis,
        delegated_by=new.delegated_by,
    )  # fmt: skip
    check_mandate(mandate, queries.mandates(tx, new.unit))
    row = MandateRow(
        officer_id=officer.id, unit_code=new.unit, authority=new.authority, title=new.title,
        valid_from=new.valid_from, valid_to=new.valid_to, kinds=" ".join(sorted(new.kinds)),
        basis=new.basis, delegated_by=new.delegated_by,
    )  # fmt: skip
    tx.add(row)
    tx.flush()
    audit.append(
        tx, at=at, actor=actor, act="mandate.give", subject=str(row.id), unit=new.unit,
        officer=officer.id, authority=new.authority, kinds=sorted(new.kinds),
        valid_from=new.valid_from, valid_to=new.valid_to,
    )  # fmt: skip
    return row.id


def end(
    tx: Tx, number: int, *, last_day: date, units: Collection[str], at: datetime, actor: str
) -> None:  # fmt: skip
    """Let a mandate end on a day; what was signed under it before stays as it is.

    Raises:
        MandateUnknownError: there is none, or none of these bodies.
        MandateReversedError: it would end before it began, or later than it does.
    """
    row = tx.get(MandateRow, number)
    if row is None or row.unit_code not in units:
        raise MandateUnknownError(mandate=number)
    too_early = row.valid_from is not None and last_day < row.valid_from
    if too_early or (row.valid_to is not None and row.valid_to < last_day):
        raise MandateReversedError(unit=row.unit_code)
    row.valid_to = last_day
    audit.append(
        tx, at=at, actor=actor, act="mandate.end", subject=str(number), day=last_day.isoformat()
    )


def set_account(
    tx: Tx, officer: int, account: str | None, *, units: Collection[str], at: datetime, actor: str
) -> None:
    """Say which account is an officer's: with their certificates it alone may sign.

    Raises:
        OfficerUnknownError: nobody has this number, or no mandate of these bodies.
        AccountTakenError: the account is another officer's.
    """
    held = tx.scalars(select(MandateRow.unit_code).where(MandateRow.officer_id == officer)).all()
    if not held or not set(held) <= set(units):
        raise OfficerUnknownError(officer=officer)
    row = tx.get_one(Officer, officer)
    _require_free(tx, account, officer=officer)
    row.account = account
    audit.append(
        tx, at=at, actor=actor, act="officer.account", subject=str(officer), account=account
    )


def _require_free(tx: Tx, account: str | None, *, officer: int | None) -> None:
    if account is None:
        return
    holder = tx.scalars(select(Officer.id).where(Officer.account == account)).first()
    if holder not in {None, officer}:
        raise AccountTakenError(account=account)


def _check(tx: Tx, new: NewMandate) -> None:
    if tx.get(Unit, new.unit) is None:
        raise UnitUnknownError(unit=new.unit)
    texts = [new.title] if new.officer is not None else [new.title, new.full_name]
    if not all(_is_name(text) for text in texts) or len(new.basis) > _MAX_BASIS:
        raise OfficerNameError
    if not all(text.isprintable() for text in (new.basis, new.authority)):
        raise OfficerNameError
    known = {kind.code for kind in catalogue.all_kinds()}
    if unknown := sorted(new.kinds - known):
        raise MandateKindError(kind=unknown[0], unit=new.unit)
    for number in (new.officer, new.delegated_by):
        if number is not None and tx.get(Officer, number) is None:
            raise OfficerUnknownError(officer=number)


def _is_name(text: str) -> bool:
    return 0 < len(text) <= _MAX_NAME and text.isprintable() and text == text.strip()


def _officer(tx: Tx, new: NewMandate) -> Officer:
    if new.officer is not None:
        return tx.get_one(Officer, new.officer)
    _require_free(tx, new.account, officer=None)
    officer = Officer(full_name=new.full_name, account=new.account or None)
    tx.add(officer)
    tx.flush()
    return officer
