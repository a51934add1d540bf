from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docsvc.organisations.rules import Device
from docsvc.statistics.measures import (
    Case,
    Denominator,
    Measure,
    Rate,
    Reason,
    Rounding,
    Standing,
    Tally,
    Use,
    channels,
    format_count,
    format_rate,
    points,
    rates,
    reason_of,
    tally_of,
    total,
)
from verification.model import Completeness, Indication

NOBODY = Use()

cases = st.builds(
    Case,
    standing=st.sampled_from(Standing),
    completeness=st.none() | st.sampled_from(Completeness),
    indication=st.none() | st.sampled_from(Indication),
    device=st.none() | st.sampled_from(Device),
    paper_only=st.booleans(),
    electronic=st.booleans(),
    exchanged=st.booleans(),
    archived=st.booleans(),
)
tallies = st.builds(tally_of, cases, st.integers(1, 10_000))


@pytest.mark.parametrize(
    ("a", "b", "places", "rounding", "shown"),
    [
        (42608, 47259, 1, Rounding.HALF_UP, "90.2"),
        (42608, 47259, 2, Rounding.HALF_UP, "90.16"),
        (42608, 47259, 3, Rounding.HALF_UP, "90.158"),
        (42608, 47259, 0, Rounding.HALF_UP, "90"),
        (103820, 155032, 1, Rounding.HALF_UP, "67.0"),
        (103820, 155032, 1, Rounding.TRUNCATE, "66.9"),
        (105, 209, 1, Rounding.HALF_UP, "50.2"),
        (1, 8, 0, Rounding.HALF_UP, "13"),
        (1, 2000, 1, Rounding.HALF_UP, "0.1"),
        (0, 5, 1, Rounding.HALF_UP, "0.0"),
        (5, 5, 1, Rounding.HALF_UP, "100.0"),
    ],
)
def test_rate_is_rounded_as_the_figures_in_print(
    a: int, b: int, places: int, rounding: Rounding, shown: str
) -> None:
    assert f"{Rate(a=a, b=b).percent(places, rounding):f}" == shown


def test_no_documents_have_no_rate() -> None:
    nothing = Rate(a=0, b=0)
    assert nothing.percent() is None
    assert format_rate(nothing, "vi") == "–"
    assert points(nothing, Decimal(20)) is None


def test_numbers_are_written_as_in_vietnam() -> None:
    assert format_count(10370, "vi") == "10.370"
    assert format_rate(Rate(a=42608, b=47259), "vi", places=2) == "90,16%"


def test_numbers_are_written_as_in_english() -> None:
    assert format_count(10370, "en") == "10,370"
    assert format_rate(Rate(a=42608, b=47259), "en") == "90.2%"


def test_truncation_is_on_offer() -> None:
    seed = Rate(a=103820, b=155032)
    assert format_rate(seed, "vi", rounding=Rounding.TRUNCATE) == "66,9%"


def test_points_of_an_index_sheet_are_rate_times_maximum() -> None:
    assert points(Rate(a=910, b=1000), Decimal(20)) == Decimal("18.2")


@pytest.mark.parametrize(("a", "b"), [(-1, 2), (3, 2)])
def test_a_rate_that_no_count_gives_is_refused(a: int, b: int) -> None:
    with pytest.raises(ValueError, match="0 <= a <= b"):
        Rate(a=a, b=b)


def test_a_parent_adds_numerators_and_denominators() -> None:
    small, large = Rate(a=1, b=1), Rate(a=0, b=999)
    assert small + large == Rate(a=1, b=1000)


@pytest.mark.parametrize(
    ("completeness", "complete", "leader", "organisation", "signed"),
    [
        (Completeness.BOTH, 1, 1, 1, 1),
        (Completeness.LEADER_ONLY, 0, 1, 0, 1),
        (Completeness.ORGANISATION_ONLY, 0, 0, 1, 1),
        (Completeness.NONE, 0, 0, 0, 0),
        (None, 0, 0, 0, 0),
    ],
)
def test_signatures_count_by_what_the_verdict_found(
    completeness: Completeness | None, complete: int, leader: int, organisation: int, signed: int
) -> None:
    found = rates(tally_of(Case(completeness=completeness)), NOBODY)
    assert found[Measure.COMPLETE] == Rate(a=complete, b=1)
    assert found[Measure.LEADER] == Rate(a=leader, b=1)
    assert found[Measure.ORGANISATION] == Rate(a=organisation, b=1)
    assert found[Measure.ANY] == Rate(a=signed, b=1)


@pytest.mark.parametrize("verdict", [Indication.INDETERMINATE, Indication.TOTAL_FAILED])
def test_grey_and_red_are_not_signed_in_the_headline(verdict: Indication) -> None:
    tally = tally_of(Case(completeness=Completeness.BOTH, indication=verdict))
    assert rates(tally, NOBODY)[Measure.COMPLETE] == Rate(a=0, b=1)


def test_undetermined_and_failed_documents_have_columns_of_their_own() -> None:
    grey = tally_of(Case(indication=Indication.INDETERMINATE), 3)
    red = tally_of(Case(indication=Indication.TOTAL_FAILED), 4)
    assert (grey.undetermined, grey.failed) == (3, 0)
    assert (red.undetermined, red.failed) == (0, 4)


def test_paper_only_documents_lower_the_rate() -> None:
    tally = tally_of(Case(completeness=Completeness.BOTH), 9) + tally_of(Case(paper_only=True))
    assert rates(tally, NOBODY)[Measure.COMPLETE] == Rate(a=9, b=10)
    assert tally.paper_only == 1


@pytest.mark.parametrize(
    ("standing", "tally"),
    [
        (Standing.VOID, Tally(void=2)),
        (Standing.RECALLED, Tally(recalled=2)),
        (Standing.SECRET, Tally(secret=2)),
    ],
)
def test_void_recalled_and_secret_stand_apart(standing: Standing, tally: Tally) -> None:
    signed = Case(standing=standing, completeness=Completeness.BOTH, electronic=True)
    assert tally_of(signed, 2) == tally


def test_each_denominator_has_its_own_numerator() -> None:
    sent = Case(completeness=Completeness.BOTH, electronic=True)
    waiting = Case(completeness=Completeness.BOTH)
    on_axis = Case(completeness=Completeness.NONE, electronic=True, exchanged=True)
    tally = total((tally_of(sent, 5), tally_of(waiting, 3), tally_of(on_axis, 2)))
    complete = {d: rates(tally, NOBODY, d)[Measure.COMPLETE] for d in Denominator}
    assert complete == {
        Denominator.ALL: Rate(a=8, b=10),
        Denominator.ELECTRONIC: Rate(a=5, b=7),
        Denominator.EXCHANGE: Rate(a=0, b=2),
    }


def test_issued_and_archived_are_measures_too() -> None:
    tally = tally_of(Case(electronic=True, archived=True), 2) + tally_of(Case(archived=True))
    found = rates(tally, NOBODY)
    assert found[Measure.ELECTRONIC] == Rate(a=2, b=3)
    assert found[Measure.ARCHIVED] == Rate(a=3, b=3)


def test_signed_documents_split_by_device() -> None:
    tally = total(
        tally_of(Case(completeness=Completeness.BOTH, device=device), count)
        for device, count in (
            (Device.USB_TOKEN, 4),
            (Device.SIM_PKI, 3),
            (Device.REMOTE, 2),
            (Device.HSM, 0),
        )
    )
    tally += tally_of(Case(completeness=Completeness.LEADER_ONLY), 1)
    tally += tally_of(Case(completeness=Completeness.NONE, device=Device.SIM_PKI), 100)
    assert channels(tally) == {
        Device.USB_TOKEN: Rate(a=4, b=10),
        Device.SIM_PKI: Rate(a=3, b=10),
        Device.HSM: Rate(a=0, b=10),
        Device.REMOTE: Rate(a=2, b=10),
        None: Rate(a=1, b=10),
    }


def test_a_body_counts_once_however_often_it_is_met() -> None:
    before = Use(active=frozenset({"H99.12.05"}), signing=frozenset({"H99.12.05"}))
    after = Use(active=frozenset({"H99.12.05", "H99"}))
    assert (before | after).rate() == Rate(a=1, b=2)


def test_who_signed_was_there() -> None:
    assert Use(signing=frozenset({"H99"})).rate() == Rate(a=1, b=1)


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (Case(completeness=Completeness.BOTH), None),
        (Case(completeness=Completeness.BOTH, indication=Indication.TOTAL_PASSED), None),
        (Case(paper_only=True), Reason.PAPER_ONLY),
        (
            Case(completeness=Completeness.BOTH, indication=Indication.TOTAL_FAILED),
            Reason.SIGNATURE_FAILED,
        ),
        (
            Case(completeness=Completeness.BOTH, indication=Indication.INDETERMINATE),
            Reason.UNDETERMINED,
        ),
        (Case(completeness=Completeness.LEADER_ONLY), Reason.NO_ORGANISATION),
        (Case(completeness=Completeness.ORGANISATION_ONLY), Reason.NO_LEADER),
        (Case(completeness=Completeness.NONE), Reason.NO_SIGNATURE),
        (Case(), Reason.IN_PROGRESS),
        (Case(stopped=True), Reason.STOPPED),
        (Case(stopped=True, completeness=Completeness.LEADER_ONLY), Reason.NO_ORGANISATION),
    ],
)
def test_a_document_that_is_not_complete_has_a_reason(case: Case, reason: Reason | None) -> None:
    assert reason_of(case) is reason


def test_documents_on_their_road_are_counted_as_such() -> None:
    tally = tally_of(Case()) + tally_of(Case(paper_only=True)) + tally_of(Case(stopped=True), 2)
    assert (tally.pending, tally.stopped) == (1, 2)


@given(st.lists(st.lists(tallies, max_size=4), max_size=4))
def test_sums_of_parents_are_the_sums_of_their_children(children: list[list[Tally]]) -> None:
    parents = [total(group) for group in children]
    everything = total(tally for group in children for tally in group)
    assert total(parents) == everything
    for denominator in Denominator:
        summed = Rate(a=0, b=0)
        for parent in parents:
            summed += rates(parent, NOBODY, denominator)[Measure.COMPLETE]
        assert summed == rates(everything, NOBODY, denominator)[Measure.COMPLETE]


@given(st.lists(tallies, max_size=6), st.sampled_from(Denominator), st.sampled_from(Rounding))
def test_rates_lie_between_0_and_100_percent(
    found: list[Tally], denominator: Denominator, rounding: Rounding
) -> None:
    tally = total(found)
    shares = (*rates(tally, NOBODY, denominator).values(), *channels(tally).values())
    for rate in shares:
        percent = rate.percent(rounding=rounding)
        assert (percent is None) is (rate.b == 0)
        assert percent is None or 0 <= percent <= 100


@given(tallies, st.integers(0, 3))
def test_truncation_never_shows_more_than_rounding(tally: Tally, places: int) -> None:
    rate = rates(tally, NOBODY)[Measure.COMPLETE]
    up, down = rate.percent(places), rate.percent(places, Rounding.TRUNCATE)
    assert up is None or down is None or 0 <= up - down <= Decimal(1).scaleb(-places)
