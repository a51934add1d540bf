"""What can go wrong with the demonstration instance."""

from __future__ import annotations

from docsvc.errors import DocsvcError


class DemoError(DocsvcError):
    """The root of the errors of the demonstration instance."""

    code = "demo.failed"


class OtherPortError(DemoError):
    """The folder's certificates name another port than the one that was asked for."""

    code = "demo.other-port"


class UnknownKeyError(DemoError):
    """No officer and no seal of the demonstration has this key name."""

    code = "demo.unknown-key"


class AuthorityNotReadyError(DemoError):
    """The demonstration authority did not answer in time, or ended at once."""

    code = "demo.authority-not-ready"
    retryable = True


class TokenModuleMissingError(DemoError):
    """SoftHSM's PKCS#11 module is not installed in any of the usual places."""

    code = "demo.token-module-missing"


class TokenNotPreparedError(DemoError):
    """The child process that prepares the token failed or took too long."""

    code = "demo.token-not-prepared"
