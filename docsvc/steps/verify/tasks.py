"""What a child process finds about a file's signatures."""

from __future__ import annotations

import mmap
import os
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from docsvc.errors import DocsvcError
from docsvc.sandbox import Answer
from verification.model import Role
from verification.policy import DEFAULT_POLICY
from verification.report import to_json
from verification.trust import Trust, load_directory
from verification.verify import verify as verify_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

# Larger files are mapped: their pages are the system's, not this process's.
_MAX_COPY = 8 << 20


def trust_in(*places: str) -> Trust:
    """Return the trust material of folders and files; read again when they change."""
    stamp = max((p.stat().st_mtime_ns for place in places for p in _files(Path(place))), default=0)
    return _trust(places, stamp)


@lru_cache(maxsize=8)
def _trust(places: tuple[str, ...], _stamp: int) -> Trust:
    parts = [load_directory(Path(place)) for place in places if Path(place).exists()]
    return Trust(
        anchors=tuple(x for p in parts for x in p.anchors),
        intermediates=tuple(x for p in parts for x in p.intermediates),
        crls=tuple(x for p in parts for x in p.crls),
        ocsps=tuple(x for p in parts for x in p.ocsps),
    )


def _files(place: Path) -> Iterator[Path]:
    yield from [place, *place.rglob("*")] if place.is_dir() else [place] if place.exists() else []


class NoAnchorsError(DocsvcError):
    """No trust anchor is installed."""

    code = "verify.no-anchors"


def verify(pdf: bytes, trust_dir: str, at: str, roles: dict[str, str], file: str) -> Answer:
    """Return the verdict, in the form of ``docsvc verify --json``.

    Args:
        pdf: the file.
        trust_dir: folder of anchors and intermediates.
        at: ISO 8601 moment of the verification.
        roles: role by SHA-256 fingerprint of a certificate, from the inventory.
        file: name for the report.
    """
    report = verify_file(
        pdf,
        policy=DEFAULT_POLICY,
        trust=trust_in(trust_dir),
        at=datetime.fromisoformat(at),
        roles={fingerprint: Role(role) for fingerprint, role in roles.items()},
        file=file,
    )
    return Answer(facts=to_json(report))


def ready(trust_dir: str) -> Answer:
    """Count the trust anchors.

    Raises:
        NoAnchorsError: there are none, so no verdict can be good.
    """
    anchors = len(trust_in(trust_dir).anchors)
    if not anchors:
        raise NoAnchorsError(folder=trust_dir)
    return Answer(facts={"anchors": anchors})


class FileChangedError(DocsvcError):
    """The file was written to while it was read: what was hashed may not be what was judged."""

    code = "verify.file-changed"
    retryable = True


def verify_path(path: str, trust: list[str], at: str) -> Answer:
    """Return the verdict of a file on disk, against anchors in folders or files.

    Raises:
        UnreadableFileError: it cannot be read as a PDF.
        FileChangedError: it changed meanwhile.
    """
    with Path(path).open("rb") as file:
        before = os.fstat(file.fileno())
        report = verify_file(
            _contents(file, before.st_size),
            policy=DEFAULT_POLICY,
            trust=trust_in(*trust),
            at=datetime.fromisoformat(at),
            file=path,
        )
        after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise FileChangedError(file=path)
    return Answer(facts=to_json(report))


def _contents(file: BinaryIO, size: int) -> bytes | mmap.mmap:
    """Return what a file holds: a copy of a small one, a large one mapped.

    Who cuts a mapped file short ends this process by SIGBUS. The sandbox says so of this file,
    and the next one gets a new child.
    """
    if size <= _MAX_COPY:
        return file.read()
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
