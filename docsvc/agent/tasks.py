"""What a child process of the agent does with a file: it comes from a service, but who knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docsvc.confined import Answer
from signing.fill import empty_fields
from verification.inspect import inspect

if TYPE_CHECKING:
    from collections.abc import Collection


def look(pdf: bytes, texts: Collection[str]) -> Answer:
    """Return how many pages there are, and which of some text fields wait for a value."""
    return Answer(facts={"pages": inspect(pdf).pages, "empty": list(empty_fields(pdf, texts))})
