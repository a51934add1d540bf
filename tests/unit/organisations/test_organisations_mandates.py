from datetime import date

import pytest

from docsvc.organisations.errors import MandateAuthorityError, MandateDatesError, NoMandateError
from docsvc.organisations.mandates import Authority, Mandate, prefixes, require_mandate

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
