import pytest

from docsvc.statistics.measures import Standing
from docsvc.statistics.rules import (
    RECALLED_CODE,
    VOID_CODE,
    secret_levels,
    standing_of,
    states_from,
)
from docsvc.workflow import RouteName, State, Step


@pytest.mark.parametrize(
    ("state", "standing"),
    [
        (State.RECEIVED, None),
        (State.CONFIRMED, None),
        (State.LEADER_SIGNED, None),
        (State.REGISTERED, Standing.COUNTED),
        (State.TIMESTAMPED, Standing.COUNTED),
        (State.PUBLISHED, Standing.COUNTED),
        (State.REJECTED, Standing.COUNTED),
        (State.REFUSED_SECRET, Standing.SECRET),
    ],
)
def test_a_document_counts_from_its_number_on(state: State, standing: Standing | None) -> None:
    found = standing_of(route=RouteName.OUTGOING, state=state, ended_code=None, secret=False)
    assert found is standing


def test_where_the_number_comes_first_the_signed_document_counts() -> None:
    found = standing_of(
        route=RouteName.OUTGOING_NUMBERED_FIRST,
        state=State.LEADER_SIGNED,
        ended_code=None,
        secret=False,
    )
    assert found is Standing.COUNTED


def test_a_paper_document_counts() -> None:
    found = standing_of(
        route=RouteName.PAPER, state=State.REGISTERED, ended_code=None, secret=False
    )
    assert found is Standing.COUNTED


@pytest.mark.parametrize(
    ("code", "standing"),
    [
        (RECALLED_CODE, Standing.RECALLED),
        (VOID_CODE, Standing.VOID),
        ("verify.bad-verdict", Standing.COUNTED),
    ],
)
def test_a_number_is_void_by_a_person_and_not_by_a_bad_verdict(
    code: str, standing: Standing
) -> None:
    found = standing_of(
        route=RouteName.OUTGOING, state=State.REJECTED, ended_code=code, secret=False
    )
    assert found is standing


def test_a_secret_document_is_secret_even_on_paper() -> None:
    found = standing_of(route=RouteName.PAPER, state=State.REGISTERED, ended_code=None, secret=True)
    assert found is Standing.SECRET


def test_a_route_without_a_step_reaches_nothing_by_it() -> None:
    assert states_from(RouteName.PAPER, Step.PUBLISH) == frozenset()
    assert states_from(RouteName.OUTGOING, Step.DEPOSIT) == {State.DEPOSITED, State.PUBLISHED}


def test_the_levels_of_the_catalogue_are_secret() -> None:
    assert secret_levels() == {"secret", "top-secret", "confidential"}


@pytest.mark.parametrize("route", [RouteName.COPY, RouteName.INCOMING, RouteName.APPENDIX])
@pytest.mark.parametrize("state", list(State))
def test_copies_appendices_and_what_came_count_nowhere(state: State, route: RouteName) -> None:
    for secret in (False, True):
        found = standing_of(route=route, state=state, ended_code=None, secret=secret)
        assert found is None
