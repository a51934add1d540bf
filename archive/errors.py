"""What can go wrong while documents are kept: one root, a stable code for each case.

The codes `archive.*` have their sentences in the message catalogue; the facts of an error fill
them. Facts are identifiers, paths and figures, never the text of a document.
"""

from __future__ import annotations

from typing import ClassVar

from typing_extensions import override


class ArchiveError(Exception):
    """The root of the library: a code, whether trying again may help, and the facts."""

    code: ClassVar[str] = "archive.failed"
    retryable: ClassVar[bool] = False

    def __init__(self, **facts: object) -> None:
        """Keep the facts that the sentence of the catalogue is filled with."""
        super().__init__()
        self.facts = facts

    @override
    def __str__(self) -> str:
        """Give the code and the facts, for logs and for people at a prompt."""
        told = " ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code} {told}".strip()


class InvalidKeyError(ArchiveError):
    """A key or path is absolute, leaves its folder, or can't be written everywhere."""

    code = "archive.invalid-key"


class MissingKeyError(ArchiveError):
    """The store holds nothing under this key."""

    code = "archive.missing-key"


class StoreFailureError(ArchiveError):
    """The store could not read or write: disk full, no permission, a device error."""

    code = "archive.store-failure"
    retryable = True


class TooLargeError(ArchiveError):
    """A file is larger than the limit that was set for it."""

    code = "archive.too-large"


class NotAStorageRootError(ArchiveError):
    """The store is not an OCFL storage root with the layout that this library writes."""

    code = "archive.not-a-storage-root"


class ObjectNotFoundError(ArchiveError):
    """The storage root has no object, version or file of this name."""

    code = "archive.object-not-found"


class DamagedObjectError(ArchiveError):
    """An object lost its integrity; nothing of it is changed or handed out."""

    code = "archive.object-damaged"


class InvalidDepositError(ArchiveError):
    """What was handed in can't be made into an object or a package."""

    code = "archive.invalid-deposit"


class InvalidPackageError(ArchiveError):
    """A package can't be read: a part is missing or its XML or JSON is not acceptable."""

    code = "archive.invalid-package"


class InvalidBagError(ArchiveError):
    """A bag is incomplete or its manifests do not hold."""

    code = "archive.invalid-bag"


class LossyRenewalError(ArchiveError):
    """A renewal would drop or rewrite what the archive already holds."""

    code = "archive.lossy-renewal"
