"""Routes are data: every state has one way on, and no way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docsvc.workflow import (
    ENDED,
    ROUTES,
    Person,
    RouteName,
    State,
    Step,
    is_before,
    leg_of,
    next_leg,
)

routes = st.sampled_from(RouteName)
states = st.sampled_from(State)
steps = st.sampled_from(Step)


def road(route: RouteName) -> list[Step]:
    """Walk a route from its first state on, as documents do."""
    state, taken = State.RECEIVED, [Step.RECEIVE]
    while leg := next_leg(route, state):
        taken.append(leg.step)
        state = leg.reaches
    return taken


def test_an_outgoing_document_goes_the_road_of_the_decree() -> None:
    assert road(RouteName.OUTGOING) == [
        Step.RECEIVE,
        Step.INSPECT,
        Step.CLASSIFY,
        Step.CONFIRM,
        Step.SIGN_LEADER,
        Step.REGISTER,
        Step.SIGN_ORGANISATION,
        Step.TIMESTAMP,
        Step.VERIFY,
        Step.DEPOSIT,
        Step.PUBLISH,
    ]


def test_a_body_that_numbers_first_swaps_two_steps_and_nothing_else() -> None:
    usual, swapped = road(RouteName.OUTGOING), road(RouteName.OUTGOING_NUMBERED_FIRST)
    here = usual.index(Step.SIGN_LEADER)
    assert swapped[here : here + 2] == [Step.REGISTER, Step.SIGN_LEADER]
    assert swapped[:here] + swapped[here + 2 :] == usual[:here] + usual[here + 2 :]


def test_a_paper_document_is_only_registered() -> None:
    assert road(RouteName.PAPER) == [Step.RECEIVE, Step.REGISTER]


def test_a_copy_is_numbered_and_sealed_and_nobody_else_is_asked() -> None:
    assert [(leg.step, leg.waits_for) for leg in ROUTES[RouteName.COPY] if leg.waits_for] == [
        (Step.SIGN_ORGANISATION, Person.CLERK)
    ]
    assert Step.SIGN_LEADER not in road(RouteName.COPY)
    assert road(RouteName.COPY)[-4:] == road(RouteName.OUTGOING)[-4:]


def test_what_comes_in_is_verified_before_it_gets_its_number_and_is_not_published() -> None:
    taken = road(RouteName.INCOMING)
    assert taken.index(Step.VERIFY) < taken.index(Step.CONFIRM) < taken.index(Step.REGISTER)
    assert taken[-2:] == [Step.SIGN_ORGANISATION, Step.DEPOSIT]


def test_persons_are_asked_to_confirm_to_sign_and_to_seal_and_for_nothing_else() -> None:
    for route in (RouteName.OUTGOING, RouteName.OUTGOING_NUMBERED_FIRST):
        assert {leg.step: leg.waits_for for leg in ROUTES[route] if leg.waits_for} == {
            Step.CONFIRM: Person.CLERK,
            Step.SIGN_LEADER: Person.LEADER,
            Step.SIGN_ORGANISATION: Person.CLERK,
        }


@given(routes)
def test_no_route_takes_a_step_or_reaches_a_state_twice(route: RouteName) -> None:
    legs = ROUTES[route]
    assert len({leg.step for leg in legs}) == len(legs)
    assert len({leg.reaches for leg in legs}) == len(legs)


@given(routes)
def test_every_road_begins_with_receiving_and_ends(route: RouteName) -> None:
    assert ROUTES[route][0].step is Step.RECEIVE
    assert road(route) == [leg.step for leg in ROUTES[route]]


@given(routes, states)
def test_a_state_leads_on_or_ends_or_is_unknown_to_the_route(
    route: RouteName, state: State
) -> None:
    reached = [leg.reaches for leg in ROUTES[route]]
    if state in ENDED or state is reached[-1]:
        assert next_leg(route, state) is None
    elif state in reached:
        leg = next_leg(route, state)
        assert leg is not None
        assert reached.index(leg.reaches) == reached.index(state) + 1
    else:
        with pytest.raises(ValueError, match=state):
            next_leg(route, state)


@given(routes, states, steps)
def test_a_step_lies_ahead_exactly_when_the_road_still_comes_to_it(
    route: RouteName, state: State, step: Step
) -> None:
    reached = [leg.reaches for leg in ROUTES[route]]
    if state in ENDED:
        assert not is_before(route, state, step)
        return
    if state not in reached:
        return
    ahead = set()
    here = state
    while leg := next_leg(route, here):
        ahead.add(leg.step)
        here = leg.reaches
    assert is_before(route, state, step) == (step in ahead)


@given(routes, steps)
def test_a_leg_is_found_by_its_step(route: RouteName, step: Step) -> None:
    leg = leg_of(route, step)
    assert (leg is None) == (step not in road(route))
    if leg is not None:
        assert leg.step is step


def test_every_state_is_reached_by_a_route_or_ends_one() -> None:
    reached = {leg.reaches for legs in ROUTES.values() for leg in legs}
    assert reached | ENDED == set(State)
    assert not reached & ENDED
