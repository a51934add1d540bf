"""What the contract suites need to know of a signer, and how they find the signers there are.

Each module ``*_makers.py`` beside this one may have two tables of makers, by name:

``SIGNERS``   of every kind of signer; those that answer later stand in ``DEFERRED`` alone
``DEFERRED``  of those whose holder needs time

A maker is called without arguments and gives a context manager; what it yields has the attributes
of `Made`, or of `DeferredMade`. Whatever it starts ends with the context.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from signing.signers.base import DeferredSigner, Signer

    Maker = Callable[[], AbstractContextManager[Any]]

FOLDER = Path(__file__).parent


class Made(Protocol):
    """A signer with one usable key.

    Attributes:
        signer: asked for ``key_id`` alone.
        key_id: names the key.
        certificate: of the key, in DER.
    """

    signer: Signer
    key_id: str
    certificate: bytes


class DeferredMade(Protocol):
    """A signer whose holder does what the test says."""

    signer: DeferredSigner
    key_id: str
    certificate: bytes

    def renewed(self) -> DeferredSigner:
        """Return a second signer of the same settings, as another process would make it."""
        ...

    def agree(self) -> None:
        """Let the holder agree to everything that waits; `poll` gives the answer from now on."""
        ...

    def refuse(self) -> None:
        """Let the holder say no to everything that waits."""
        ...

    def expire(self) -> None:
        """Let the time of everything that waits run out."""
        ...


def makers(table: str) -> dict[str, Maker]:
    """Return the makers of a table, of all modules that have it, by ``module:name``."""
    found: dict[str, Maker] = {}
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    for path in sorted(FOLDER.glob("*_makers.py")):
        module = importlib.import_module(path.stem)
        kind = path.stem.removesuffix("_makers")
        for name, maker in getattr(module, table, {}).items():
            found[f"{kind}:{name}"] = maker
    return found
