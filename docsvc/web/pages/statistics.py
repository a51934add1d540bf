"""The percentage, with a and b beside it, down to the documents that are missing."""

import io
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from docsvc.access.rules import Action
from docsvc.errors import DocsvcError
from docsvc.statistics import export, queries
from docsvc.statistics import service as statistics
from docsvc.statistics.queries import UnsignedDocument
from docsvc.statistics.rendering import Table
from docsvc.statistics.report import By, StatisticsReport
from docsvc.web.api.schemas import Counting
from docsvc.web.api.statistics import count, default_of
from docsvc.web.api.uploads import disposition
from docsvc.web.deps import CallerDep, ServicesDep
from docsvc.web.errors import PageMissingError
from docsvc.web.pages.rendering import language_of, render
from docsvc.web.problems import Problem, problem_of
from docsvc.web.texts import label

router = APIRouter()

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LONGEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A line of the tree as a bar: a of b, and the share in thousandths of the width."""

    key: str
    unit: str | None
    name: str
    depth: int
    a: int
    b: int
    share: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsPage:
    """A report."""

    units: tuple[tuple[str, str, int], ...]
    unit: str
    period: str
    by: str
    bodies: tuple[Bar, ...]
    headline: Bar | None
    table: Table | None
    measures: Table | None
    missing: tuple[UnsignedDocument, ...]
    query: str
    everything: bool
    problem: Problem | None = None


@router.get("/statistics")
def page(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """Show a report; a period that cannot be read is said so above the form."""
    caller.require_somewhere(Action.COUNT)
    asked = _asked(request)
    lang = language_of(request)
    allowed = sorted(caller.units_for(Action.COUNT), key=lambda c: caller.units.paths[c])
    units = tuple((c, caller.units.name(c), len(caller.units.paths[c]) - 1) for c in allowed)
    query = urlencode({k: v for k, v in asked.model_dump(exclude_none=True).items() if v})
    try:
        made = count(services, caller, asked)
    except DocsvcError as e:
        problem = problem_of(e, lang)
        shown = StatisticsPage(
            units=units,
            unit=asked.unit or "",
            period=asked.period or "",
            by=asked.by or "",
            bodies=(),
            headline=None,
            table=None,
            measures=None,
            missing=(),
            query=query,
            everything=default_of(caller) is None,
            problem=problem,
        )
        return render(request, "statistics/page.html", shown, caller=caller, status=problem.status)
    with services.transactions() as tx:
        missing = queries.unsigned(tx, made.period, unit=made.unit, limit=_LONGEST)
    shown = StatisticsPage(
        units=units,
        unit=made.unit or "",
        period=made.period.text,
        by=asked.by or "",
        bodies=_bars(made) if made.by is None else (),
        headline=_headline(made),
        table=statistics.render_rows(made, lang),
        measures=statistics.render_measures(made, lang),
        missing=tuple(m for m in missing if caller.may(Action.SEE, m.unit)),
        query=query,
        everything=default_of(caller) is None,
    )
    return render(request, "statistics/page.html", shown, caller=caller)


@router.get("/statistics.{kind}")
def file(request: Request, kind: str, services: ServicesDep, caller: CallerDep) -> Response:
    """Send a report as a file."""
    if kind not in {"csv", "xlsx"}:
        raise PageMissingError
    lang = language_of(request)
    made = count(services, caller, _asked(request))
    name = f"{label('statistics.file', lang)}-{made.unit or 'all'}-{made.period.text}.{kind}"
    headers = {"Content-Disposition": disposition(name)}
    if kind == "csv":
        text = io.StringIO(newline="")
        export.write_csv(made, text, lang=lang)
        # Spreadsheets take a file for UTF-8 by its mark.
        data = text.getvalue().encode("utf-8-sig")
        return Response(data, media_type="text/csv; charset=utf-8", headers=headers)
    notice = label("banner.demonstration", lang) if services.settings.demonstration else ""
    book = io.BytesIO()
    export.write_xlsx(made, book, lang=lang, at=services.clock.now(), notice=notice)
    return Response(book.getvalue(), media_type=_XLSX, headers=headers)


def _asked(request: Request) -> Counting:
    """Read the form's fields, in which an empty one means the default."""
    given = {k: request.query_params.get(k, "").strip() for k in ("unit", "period", "by")}
    by = given["by"] if given["by"] in set(By) else None
    return Counting(
        unit=given["unit"][:35] or None,
        period=given["period"][:30] or None,
        by=By(by) if by else None,
    )


def _headline(made: StatisticsReport) -> Bar:
    rate = made.total.rate
    return Bar(
        key="",
        unit=made.unit,
        name="",
        depth=0,
        a=rate.a,
        b=rate.b,
        share=rate.a * 1000 // rate.b if rate.b else None,
    )


def _bars(made: StatisticsReport) -> tuple[Bar, ...]:
    return tuple(
        Bar(
            key=row.key,
            unit=row.unit,
            name=row.name or row.unit or "",
            depth=row.key.count("/"),
            a=row.rate.a,
            b=row.rate.b,
            share=row.rate.a * 1000 // row.rate.b if row.rate.b else None,
        )
        for row in made.rows
    )
