"""Which copies the decree knows: of originals, of true copies, with and without a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from docsvc.catalog import kinds
from docsvc.steps.receive.rules import (
    KIND_OF,
    AppendixTooLateError,
    CopyFileMissingError,
    CopyFileUnwantedError,
    CopyKind,
    CopyOfCopyError,
    NotIssuedError,
    NoTrueCopyError,
    Original,
    OriginalNotPassedError,
    offered,
    require_copyable,
    require_open_for_appendices,
    symbol_of,
)
from docsvc.workflow import RouteName, State

if TYPE_CHECKING:
    from docsvc.errors import DocsvcError

ISSUED = Original(
    route=RouteName.OUTGOING,
    state=State.PUBLISHED,
    kind="quyet-dinh",
    indication="TOTAL-PASSED",
    paper_only=False,
)
ON_PAPER = replace(
    ISSUED, route=RouteName.PAPER, state=State.REGISTERED, indication=None, paper_only=True
)
TRUE_COPY = replace(ISSUED, route=RouteName.COPY, kind=KIND_OF[CopyKind.TRUE])


@pytest.mark.parametrize(
    ("original", "copied_as", "has_file"),
    [
        (ISSUED, CopyKind.TRUE, False),
        (replace(ISSUED, state=State.DEPOSITED), CopyKind.TRUE, False),
        (ISSUED, CopyKind.EXTRACT, True),
        (ON_PAPER, CopyKind.TRUE, True),
        (ON_PAPER, CopyKind.EXTRACT, True),
        (TRUE_COPY, CopyKind.FROM_COPY, False),
    ],
)
def test_the_copies_of_the_decree_are_made(
    original: Original, copied_as: CopyKind, has_file: object
) -> None:
    require_copyable(original, copied_as, has_file=bool(has_file))


@pytest.mark.parametrize(
    ("original", "copied_as", "has_file", "error"),
    [
        (replace(ISSUED, state=State.VERIFIED), CopyKind.TRUE, False, NotIssuedError),
        (replace(ISSUED, state=State.REJECTED), CopyKind.TRUE, False, NotIssuedError),
        (replace(ON_PAPER, state=State.RECEIVED), CopyKind.TRUE, True, NotIssuedError),
        (replace(ISSUED, indication="INDETERMINATE"), CopyKind.TRUE, False, OriginalNotPassedError),
        (replace(ISSUED, indication=None), CopyKind.TRUE, False, OriginalNotPassedError),
        (TRUE_COPY, CopyKind.TRUE, False, CopyOfCopyError),
        (TRUE_COPY, CopyKind.EXTRACT, True, CopyOfCopyError),
        (ISSUED, CopyKind.FROM_COPY, False, NoTrueCopyError),
        (
            replace(TRUE_COPY, kind=KIND_OF[CopyKind.FROM_COPY]),
            CopyKind.FROM_COPY,
            False,
            NoTrueCopyError,
        ),
        (ISSUED, CopyKind.EXTRACT, False, CopyFileMissingError),
        (ON_PAPER, CopyKind.TRUE, False, CopyFileMissingError),
        (ISSUED, CopyKind.TRUE, True, CopyFileUnwantedError),
        (TRUE_COPY, CopyKind.FROM_COPY, True, CopyFileUnwantedError),
    ],
)
def test_other_copies_are_refused_with_their_reason(
    original: Original, copied_as: CopyKind, has_file: object, error: type[DocsvcError]
) -> None:
    with pytest.raises(error):
        require_copyable(original, copied_as, has_file=bool(has_file))


def test_a_copy_has_the_symbol_of_its_kind_and_of_the_body_that_copies() -> None:
    assert [symbol_of(one, "UBND") for one in CopyKind] == ["SY-UBND", "SL-UBND", "TrS-UBND"]


def test_all_copies_are_numbered_in_one_book() -> None:
    assert {kinds.kind(code).series for code in KIND_OF.values()} == {"copies"}


def test_what_is_offered_is_what_would_be_made() -> None:
    assert offered(ISSUED) == {CopyKind.TRUE: False, CopyKind.EXTRACT: True}
    assert offered(ON_PAPER) == {CopyKind.TRUE: True, CopyKind.EXTRACT: True}
    assert offered(TRUE_COPY) == {CopyKind.FROM_COPY: False}
    assert offered(replace(ISSUED, state=State.CONFIRMED)) == {}


@pytest.mark.parametrize(
    "state",
    [State.RECEIVED, State.CLASSIFIED, State.CONFIRMED, State.LEADER_SIGNED, State.REGISTERED],
)
def test_a_document_in_work_takes_appendices(state: State) -> None:
    require_open_for_appendices(route=RouteName.OUTGOING, state=state, paper_only=False)


@pytest.mark.parametrize(
    ("route", "state", "paper_only"),
    [
        (RouteName.OUTGOING, State.ORGANISATION_SIGNED, False),
        (RouteName.OUTGOING, State.PUBLISHED, False),
        (RouteName.OUTGOING, State.REJECTED, False),
        (RouteName.PAPER, State.RECEIVED, True),
        (RouteName.COPY, State.REGISTERED, False),
        (RouteName.INCOMING, State.RECEIVED, False),
        (RouteName.APPENDIX, State.RECEIVED, False),
    ],
)
def test_what_is_sealed_ended_or_not_issued_takes_none(
    route: RouteName, state: State, paper_only: object
) -> None:
    with pytest.raises(AppendixTooLateError):
        require_open_for_appendices(route=route, state=state, paper_only=bool(paper_only))
