"""Accounts and their passwords, sessions, tokens.

Whatever hashes a password takes ``transactions``: no transaction is open while it works. The
rest takes ``tx`` and joins the caller's.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, update

from docsvc.access import passwords, queries
from docsvc.access.errors import (
    AccountExistsError,
    AccountLockedError,
    LoginFailedError,
    LoginNameError,
    PasswordTooWeakError,
    RolesIncompatibleError,
    TokenMissingError,
)
from docsvc.access.rules import Membership, compatible
from docsvc.access.tables import Account, ApiToken, LoginSession, MembershipRow
from docsvc.audit import service as audit

if TYPE_CHECKING:
    from docsvc.access.queries import Identity
    from docsvc.db.transactions import Transactions, Tx

log = logging.getLogger(__name__)

# An office desk: long enough for a cup of tea, short enough for a lunch break to close the door.
SESSION_IDLE = timedelta(minutes=60)
SESSION_LONGEST = timedelta(hours=12)
# The table is not written at every click.
_SEEN_EVERY = timedelta(minutes=1)
TOKEN_LONGEST = timedelta(days=366)

# Five slips of a finger are free; then the wait doubles, up to an hour.
_FREE_ATTEMPTS = 5
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)

_LOGIN = re.compile(r"[a-z0-9][a-z0-9.-]{0,38}[a-z0-9]")
_TOKEN_PREFIX = "docsvc_"  # noqa: S105  # lets a scanner of leaked secrets know ours
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account to be made."""

    login: str
    display_name: str
    password: str
    memberships: tuple[Membership, ...]
    must_change: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """A token that was just made; ``secret`` is shown now and never again."""

    id: int
    name: str
    secret: str
    expires_at: datetime


def add_account(transactions: Transactions, new: NewAccount, *, at: datetime, actor: str) -> None:
    """Add an account.

    Raises:
        LoginNameError, PasswordTooWeakError, RolesIncompatibleError, AccountExistsError:
            what the account may not be.
    """
    if not _LOGIN.fullmatch(new.login):
        raise LoginNameError
    if not compatible({m.role for m in new.memberships}):
        raise RolesIncompatibleError
    passwords.require_strong(new.password, login=new.login)
    stored = passwords.hash_password(new.password)

    with transactions() as tx:
        if tx.get(Account, new.login) is not None:
            raise AccountExistsError
        tx.add(
            Account(
                login=new.login,
                display_name=new.display_name,
                password_hash=stored,
                must_change=new.must_change,
                created_at=at,
            )
        )
        tx.flush()
        for m in dict.fromkeys(new.memberships):
            tx.add(MembershipRow(account=new.login, role=m.role, unit_code=m.unit_code))
        held = [f"{m.role}@{m.unit_code}" for m in new.memberships]
        audit.append(tx, at=at, actor=actor, act="account.add", subject=new.login, roles=held)


def log_in(transactions: Transactions, *, login: str, password: str, at: datetime) -> str:
    """Check the password and open a session.

    Every attempt is counted before the password is looked at, so that attempts made at the same
    time cannot slip past the lock; success sets the count to zero.

    Returns:
        The id of the session, for the cookie; the database holds its digest only.

    Raises:
        LoginFailedError: login name or password is wrong, or the account is disabled.
        AccountLockedError: too many attempts.
    """
    login = login.strip().lower()
    with transactions() as tx:
        stored = _count_attempt(tx, login, at=at)

    if not passwords.matches(password, stored):
        with transactions() as tx:
            if stored is not None:
                audit.append(tx, at=at, actor=login, act="session.fail", subject=login)
        log.info("login.failed")
        raise LoginFailedError

    with transactions() as tx:
        account = queries.get(tx, login)
        account.failures, account.locked_until = 0, None
        sweep_sessions(tx, at=at)
        audit.append(tx, at=at, actor=login, act="session.open", subject=login)
        return open_session(tx, login, at=at)


def change_password(
    transactions: Transactions, *, login: str, old: str, new: str, at: datetime
) -> str:
    """Replace the password, end every session of the account and open a new one.

    Returns:
        The id of the new session.

    Raises:
        LoginFailedError: the old password is wrong.
        AccountLockedError: it was wrong too often.
        PasswordTooWeakError: the new one may not be used.
    """
    passwords.require_strong(new, login=login)
    with transactions() as tx:
        stored = _count_attempt(tx, login, at=at)
    if not passwords.matches(old, stored):
        raise LoginFailedError
    if old == new:
        raise PasswordTooWeakError(least=passwords.MIN_LENGTH, most=passwords.MAX_LENGTH)
    hashed = passwords.hash_password(new)

    with transactions() as tx:
        account = queries.get(tx, login)
        account.password_hash, account.must_change = hashed, False
        account.failures, account.locked_until = 0, None
        close_all_sessions(tx, login)
        audit.append(tx, at=at, actor=login, act="password.change", subject=login)
        return open_session(tx, login, at=at)


def reset_password(
    transactions: Transactions, *, login: str, password: str, at: datetime, actor: str
) -> None:
    """Give an account a password that must be changed at the next login; end its sessions.

    Raises:
        AccountMissingError: there is no such account.
        PasswordTooWeakError: the password may not be used.
    """
    passwords.require_strong(password, login=login)
    hashed = passwords.hash_password(password)
    with transactions() as tx:
        account = queries.get(tx, login)
        account.password_hash, account.must_change = hashed, True
        account.failures, account.locked_until = 0, None
        close_all_sessions(tx, login)
        audit.append(tx, at=at, actor=actor, act="password.reset", subject=login)


def set_disabled(tx: Tx, login: str, *, disabled: bool, at: datetime, actor: str) -> None:
    """Close an account, or open it again; a closed one loses sessions and tokens.

    Raises:
        AccountMissingError: there is no such account.
    """
    queries.get(tx, login).disabled = disabled
    if disabled:
        close_all_sessions(tx, login)
        tx.execute(delete(ApiToken).where(ApiToken.account == login))
    act = "account.disable" if disabled else "account.enable"
    audit.append(tx, at=at, actor=actor, act=act, subject=login)


def open_session(tx: Tx, login: str, *, at: datetime) -> str:
    """Open a session and return its id."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    tx.add(LoginSession(id_digest=_digest(secret), account=login, created_at=at, seen_at=at))
    return secret


def session_identity(tx: Tx, secret: str, *, at: datetime) -> Identity | None:
    """Return who the session belongs to; None if it is unknown, idle for too long or too old."""
    session = tx.get(LoginSession, _digest(secret))
    if session is None:
        return None
    if at - session.seen_at > SESSION_IDLE or at - session.created_at > SESSION_LONGEST:
        tx.delete(session)
        return None
    if at - session.seen_at > _SEEN_EVERY:
        session.seen_at = at
    return queries.identity(tx, session.account)


def close_session(tx: Tx, secret: str, *, at: datetime) -> None:
    """End a session; nothing happens if it has ended."""
    session = tx.get(LoginSession, _digest(secret))
    if session is not None:
        audit.append(tx, at=at, actor=session.account, act="session.close", subject=session.account)
        tx.delete(session)


def close_all_sessions(tx: Tx, login: str) -> None:
    """End every session of an account."""
    tx.execute(delete(LoginSession).where(LoginSession.account == login))


def sweep_sessions(tx: Tx, *, at: datetime) -> None:
    """Remove the sessions that have run out."""
    tx.execute(
        delete(LoginSession).where(
            (LoginSession.seen_at < at - SESSION_IDLE)
            | (LoginSession.created_at < at - SESSION_LONGEST)
        )
    )


def csrf_token(secret: str) -> str:
    """Return the token that proves a form came from our page: bound to the session, not stored."""
    return _digest(f"csrf {secret}")


def issue_token(tx: Tx, login: str, *, name: str, valid: timedelta, at: datetime) -> IssuedToken:
    """Make a token for a program, valid for at most ``TOKEN_LONGEST``."""
    secret = _TOKEN_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    row = ApiToken(
        account=login,
        name=name,
        digest=_digest(secret),
        created_at=at,
        expires_at=at + min(valid, TOKEN_LONGEST),
    )
    tx.add(row)
    tx.flush()
    audit.append(tx, at=at, actor=login, act="token.issue", subject=str(row.id))
    return IssuedToken(id=row.id, name=name, secret=secret, expires_at=row.expires_at)


def token_identity(tx: Tx, secret: str, *, at: datetime) -> Identity | None:
    """Return who the token belongs to; None if it is unknown or has run out."""
    row = tx.query(ApiToken).filter_by(digest=_digest(secret)).one_or_none()
    if row is None or row.expires_at <= at:
        return None
    if row.used_at is None or at - row.used_at > _SEEN_EVERY:
        row.used_at = at
    return queries.identity(tx, row.account)


def revoke_token(tx: Tx, login: str, token_id: int, *, at: datetime) -> None:
    """Take a token back.

    Raises:
        TokenMissingError: this account has no such token.
    """
    row = tx.get(ApiToken, token_id)
    if row is None or row.account != login:
        raise TokenMissingError
    tx.delete(row)
    audit.append(tx, at=at, actor=login, act="token.revoke", subject=str(token_id))


def _count_attempt(tx: Tx, login: str, *, at: datetime) -> str | None:
    """Count an attempt and return the stored hash; None where nobody may log in."""
    account = tx.get(Account, login)
    if account is None or account.disabled:
        return None
    if account.locked_until is not None and account.locked_until > at:
        seconds = (account.locked_until - at).total_seconds()
        raise AccountLockedError(minutes=int(seconds // 60) + 1)
    tx.execute(update(Account).where(Account.login == login).values(failures=Account.failures + 1))
    tx.refresh(account)
    over = account.failures - _FREE_ATTEMPTS
    if over >= 0:
        account.locked_until = at + min(_FIRST_WAIT * 2 ** min(over, 12), _LONGEST_WAIT)
    return account.password_hash


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
