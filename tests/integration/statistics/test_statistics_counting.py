"""Documents on a real database, counted."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

import docsvc.audit.tables
import docsvc.statistics.tables  # noqa: F401  # its tables and its index
from docsvc.db.base import Base
from docsvc.db.engine import open_engine
from docsvc.db.transactions import Tx, transactions_of
from docsvc.documents.tables import Document
from docsvc.organisations import queries as organisations
from docsvc.organisations.errors import UnitUnknownError
from docsvc.organisations.service import ParentEntry, UnitEntry, load
from docsvc.statistics import periods, queries, service
from docsvc.statistics.errors import SnapshotMissingError, TooManyMonthsError
from docsvc.statistics.measures import Denominator, Measure, Rate, Reason, Tally
from docsvc.statistics.report import By, Row, StatisticsReport
from docsvc.statistics.rules import RECALLED_CODE, VOID_CODE
from docsvc.workflow import RouteName, State

AT = datetime(2026, 1, 5, 2, tzinfo=UTC)
END_OF_DISTRICTS, DAY_AFTER = date(2025, 6, 30), date(2025, 7, 1)
YEAR = periods.parse("2025")


def body(code: str, *parents: ParentEntry, valid_to: date | None = None) -> UnitEntry:
    return UnitEntry(
        code=code,
        name=f"Đơn vị {code}",
        short_name=f"Đơn vị {code}",
        symbol="UBND",
        tier="commune",
        kind="state",
        number_form="state",
        place="Lâm An",
        seal_mm=36,
        valid_to=valid_to,
        parents=parents,
    )


def commune(code: str) -> UnitEntry:
    return body(
        code,
        ParentEntry(code="H99.12", valid_to=END_OF_DISTRICTS),
        ParentEntry(code="H99", valid_from=DAY_AFTER),
    )


@pytest.fixture
def tx(tmp_path: Path) -> Iterator[Tx]:
    engine = open_engine(f"sqlite:///{tmp_path}/docsvc.db")
    Base.metadata.create_all(engine)
    with transactions_of(engine)() as opened:
        units = (
            body("H99"),
            body("H99.12", ParentEntry(code="H99"), valid_to=END_OF_DISTRICTS),
            commune("H99.12.05"),
            commune("H99.12.06"),
            body("A99"),
        )
        load(opened, units, [], at=AT, actor="test")
        yield opened
    engine.dispose()


def issue(
    tx: Tx, unit: str = "H99.12.05", on: date | None = date(2025, 3, 3), **more: object
) -> UUID:
    """Put a document where the road would have left it: published, signed by both."""
    known: dict[str, object] = {
        "id": uuid4(),
        "unit_code": unit,
        "route": RouteName.OUTGOING,
        "state": State.PUBLISHED,
        "received_at": AT,
        "received_by": "test",
        "source": "web",
        "issued_on": on,
        "issuer_path": organisations.path(tx, unit, on) if on else None,
        "number_text": "01/QĐ-UBND",
        "kind": "quyet-dinh",
        "completeness": "both",
        "indication": "TOTAL-PASSED",
        "device": "usb-token",
    }
    document = Document(**(known | more))
    tx.add(document)
    tx.flush()
    return document.id


def headline(report: StatisticsReport) -> Rate:
    return report.measures()[Measure.COMPLETE]


def row(report: StatisticsReport, key: str) -> Row:
    return next(r for r in report.rows if r.key == key)


def test_a_document_counts_below_the_parent_of_its_issue_date(tx: Tx) -> None:
    issue(tx, on=END_OF_DISTRICTS)
    issue(tx, on=DAY_AFTER)
    issue(tx, on=DAY_AFTER, completeness="none")
    report = service.report(tx, period=YEAR)
    assert row(report, "H99/H99.12/H99.12.05").rate == Rate(a=1, b=1)
    assert row(report, "H99/H99.12").rate == Rate(a=1, b=1)
    assert row(report, "H99/H99.12.05").rate == Rate(a=1, b=2)
    assert row(report, "H99").rate == Rate(a=2, b=3)
    assert report.total.rate == Rate(a=2, b=3)


def test_a_report_after_the_districts_does_not_know_them(tx: Tx) -> None:
    issue(tx, on=DAY_AFTER)
    report = service.report(tx, period=periods.parse("2025-Q3"))
    assert [r.key for r in report.rows] == ["A99", "H99", "H99/H99.12.05", "H99/H99.12.06"]


def test_a_body_that_moved_is_one_row_in_its_own_report(tx: Tx) -> None:
    issue(tx, on=END_OF_DISTRICTS)
    issue(tx, on=DAY_AFTER)
    issue(tx, "H99.12.06", on=DAY_AFTER)
    report = service.report(tx, period=YEAR, unit="H99.12.05")
    assert [(r.key, r.rate) for r in report.rows] == [("H99.12.05", Rate(a=2, b=2))]


def test_a_report_of_a_body_has_those_below_it_and_no_others(tx: Tx) -> None:
    for unit in ("H99.12.05", "H99.12.06", "H99", "A99"):
        issue(tx, unit)
    report = service.report(tx, period=YEAR, unit="H99.12")
    assert [r.key for r in report.rows] == ["H99.12", "H99.12/H99.12.05", "H99.12/H99.12.06"]
    assert headline(report) == Rate(a=2, b=2)


def test_a_code_that_begins_alike_is_another_body(tx: Tx) -> None:
    load(tx, [body("H99.120", ParentEntry(code="H99"))], [], at=AT, actor="test")
    issue(tx, "H99.120")
    assert headline(service.report(tx, period=YEAR, unit="H99.12")) == Rate(a=0, b=0)


def test_a_report_of_an_unknown_body_is_refused(tx: Tx) -> None:
    with pytest.raises(UnitUnknownError):
        service.report(tx, period=YEAR, unit="H98")


def test_paper_only_documents_count_and_lower_the_rate(tx: Tx) -> None:
    issue(tx)
    paper = {"completeness": None, "indication": None, "device": None, "paper_only": True}
    issue(tx, route=RouteName.PAPER, state=State.REGISTERED, **paper)
    report = service.report(tx, period=YEAR)
    assert headline(report) == Rate(a=1, b=2)
    assert report.measures()[Measure.ELECTRONIC] == Rate(a=1, b=2)
    assert report.total.tally.paper_only == 1


def test_drafts_count_nowhere(tx: Tx) -> None:
    issue(tx, on=None, state=State.LEADER_SIGNED)
    issue(tx, state=State.CONFIRMED)
    report = service.report(tx, period=YEAR)
    assert report.total.tally == Tally()


def test_a_document_counts_as_soon_as_it_has_its_number(tx: Tx) -> None:
    issue(tx, state=State.REGISTERED, completeness=None, indication=None)
    report = service.report(tx, period=YEAR)
    assert headline(report) == Rate(a=0, b=1)
    assert report.total.tally.pending == 1


def test_void_and_recalled_documents_stand_apart(tx: Tx) -> None:
    issue(tx, state=State.REJECTED, ended_code=VOID_CODE)
    issue(tx, state=State.REJECTED, ended_code=RECALLED_CODE)
    report = service.report(tx, period=YEAR)
    assert headline(report) == Rate(a=0, b=0)
    assert (report.total.tally.void, report.total.tally.recalled) == (1, 1)


def test_a_document_with_a_bad_verdict_keeps_its_number_and_lowers_the_rate(tx: Tx) -> None:
    issue(tx)
    bad = {"state": State.REJECTED, "ended_code": "verify.bad-verdict"}
    issue(tx, indication="TOTAL-FAILED", completeness="leader-only", **bad)
    report = service.report(tx, period=YEAR)
    assert headline(report) == Rate(a=1, b=2)
    assert report.total.tally.failed == 1


def test_a_date_without_a_number_is_a_draft_even_after_a_refusal(tx: Tx) -> None:
    issue(tx, number_text=None, state=State.REJECTED, ended_code=VOID_CODE)
    issue(tx, number_text=None, state=State.QUARANTINED, ended_code="sandbox.failed")
    report = service.report(tx, period=YEAR)
    assert report.total.tally == Tally()


def test_undetermined_documents_are_not_signed_and_are_shown(tx: Tx) -> None:
    issue(tx, indication="INDETERMINATE")
    report = service.report(tx, period=YEAR)
    assert headline(report) == Rate(a=0, b=1)
    assert report.total.tally.undetermined == 1


def test_a_secret_document_on_paper_never_counts(tx: Tx) -> None:
    issue(tx, secrecy="confidential", route=RouteName.PAPER, state=State.REGISTERED)
    report = service.report(tx, period=YEAR)
    assert headline(report) == Rate(a=0, b=0)
    assert report.total.tally.secret == 1


def test_a_refused_secret_document_is_counted_on_the_day_it_came(tx: Tx) -> None:
    refused = {
        "on": None,
        "number_text": None,
        "state": State.REFUSED_SECRET,
        "completeness": None,
        "kind": None,
    }
    issue(tx, received_at=datetime(2025, 3, 31, 16, 59, tzinfo=UTC), **refused)
    issue(tx, received_at=datetime(2025, 3, 31, 17, tzinfo=UTC), **refused)
    march = service.report(tx, period=periods.parse("2025-03"))
    assert row(march, "H99/H99.12/H99.12.05").tally.secret == 1
    by_month = service.report(tx, period=YEAR, by=By.MONTH)
    assert [r.tally.secret for r in by_month.rows][2:4] == [1, 1]
    of_body = service.report(tx, period=YEAR, unit="A99", by=By.KIND)
    assert of_body.total.tally.secret == 0


def test_months_are_those_of_the_issue_date(tx: Tx) -> None:
    issue(tx, on=date(2025, 3, 31))
    issue(tx, on=date(2025, 4, 1), completeness="leader-only")
    report = service.report(tx, period=YEAR, by=By.MONTH)
    assert [r.key for r in report.rows][:4] == ["2025-01", "2025-02", "2025-03", "2025-04"]
    assert [r.rate for r in report.rows][2:4] == [Rate(a=1, b=1), Rate(a=0, b=1)]


def test_a_year_from_the_15th_to_the_14th_takes_both_days(tx: Tx) -> None:
    for day in (date(2024, 12, 14), date(2024, 12, 15), date(2025, 12, 14), date(2025, 12, 15)):
        issue(tx, on=day)
    report = service.report(tx, period=periods.parse("2024-12-15..2025-12-14"))
    assert headline(report) == Rate(a=2, b=2)


def test_kinds_have_a_row_each(tx: Tx) -> None:
    issue(tx)
    issue(tx, kind="bao-cao", completeness="none")
    issue(tx, kind=None)
    report = service.report(tx, period=YEAR, by=By.KIND)
    assert [(r.key, r.rate) for r in report.rows] == [
        ("bao-cao", Rate(a=0, b=1)),
        ("quyet-dinh", Rate(a=1, b=1)),
        ("", Rate(a=1, b=1)),
    ]


def test_signed_documents_split_by_the_device_that_signed(tx: Tx) -> None:
    for device in ("usb-token", "usb-token", "sim-pki", "remote", "pen"):
        issue(tx, device=device)
    issue(tx, completeness="none")
    report = service.report(tx, period=YEAR, by=By.DEVICE)
    assert [(r.key, r.rate.a, r.rate.b) for r in report.rows] == [
        ("usb-token", 2, 5),
        ("sim-pki", 1, 5),
        ("hsm", 0, 5),
        ("remote", 1, 5),
        ("", 1, 5),
    ]


def test_units_that_signed_are_a_share_of_those_that_were_there(tx: Tx) -> None:
    issue(tx, on=END_OF_DISTRICTS)
    issue(tx, on=DAY_AFTER)
    issue(tx, "H99.12.06", completeness="none")
    assert service.report(tx, period=YEAR).measures()[Measure.UNITS] == Rate(a=1, b=5)
    second_half = periods.parse("2025-07-01..2025-12-31")
    assert service.report(tx, period=second_half).measures()[Measure.UNITS] == Rate(a=1, b=4)


def test_archived_documents_are_those_that_were_deposited(tx: Tx) -> None:
    for state in (State.VERIFIED, State.DEPOSITED, State.PUBLISHED):
        issue(tx, state=state)
    report = service.report(tx, period=YEAR, denominator=Denominator.ELECTRONIC)
    assert report.measures()[Measure.ARCHIVED] == Rate(a=1, b=1)
    everything = service.report(tx, period=YEAR).measures()
    assert everything[Measure.ARCHIVED] == Rate(a=2, b=3)
    assert everything[Measure.ELECTRONIC] == Rate(a=1, b=3)


@pytest.mark.parametrize("by", [None, *By])
def test_a_report_walks_its_index_once_and_sorts_nothing(tx: Tx, by: By | None) -> None:
    issue(tx)
    statements: list[tuple[str, object]] = []

    def note(*arguments: object) -> None:
        statements.append((str(arguments[2]), arguments[3]))

    engine = tx.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    service.report(tx, period=YEAR, by=by)
    event.remove(engine, "before_cursor_execute", note)
    ((statement, values),) = [s for s in statements if "FROM documents" in s[0]]
    plan = tx.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]
    details = [str(row[3]) for row in plan]
    issued = details[: details.index("UNION ALL")]
    assert any("USING COVERING INDEX ix_documents_statistics" in step for step in issued)
    assert not any("TEMP B-TREE" in step for step in issued)


def test_too_many_months_are_refused(tx: Tx) -> None:
    ages = periods.parse("1990-01-01..2025-12-31")
    with pytest.raises(TooManyMonthsError):
        service.report(tx, period=ages, by=By.MONTH)
    assert headline(service.report(tx, period=ages)) == Rate(a=0, b=0)


def test_documents_without_a_signature_are_listed_with_their_reason(tx: Tx) -> None:
    wanted = {
        issue(tx, completeness="leader-only"): Reason.NO_ORGANISATION,
        issue(tx, completeness="organisation-only"): Reason.NO_LEADER,
        issue(tx, completeness="none"): Reason.NO_SIGNATURE,
        issue(tx, completeness="none", indication="TOTAL-FAILED"): Reason.SIGNATURE_FAILED,
        issue(tx, indication="INDETERMINATE"): Reason.UNDETERMINED,
        issue(tx, completeness=None, state=State.REGISTERED): Reason.IN_PROGRESS,
        issue(
            tx,
            completeness=None,
            route=RouteName.PAPER,
            state=State.REGISTERED,
            paper_only=True,
        ): Reason.PAPER_ONLY,
    }
    stopped = {"completeness": None, "indication": None, "state": State.REJECTED}
    wanted[issue(tx, ended_code="sign.no-mandate", **stopped)] = Reason.STOPPED
    issue(tx)
    issue(tx, ended_code=VOID_CODE, **stopped)
    issue(tx, ended_code=RECALLED_CODE, **stopped)
    issue(tx, ended_code="sign.refused", number_text=None, **stopped)
    issue(tx, completeness="none", secrecy="secret")
    issue(tx, completeness=None, state=State.CONFIRMED)
    found = queries.unsigned(tx, YEAR, unit=None)
    assert {document.id: document.reason for document in found} == wanted
    assert len(found) == headline(service.report(tx, period=YEAR)).b - 1


def test_the_list_goes_on_where_the_page_before_ended(tx: Tx) -> None:
    for month in (5, 3, 4):
        issue(tx, on=date(2025, month, 1), completeness="none")
    issue(tx, "A99", completeness="none")
    first = queries.unsigned(tx, YEAR, unit="H99", limit=2)
    assert [d.issued_on.month for d in first] == [3, 4]
    after = (first[-1].issued_on, first[-1].id)
    rest = queries.unsigned(tx, YEAR, unit="H99", after=after)
    assert [d.issued_on.month for d in rest] == [5]


@pytest.mark.parametrize(
    ("unit", "found"), [(None, 3), ("H99", 2), ("H99.12", 1), ("H99.12.05", 1), ("A99", 1)]
)
def test_the_list_has_the_documents_of_a_body_and_those_below(
    tx: Tx, unit: str | None, found: int
) -> None:
    for issuer in ("H99", "H99.12.05", "A99"):
        issue(tx, issuer, completeness="none")
    assert len(queries.unsigned(tx, YEAR, unit=unit)) == found


def test_a_kept_report_does_not_change_with_the_documents(tx: Tx) -> None:
    issue(tx)
    made = service.report(tx, period=YEAR)
    number = service.keep(tx, made, at=AT, actor="lead")
    issue(tx, completeness="none")
    tx.expire_all()
    found = service.kept(tx, number)
    assert found.content == service.to_json(made)
    assert (found.period, found.made_at, found.made_by) == ("2025", AT, "lead")
    assert (found.content["total"]["a"], found.content["total"]["b"]) == (1, 1)


def test_kept_reports_are_listed_the_newest_first(tx: Tx) -> None:
    whole = service.report(tx, period=YEAR)
    part = service.report(tx, period=YEAR, unit="H99")
    first = service.keep(tx, whole, at=AT, actor="lead")
    second = service.keep(tx, part, at=AT.replace(hour=3), actor="lead")
    assert [r.id for r in service.kept_reports(tx)] == [second, first]
    assert [r.id for r in service.kept_reports(tx, unit="H99")] == [second]


def test_a_report_that_was_never_kept_is_not_found(tx: Tx) -> None:
    with pytest.raises(SnapshotMissingError):
        service.kept(tx, uuid4())
