"""The counts of a period in one grouped statement, and the documents that lack a signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, tuple_, union_all

from docsvc.documents.tables import Document
from docsvc.organisations import queries as organisations
from docsvc.organisations.rules import Device
from docsvc.statistics import rules
from docsvc.statistics.errors import TooManyMonthsError
from docsvc.statistics.measures import Case, Reason, Standing, reason_of
from docsvc.statistics.report import By, Group
from docsvc.workflow import ENDED, ISSUING, State, Step
from verification.model import Completeness, Indication

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import CompoundSelect, Row

    from docsvc.db.transactions import Tx
    from docsvc.statistics.periods import Period

# What makes documents alike for every measure; the index of statistics begins with it.
GROUPED = (
    "issuer_path",
    "unit_code",
    "route",
    "state",
    "ended_code",
    "secrecy",
    "completeness",
    "indication",
    "device",
    "paper_only",
)
_SHOWN = ("id", "issued_on", "number_text", "kind", "subject")
# A column a month; both databases end a row below 1700.
_MAX_MONTHS = 240
_DEVICES = frozenset(Device)
_BAD = (Indication.INDETERMINATE, Indication.TOTAL_FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsignedDocument:
    """A document of D that is not signed completely, and why."""

    id: UUID
    unit: str
    issued_on: date
    number_text: str | None
    kind: str | None
    subject: str | None
    reason: Reason


def groups(tx: Tx, period: Period, *, unit: str | None, by: By | None) -> Iterator[Group]:
    """Count the documents of a period, and those refused as secret in it.

    Args:
        tx: the transaction to read in.
        period: by issue date; of secret ones, which have none, by the day of receipt.
        unit: leave out documents issued neither by this body nor by one below it.
        by: what to break the counts down by.

    Raises:
        TooManyMonthsError: the period is too long to be broken down by month.
    """
    spans = period.months() if by is By.MONTH else (period,)
    if len(spans) > _MAX_MONTHS:
        raise TooManyMonthsError(months=len(spans), most=_MAX_MONTHS)
    for row in tx.execute(_statement(spans, unit=unit, by=by)):
        standing = rules.standing_of(
            route=row.route,
            state=row.state,
            ended_code=row.ended_code,
            secret=row.secrecy in rules.secret_levels(),
        )
        if standing is None:
            continue
        alike = _case(row, standing)
        for span, count in zip(spans, row[-len(spans) :], strict=True):
            if count:
                yield Group(
                    path=tuple(row.issuer_path.split("/")) if row.issuer_path else None,
                    unit=row.unit_code,
                    key=_key(row, alike, span, by),
                    case=alike,
                    count=count,
                )


def unsigned(
    tx: Tx,
    period: Period,
    *,
    unit: str | None,
    after: tuple[date, UUID] | None = None,
    limit: int = 100,
) -> tuple[UnsignedDocument, ...]:
    """Return the documents of D that are not signed completely, in the order of their issue.

    Args:
        tx: the transaction to read in.
        period: by issue date.
        unit: leave out documents issued neither by this body nor by one below it.
        after: issue date and id of the last document of the page before.
        limit: length of a page.
    """
    # Only what is shown: a document's facts are long, and a page reads many documents.
    query = (
        select(*(getattr(Document, name) for name in (*GROUPED, *_SHOWN)))
        .where(_issued_in(period), _counted(), _incomplete(), *_by_or_below(tx, unit))
        .order_by(Document.issued_on, Document.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(Document.issued_on, Document.id) > after)
    return tuple(
        UnsignedDocument(
            id=row.id,
            unit=row.unit_code,
            issued_on=row.issued_on,
            number_text=row.number_text,
            kind=row.kind,
            subject=row.subject,
            reason=reason,
        )
        for row in tx.execute(query)
        if (reason := reason_of(_case(row, Standing.COUNTED))) is not None
    )


def _statement(
    spans: Sequence[Period], *, unit: str | None, by: By | None
) -> CompoundSelect[*tuple[Any, ...]]:
    # The columns stand as in ix_documents_statistics, which answers in their order, unsorted:
    # so the dates are a condition of what is summed, not of what is read.
    columns: tuple[ColumnElement[Any], ...] = tuple(
        getattr(Document, name) for name in (*GROUPED, *(("kind",) if by is By.KIND else ()))
    )
    by_issue = select(*columns, *(_sum(_issued_in(span)) for span in spans)).group_by(*columns)
    by_receipt = select(*columns, *(_sum(_received_in(span)) for span in spans)).group_by(*columns)
    return union_all(
        by_issue.where(Document.state.not_in(ENDED), *_within(unit)),
        by_issue.where(_ended_with_number(), *_within(unit)),
        # Refused as secret: no number, no date, no snapshot; all that is left is that it came.
        by_receipt.where(Document.state == State.REFUSED_SECRET),
    )


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _key(row: Row[Any], counted: Case, span: Period, by: By | None) -> str:
    match by:
        case By.MONTH:
            return span.text
        case By.KIND:
            return row.kind or ""
        case By.DEVICE:
            return counted.device or ""
        case None:  # pragma: no branch  # the last of a closed set
            return ""


def _case(row: Row[Any], standing: Standing) -> Case:
    return Case(
        standing=standing,
        completeness=Completeness(row.completeness) if row.completeness else None,
        indication=Indication(row.indication) if row.indication else None,
        device=Device(row.device) if row.device in _DEVICES else None,
        paper_only=row.paper_only,
        electronic=row.state in rules.states_from(row.route, Step.PUBLISH),
        archived=row.state in rules.states_from(row.route, Step.DEPOSIT),
        stopped=row.state in ENDED,
    )


def _issued_in(period: Period) -> ColumnElement[bool]:
    return Document.issued_on.between(period.first, period.last)


def _received_in(period: Period) -> ColumnElement[bool]:
    begin, end = period.moments()
    return and_(Document.received_at >= begin, Document.received_at < end)


def _ended_with_number() -> ColumnElement[bool]:
    # A date may have been printed or typed in; only the register writes the number line.
    stopped = sorted(ENDED - {State.REFUSED_SECRET})
    return and_(Document.state.in_(stopped), Document.number_text.is_not(None))


def _counted() -> ColumnElement[bool]:
    on_its_road = or_(
        *(
            and_(Document.route == route, Document.state.in_(states))
            for route in sorted(ISSUING)
            if (states := sorted(rules.states_from(route, Step.REGISTER)))
        )
    )
    open_to_all = or_(
        Document.secrecy.is_(None), Document.secrecy.not_in(sorted(rules.secret_levels()))
    )
    apart = (rules.RECALLED_CODE, rules.VOID_CODE)
    stopped = and_(
        _ended_with_number(),
        Document.route.in_(sorted(ISSUING)),
        func.coalesce(Document.ended_code, "").not_in(apart),
    )
    return and_(or_(on_its_road, stopped), open_to_all)


def _incomplete() -> ColumnElement[bool]:
    return or_(
        Document.completeness.is_(None),
        Document.completeness != Completeness.BOTH,
        Document.indication.in_(_BAD),
    )


def _by_or_below(tx: Tx, unit: str | None) -> tuple[ColumnElement[bool], ...]:
    """Keep the documents of ``unit``; by its code, which is indexed, if nobody is below it."""
    if unit is not None and all(link.parent != unit for link in organisations.links(tx)):
        return (Document.unit_code == unit,)
    return _within(unit)


def _within(unit: str | None) -> tuple[ColumnElement[bool], ...]:
    """Keep the documents whose path at the issue date goes through ``unit``."""
    if unit is None:
        return ()
    path = literal("/") + func.coalesce(Document.issuer_path, Document.unit_code) + "/"
    return (path.contains(f"/{unit}/", autoescape=True),)
