"""Reads of accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from docsvc.access.errors import AccountMissingError
from docsvc.access.rules import Membership, Role
from docsvc.access.tables import Account, ApiToken, MembershipRow

if TYPE_CHECKING:
    from collections.abc import Collection

    from docsvc.db.transactions import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who is asking: what every entrance hands to the rules."""

    login: str
    display_name: str
    memberships: tuple[Membership, ...]
    must_change: bool = False

    @property
    def roles(self) -> frozenset[Role]:
        """Return the roles, wherever they are held."""
        return frozenset(m.role for m in self.memberships)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """An account as the administrator sees it."""

    login: str
    display_name: str
    memberships: tuple[Membership, ...]
    must_change: bool
    disabled: bool
    locked_until: datetime | None
    created_at: datetime


def get(tx: Tx, login: str) -> Account:
    """Return the account.

    Raises:
        AccountMissingError: there is none.
    """
    found = tx.get(Account, login)
    if found is None:
        raise AccountMissingError
    return found


def identity(tx: Tx, login: str) -> Identity | None:
    """Return who the login name stands for; None if nobody, or if the account is disabled."""
    found = tx.get(Account, login)
    if found is None or found.disabled:
        return None
    return Identity(
        login=found.login,
        display_name=found.display_name,
        memberships=memberships(tx, login),
        must_change=found.must_change,
    )


def memberships(tx: Tx, login: str) -> tuple[Membership, ...]:
    """Return the memberships of an account, in the order they were given."""
    rows = tx.scalars(
        select(MembershipRow).where(MembershipRow.account == login).order_by(MembershipRow.id)
    )
    return tuple(Membership(role=Role(r.role), unit_code=r.unit_code) for r in rows)


def accounts(tx: Tx, *, units: Collection[str]) -> list[AccountRow]:
    """Return the accounts that have a role in one of the units, by login name."""
    in_units = select(MembershipRow.account).where(MembershipRow.unit_code.in_(units))
    found = tx.scalars(select(Account).where(Account.login.in_(in_units)).order_by(Account.login))
    return [_row(tx, account) for account in found]


def tokens(tx: Tx, login: str) -> list[ApiToken]:
    """Return the tokens of an account, the newest first."""
    return list(
        tx.scalars(select(ApiToken).where(ApiToken.account == login).order_by(ApiToken.id.desc()))
    )


def _row(tx: Tx, account: Account) -> AccountRow:
    return AccountRow(
        login=account.login,
        display_name=account.display_name,
        memberships=memberships(tx, account.login),
        must_change=account.must_change,
        disabled=account.disabled,
        locked_until=account.locked_until,
        created_at=account.created_at,
    )
