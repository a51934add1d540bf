"""Whether a chain is a valid path (RFC 5280 §6.1), signatures and names already matched.

=================  =================================================================================
§6.1.3 (a)(2)      ``outdated``: every authority was valid at the moment in question.
§6.1.3 (b), (c)    ``_names_allowed``: subject and alternative names keep all name constraints.
§6.1.3 (d)–(f)     ``certificate_policies.hold``: policies, mappings, any-policy.
§6.1.4 (k), (n)    ``_authorities``: every issuer is an authority that may sign certificates.
§6.1.4 (l), (m)    ``_short_enough``: no path is longer than an authority above it allows.
§6.1.4 (o), 5 (f)  ``_understood``, ``_readable``: no critical extension is unknown or broken.
=================  =================================================================================

An anchor is trusted by decision: its own dates, policies and unknown extensions do not count. What
its certificate says of those below it, path length and names, does (RFC 5937 §3).
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import TypeAlias

from verification import certificate_policies, names
from verification.certificate_policies import PolicyInputs
from verification.certificates import Certificate

# A signer's certificate first, an anchor last.
Chain: TypeAlias = tuple[Certificate, ...]


def outdated(chain: Chain, at: datetime) -> bool:
    """Tell whether an authority below the anchor was not valid at a moment (§6.1.3 (a)(2))."""
    return any(not one.valid_from <= at <= one.valid_to for one in chain[1:-1])


@lru_cache(maxsize=512)
def fault(chain: Chain, inputs: PolicyInputs) -> str | None:
    """Return the code of the first rule that a chain breaks, whatever the moment.

    Args:
        chain: each certificate signed by the next, the anchor last.
        inputs: what is asked of certificate policies.
    """
    for code, holds in _RULES:
        if not holds(chain):
            return code
    facts = tuple(one.policies for one in chain[-2::-1])
    if not certificate_policies.hold(facts, inputs):
        return "verification.chain-policy"
    return None


def _understood(chain: Chain) -> bool:
    return not any(one.unknown_critical for one in chain[:-1])


def _readable(chain: Chain) -> bool:
    return not unreadable_critical(chain)


def unreadable_critical(chain: Chain) -> tuple[str, ...]:
    """Return the extensions for which a chain cannot hold; an anchor is trusted as it is."""
    found = (oid for one in chain[:-1] for oid in one.unreadable_critical)
    return tuple(dict.fromkeys(found))


def unreadable_optional(chain: Chain) -> tuple[str, ...]:
    """Return the extensions that cannot be read and are passed over; an anchor's are, all."""
    found = (
        oid for one in chain[:-1] for oid in one.unreadable if oid not in one.unreadable_critical
    )
    return tuple(dict.fromkeys((*found, *chain[-1].unreadable)))


def _authorities(chain: Chain) -> bool:
    """A root of version 1 cannot say that it is one; it may be an anchor all the same."""
    return all(
        (one.is_ca or (one is chain[-1] and not one.has_extensions)) and one.may("key_cert_sign")
        for one in chain[1:]
    )


def _short_enough(chain: Chain) -> bool:
    """Count authorities that are not self-issued, from the anchor down."""
    left = _MANY if chain[-1].path_length is None else chain[-1].path_length
    for one in chain[-2:0:-1]:
        if not one.is_self_issued:
            left -= 1
        if left < 0:
            return False
        left = left if one.path_length is None else min(left, one.path_length)
    return True


def _names_allowed(chain: Chain) -> bool:
    """Of self-issued certificates only the last has to keep the constraints."""
    return all(
        names.are_allowed(
            one.names,
            (above.name_constraints for above in chain[place + 1 :] if above.name_constraints),
        )
        for place, one in enumerate(chain[:-1])
        if place == 0 or not one.is_self_issued
    )


_MANY = 1 << 16
UNREADABLE = "verification.chain-unreadable-extension"
_RULES: tuple[tuple[str, Callable[[Chain], bool]], ...] = (
    ("verification.chain-unknown-extension", _understood),
    (UNREADABLE, _readable),
    ("verification.chain-no-authority", _authorities),
    ("verification.chain-too-long", _short_enough),
    ("verification.chain-names", _names_allowed),
)
