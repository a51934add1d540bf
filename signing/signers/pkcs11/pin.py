"""A PIN in memory for one signing session: bounded in time and uses, never shown, never stored."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NoReturn

from typing_extensions import override

from signing.errors import PinIncorrectError, PinNeededError

if TYPE_CHECKING:
    from collections.abc import Callable

# Long enough for 500 documents and a slow timestamp authority, short enough for a desk that
# somebody left.
VALID_FOR_S = 3600.0
USES = 1000


class Pin:
    """What somebody typed once, for one signing session.

    Args:
        value: the PIN; None: its owner types it on the reader's own key pad.
        valid_for_s: seconds from now after which it is forgotten, and the session with it.
        uses: signatures after which it is forgotten.
        now: seconds of a clock that never goes back.
    """

    __slots__ = ("_end", "_left", "_now", "_value", "_wrong")

    def __init__(
        self,
        value: str | None,
        *,
        valid_for_s: float = VALID_FOR_S,
        uses: int = USES,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._value = None if value is None else bytearray(value.encode("utf-8"))
        self._now = now
        self._end = now() + valid_for_s
        self._left = uses
        self._wrong = False

    @override
    def __repr__(self) -> str:
        return "Pin(…)"

    @override
    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a PIN never gets into a job, a queue or a file."""
        msg = "a PIN stays in the process it was typed into"
        raise TypeError(msg)

    def require(self, signatures: int) -> None:
        """Check that so many more signatures may be made with it.

        Raises:
            PinIncorrectError: the token refused it; it is not tried again.
            PinNeededError: its time or its uses are over.
        """
        if self._wrong:
            raise PinIncorrectError
        if self._left < signatures or self._now() >= self._end:
            self.forget()
            raise PinNeededError

    def count(self) -> None:
        """Note that one signature was made."""
        self._left -= 1

    def revealed(self) -> str | None:
        """Return the PIN, for the token alone; None where there is none to hand over."""
        return None if self._value is None else self._value.decode("utf-8")

    def refused(self) -> None:
        """Note that the token refused it: a second try of it would only help to lock the token."""
        self._wrong = True
        self.forget()

    def forget(self) -> None:
        """Overwrite it; copies that the interpreter made are beyond reach, but short-lived."""
        if self._value is not None:
            self._value[:] = bytes(len(self._value))
            self._value = None
        self._left = 0
