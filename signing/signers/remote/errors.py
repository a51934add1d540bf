"""What can go wrong with a remote signing service. In each of these cases nothing was signed.

Facts are the name of the service, a status or an error word of its documents, a limit: never an
account, a password, a token, or a sentence of the service, which may repeat any of them.
"""

from __future__ import annotations

from signing.errors import SigningError


class RemoteAnswerInvalidError(SigningError):
    """The service answered something that its documents do not provide for."""

    code = "signing.remote-answer-invalid"


class RemoteAccessRefusedError(SigningError):
    """The service does not accept our name and password, or our token."""

    code = "signing.remote-access-refused"


class RemoteRequestRefusedError(SigningError):
    """The service does not accept what it was asked for."""

    code = "signing.remote-request-refused"


class RemoteFailedError(SigningError):
    """The service reports a failure of its own."""

    code = "signing.remote-failed"
    retryable = True


class RemoteCertificateError(SigningError):
    """The service has the certificate, but it is expired, revoked, locked or not for signing."""

    code = "signing.remote-certificate-unusable"


class ActivationMissingError(SigningError):
    """The key wants a PIN or a one-time code that was not given, or a way we do not offer."""

    code = "signing.activation-missing"


class OneTimeCodeIncorrectError(SigningError):
    """The one-time code is wrong or used up."""

    code = "signing.one-time-code-incorrect"


class BatchTooLargeError(SigningError):
    """The key does not sign so many hashes with one confirmation."""

    code = "signing.batch-too-large"


class HandleUnknownError(SigningError):
    """The handle is not one of this service."""

    code = "signing.handle-unknown"
