"""Certificate policies along a chain (RFC 5280 §6.1, with the graph of RFC 9618).

RFC 5280 grows a tree, which hostile mappings make exponential. Of that tree only two things are
ever asked: what the policies of the last level expect below them, and which policies of the
anchor's own domain they come from. So one level is kept, with both for each of its policies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

ANY_POLICY = "2.5.29.32.0"
# Bridges between authorities state some thirty; the work of a level grows with the cube of this.
MAX_POLICIES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFacts:
    """What one certificate says of policies; ``stated`` is None where the extension is absent."""

    stated: frozenset[str] | None = None
    mappings: Mapping[str, frozenset[str]] = field(default_factory=dict)
    require_explicit: int | None = None
    inhibit_mapping: int | None = None
    inhibit_any: int | None = None
    is_self_issued: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyInputs:
    """What the verifier asks of policies (RFC 5280 §6.1.1 (c), (e), (f), (g)).

    ``accepted`` None is any-policy.
    """

    accepted: frozenset[str] | None = None
    require_explicit: bool = False
    inhibit_mapping: bool = False
    inhibit_any: bool = False


@dataclass(frozen=True, slots=True)
class _Node:
    """A policy of one level: what it expects below, and the anchor's policies it comes from."""

    expected: frozenset[str]
    origin: frozenset[str]


@dataclass(slots=True)
class _State:
    explicit: int
    mapping: int
    any: int
    level: dict[str, _Node]


def hold(path: Sequence[PolicyFacts], inputs: PolicyInputs) -> bool:
    """Tell whether a path is valid under the policies that are asked for.

    Args:
        path: what each certificate says, from below the anchor down to the signer's.
        inputs: what is asked.
    """
    # §6.1.2 (a), (d), (e), (f)
    beyond = len(path) + 1
    state = _State(
        explicit=0 if inputs.require_explicit else beyond,
        mapping=0 if inputs.inhibit_mapping else beyond,
        any=0 if inputs.inhibit_any else beyond,
        level={ANY_POLICY: _Node(frozenset({ANY_POLICY}), frozenset({ANY_POLICY}))},
    )
    for number, facts in enumerate(path, start=1):
        is_last = number == len(path)
        if _is_hostile(facts) or not _enter(state, facts, is_last=is_last):
            return False
        if not is_last:
            _leave(state, facts)
    return _wrap_up(state, path, inputs)


def _is_hostile(facts: PolicyFacts) -> bool:
    """§6.1.4 (a): nothing maps from or to any-policy; and nobody needs that many policies."""
    targets = frozenset[str]().union(*facts.mappings.values())
    sizes = (len(facts.stated or ()), len(facts.mappings), len(targets))
    return ANY_POLICY in facts.mappings or ANY_POLICY in targets or max(sizes) > MAX_POLICIES


def _enter(state: _State, facts: PolicyFacts, *, is_last: bool) -> bool:
    """§6.1.3 (d), (e), (f): the next level, which must not be empty once policies are required."""
    counts_any = state.any > 0 or (not is_last and facts.is_self_issued)
    stated = facts.stated or frozenset()
    state.level = _next_level(state.level, stated, counts_any=counts_any)
    return state.explicit > 0 or bool(state.level)


def _next_level(
    level: dict[str, _Node], stated: frozenset[str], *, counts_any: bool
) -> dict[str, _Node]:
    expected: dict[str, frozenset[str]] = {}
    for node in level.values():
        for policy in node.expected:
            expected[policy] = expected.get(policy, frozenset()) | node.origin
    found: dict[str, _Node] = {}
    for policy in stated - {ANY_POLICY}:
        own = frozenset({policy})
        if policy in expected:
            found[policy] = _Node(own, expected[policy])  # (d)(1)(i)
        elif ANY_POLICY in level:
            found[policy] = _Node(own, own)  # (d)(1)(ii)
    if ANY_POLICY in stated and counts_any:
        for policy, origin in expected.items():
            found.setdefault(policy, _Node(frozenset({policy}), origin))  # (d)(2)
    return found


def _leave(state: _State, facts: PolicyFacts) -> None:
    """§6.1.4 (b), (h), (i), (j): mappings, then the counters."""
    _map(state, facts.mappings)
    if not facts.is_self_issued:
        state.explicit, state.mapping, state.any = (
            max(counter - 1, 0) for counter in (state.explicit, state.mapping, state.any)
        )
    state.explicit = _least(state.explicit, facts.require_explicit)
    state.mapping = _least(state.mapping, facts.inhibit_mapping)
    state.any = _least(state.any, facts.inhibit_any)


def _map(state: _State, mappings: Mapping[str, frozenset[str]]) -> None:
    """§6.1.4 (b): where mapping is inhibited, a policy that would be mapped is lost."""
    level = state.level
    for policy, targets in mappings.items():
        if state.mapping == 0:
            level.pop(policy, None)
        elif policy in level:
            level[policy] = _Node(targets, level[policy].origin)
        elif ANY_POLICY in level:
            level[policy] = _Node(targets, frozenset({policy}))


def _least(counter: int, stated: int | None) -> int:
    return counter if stated is None else min(counter, stated)


def _wrap_up(state: _State, path: Sequence[PolicyFacts], inputs: PolicyInputs) -> bool:
    """§6.1.5 (a), (b), (g): what is left has to be among what is asked for, if that is required."""
    explicit = max(state.explicit - 1, 0)
    if path and path[-1].require_explicit == 0:
        explicit = 0
    left = frozenset[str]().union(*(node.origin for node in state.level.values()))
    if inputs.accepted is None or ANY_POLICY in left:
        return explicit > 0 or bool(left)
    return explicit > 0 or bool(left & inputs.accepted)
