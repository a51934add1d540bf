"""Make a report, and keep the one that was issued."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import select

from docsvc.audit import service as audit
from docsvc.organisations import queries as organisations
from docsvc.organisations import rules as organisation_rules
from docsvc.statistics import queries
from docsvc.statistics.errors import SnapshotMissingError
from docsvc.statistics.measures import Denominator
from docsvc.statistics.rendering import render_measures, render_rows, to_json
from docsvc.statistics.report import By, Group, Path, Scope, StatisticsReport, build
from docsvc.statistics.tables import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from docsvc.db.transactions import Tx
    from docsvc.organisations.queries import UnitRecord
    from docsvc.organisations.rules import Link
    from docsvc.statistics.periods import Period

__all__ = [
    "By",
    "Denominator",
    "KeptReport",
    "StatisticsReport",
    "keep",
    "kept",
    "kept_reports",
    "render_measures",
    "render_rows",
    "report",
    "to_json",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReport:
    """A report that was kept; ``content`` is what :func:`to_json` made of it then."""

    id: UUID
    period: str
    unit: str | None
    made_at: datetime
    made_by: str
    content: dict[str, Any]


def report(
    tx: Tx,
    *,
    period: Period,
    unit: str | None = None,
    by: By | None = None,
    denominator: Denominator = Denominator.ALL,
) -> StatisticsReport:
    """Count the documents of a period, with one grouped statement.

    Args:
        tx: the transaction to read in.
        period: by issue date.
        unit: the body whose documents, and those of the bodies below it, are counted; None: all.
        by: month, kind or device; None: body by body.
        denominator: which documents are divided by.

    Raises:
        UnitUnknownError: no body has the code ``unit``.
        TooManyMonthsError: the period is too long to be broken down by month.
    """
    if unit is not None:
        organisations.unit(tx, unit)
    units, links = organisations.units(tx), organisations.links(tx)
    scope = Scope(
        period=period,
        unit=unit,
        by=by,
        denominator=denominator,
        bodies=frozenset(_bodies(units, links, period, unit)),
        names={body.code: body.short_name for body in units},
    )
    parents = organisation_rules.parents_on(links, period.last)
    found = queries.groups(tx, period, unit=unit, by=by)
    return build(scope, _placed(found, unit=unit, parents=parents))


def keep(tx: Tx, made: StatisticsReport, *, at: datetime, actor: str) -> UUID:
    """Keep a report as it is now, and return the number it is kept under."""
    row = Snapshot(
        id=uuid4(),
        period=made.period.text,
        first=made.period.first,
        last=made.period.last,
        unit_code=made.unit,
        made_at=at,
        made_by=actor,
        rows=to_json(made),
    )
    tx.add(row)
    tx.flush()
    audit.append(
        tx, at=at, actor=actor, act="statistics.keep", subject=str(row.id), period=row.period
    )
    return row.id


def kept(tx: Tx, snapshot_id: UUID) -> KeptReport:
    """Return a report that was kept.

    Raises:
        SnapshotMissingError: there is none under this number.
    """
    row = tx.get(Snapshot, snapshot_id)
    if row is None:
        raise SnapshotMissingError(snapshot=str(snapshot_id))
    return _kept(row)


def kept_reports(tx: Tx, *, unit: str | None = None) -> tuple[KeptReport, ...]:
    """Return the reports that were kept, of one body or of all, the newest first."""
    query = select(Snapshot).order_by(Snapshot.made_at.desc(), Snapshot.id)
    if unit is not None:
        query = query.where(Snapshot.unit_code == unit)
    return tuple(_kept(row) for row in tx.scalars(query))


def _kept(row: Snapshot) -> KeptReport:
    return KeptReport(
        id=row.id,
        period=row.period,
        unit=row.unit_code,
        made_at=row.made_at,
        made_by=row.made_by,
        content=row.rows,
    )


def _bodies(
    units: Iterable[UnitRecord], links: Iterable[Link], period: Period, unit: str | None
) -> Iterator[Path]:
    """Return every place at which a body stood in the period: a commune may have had two."""
    spans = tuple(units)
    known = tuple(links)
    ends = {body.valid_to for body in spans} | {link.valid_to for link in known}
    days = {day for day in ends if day is not None and period.first <= day < period.last}
    for day in days | {period.last}:
        parents = organisation_rules.parents_on(known, day)
        for body in spans:
            if not organisation_rules.covers(day, body.valid_from, body.valid_to):
                continue
            path = tuple(organisation_rules.path_of(parents, body.code).split("/"))
            if (below := _under(path, unit)) is not None:
                yield below


def _placed(
    groups: Iterable[Group], *, unit: str | None, parents: dict[str, str]
) -> Iterator[Group]:
    """Give every group its path below ``unit``; leave out what does not belong there."""
    for group in groups:
        whole = group.path or tuple(organisation_rules.path_of(parents, group.unit).split("/"))
        path = _under(whole, unit)
        if path is not None:
            yield replace(group, path=path)


def _under(path: Path, unit: str | None) -> Path | None:
    if unit is None:
        return path
    return path[path.index(unit) :] if unit in path else None
