"""Passwords: argon2id, and what a password must be."""

from __future__ import annotations

import threading
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from docsvc.access.errors import PasswordTooWeakError

# NIST SP 800-63B asks for 8 at least and no rules about classes; length is what counts.
MIN_LENGTH = 10
# The hash reads all of it: a password of a megabyte would be a way to keep the machine busy.
MAX_LENGTH = 128
# 64 MiB each: a flood of logins waits instead of taking the machine's memory.
_PLACES = threading.BoundedSemaphore(4)


@cache
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@cache
def _nobody() -> str:
    return _hasher().hash("nobody has this password")


def require_strong(password: str, *, login: str) -> None:
    """Check a new password.

    Raises:
        PasswordTooWeakError: too short, too long, or the login name is in it.
    """
    fits = MIN_LENGTH <= len(password) <= MAX_LENGTH
    if not fits or login.lower() in password.lower():
        raise PasswordTooWeakError(least=MIN_LENGTH, most=MAX_LENGTH)


def hash_password(password: str) -> str:
    """Hash a password; takes about a tenth of a second and 64 MiB, on purpose."""
    with _PLACES:
        return _hasher().hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Say whether the password is the one that was hashed.

    Without a stored hash the same work is done, so that time does not tell which accounts exist.
    """
    if len(password) > MAX_LENGTH:
        return False
    with _PLACES:
        return _hasher().verify(password, stored or _nobody()) and stored is not None
