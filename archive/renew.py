"""Document timestamps run out: which deposits need a new one, and how it is deposited."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from archive.errors import LossyRenewalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archive.model import Deposited, User
    from archive.ocfl import StorageRoot

log = logging.getLogger(__name__)

FINAL = "representations/rep1/data/final.pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """A deposit and how long each of its document timestamps can be verified."""

    object_id: str
    valid_until: tuple[datetime, ...]

    @property
    def protected_until(self) -> datetime | None:
        """Give the end of the last timestamp; None: there is none, nothing is protected."""
        return max(self.valid_until, default=None)


class Renewer(Protocol):
    """Makes the next package of a document: a new timestamp on it, a new event in it."""

    def renew(self, object_id: str, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """Return the whole new package, made from the whole old one."""


def due(deposits: Iterable[Stamped], *, before: datetime) -> list[Stamped]:
    """List the deposits whose protection ends before a time, the most urgent first."""
    return sorted(
        (each for each in deposits if _ends_before(each, before)),
        key=lambda each: (
            each.protected_until is not None,
            each.protected_until.timestamp() if each.protected_until else 0.0,
            each.object_id,
        ),
    )


def renew(
    root: StorageRoot, object_id: str, *, renewer: Renewer, at: datetime, user: User
) -> Deposited:
    """Renew one deposit; the new package becomes the next version of the object.

    Raises:
        LossyRenewalError: a file of the representation would be dropped or changed, or the final
            revision would not begin with the bytes of the one before.
        ObjectNotFoundError: there is no such object.
        DamagedObjectError: what is stored does not hold; it is not renewed but repaired.
    """
    old = root.read(object_id)
    new = renewer.renew(object_id, old)
    for path, data in old.items():
        kept = new.get(path, b"")
        if path == FINAL and not kept.startswith(data):
            raise LossyRenewalError(object_id=object_id, path=path)
        if path != FINAL and _is_record(path) and kept != data:
            raise LossyRenewalError(object_id=object_id, path=path)
    deposited = root.deposit(object_id, new, message="renewal", at=at, user=user)
    log.info("archive.renewed", extra={"object": object_id, "version": deposited.version})
    return deposited


def _ends_before(each: Stamped, before: datetime) -> bool:
    return each.protected_until is None or each.protected_until < before


def _is_record(path: str) -> bool:
    """Tell what a renewal must not touch: the PDFs; reports and metadata are written anew."""
    return path.startswith("representations/") and path.endswith(".pdf")
