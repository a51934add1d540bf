"""What can go wrong between us, the operator and the phone; one code for each status (§A.2)."""

from __future__ import annotations

from signing.errors import KeyNotFoundError, SigningError


class MobileNumberError(KeyNotFoundError):
    """The key's name is no phone number."""

    code = "signing.mobile-number"


class MobileWrongParameterError(SigningError):
    """101: the operator does not understand a parameter of the request."""

    code = "signing.mobile-wrong-parameter"


class MobileMissingParameterError(SigningError):
    """102: the operator misses a parameter in the request."""

    code = "signing.mobile-missing-parameter"


class MobileWrongLengthError(SigningError):
    """103: the operator finds the data to be signed or shown too long or too short."""

    code = "signing.mobile-wrong-length"


class MobileUnauthorisedError(SigningError):
    """104: the operator does not accept our account, its secret or our address."""

    code = "signing.mobile-unauthorised"


class MobileUnknownClientError(SigningError):
    """105: the operator does not know this phone number as a subscriber of SIM PKI."""

    code = "signing.mobile-unknown-client"


class MobileInappropriateDataError(SigningError):
    """107: the phone can't sign or show data of this kind."""

    code = "signing.mobile-inappropriate-data"


class MobileIncompatibleError(SigningError):
    """108: the operator does not offer this interface or its version."""

    code = "signing.mobile-incompatible"


class MobileProfileError(SigningError):
    """109: the operator does not offer this signature profile."""

    code = "signing.mobile-profile"


class MobileOutOfReachError(SigningError):
    """209: the phone could not be reached over the air."""

    code = "signing.mobile-out-of-reach"
    retryable = True


class MobileBusyError(SigningError):
    """406: another request waits on this phone."""

    code = "signing.mobile-busy"
    retryable = True


class MobileInternalError(SigningError):
    """900: something failed at the operator."""

    code = "signing.mobile-internal"
    retryable = True


class MobileUnknownStatusError(SigningError):
    """The operator answered with a status that the standard does not name."""

    code = "signing.mobile-unknown-status"


class MobileAnswerUnreadableError(SigningError):
    """The operator's message is not what the protocol says; ``reason`` says in which way."""

    code = "signing.mobile-answer-unreadable"


class MobileForeignAnswerError(SigningError):
    """The answer belongs to another transaction or another phone."""

    code = "signing.mobile-foreign-answer"


class MobileAnswerChangedError(SigningError):
    """The operator answered twice, and not the same."""

    code = "signing.mobile-answer-changed"


class MobileNotAuthenticError(SigningError):
    """A call-back does not carry the secret of its transaction."""

    code = "signing.mobile-not-authentic"


class MobileHandleError(SigningError):
    """The handle was not made by this module."""

    code = "signing.mobile-handle"
