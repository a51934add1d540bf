"""How a request for a signature goes on: codes, prompts, times, progress."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docsvc.steps.sign import activation, rules
from docsvc.steps.sign.providers import Provider, ProviderUnusableError
from docsvc.steps.sign.rules import ItemOutcome, Progress, RequestState

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


@given(st.text())
def test_control_code_has_four_digits_and_stays_the_same(transaction: str) -> None:
    code = rules.control_code(transaction)
    assert len(code) == 4
    assert code.isascii()
    assert code.isdecimal()
    assert code == rules.control_code(transaction)


def test_control_codes_of_two_requests_differ() -> None:
    assert len({rules.control_code(str(number)) for number in range(20)}) > 15


def test_prompt_names_the_document() -> None:
    assert rules.prompt_of(["12/QĐ-UBND Thành lập"]) == "Ký 12/QĐ-UBND Thành lập"


def test_prompt_of_many_counts_them_and_names_the_first() -> None:
    assert rules.prompt_of(["một", "hai"]) == "Ký 2 văn bản, đầu tiên: một"


@given(st.lists(st.text(max_size=500), min_size=1, max_size=3))
def test_prompt_fits_on_a_screen(names: list[str]) -> None:
    assert len(rules.prompt_of(names)) <= 160


@pytest.mark.parametrize(
    ("number", "symbol", "subject", "name"),
    [
        ("12/QĐ-UBND", "QĐ-UBND", "Thành lập", "12/QĐ-UBND Thành lập"),
        (None, "QĐ-UBND", "Thành lập", "QĐ-UBND Thành lập"),
        (None, None, "Thành lập", "Thành lập"),
        (None, None, None, "văn bản"),
        (None, None, "x" * 200, "x" * 159 + "…"),
    ],
)
def test_document_has_a_name_on_the_device(
    number: str | None, symbol: str | None, subject: str | None, name: str
) -> None:
    assert rules.name_of(number=number, symbol=symbol, subject=subject) == name


def test_provider_that_is_away_is_asked_less_and_less_often() -> None:
    waits = [(rules.again_at(NOW, n) - NOW).total_seconds() for n in range(1, 9)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (1.0, 30.0)


@pytest.mark.parametrize(("expires_in_s", "poll_in_s"), [(300, 5), (3, 3), (0, 5), (-10, 5)])
def test_answer_is_asked_for_at_the_end_of_its_time_at_the_latest(
    expires_in_s: int, poll_in_s: int
) -> None:
    expires_at = NOW + timedelta(seconds=expires_in_s)
    assert rules.next_poll(NOW, expires_at, 5.0) == NOW + timedelta(seconds=poll_in_s)


@pytest.mark.parametrize(
    ("expired_for_s", "reachable", "over"),
    [
        (-1, True, False),
        (0, True, True),
        (0, False, False),
        (29, False, False),
        (30, False, True),
    ],
)
def test_request_whose_provider_is_away_has_a_little_longer(
    expired_for_s: int, *, reachable: bool, over: bool
) -> None:
    expires_at = NOW - timedelta(seconds=expired_for_s)
    assert rules.is_over(NOW, expires_at, reachable=reachable) is over


def test_request_that_has_not_gone_out_has_no_end() -> None:
    assert not rules.is_over(NOW, None, reachable=True)


@pytest.mark.parametrize(
    ("outcome", "ended", "asked", "progress"),
    [
        (None, False, False, Progress.QUEUED),
        (None, False, True, Progress.WAITING),
        (None, True, False, Progress.FAILED),
        (ItemOutcome.SIGNED, True, False, Progress.SIGNED),
        (ItemOutcome.FAILED, False, True, Progress.FAILED),
        (ItemOutcome.STOPPED, False, False, Progress.STOPPED),
    ],
)
def test_progress_is_what_was_written_down_first(
    outcome: ItemOutcome | None, progress: Progress, *, ended: bool, asked: bool
) -> None:
    assert rules.progress_of(outcome, ended=ended, asked=asked) is progress


def test_request_is_open_or_ended() -> None:
    assert set(RequestState) - rules.OPEN > rules.GIVEN_UP


@pytest.mark.parametrize(
    ("sent_before_s", "wait_s"),
    [((), 0), ((0,), 30), ((10,), 20), ((30,), 0), ((900, 600, 300, 100), 0)],
)
def test_codes_are_sent_with_a_pause(sent_before_s: tuple[int, ...], wait_s: int) -> None:
    sent = [NOW - timedelta(seconds=one) for one in sent_before_s]
    assert rules.code_wait(sent, NOW) == timedelta(seconds=wait_s)


def test_codes_are_not_sent_without_an_end() -> None:
    assert rules.code_wait([NOW - timedelta(hours=1)] * 5, NOW) is None


def test_provider_whose_holders_type_nothing_has_no_door_for_it() -> None:
    with pytest.raises(ProviderUnusableError):
        activation.door_of(Provider(signer=None), "phones")  # type: ignore[arg-type]
