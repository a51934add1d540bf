from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docsvc.organisations.rules import Device
from docsvc.statistics import periods
from docsvc.statistics.measures import Case, Denominator, Measure, Rate, Standing, Tally, total
from docsvc.statistics.report import By, Group, Path, Row, Scope, StatisticsReport, build
from verification.model import Completeness

PROVINCE, DEPARTMENT = ("H99",), ("H99", "H99.05")
DISTRICT, COMMUNE = ("H99", "H99.12"), ("H99", "H99.12", "H99.12.05")
OTHER_COMMUNE, PARTY = ("H99", "H99.12", "H99.12.06"), ("A99",)
BODIES = frozenset({PROVINCE, DEPARTMENT, DISTRICT, COMMUNE, OTHER_COMMUNE, PARTY})
NAMES = {"H99": "UBND tỉnh", "H99.12.05": "UBND xã Suối Trúc"}

SIGNED = Case(completeness=Completeness.BOTH, device=Device.USB_TOKEN, electronic=True)
UNSIGNED = Case(completeness=Completeness.NONE)


def scope(by: By | None = None, denominator: Denominator = Denominator.ALL) -> Scope:
    return Scope(
        period=periods.parse("2026-Q1"),
        unit=None,
        by=by,
        denominator=denominator,
        bodies=BODIES,
        names=NAMES,
    )


def group(path: Path, case: Case, count: int, key: str = "") -> Group:
    return Group(path=path, unit=path[-1], key=key, case=case, count=count)


def row(report: StatisticsReport, key: str) -> Row:
    return next(r for r in report.rows if r.key == key)


def test_parents_have_the_documents_below_them_and_their_own() -> None:
    report = build(
        scope(),
        [group(COMMUNE, SIGNED, 3), group(OTHER_COMMUNE, UNSIGNED, 5), group(PROVINCE, SIGNED, 2)],
    )
    assert row(report, "H99/H99.12").rate == Rate(a=3, b=8)
    assert row(report, "H99").rate == Rate(a=5, b=10)
    assert row(report, "H99").own.issued.documents == 2
    assert report.total.rate == Rate(a=5, b=10)


def test_a_parent_is_not_the_average_of_its_children() -> None:
    report = build(scope(), [group(COMMUNE, SIGNED, 1), group(OTHER_COMMUNE, UNSIGNED, 999)])
    assert row(report, "H99/H99.12").rate == Rate(a=1, b=1000)


def test_bodies_without_documents_have_a_row_and_no_rate_and_no_rank() -> None:
    report = build(scope(), [])
    assert [r.key for r in report.rows] == ["/".join(path) for path in sorted(BODIES)]
    assert {r.rate.percent() for r in report.rows} == {None}
    assert {r.rank for r in report.rows} == {None}


def test_rows_are_numbered_as_the_tree_grows() -> None:
    report = build(scope(), [])
    assert {r.key: r.ordinal for r in report.rows} == {
        "A99": "1",
        "H99": "2",
        "H99/H99.05": "2.1",
        "H99/H99.12": "2.2",
        "H99/H99.12/H99.12.05": "2.2.1",
        "H99/H99.12/H99.12.06": "2.2.2",
    }


def test_bodies_under_one_parent_are_ranked_and_equal_rates_share_a_rank() -> None:
    third = ("H99", "H99.12", "H99.12.07")
    report = build(
        scope(),
        [
            group(COMMUNE, SIGNED, 2),
            group(OTHER_COMMUNE, SIGNED, 7),
            group(third, SIGNED, 1),
            group(third, UNSIGNED, 1),
        ],
    )
    ranks = {r.unit: r.rank for r in report.rows}
    assert (ranks["H99.12.05"], ranks["H99.12.06"], ranks["H99.12.07"]) == (1, 1, 3)


def test_a_body_that_moved_has_a_row_in_each_place_and_is_one_body() -> None:
    moved = ("H99", "H99.12.05")
    report = build(scope(), [group(COMMUNE, SIGNED, 3), group(moved, SIGNED, 4)])
    assert row(report, "H99/H99.12/H99.12.05").rate == Rate(a=3, b=3)
    assert row(report, "H99/H99.12.05").rate == Rate(a=4, b=4)
    assert row(report, "H99/H99.12.05").name == "UBND xã Suối Trúc"
    assert report.measures()[Measure.UNITS] == Rate(a=1, b=6)


def test_a_group_without_a_path_belongs_to_its_unit() -> None:
    secret = Group(path=None, unit="A99", key="", case=Case(standing=Standing.SECRET), count=2)
    report = build(scope(), [secret])
    assert row(report, "A99").tally == Tally(secret=2)
    assert row(report, "A99").rate == Rate(a=0, b=0)


def test_secret_documents_make_no_signing_body() -> None:
    secret = replace(SIGNED, standing=Standing.SECRET)
    report = build(scope(), [group(COMMUNE, secret, 1)])
    assert report.measures()[Measure.UNITS] == Rate(a=0, b=6)


def test_units_that_signed_are_counted_up_the_tree() -> None:
    report = build(scope(), [group(COMMUNE, SIGNED, 3), group(OTHER_COMMUNE, UNSIGNED, 3)])
    assert row(report, "H99/H99.12").use.rate() == Rate(a=1, b=3)
    assert row(report, "H99").use.rate() == Rate(a=1, b=5)


def test_every_month_of_the_period_has_a_row() -> None:
    report = build(scope(By.MONTH), [group(COMMUNE, SIGNED, 3, "2026-02")])
    assert [(r.key, r.rate) for r in report.rows] == [
        ("2026-01", Rate(a=0, b=0)),
        ("2026-02", Rate(a=3, b=3)),
        ("2026-03", Rate(a=0, b=0)),
    ]


def test_the_kind_that_is_not_known_comes_last() -> None:
    groups = [group(COMMUNE, SIGNED, 1, key) for key in ("", "quyet-dinh", "bao-cao")]
    report = build(scope(By.KIND), groups)
    assert [r.key for r in report.rows] == ["bao-cao", "quyet-dinh", ""]


def test_devices_are_shares_of_what_was_signed() -> None:
    report = build(
        scope(By.DEVICE),
        [
            group(COMMUNE, SIGNED, 3, Device.USB_TOKEN),
            group(COMMUNE, SIGNED, 1, ""),
            group(COMMUNE, UNSIGNED, 6, ""),
        ],
    )
    assert {r.key: r.rate for r in report.rows} == {
        "usb-token": Rate(a=3, b=4),
        "sim-pki": Rate(a=0, b=4),
        "hsm": Rate(a=0, b=4),
        "remote": Rate(a=0, b=4),
        "": Rate(a=1, b=4),
    }
    assert report.total.rate == Rate(a=4, b=4)


@pytest.mark.parametrize(
    ("denominator", "rate"),
    [
        (Denominator.ALL, Rate(a=3, b=5)),
        (Denominator.ELECTRONIC, Rate(a=3, b=3)),
        (Denominator.EXCHANGE, Rate(a=0, b=0)),
    ],
)
def test_the_headline_follows_the_denominator(denominator: Denominator, rate: Rate) -> None:
    report = build(
        scope(denominator=denominator), [group(COMMUNE, SIGNED, 3), group(COMMUNE, UNSIGNED, 2)]
    )
    assert row(report, "H99/H99.12/H99.12.05").rate == rate
    assert report.measures()[Measure.COMPLETE] == rate


groups = st.builds(
    group,
    st.sampled_from(sorted(BODIES)),
    st.sampled_from(
        [SIGNED, UNSIGNED, Case(), Case(paper_only=True), Case(standing=Standing.VOID)]
    ),
    st.integers(1, 500),
)


@given(st.lists(groups, max_size=15))
def test_every_parent_is_its_own_documents_and_its_childrens(found: list[Group]) -> None:
    report = build(scope(), found)
    for parent in report.rows:
        depth = parent.key.count("/") + 1
        children = [
            r
            for r in report.rows
            if r.key.startswith(f"{parent.key}/") and r.key.count("/") == depth
        ]
        assert parent.tally == total((parent.own, *(child.tally for child in children)))
    roots = [r.tally for r in report.rows if "/" not in r.key]
    assert report.total.tally == total(roots)
