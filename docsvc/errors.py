"""The root of the service's errors.

A code is dotted and stable; its sentences in Vietnamese and English live in the message catalogue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self


class DocsvcError(Exception):
    """Something the service can name: a code, facts, and whether trying again may help."""

    code: ClassVar[str] = "service.internal"
    retryable: ClassVar[bool] = False

    def __init__(self, **facts: object) -> None:
        """Keep the facts that the sentence of the catalogue is filled with."""
        super().__init__(self.code, facts)
        self.facts = facts


class _Named(Protocol):
    """An error of a library: each has a root of its own, and all say the same of themselves."""

    @property
    def code(self) -> str: ...
    @property
    def retryable(self) -> bool: ...
    @property
    def facts(self) -> Mapping[str, object]: ...


class CodedError(DocsvcError):
    """An error that comes from a library or a child process and keeps the code it had there."""

    def __init__(self, code: str, *, retryable: bool = False, **facts: object) -> None:
        """Take the code of the origin as this instance's own."""
        self.code = code  # type: ignore[misc]  # the class constant is the default only
        self.retryable = retryable  # type: ignore[misc]  # likewise
        super().__init__(**facts)

    @classmethod
    def of(cls, error: _Named) -> Self:
        """Name the error of a library as it names itself."""
        return cls(error.code, retryable=error.retryable, **error.facts)
