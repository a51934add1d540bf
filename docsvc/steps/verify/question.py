"""What a verdict is asked for by, and the one way in which a child finds it.

Who asks loads none of what judges: that is for the children, and takes longer than many a folder.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from docsvc.errors import DocsvcError
from docsvc.revocation.asking import Asking, Known
from verification.model import Indication, Report, Role
from verification.policy import DEFAULT_POLICY, ISSUED_POLICY, Policy, issued, load_policy
from verification.trust import Trust, load_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from docsvc.confined import Answer

    Contents: TypeAlias = bytes | mmap.mmap

_Stamp: TypeAlias = tuple[int, int, int, int]
_Seen: TypeAlias = tuple[tuple[str, _Stamp | None], ...]

# Trust by its places: a service has one, a test several.
_MAX_SEEN = 8
_seen: dict[tuple[str, ...], _Seen] = {}
# Larger files are mapped: their pages are the system's, not this process's.
_MAX_COPY = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a verdict is asked for by, in plain values that a child can be told.

    Attributes:
        trust: folders and files of anchors, intermediates and revocation data.
        at: ISO 8601 moment of the verification.
        policy: path of a policy file; empty: the built-in policy.
        issued: whether it is a document of our own: number and date alone may be filled in.
        roles: role by SHA-256 fingerprint of a certificate, from the inventory.
        file: name for the report.
        known: answers of revocation services that were got before; None: none are asked for.
    """

    trust: tuple[str, ...]
    at: str
    policy: str = ""
    issued: bool = False
    roles: dict[str, str] = field(default_factory=dict)
    file: str = ""
    known: Known | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A report, and what it was made by."""

    report: Report
    policy: Policy
    trust: Trust
    roles: Mapping[str, Role]


class FileChangedError(DocsvcError):
    """The file was written to while it was read: what was hashed may not be what was judged."""

    code = "verify.file-changed"
    retryable = True


def answer(pdf: Contents, question: Question, tell: Callable[[Judged], Answer]) -> Answer:
    """Judge a file; where that settles nothing, again with what can be got for it.

    Args:
        pdf: the file.
        question: what it is judged by.
        tell: makes the answer of what was found.

    Returns:
        What ``tell`` makes; or ``wanted`` requests, as long as some are not known.
    """
    known, trust = question.known, trust_in(*question.trust)
    first = None
    if known is None or known.is_first:
        first = _judged(pdf, question, trust)
        if known is None or not _is_open(first.report):
            return tell(first)
    asking = Asking(known)
    completed = _completed(pdf, trust, asking, with_issuers=known.with_issuers)
    if asking.wanted:
        return asking.wanted
    if first is None or completed != trust:
        first = _judged(pdf, question, completed)
    return tell(first)


def _judged(pdf: Contents, question: Question, trust: Trust) -> Judged:
    from verification.verify import verify as verify_file  # noqa: PLC0415 -- the child judges

    policy = (issued_policy_in if question.issued else policy_in)(question.policy)
    roles = {fingerprint: Role(role) for fingerprint, role in question.roles.items()}
    at = datetime.fromisoformat(question.at)
    report = verify_file(pdf, policy=policy, trust=trust, at=at, roles=roles, file=question.file)
    return Judged(report=report, policy=policy, trust=trust, roles=roles)


def _is_open(report: Report) -> bool:
    """Tell whether more data could change something: nothing else is asked for."""
    found = [one.indication for one in report.signatures]
    found += [one.indication for one in report.document_timestamps]
    return Indication.INDETERMINATE in found


def _completed(pdf: Contents, trust: Trust, asking: Asking, *, with_issuers: bool) -> Trust:
    """Add to a trust what helps to examine a file; no anchor is ever added."""
    from verification.revocation import collect, issuers  # noqa: PLC0415 -- the child asks

    above = issuers(pdf, trust, asking.fetch) if with_issuers else ()
    trust = replace(trust, intermediates=_together(trust.intermediates, above))
    data = collect(pdf, trust, asking.fetch)
    return replace(
        trust, crls=_together(trust.crls, data.crls), ocsps=_together(trust.ocsps, data.ocsps)
    )


def _together(some: tuple[bytes, ...], more: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys((*some, *more)))


@contextmanager
def whole(path: str) -> Iterator[Contents]:
    """Give what a file on disk holds: a copy of a small one, a large one mapped.

    Who cuts a mapped file short ends this process by SIGBUS. The sandbox says so of this file,
    and the next one gets a new child.

    Raises:
        FileChangedError: the file was written to meanwhile.
    """
    with Path(path).open("rb") as file:
        before = os.fstat(file.fileno())
        yield _contents(file, before.st_size)
        after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise FileChangedError(file=path)


def _contents(file: BinaryIO, size: int) -> Contents:
    if size <= _MAX_COPY:
        return file.read()
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def trust_in(*places: str) -> Trust:
    """Return the trust material of folders and files; read again when they change.

    Folders are walked when something changed and no sooner: whatever comes or goes changes the
    folder it is in, so that looking at what is known to be there is enough.
    """
    seen = _seen.get(places, ())
    if not seen or any(_stamp(path) != stamp for path, stamp in seen):
        if len(_seen) >= _MAX_SEEN:
            _seen.clear()
        found = (path for place in places for path in _files(Path(place)))
        seen = _seen[places] = tuple((str(path), _stamp(path)) for path in found)
    return _trust(places, seen)


def _stamp(path: str | Path) -> _Stamp | None:
    """Return what changes with the content of a file or folder; None if there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116  # for each file of the store, for each document
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


@lru_cache(maxsize=8)
def _trust(places: tuple[str, ...], _seen: _Seen) -> Trust:
    parts = [load_directory(Path(place)) for place in places if Path(place).exists()]
    return Trust(
        anchors=tuple(x for p in parts for x in p.anchors),
        intermediates=tuple(x for p in parts for x in p.intermediates),
        crls=tuple(x for p in parts for x in p.crls),
        ocsps=tuple(x for p in parts for x in p.ocsps),
    )


def _files(place: Path) -> Iterator[Path]:
    """Yield a place, whether it is there or not, and all that is in it."""
    yield place
    if place.is_dir():
        yield from place.rglob("*")


def policy_in(place: str) -> Policy:
    """Return the policy of a file, read again when it changes; of no file, the built-in one.

    Raises:
        PolicyError: the file is none.
    """
    if not place:
        return DEFAULT_POLICY
    path = Path(place)
    return _policy(place, path.stat().st_mtime_ns if path.exists() else 0)


def issued_policy_in(place: str) -> Policy:
    """Return the stricter policy of documents of our own, of a file or the built-in one."""
    return issued(policy_in(place)) if place else ISSUED_POLICY


@lru_cache(maxsize=8)
def _policy(place: str, _stamp: int) -> Policy:
    return load_policy(Path(place))
