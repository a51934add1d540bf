from dataclasses import replace
from datetime import date

import pytest

from docsvc.organisations.errors import (
    DelegationIncompleteError,
    MandateAuthorityError,
    MandateDatesError,
    MandateKindError,
    MandateReversedError,
    NoMandateError,
    RedelegationError,
)
from docsvc.organisations.mandates import (
    Authority,
    Mandate,
    Standing,
    check_mandate,
    prefixes,
    require_mandate,
    standing_on,
)

UNIT = "H99.12.05"
CHAIR, DEPUTY = 1, 2


def mandate(
    officer: int,
    authority: str,
    *,
    since: date | None = None,
    until: date | None = None,
    unit: str = UNIT,
) -> Mandate:
    return Mandate(
        officer=officer,
        unit=unit,
        authority=authority,
        title="Chủ tịch",
        valid_from=since,
        valid_to=until,
    )


KNOWN = (
    mandate(CHAIR, "TM.", since=date(2021, 7, 1), until=date(2026, 6, 30)),
    mandate(DEPUTY, "KT.", since=date(2021, 7, 1)),
    mandate(DEPUTY, "TM.", since=date(2026, 7, 1), until=date(2026, 7, 31)),
)


def test_chair_signs_on_the_first_and_the_last_day() -> None:
    for day in (date(2021, 7, 1), date(2026, 6, 30)):
        found = require_mandate(KNOWN, officer=CHAIR, unit=UNIT, on=day, authority="TM.")
        assert found is KNOWN[0]


@pytest.mark.parametrize("day", [date(2021, 6, 30), date(2026, 7, 1)])
def test_nobody_signs_outside_the_dates_of_the_mandate(day: date) -> None:
    with pytest.raises(MandateDatesError):
        require_mandate(KNOWN, officer=CHAIR, unit=UNIT, on=day, authority="TM.")


@pytest.mark.parametrize(("officer", "unit"), [(CHAIR, "H99"), (3, UNIT)])
def test_nobody_signs_for_another_body(officer: int, unit: str) -> None:
    with pytest.raises(NoMandateError):
        require_mandate(KNOWN, officer=officer, unit=unit, on=date(2026, 1, 1), authority=None)


def test_a_deputy_does_not_sign_as_the_chair() -> None:
    with pytest.raises(MandateAuthorityError):
        require_mandate(KNOWN, officer=DEPUTY, unit=UNIT, on=date(2026, 1, 1), authority="TM.")


def test_of_two_mandates_the_one_of_the_authority_is_found() -> None:
    day = date(2026, 7, 15)
    found = require_mandate(KNOWN, officer=DEPUTY, unit=UNIT, on=day, authority="TM.")
    assert found is KNOWN[2]


def test_any_mandate_will_do_where_the_authority_was_not_read() -> None:
    found = require_mandate(KNOWN, officer=DEPUTY, unit=UNIT, on=date(2026, 7, 15), authority=None)
    assert found is KNOWN[1]


def test_a_deputy_in_the_name_of_the_collective_is_a_deputy() -> None:
    found = require_mandate(
        KNOWN, officer=DEPUTY, unit=UNIT, on=date(2026, 1, 1), authority="TM. KT."
    )
    assert found is KNOWN[1]


def test_a_delegation_without_an_end_is_none() -> None:
    endless = (mandate(CHAIR, "TUQ."),)
    with pytest.raises(MandateDatesError):
        require_mandate(endless, officer=CHAIR, unit=UNIT, on=date(2026, 1, 1), authority="TUQ.")


def test_a_delegation_with_an_end_counts_until_then() -> None:
    limited = (mandate(CHAIR, "TUQ.", until=date(2026, 3, 31)),)
    day = date(2026, 3, 31)
    found = require_mandate(limited, officer=CHAIR, unit=UNIT, on=day, authority="TUQ.")
    assert found is limited[0]


def test_the_head_of_a_body_that_is_no_collective_signs_without_a_prefix() -> None:
    head = (mandate(CHAIR, ""),)
    found = require_mandate(head, officer=CHAIR, unit=UNIT, on=date(2026, 1, 1), authority="")
    assert found is head[0]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", ()),
        ("TM.", (Authority.COLLECTIVE,)),
        ("tm", (Authority.COLLECTIVE,)),
        ("T/M", (Authority.COLLECTIVE,)),
        ("K/T", (Authority.DEPUTY,)),
        ("Q.", (Authority.ACTING,)),
        ("TL. KT.", (Authority.ORDER, Authority.DEPUTY)),
        ("TM.KT.", (Authority.DEPUTY,)),
    ],
)
def test_prefixes_are_read_as_offices_write_them(text: str, read: tuple[Authority, ...]) -> None:
    assert prefixes(text) == read


def test_a_word_that_is_no_prefix_is_refused() -> None:
    with pytest.raises(MandateAuthorityError):
        prefixes("GIÁM ĐỐC")


DAY = date(2026, 1, 1)
HEAD = mandate(CHAIR, "TM.", since=date(2025, 1, 1), until=date(2026, 12, 31))


def delegation(**changes: object) -> Mandate:
    given = {
        "officer": DEPUTY, "unit": UNIT, "authority": "TUQ.", "title": "Trưởng phòng",
        "valid_from": date(2026, 1, 1), "valid_to": date(2026, 3, 31), "basis": "12/GUQ-UBND",
        "delegated_by": CHAIR,
    }  # fmt: skip
    return Mandate(**(given | changes))  # type: ignore[arg-type]  # a test's changes


def test_a_mandate_covers_the_kinds_it_names() -> None:
    known = [replace(HEAD, kinds=frozenset({"quyet-dinh"})), replace(HEAD, authority="Q.")]
    asked = {"officer": CHAIR, "unit": UNIT, "on": DAY}
    found = require_mandate(known, authority="TM.", kind="quyet-dinh", **asked)  # type: ignore[arg-type]
    assert found is known[0]
    with pytest.raises(MandateKindError):
        require_mandate(known, authority="TM.", kind="thong-bao", **asked)  # type: ignore[arg-type]
    for authority, kind in (("TM.", None), ("Q.", "thong-bao")):
        assert require_mandate(known, authority=authority, kind=kind, **asked)  # type: ignore[arg-type]


def test_a_delegation_that_is_whole_can_be_given() -> None:
    check_mandate(delegation(), [HEAD])
    check_mandate(delegation(authority="TM. TUQ."), [HEAD])


@pytest.mark.parametrize("missing", ["valid_from", "valid_to", "basis", "delegated_by"])
def test_a_delegation_is_in_writing_and_for_a_limited_time(missing: str) -> None:
    with pytest.raises(DelegationIncompleteError):
        check_mandate(delegation(**{missing: "" if missing == "basis" else None}), [HEAD])


@pytest.mark.parametrize(
    ("given", "known"),
    [
        (delegation(), []),
        (delegation(officer=CHAIR), [HEAD]),
        (delegation(), [delegation(officer=CHAIR, delegated_by=3)]),
        (delegation(valid_to=date(2027, 1, 1)), [HEAD]),
        (delegation(), [replace(HEAD, unit="H99")]),
        (delegation(), [replace(HEAD, kinds=frozenset({"quyet-dinh"}))]),
        (delegation(authority="TUQ. KT."), [HEAD]),
    ],
    ids=["no right", "to oneself", "by delegation", "too long", "elsewhere", "more kinds", "on"],
)
def test_nobody_delegates_what_is_not_their_own_to_give(
    given: Mandate, known: list[Mandate]
) -> None:
    with pytest.raises(RedelegationError):
        check_mandate(given, known)


def test_of_some_kinds_some_can_be_delegated() -> None:
    known = replace(HEAD, kinds=frozenset({"quyet-dinh", "thong-bao"}))
    check_mandate(delegation(kinds=frozenset({"thong-bao"})), [known])


def test_a_mandate_begins_before_it_ends() -> None:
    with pytest.raises(MandateReversedError):
        check_mandate(mandate(CHAIR, "TM.", since=DAY, until=date(2025, 12, 31)), [])


def test_other_mandates_may_be_open() -> None:
    check_mandate(mandate(CHAIR, "TM."), [])
    check_mandate(mandate(CHAIR, "KT.", since=DAY), [])


@pytest.mark.parametrize(
    ("given", "standing"),
    [
        (mandate(CHAIR, "TM."), Standing.IN_FORCE),
        (mandate(CHAIR, "TM.", since=date(2026, 1, 2)), Standing.NOT_YET),
        (mandate(CHAIR, "TM.", until=date(2025, 12, 31)), Standing.OVER),
        (mandate(CHAIR, "TM.", until=date(2026, 1, 30)), Standing.ENDING),
        (mandate(CHAIR, "TM.", until=date(2026, 1, 31)), Standing.IN_FORCE),
        (mandate(CHAIR, "TUQ."), Standing.OVER),
    ],
)
def test_a_mandate_stands_on_a_day(given: Mandate, standing: Standing) -> None:
    assert standing_on(given, DAY) is standing
