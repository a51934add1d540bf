"""Which copies may be made of a document, and by which name they go into the book. Pure.

NĐ 30/2020 Đ3, Đ25–26: a true copy (sao y) and an extract (trích sao) are made of the original, a
copy of a copy (sao lục) of a true copy. Whoever copies a digital document copies its very bytes;
an extract is a file of its own, and so is the scan of what was issued on paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from docsvc.catalog import kinds
from docsvc.errors import DocsvcError
from docsvc.workflow import ISSUING, RouteName, State, Step, is_before

_PASSED = "TOTAL-PASSED"
# What the archive has is issued; on paper, what the book has.
_KEPT = frozenset({State.DEPOSITED, State.PUBLISHED})


class CopyKind(StrEnum):
    """The three copies of the decree."""

    TRUE = "sao-y"
    FROM_COPY = "sao-luc"
    EXTRACT = "trich-sao"


KIND_OF = {
    CopyKind.TRUE: "ban-sao-y",
    CopyKind.FROM_COPY: "ban-sao-luc",
    CopyKind.EXTRACT: "ban-trich-sao",
}


class NotIssuedError(DocsvcError):
    """The document is not issued: there is nothing yet that a copy could be true to."""

    code = "receive.copy-not-issued"


class OriginalNotPassedError(DocsvcError):
    """The signatures of the original have not passed: a copy would carry them on."""

    code = "receive.copy-original-not-passed"


class CopyOfCopyError(DocsvcError):
    """The document is a copy: of a true copy there is only a copy of a copy."""

    code = "receive.copy-of-copy"


class NoTrueCopyError(DocsvcError):
    """The document is no true copy: a copy of a copy is made of nothing else."""

    code = "receive.copy-no-true-copy"


class CopyFileMissingError(DocsvcError):
    """A file is needed: the extract itself, or the scan of what exists on paper only."""

    code = "receive.copy-file-missing"


class CopyFileUnwantedError(DocsvcError):
    """A digital document is copied as it is: a file of somebody's own is not its copy."""

    code = "receive.copy-file-unwanted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """What is to be copied: where it stands, and what it is."""

    route: RouteName
    state: State
    kind: str | None
    indication: str | None
    paper_only: bool


def require_copyable(original: Original, copied_as: CopyKind, *, has_file: bool) -> None:
    """Refuse a copy that the decree does not know.

    Args:
        original: what is to be copied.
        copied_as: which copy is wanted.
        has_file: whether a file came along.

    Raises:
        NotIssuedError, OriginalNotPassedError: the original is none yet.
        CopyOfCopyError, NoTrueCopyError: this copy is made of something else.
        CopyFileMissingError, CopyFileUnwantedError: the file is lacking, or is one too many.
    """
    _require_issued(original)
    _require_order(original, copied_as)
    needs_file = original.paper_only or copied_as is CopyKind.EXTRACT
    if needs_file and not has_file:
        raise CopyFileMissingError(kind=copied_as)
    if has_file and not needs_file:
        raise CopyFileUnwantedError(kind=copied_as)


def offered(original: Original) -> dict[CopyKind, bool]:
    """Return which copies can be made of a document, and whether each needs a file."""
    return {
        kind: has_file
        for kind in CopyKind
        for has_file in (False, True)
        if _is_copyable(original, kind, has_file=has_file)
    }


def _is_copyable(original: Original, copied_as: CopyKind, *, has_file: bool) -> bool:
    try:
        require_copyable(original, copied_as, has_file=has_file)
    except DocsvcError:
        return False
    return True


def _require_issued(original: Original) -> None:
    if original.paper_only:
        if original.state is not State.REGISTERED:
            raise NotIssuedError(state=original.state)
        return
    if original.state not in _KEPT:
        raise NotIssuedError(state=original.state)
    if original.indication != _PASSED:
        raise OriginalNotPassedError(indication=original.indication or "–")


def _require_order(original: Original, copied_as: CopyKind) -> None:
    if copied_as is CopyKind.FROM_COPY:
        if original.kind != KIND_OF[CopyKind.TRUE]:
            raise NoTrueCopyError
    elif original.route is RouteName.COPY:
        raise CopyOfCopyError


class AppendixTooLateError(DocsvcError):
    """The document is sealed, has ended, or is none that a body issues: it takes no appendix."""

    code = "receive.appendix-too-late"


def require_open_for_appendices(*, route: RouteName, state: State, paper_only: bool) -> None:
    """Refuse an appendix to what is not in work: its seal would not cover it in time.

    Raises:
        AppendixTooLateError: it is too late, or never was time.
    """
    if paper_only or route not in ISSUING or not is_before(route, state, Step.SIGN_ORGANISATION):
        raise AppendixTooLateError(state=state)


def symbol_of(copied_as: CopyKind, unit_symbol: str) -> str:
    """Return the symbol of a copy: ``SY-UBND`` (NĐ 30 PL I part III; NORMS 1.5)."""
    return f"{kinds.kind(KIND_OF[copied_as]).abbreviation}-{unit_symbol}"
