"""The binding's failures, by the names of ours."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pkcs11 import exceptions as failures

from signing.errors import (
    ModuleUnusableError,
    PinIncorrectError,
    PinLockedError,
    SigningError,
    TokenAmbiguousError,
    TokenBusyError,
    TokenNotFoundError,
    TokenRemovedError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

WRONG_PIN = (failures.PinIncorrect, failures.PinInvalid, failures.PinLenRange)
DECLINED = (failures.FunctionCancelled, failures.FunctionRejected)
# What a token answers about an attribute or mechanism that it does not have.
LACKING = (
    failures.AttributeTypeInvalid, failures.AttributeSensitive, failures.AttributeValueInvalid,
    failures.FunctionFailed,
)  # fmt: skip
_GONE = (
    failures.DeviceRemoved, failures.TokenNotPresent, failures.TokenNotRecognised,
    failures.DeviceError, failures.SessionClosed, failures.SessionHandleInvalid,
    failures.KeyHandleInvalid, failures.ObjectHandleInvalid, failures.UserNotLoggedIn,
)  # fmt: skip
_MEANINGS: tuple[tuple[tuple[type[Exception], ...], type[SigningError]], ...] = (
    (WRONG_PIN, PinIncorrectError),
    ((failures.PinLocked, failures.PinExpired), PinLockedError),
    ((failures.UserAlreadyLoggedIn, failures.AnotherUserAlreadyLoggedIn), TokenBusyError),
    ((failures.NoSuchToken,), TokenNotFoundError),
    ((failures.MultipleTokensReturned,), TokenAmbiguousError),
    (_GONE, TokenRemovedError),
)


@contextmanager
def named(token: str) -> Iterator[None]:
    """Turn the binding's failures into ours; "no" on a key pad is left to the caller.

    Raises:
        SigningError: whatever the failure means; ``reason`` is the name that PKCS#11 has for it.
    """
    try:
        yield
    except DECLINED:
        raise
    except failures.PKCS11Error as error:
        meaning = next(
            (ours for theirs, ours in _MEANINGS if isinstance(error, theirs)), ModuleUnusableError
        )
        raise meaning(token=token, reason=type(error).__name__) from error
