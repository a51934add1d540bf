"""What a child process finds about a file's signatures."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from docsvc.errors import DocsvcError
from docsvc.revocation.asking import Asking
from docsvc.sandbox import Answer
from verification.model import Indication, Role
from verification.policy import DEFAULT_POLICY
from verification.report import to_json
from verification.revocation import collect, issuers
from verification.trust import Trust, load_directory
from verification.verify import verify as verify_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docsvc.revocation.asking import Known
    from verification.model import Report


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


def verify(  # what comes through the pipe, one by one
    pdf: bytes, trust_dir: str, at: str, roles: dict[str, str], file: str, known: Known | None
) -> Answer:
    """Return the verdict, in the form of ``docsvc verify --json``.

    Args:
        pdf: the file.
        trust_dir: folder of anchors and intermediates.
        at: ISO 8601 moment of the verification.
        roles: role by SHA-256 fingerprint of a certificate, from the inventory.
        file: name for the report.
        known: answers that were got before; None: nothing is asked for.

    Returns:
        The verdict; or ``wanted`` requests, as long as some are not known.
    """
    examine = partial(
        verify_file,
        pdf,
        policy=DEFAULT_POLICY,
        at=datetime.fromisoformat(at),
        roles={fingerprint: Role(role) for fingerprint, role in roles.items()},
        file=file,
    )
    return _verdict(pdf, trust_in(trust_dir), known, lambda found: examine(trust=found))


def _verdict(
    pdf: bytes, trust: Trust, known: Known | None, examine: Callable[[Trust], Report]
) -> Answer:
    """Examine a file; where that settles nothing, again with what can be got for it."""
    report = None
    if known is None or known.is_first:
        report = examine(trust)
        if known is None or not _is_open(report):
            return Answer(facts=to_json(report))
    asking = Asking(known)
    completed = _completed(pdf, trust, asking, with_issuers=known.with_issuers)
    if asking.wanted:
        return asking.wanted
    if report is None or completed != trust:
        report = examine(completed)
    return Answer(facts=to_json(report))


def _is_open(report: Report) -> bool:
    """Tell whether more data could change something: nothing else is asked for."""
    found = [one.indication for one in report.signatures]
    found += [one.indication for one in report.document_timestamps]
    return Indication.INDETERMINATE in found


def _completed(pdf: bytes, trust: Trust, asking: Asking, *, with_issuers: bool) -> Trust:
    """Add to a trust what helps to examine a file; no anchor is ever added."""
    above = issuers(pdf, trust, asking.fetch) if with_issuers else ()
    trust = replace(trust, intermediates=_together(trust.intermediates, above))
    data = collect(pdf, trust, asking.fetch)
    return replace(
        trust, crls=_together(trust.crls, data.crls), ocsps=_together(trust.ocsps, data.ocsps)
    )


def _together(some: tuple[bytes, ...], more: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys((*some, *more)))


def ready(trust_dir: str) -> Answer:
    """Count the trust anchors.

    Raises:
        NoAnchorsError: there are none, so no verdict can be good.
    """
    anchors = len(trust_in(trust_dir).anchors)
    if not anchors:
        raise NoAnchorsError(folder=trust_dir)
    return Answer(facts={"anchors": anchors})


def verify_path(path: str, trust: list[str], at: str, known: Known | None) -> Answer:
    """Return the verdict of a file on disk, against anchors in folders or files.

    Raises:
        UnreadableFileError: it cannot be read as a PDF.
    """
    pdf = Path(path).read_bytes()
    examine = partial(
        verify_file, pdf, policy=DEFAULT_POLICY, at=datetime.fromisoformat(at), file=path
    )
    return _verdict(pdf, trust_in(*trust), known, lambda found: examine(trust=found))
