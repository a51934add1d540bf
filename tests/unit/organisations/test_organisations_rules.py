from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docsvc.organisations import rules
from docsvc.organisations.errors import (
    ParentCycleError,
    TwoParentsError,
    UnitCodeError,
    UnitCodeFormError,
)
from docsvc.organisations.rules import DeviceHolder, HolderGroup, Link
from verification.model import Role

LAST_DAY_OF_DISTRICTS = date(2025, 6, 30)
FIRST_DAY_WITHOUT = date(2025, 7, 1)


def link(unit: str, parent: str, since: date | None = None, until: date | None = None) -> Link:
    return Link(unit=unit, parent=parent, valid_from=since, valid_to=until)


PROVINCE = (
    link("H99.12", "H99", until=LAST_DAY_OF_DISTRICTS),
    link("H99.12.05", "H99.12", until=LAST_DAY_OF_DISTRICTS),
    link("H99.12.05", "H99", since=FIRST_DAY_WITHOUT),
)


def test_commune_stands_below_its_district_until_districts_end() -> None:
    assert rules.path_on(PROVINCE, "H99.12.05", LAST_DAY_OF_DISTRICTS) == "H99/H99.12/H99.12.05"


def test_commune_stands_below_the_province_from_the_day_after() -> None:
    assert rules.path_on(PROVINCE, "H99.12.05", FIRST_DAY_WITHOUT) == "H99/H99.12.05"


def test_body_without_a_parent_is_its_own_path() -> None:
    assert rules.path_on(PROVINCE, "H99", FIRST_DAY_WITHOUT) == "H99"


@pytest.mark.parametrize(
    ("unit", "day", "parent"),
    [
        ("H99.12.05", LAST_DAY_OF_DISTRICTS, "H99.12"),
        ("H99.12.05", FIRST_DAY_WITHOUT, "H99"),
        ("H99", FIRST_DAY_WITHOUT, None),
    ],
)
def test_parent_is_that_of_the_day(unit: str, day: date, parent: str | None) -> None:
    assert rules.parent_on(PROVINCE, unit, day) == parent


@pytest.mark.parametrize(
    ("since", "until", "covered"),
    [
        (None, None, True),
        (date(2026, 1, 2), None, True),
        (date(2026, 1, 3), None, False),
        (None, date(2026, 1, 2), True),
        (None, date(2026, 1, 1), False),
    ],
)
def test_both_ends_of_a_span_belong_to_it(
    since: date | None, until: date | None, *, covered: bool
) -> None:
    assert rules.covers(date(2026, 1, 2), since, until) is covered


def test_a_tree_with_one_parent_a_day_is_accepted() -> None:
    rules.check_links(PROVINCE)


def test_two_parents_on_one_day_are_refused() -> None:
    overlapping = (*PROVINCE[:2], link("H99.12.05", "H99", since=LAST_DAY_OF_DISTRICTS))
    with pytest.raises(TwoParentsError):
        rules.check_links(overlapping)


def test_a_body_above_itself_is_refused() -> None:
    with pytest.raises(ParentCycleError):
        rules.check_links((link("A", "B"), link("B", "C"), link("C", "A")))


def test_a_cycle_of_a_single_later_day_is_found() -> None:
    day = date(2030, 5, 5)
    with pytest.raises(ParentCycleError):
        rules.check_links((link("A", "B"), link("B", "A", since=day, until=day)))


@pytest.mark.parametrize("code", ["H36.12.05", "H37.02.02", "H37.DN.001", "H99", "A99", "K41.01"])
def test_identifiers_of_the_decision_are_accepted(code: str) -> None:
    assert rules.check_code(code) == code


@pytest.mark.parametrize(
    "code",
    ["", "h36", "L01", "H3", "H36.", "H36..05", "H36.5", "H36.12.05 ", "000.12.05.H36", "H36" * 12],
)
def test_other_texts_are_no_identifiers(code: str) -> None:
    with pytest.raises(UnitCodeError):
        rules.check_code(code)


def test_an_identifier_longer_than_35_characters_is_refused() -> None:
    assert rules.check_code("H36" + ".ABC" * 8)
    with pytest.raises(UnitCodeError):
        rules.check_code("H36" + ".ABC" * 8 + ".A")


@pytest.mark.parametrize(
    ("code", "legacy"),
    [
        ("H01.01", "000.00.01.H01"),
        ("G14.26.00.001", "001.00.26.G14"),
        ("H36.05.12", "000.12.05.H36"),
        ("H36", "000.00.00.H36"),
    ],
)
def test_older_form_is_the_new_one_turned_round(code: str, legacy: str) -> None:
    assert rules.to_legacy(code) == legacy
    assert rules.from_legacy(legacy) == code


@pytest.mark.parametrize("code", ["H37.DN.001", "H36.12.05.001.07", "H36.123", "H36.12.05.01"])
def test_a_level_the_older_form_has_no_room_for_is_said(code: str) -> None:
    with pytest.raises(UnitCodeFormError):
        rules.to_legacy(code)


@pytest.mark.parametrize("code", ["H36.12.05", "00.12.05.H36", "000.12.05.Z36", "000.1.05.H36"])
def test_what_is_not_of_the_older_form_is_refused(code: str) -> None:
    with pytest.raises(UnitCodeError):
        rules.from_legacy(code)


_TWO = st.integers(1, 99).map(lambda n: f"{n:02}")


@given(
    top=st.integers(1, 63).map(lambda n: f"H{n:02}"),
    levels=st.lists(_TWO, max_size=2),
    last=st.none() | st.integers(1, 999).map(lambda n: f"{n:03}"),
)
def test_conversion_there_and_back_gives_the_same(
    top: str, levels: list[str], last: str | None
) -> None:
    full = [*levels, last] if last is not None and len(levels) == 2 else levels
    code = ".".join([top, *full])
    assert rules.from_legacy(rules.to_legacy(code)) == code


@pytest.mark.parametrize(
    ("role", "kind", "symbol", "group"),
    [
        (Role.LEADER, "state", "UBND", HolderGroup.INDIVIDUAL),
        (Role.ORGANISATION, "party", "ĐU", HolderGroup.PARTY),
        (Role.ORGANISATION, "front", "MTTQ-BTT", HolderGroup.FRONT),
        (Role.ORGANISATION, "state", "UBND", HolderGroup.COMMITTEE),
        (Role.ORGANISATION, "state", "HĐND", HolderGroup.COUNCIL),
        (Role.ORGANISATION, "state", "SNV", HolderGroup.DEPARTMENT),
    ],
)
def test_devices_are_counted_by_whose_they_are(
    role: Role, kind: str, symbol: str, group: HolderGroup
) -> None:
    assert rules.group_of(role=role, kind=kind, symbol=symbol) is group


def test_57_new_devices_are_11_17_6_and_23() -> None:
    wanted = {
        HolderGroup.COMMITTEE: 11,
        HolderGroup.COUNCIL: 17,
        HolderGroup.DEPARTMENT: 6,
        HolderGroup.INDIVIDUAL: 23,
    }
    holders = [
        DeviceHolder(fingerprint=f"{group}-{n}", token=None, group=group)
        for group, count in wanted.items()
        for n in range(count)
    ]
    counted = rules.count_devices(holders)
    assert {group: n for group, n in counted.items() if n} == wanted
    assert sum(counted.values()) == 57


def test_two_certificates_on_one_token_are_one_device() -> None:
    holders = [
        DeviceHolder(fingerprint=f, token="T-1", group=HolderGroup.INDIVIDUAL) for f in ("a", "b")
    ]
    assert sum(rules.count_devices(holders).values()) == 1
