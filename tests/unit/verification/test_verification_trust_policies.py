from __future__ import annotations

import pytest

from verification import certificate_policies
from verification.certificate_policies import ANY_POLICY, PolicyFacts, PolicyInputs, hold

STRICT = PolicyInputs(require_explicit=True)


def says(*stated: str, **more: object) -> PolicyFacts:
    return PolicyFacts(stated=frozenset(stated), **more)  # type: ignore[arg-type]


def maps(source: str, *targets: str) -> dict[str, frozenset[str]]:
    return {source: frozenset(targets)}


def asks(*accepted: str, **more: bool) -> PolicyInputs:
    return PolicyInputs(accepted=frozenset(accepted), require_explicit=True, **more)


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ((), True),
        ((says("1"), says("1")), True),
        ((says("1"), says("2")), False),
        ((says("1"), PolicyFacts()), False),
        ((PolicyFacts(), says("1")), False),
        ((says(ANY_POLICY), says("1")), True),
        ((says("1"), says(ANY_POLICY)), True),
        ((says(ANY_POLICY), says(ANY_POLICY)), True),
        ((says("1", mappings=maps("1", "2")), says("2")), True),
        ((says("1", mappings=maps("1", "2")), says("1")), False),
        ((says(ANY_POLICY, mappings=maps("1", "2")), says("2")), True),
        ((says("3", mappings=maps("1", "2")), says("2")), False),
    ],
)
def test_policies_have_to_agree_where_they_are_required(
    path: tuple[PolicyFacts, ...],
    holds: bool,  # noqa: FBT001
) -> None:
    assert hold(path, STRICT) is holds
    assert hold(path, PolicyInputs())


@pytest.mark.parametrize(
    ("path", "accepted", "holds"),
    [
        ((says("1"), says("1")), "1", True),
        ((says("1"), says("1")), "2", False),
        ((says(ANY_POLICY), says(ANY_POLICY)), "2", True),
        ((says("1", mappings=maps("1", "2")), says("2")), "1", True),
        ((says("1", mappings=maps("1", "2")), says("2")), "2", False),
        ((says(ANY_POLICY, mappings=maps("1", "2")), says("2")), "1", True),
    ],
)
def test_policies_accepted_are_those_of_the_anchor(
    path: tuple[PolicyFacts, ...],
    accepted: str,
    holds: bool,  # noqa: FBT001
) -> None:
    assert hold(path, asks(accepted)) is holds
    assert hold(path, PolicyInputs(accepted=frozenset({accepted})))


@pytest.mark.parametrize("mappings", [maps(ANY_POLICY, "1"), maps("1", ANY_POLICY)])
def test_nothing_maps_from_or_to_any_policy(mappings: dict[str, frozenset[str]]) -> None:
    assert not hold((says("1", mappings=mappings), says("1")), PolicyInputs())


def test_mapping_may_be_inhibited() -> None:
    path = (says("1", mappings=maps("1", "2") | maps("7", "8")), says("2"))

    assert not hold(path, PolicyInputs(require_explicit=True, inhibit_mapping=True))


def test_any_policy_may_be_inhibited_but_for_the_self_issued() -> None:
    inputs = PolicyInputs(require_explicit=True, inhibit_any=True)

    assert not hold((says(ANY_POLICY), says("1")), inputs)
    assert hold((says(ANY_POLICY, is_self_issued=True), says("1")), inputs)
    assert not hold((says("1"), says(ANY_POLICY, is_self_issued=True)), inputs)


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ((says("1", require_explicit=0), says("2")), False),
        ((says("1", require_explicit=2), says("2")), True),
        ((says("1", require_explicit=1, is_self_issued=True), says("1"), says("2")), False),
        ((says("1"), says("2", require_explicit=0)), False),
        ((says("1"), says("2", require_explicit=1)), True),
        (
            (
                says("1", require_explicit=0, inhibit_mapping=0),
                says("1", mappings=maps("1", "2")),
                says("2"),
            ),
            False,
        ),
        ((says("1", require_explicit=0, inhibit_any=0), says(ANY_POLICY)), False),
    ],
)
def test_authorities_constrain_what_follows(
    path: tuple[PolicyFacts, ...],
    holds: bool,  # noqa: FBT001
) -> None:
    assert hold(path, PolicyInputs()) is holds


def test_crowd_of_policies_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate_policies, "MAX_POLICIES", 3)

    assert hold((says("1", "2", "3"),), STRICT)
    assert not hold((says("1", "2", "3", "4"),), STRICT)


def test_mappings_that_multiply_cost_no_more() -> None:
    every = tuple(map(str, range(certificate_policies.MAX_POLICIES)))
    crowd = says(*every, mappings={one: frozenset(every) for one in every})

    assert hold((*(crowd,) * 6, says("1")), STRICT)
