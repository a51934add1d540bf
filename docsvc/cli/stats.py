"""``docsvc stats``: the measures, each with numerator and denominator."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docsvc import logs, settings
from docsvc.cli.output import JsonOption, Lang, LangOption, Output
from docsvc.clock import SystemClock
from docsvc.db.engine import open_engine
from docsvc.db.transactions import transactions_of
from docsvc.statistics import periods
from docsvc.statistics.export import write_csv, write_xlsx
from docsvc.statistics.service import By, render_measures, render_rows, report, to_json

if TYPE_CHECKING:
    from docsvc.db.transactions import Transactions
    from docsvc.statistics.rendering import Table
    from docsvc.statistics.service import StatisticsReport


def stats(  # noqa: PLR0913  # the options of the contract
    *,
    unit: Annotated[str | None, typer.Option(help="mã đơn vị")] = None,
    period: Annotated[str | None, typer.Option(help="2026 | 2026-Q3 | 2026-11 | TỪ..ĐẾN")] = None,
    by: Annotated[By | None, typer.Option(help="month | kind | device")] = None,
    xlsx: Annotated[Path | None, typer.Option(help="ghi bảng tính")] = None,
    csv: Annotated[Path | None, typer.Option(help="ghi CSV")] = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """In các tỷ lệ, luôn kèm tử số và mẫu số."""
    logs.configure("warning")
    engine = open_engine(settings.load().database)
    output = Output(as_json=as_json, lang=lang)
    try:
        made = count(transactions_of(engine), unit=unit, period=period, by=by)
    finally:
        engine.dispose()
    if xlsx is not None:
        with xlsx.open("wb") as file:
            write_xlsx(made, file, lang=lang, at=SystemClock().now())
    if csv is not None:
        with csv.open("w", newline="", encoding="utf-8-sig") as text:
            write_csv(made, text, lang=lang)
    show(output, made)
    return 0


def count(
    transactions: Transactions, *, unit: str | None, period: str | None, by: By | None
) -> StatisticsReport:
    """Count; the period is this year if none is named."""
    chosen = periods.parse(period) if period else periods.year_of(SystemClock().now())
    with transactions() as tx:
        return report(tx, period=chosen, unit=unit, by=by)


def show(output: Output, made: StatisticsReport) -> None:
    """Print a report."""
    if output.as_json:
        output.document(to_json(made))
        return
    for table in (render_rows(made, output.lang), render_measures(made, output.lang)):
        _print(output, table)


def _print(output: Output, table: Table) -> None:
    title = " · ".join(part for part in (table.title, table.subtitle) if part)
    output.table(table.headings, table.rows, title)
