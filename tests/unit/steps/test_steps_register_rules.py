"""Which book a document belongs to."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from docsvc.steps.register.rules import BookKey, book_for, incoming_book

codes = st.text("ABCH0123456789.", min_size=1, max_size=20)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
series = st.sampled_from(["administrative", "legal", "kh"])


@given(codes, series, days, days)
def test_the_state_counts_by_year(code: str, of: str, one: date, other: date) -> None:
    def book(day: date) -> BookKey:
        return book_for(
            unit_code=code, number_form="state", term="2025-2030", series=of, issued_on=day
        )

    assert (book(one) == book(other)) == (one.year == other.year)
    assert book(one).period == str(one.year)


@given(codes, series, days, days)
def test_the_party_counts_through_the_term(code: str, of: str, one: date, other: date) -> None:
    def book(day: date, term: str = "2025-2030") -> BookKey:
        return book_for(unit_code=code, number_form="party", term=term, series=of, issued_on=day)

    assert book(one) == book(other)
    assert book(one) != book(one, term="2030-2035")


@given(codes, days)
def test_bodies_and_series_have_books_of_their_own(code: str, day: date) -> None:
    def book(unit: str, of: str) -> BookKey:
        return book_for(unit_code=unit, number_form="state", term=None, series=of, issued_on=day)

    books = {book(code, "administrative"), book(code, "legal"), book(code + "X", "legal")}
    assert len(books) == 3


def test_a_party_body_without_a_term_has_a_book_all_the_same() -> None:
    key = book_for(
        unit_code="A", number_form="party", term=None, series="kh", issued_on=date(2026, 1, 1)
    )
    assert key == BookKey(unit_code="A", series="kh", period="")


@given(codes, series, days, days)
def test_what_comes_in_has_one_book_a_year_apart_from_all_others(
    code: str, of: str, one: date, other: date
) -> None:
    book = incoming_book(code, one)
    assert (book == incoming_book(code, other)) == (one.year == other.year)
    outgoing = book_for(unit_code=code, number_form="state", term=None, series=of, issued_on=one)
    assert book != outgoing
