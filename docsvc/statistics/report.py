"""A report: groups of documents folded into rows. Pure; every parent is a sum."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from docsvc.organisations.rules import Device
from docsvc.statistics.measures import (
    Case,
    Denominator,
    Measure,
    Rate,
    Standing,
    Tally,
    Use,
    rates,
    tally_of,
    total,
)
from docsvc.statistics.periods import Period
from verification.model import Completeness

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Path = tuple[str, ...]


class By(StrEnum):
    """What a report is broken down by, other than by bodies."""

    MONTH = "month"
    KIND = "kind"
    DEVICE = "device"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Documents that are alike for every measure.

    Attributes:
        path: bodies above the issuing one at the issue date, from the highest down to itself;
            None where the document never had a number (refused for its secrecy).
        unit: the issuing body.
        key: month (``2026-03``), kind or device, if the breakdown asks for it; else empty.
    """

    path: tuple[str, ...] | None
    unit: str
    key: str
    case: Case
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a report.

    Attributes:
        key: path of the body (``H99/H99.12``), or month, kind or device; empty in the total,
            and where the kind or device is not known.
        unit: code of the body, in reports by body.
        name: short name of the body.
        ordinal: place in the tree (``1.2``) or in the list.
        own: documents of the body itself; ``tally`` has those of the bodies below it as well.
        use: which bodies were there and which signed.
        rate: the measure the report is about, *a* and *b*.
        rank: among the bodies under the same parent; None where *b* is 0.
    """

    key: str
    unit: str | None = None
    name: str | None = None
    ordinal: str = ""
    own: Tally
    tally: Tally
    use: Use
    rate: Rate
    rank: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsReport:
    """What was counted, and how: period, scope, breakdown and denominator."""

    period: Period
    unit: str | None
    by: By | None
    denominator: Denominator
    rows: tuple[Row, ...]
    total: Row

    def measures(self) -> dict[Measure, Rate]:
        """Return the measures of the whole report, without the split by device."""
        return rates(self.total.tally, self.total.use, self.denominator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a report is about.

    ``bodies`` are the paths at which bodies stood in the period, ``names`` their short names by
    code.
    """

    period: Period
    unit: str | None
    by: By | None
    denominator: Denominator
    bodies: frozenset[Path]
    names: Mapping[str, str]


def build(scope: Scope, groups: Iterable[Group]) -> StatisticsReport:
    """Fold groups, each with its path, into the rows that the scope asks for."""
    found = tuple(groups)
    use = Use(
        active=frozenset(path[-1] for path in scope.bodies),
        signing=_signing(found),
    )
    everything = _tally(found)
    rows = _by_body(scope, found) if scope.by is None else _by_key(scope, scope.by, found, use)
    rate = _rate(scope, everything, signed=everything.issued.signed)
    return StatisticsReport(
        period=scope.period,
        unit=scope.unit,
        by=scope.by,
        denominator=scope.denominator,
        rows=rows,
        total=Row(key="", own=everything, tally=everything, use=use, rate=rate),
    )


def _tally(groups: Iterable[Group]) -> Tally:
    """Count what is alike first: a breakdown by month has many groups and few cases."""
    counts: Counter[Case] = Counter()
    for group in groups:
        counts[group.case] += group.count
    return total(tally_of(case, count) for case, count in counts.items())


def _signs(group: Group) -> bool:
    signed = group.case.completeness not in {None, Completeness.NONE}
    return signed and group.case.standing is Standing.COUNTED


def _signing(groups: Iterable[Group]) -> frozenset[str]:
    return frozenset(group.unit for group in groups if _signs(group))


def _rate(scope: Scope, tally: Tally, *, signed: int) -> Rate:
    """Return the headline; by device the share of the signed documents."""
    if scope.by is By.DEVICE:
        return Rate(a=tally.issued.signed, b=signed)
    counts = tally.under(scope.denominator)
    return Rate(a=counts.complete, b=counts.documents)


def _by_body(scope: Scope, groups: Sequence[Group]) -> tuple[Row, ...]:
    issued: defaultdict[Path, list[Group]] = defaultdict(list)
    for group in groups:
        issued[group.path or (group.unit,)].append(group)
    own = {path: _tally(issued[path]) for path in {*scope.bodies, *issued}}
    sums: defaultdict[Path, Tally] = defaultdict(Tally)
    uses: defaultdict[Path, Use] = defaultdict(Use)
    for path, tally in own.items():
        there = {path[-1]} if path in scope.bodies else set()
        use = Use(active=frozenset(there), signing=_signing(issued[path]))
        for depth in range(1, len(path) + 1):
            sums[path[:depth]] += tally
            uses[path[:depth]] |= use
    rows = {
        path: Row(
            key="/".join(path),
            unit=path[-1],
            name=scope.names.get(path[-1]),
            own=own.get(path, Tally()),
            tally=sums[path],
            use=uses[path],
            rate=_rate(scope, sums[path], signed=0),
        )
        for path in sorted(sums)
    }
    return _in_order(rows)


def _in_order(rows: Mapping[Path, Row]) -> tuple[Row, ...]:
    """Number the rows of a tree, parents first, and rank those under the same parent."""
    ranks = _ranks(rows)
    last: Counter[Path] = Counter()
    ordinals: dict[Path, str] = {(): ""}
    found = []
    for path, row in rows.items():
        above = path[:-1]
        last[above] += 1
        ordinals[path] = f"{ordinals[above]}.{last[above]}".lstrip(".")
        found.append(replace(row, ordinal=ordinals[path], rank=ranks.get(path)))
    return tuple(found)


def _ranks(rows: Mapping[Path, Row]) -> dict[Path, int]:
    """Rank by rate, the highest first; equal rates share a rank, and the next is skipped."""
    values = {path: Fraction(r.rate.a, r.rate.b) for path, r in rows.items() if r.rate.b}
    families: defaultdict[Path, list[Fraction]] = defaultdict(list)
    for path, value in values.items():
        families[path[:-1]].append(value)
    return {
        path: 1 + sum(other > value for other in families[path[:-1]])
        for path, value in values.items()
    }


def _by_key(scope: Scope, by: By, groups: Sequence[Group], use: Use) -> tuple[Row, ...]:
    parts: defaultdict[str, list[Group]] = defaultdict(list)
    for key in _expected_keys(scope, by):
        parts[key] = []
    for group in groups:
        if by is not By.DEVICE or _signs(group):
            parts[group.key].append(group)
    sums = {key: _tally(part) for key, part in parts.items()}
    signed = sum(tally.issued.signed for tally in sums.values())
    # What is not known comes last.
    keys = list(sums) if by is By.DEVICE else sorted(sums, key=lambda key: (not key, key))
    return tuple(
        Row(
            key=key,
            ordinal=str(number),
            own=sums[key],
            tally=sums[key],
            use=Use(active=use.active, signing=_signing(parts[key])),
            rate=_rate(scope, sums[key], signed=signed),
        )
        for number, key in enumerate(keys, start=1)
    )


def _expected_keys(scope: Scope, by: By) -> tuple[str, ...]:
    """Return the keys that get a row even if there was nothing to count."""
    match by:
        case By.MONTH:
            return tuple(month.text for month in scope.period.months())
        case By.KIND:
            return ()
        case By.DEVICE:  # pragma: no branch  # the last of a closed set
            return tuple(Device)
