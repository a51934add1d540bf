"""The counts of a period in one grouped statement, and the documents that lack a signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    cast,
    extract,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)

from docsvc.documents.tables import Document
from docsvc.organisations.rules import Device
from docsvc.statistics import rules
from docsvc.statistics.measures import Case, Reason, Standing, reason_of
from docsvc.statistics.report import By, Group
from docsvc.workflow import RouteName, State, Step
from verification.model import Completeness, Indication

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import CompoundSelect, Row

    from docsvc.db.transactions import Tx
    from docsvc.statistics.periods import Period

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
    """
    for row in tx.execute(_statement(period, unit=unit, by=by)):
        standing = rules.standing_of(
            route=RouteName(row.route),
            state=State(row.state),
            ended_code=row.ended_code,
            secret=row.secrecy in rules.secret_levels(),
        )
        if standing is not None:
            case = _case(row, standing)
            yield Group(
                path=tuple(row.issuer_path.split("/")) if row.issuer_path else None,
                unit=row.unit_code,
                key=_key(row.key, case.device, by),
                case=case,
                count=row.documents,
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
    query = (
        select(Document)
        .where(_issued_in(period), _counted(), _incomplete(), *_within(unit))
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
        for row in tx.scalars(query)
        if row.issued_on is not None
        and (reason := reason_of(_case(row, Standing.COUNTED))) is not None
    )


def _statement(
    period: Period, *, unit: str | None, by: By | None
) -> CompoundSelect[*tuple[Any, ...]]:
    issued = _grouped(_key_column(by)).where(_issued_in(period), *_within(unit))
    # Refused as secret: no number, no date, no snapshot; all that is left is that it came.
    refused = (
        _grouped(_refused_key(month, by)).where(*_refused_in(month))
        for month in (period.months() if by is By.MONTH else (period,))
    )
    return union_all(issued, *refused)


def _grouped(key: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    columns = (
        Document.issuer_path,
        Document.unit_code,
        Document.route,
        Document.state,
        Document.ended_code,
        Document.secrecy,
        Document.completeness,
        Document.indication,
        Document.device,
        Document.paper_only,
    )
    counted = select(*columns, key.label("key"), func.count().label("documents"))
    return counted.group_by(*columns, key)


def _key_column(by: By | None) -> ColumnElement[Any]:
    match by:
        case By.MONTH:
            year, month = (extract(part, Document.issued_on) for part in ("year", "month"))
            return cast(year * 100 + month, Integer)
        case By.KIND:
            return cast(Document.kind, String)
        case By.DEVICE | None:  # pragma: no branch  # the last of a closed set
            return cast(null(), String)


def _refused_key(period: Period, by: By | None) -> ColumnElement[Any]:
    match by:
        case By.MONTH:
            return cast(literal(period.first.year * 100 + period.first.month), Integer)
        case By.KIND | By.DEVICE | None:  # pragma: no branch  # the last of a closed set
            return cast(null(), String)


def _key(found: int | str | None, device: Device | None, by: By | None) -> str:
    match by:
        case By.MONTH:
            year, month = divmod(int(found or 0), 100)
            return f"{year:04}-{month:02}"
        case By.KIND:
            return str(found or "")
        case By.DEVICE:
            return device or ""
        case None:  # pragma: no branch  # the last of a closed set
            return ""


def _case(row: Row[Any] | Document, standing: Standing) -> Case:
    route, state = RouteName(row.route), State(row.state)
    return Case(
        standing=standing,
        completeness=Completeness(row.completeness) if row.completeness else None,
        indication=Indication(row.indication) if row.indication else None,
        device=Device(row.device) if row.device in _DEVICES else None,
        paper_only=row.paper_only,
        electronic=state in rules.states_from(route, Step.PUBLISH),
        archived=state in rules.states_from(route, Step.DEPOSIT),
    )


def _issued_in(period: Period) -> ColumnElement[bool]:
    return Document.issued_on.between(period.first, period.last)


def _refused_in(period: Period) -> tuple[ColumnElement[bool], ...]:
    begin, end = period.moments()
    return (
        Document.state == State.REFUSED_SECRET,
        Document.issued_on.is_(None),
        Document.received_at >= begin,
        Document.received_at < end,
    )


def _counted() -> ColumnElement[bool]:
    on_its_road = or_(
        *(
            and_(Document.route == route, Document.state.in_(states))
            for route in RouteName
            if (states := sorted(rules.states_from(route, Step.REGISTER)))
        )
    )
    open_to_all = or_(
        Document.secrecy.is_(None), Document.secrecy.not_in(sorted(rules.secret_levels()))
    )
    return and_(on_its_road, open_to_all)


def _incomplete() -> ColumnElement[bool]:
    return or_(
        Document.completeness.is_(None),
        Document.completeness != Completeness.BOTH,
        Document.indication.in_(_BAD),
    )


def _within(unit: str | None) -> tuple[ColumnElement[bool], ...]:
    """Keep the documents whose path at the issue date goes through ``unit``."""
    if unit is None:
        return ()
    path = literal("/") + func.coalesce(Document.issuer_path, Document.unit_code) + "/"
    return (path.contains(f"/{unit}/", autoescape=True),)
