"""What can go wrong between an account and the door."""

from __future__ import annotations

from docsvc.errors import DocsvcError


class AccessError(DocsvcError):
    """The root of this package's errors."""

    code = "access.denied"


class LoginFailedError(AccessError):
    """Login name or password is wrong; which of the two is not said."""

    code = "access.login-failed"


class AccountLockedError(AccessError):
    """Too many failed attempts; ``minutes`` says how long to wait."""

    code = "access.locked"


class NotLoggedInError(AccessError):
    """The request carries no valid session and no valid token."""

    code = "access.not-logged-in"


class NotAllowedError(AccessError):
    """The account's roles do not allow this in this unit."""

    code = "access.not-allowed"


class PasswordChangeRequiredError(AccessError):
    """The password was given out by somebody else and must be changed first."""

    code = "access.password-change-required"


class PasswordTooWeakError(AccessError):
    """The new password is too short, too long, or holds the login name."""

    code = "access.password-too-weak"


class AccountExistsError(AccessError):
    """The login name is taken."""

    code = "access.account-exists"


class AccountMissingError(AccessError):
    """There is no such account."""

    code = "access.account-missing"


class LoginNameError(AccessError):
    """A login name has 2 to 40 small letters, digits, dots, hyphens."""

    code = "access.login-name"


class RolesIncompatibleError(AccessError):
    """An administrator has no other role."""

    code = "access.roles-incompatible"


class TokenMissingError(AccessError):
    """There is no such token for this account."""

    code = "access.token-missing"


class OwnAccountError(AccessError):
    """Nobody changes the rights of the account in use."""

    code = "access.own-account"
