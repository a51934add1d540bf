"""The measures of signing, with numerator and denominator."""

from typing import Annotated

from fastapi import APIRouter, Query

from docsvc.access.rules import Action
from docsvc.bootstrap import Services
from docsvc.statistics import periods
from docsvc.statistics import service as statistics
from docsvc.statistics.report import StatisticsReport
from docsvc.web.api.schemas import Counting, StatisticsOut
from docsvc.web.deps import ApiCallerDep, Caller, ServicesDep
from docsvc.web.errors import FieldError

router = APIRouter(tags=["statistics"])


@router.get("/statistics")
def measures(
    asked: Annotated[Counting, Query()], services: ServicesDep, caller: ApiCallerDep
) -> StatisticsOut:
    """Count the documents of a body and of those below it."""
    made = count(services, caller, asked)
    return StatisticsOut.model_validate(statistics.to_json(made))


def count(services: Services, caller: Caller, asked: Counting) -> StatisticsReport:
    """Make a report, if the caller may count there.

    Raises:
        FieldError: there is no such body.
        NotAllowedError: the caller may not count there, or anywhere.
        PeriodUnreadableError, PeriodReversedError: the text names no period.
    """
    caller.require_somewhere(Action.COUNT)
    chosen = asked.unit or default_of(caller)
    if chosen is not None:
        if chosen not in caller.units.paths:
            raise FieldError(field="unit")
        caller.require(Action.COUNT, chosen)
    span = periods.parse(asked.period) if asked.period else periods.year_of(services.clock.now())
    with services.transactions() as tx:
        return statistics.report(
            tx, period=span, unit=chosen, by=asked.by, denominator=asked.denominator
        )


def default_of(caller: Caller) -> str | None:
    """Return the body that is counted if none is named: the caller's highest, the first of equals.

    None stands for all bodies: for who may count every one of them.
    """
    allowed = caller.units_for(Action.COUNT)
    if allowed == set(caller.units.paths):
        return None
    return min(allowed, key=lambda code: (len(caller.units.paths[code]), code))
