"""A report as people and programs read it: tables in two languages, and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docsvc.catalog import kinds
from docsvc.catalog.messages import sentence
from docsvc.statistics.measures import (
    Measure,
    Rate,
    Tally,
    channels,
    format_count,
    format_rate,
    rates,
)
from docsvc.statistics.report import By

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docsvc.organisations.rules import Device
    from docsvc.statistics.report import Row, StatisticsReport

# A number stays a number until it is shown; a rate keeps its a and b.
Cell = str | int | Rate

_COUNTS = ("issued", "secret", "b", "leader", "organisation", "complete", "undetermined", "rate")
_NOTES = ("paper_only", "pending", "stopped", "failed", "void", "recalled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A table before it is put into words: headings, cells, the line of totals last."""

    title: str
    subtitle: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table in words, the line of totals last; ``numeric`` says which columns are numbers."""

    title: str
    subtitle: str
    headings: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]


def render_rows(report: StatisticsReport, lang: str) -> Table:
    """Return the report as a table in Vietnamese (``vi``) or English (``en``)."""
    return _in_words(layout(report, lang), lang)


def render_measures(report: StatisticsReport, lang: str) -> Table:
    """Return the eight measures of the whole report, each with *a* and *b*, as a table."""
    return _in_words(measures_layout(report, lang), lang)


def layout(report: StatisticsReport, lang: str) -> Layout:
    """Lay the report out: by body as NORMS' form has it, by device as a split of the signed."""
    if report.by is By.DEVICE:
        columns: tuple[str, ...] = ("ordinal", "device", "signed", "signed-all", "share")
        lines = [_device_line(report, row, lang) for row in (*report.rows, report.total)]
    else:
        first = "unit" if report.by is None else str(report.by)
        ranked = ("rank",) if report.by is None else ()
        columns = ("ordinal", first, *_COUNTS, *ranked, "note")
        lines = [_line(report, row, lang) for row in (*report.rows, report.total)]
    return Layout(
        title=_word("title", lang),
        subtitle=_subtitle(report, lang),
        headings=tuple(_word(f"column.{name}", lang) for name in columns),
        rows=tuple(lines),
    )


def measures_layout(report: StatisticsReport, lang: str) -> Layout:
    """Lay out the eight measures; the last is split by device."""
    lines: list[tuple[Cell, ...]] = [
        (str(code), measure_label(code, lang), rate.a, rate.b, rate)
        for code, rate in report.measures().items()
    ]
    for device, rate in channels(report.total.tally).items():
        label = f"{measure_label(Measure.CHANNEL, lang)}: {_device(device, lang)}"
        lines.append((str(Measure.CHANNEL), label, rate.a, rate.b, rate))
    names = ("code", "measure", "a", "b", "rate")
    return Layout(
        title=_word("title-measures", lang),
        subtitle=_subtitle(report, lang),
        headings=tuple(_word(f"column.{name}", lang) for name in names),
        rows=tuple(lines),
    )


def measure_label(measure: Measure, lang: str) -> str:
    """Name a measure."""
    return _word(f"measure.{measure}", lang)


def to_json(report: StatisticsReport) -> dict[str, Any]:
    """Return the report as plain data: every measure of every row with *a*, *b* and percent.

    ``devices`` is the measure ``TL_KS_KENH``, split by device.
    """
    return {
        "period": {
            "text": report.period.text,
            "first": report.period.first.isoformat(),
            "last": report.period.last.isoformat(),
        },
        "unit": report.unit,
        "by": report.by,
        "denominator": report.denominator,
        "rows": [_row_json(report, row) for row in report.rows],
        "total": _row_json(report, report.total),
    }


def _row_json(report: StatisticsReport, row: Row) -> dict[str, Any]:
    tally = row.tally
    measures = rates(tally, row.use, report.denominator)
    return {
        "key": row.key,
        "unit": row.unit,
        "name": row.name,
        "ordinal": row.ordinal,
        "issued": tally.issued.documents,
        "own_issued": row.own.issued.documents,
        **_rate_json(row.rate),
        "rank": row.rank,
        "apart": {name: getattr(tally, name) for name in (*_NOTES, "undetermined", "secret")},
        "measures": {str(code): _rate_json(rate) for code, rate in measures.items()},
        "devices": {
            str(device or "other"): _rate_json(rate) for device, rate in channels(tally).items()
        },
    }


def _rate_json(rate: Rate) -> dict[str, Any]:
    percent = rate.percent()
    return {"a": rate.a, "b": rate.b, "percent": None if percent is None else float(percent)}


def _line(report: StatisticsReport, row: Row, lang: str) -> tuple[Cell, ...]:
    tally, counts = row.tally, row.tally.under(report.denominator)
    rank = "" if row.rank is None else row.rank
    return (
        row.ordinal,
        _label(report, row, lang),
        tally.issued.documents + tally.secret,
        tally.secret,
        counts.documents,
        counts.leader,
        counts.organisation,
        counts.complete,
        tally.undetermined,
        row.rate,
        *((rank,) if report.by is None else ()),
        "; ".join(_notes(tally, lang)),
    )


def _device_line(report: StatisticsReport, row: Row, lang: str) -> tuple[Cell, ...]:
    return (row.ordinal, _label(report, row, lang), row.rate.a, row.rate.b, row.rate)


def _notes(tally: Tally, lang: str) -> Iterator[str]:
    for name in _NOTES:
        if count := getattr(tally, name):
            yield _word(f"note.{name}", lang, count=format_count(count, lang))


def _label(report: StatisticsReport, row: Row, lang: str) -> str:
    if row is report.total:
        return _word("total", lang)
    match report.by:
        case None:
            return row.name or row.unit or ""
        case By.MONTH:
            year, _, month = row.key.partition("-")
            return f"{month}/{year}"
        case By.KIND:
            return _kind(row.key, lang)
        case By.DEVICE:  # pragma: no branch  # the last of a closed set
            return _word(f"device.{row.key or 'other'}", lang)


def _kind(code: str, lang: str) -> str:
    try:
        found = kinds.kind(code)
    except KeyError:
        return code or _word("kind.unknown", lang)
    return found.vi if lang == "vi" else found.en


def _device(device: Device | None, lang: str) -> str:
    return _word(f"device.{device or 'other'}", lang)


def _subtitle(report: StatisticsReport, lang: str) -> str:
    scope = _word(f"denominator.{report.denominator}", lang)
    parts = (report.period.label(lang), report.unit, scope)
    return " · ".join(part for part in parts if part)


def _in_words(table: Layout, lang: str) -> Table:
    return Table(
        title=table.title,
        subtitle=table.subtitle,
        headings=table.headings,
        numeric=tuple(not isinstance(cell, str) for cell in table.rows[-1]),
        rows=tuple(tuple(_text(cell, lang) for cell in row) for row in table.rows),
    )


def _text(cell: Cell, lang: str) -> str:
    match cell:
        case str():
            return cell
        case int():
            return format_count(cell, lang)
        case Rate():  # pragma: no branch  # the last of a closed set
            return format_rate(cell, lang)


def _word(name: str, lang: str, **facts: object) -> str:
    return sentence(f"statistics.{name}", lang, **facts)
