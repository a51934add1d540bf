"""Audits: does the archive still hold what was deposited? One object at a time in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive import package
from archive.errors import ArchiveError, InvalidPackageError
from archive.model import Finding
from archive.validation import has_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.ocfl import StorageRoot


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What an audit found at one place of a storage root.

    Attributes:
        path: the object root, or the file that belongs to no object.
        object_id: None where it can't be told.
        findings: empty: the object is as it was deposited.
    """

    path: str
    object_id: str | None
    findings: tuple[Finding, ...]

    @property
    def is_intact(self) -> bool:
        """Tell whether nothing was found but warnings."""
        return not has_error(self.findings)


def audit_object(root: StorageRoot, object_id: str) -> Iterator[Finding]:
    """Yield what is wrong with an object and with the newest package in it.

    Raises:
        ObjectNotFoundError: nothing is stored for this identifier.
    """
    findings = []
    for finding in root.audit(object_id):
        findings.append(finding)
        yield finding
    if not has_error(tuple(findings)):
        yield from _audit_package(root, object_id)


def audit_root(root: StorageRoot) -> Iterator[Audited]:
    """Yield one record for each place of a storage root, sound ones too.

    Raises:
        NotAStorageRootError: it is none of ours.
    """
    root.require_root()
    for place in root.places():
        if not place.is_object:
            stray = Finding(code="E072", path=place.path)
            yield Audited(path=place.path, object_id=None, findings=(stray,))
            continue
        object_id = root.object_id_at(place.path)
        findings = tuple(root.audit_path(place.path))
        if object_id is not None and not has_error(findings):
            findings += tuple(_audit_package(root, object_id))
        yield Audited(path=place.path, object_id=object_id, findings=findings)


def _audit_package(root: StorageRoot, object_id: str) -> Iterator[Finding]:
    """Check the package against its METS: digests that another hand than OCFL wrote."""
    try:
        yield from package.check(root.read(object_id))
    except InvalidPackageError as e:
        yield Finding(code="package-unreadable", path=str(e.facts.get("path", "")))
    except ArchiveError as e:
        # It changed between the two reads: the next audit will say what became of it.
        yield Finding(code="object-changed", path="", detail=e.code)
