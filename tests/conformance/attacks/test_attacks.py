"""Every forgery of our own documents is refused, and for its reason."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import attacks
import pytest
from attacks.victim import Victim
from verification_containers import Recipe, container
from verification_pki import NOW, Party, Pki

from verification.model import Completeness, Indication, Report
from verification.policy import DEFAULT_POLICY, ISSUED_POLICY, Policy
from verification.verify import verify

if TYPE_CHECKING:
    from attacks.writer import Signer

    from verification.trust import Trust

POLICIES = [DEFAULT_POLICY, ISSUED_POLICY]


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture(scope="module")
def trust(pki: Pki) -> Trust:
    return pki.trust(intermediates=(pki.ca.der,))


@pytest.fixture(scope="module")
def victim(pki: Pki) -> Victim:
    def by(party: Party) -> Signer:
        recipe = Recipe(timestamp=pki.tsa)
        return lambda data: container(party, hashlib.sha256(data).digest(), recipe)

    stranger = Pki().issue("Người Lạ")
    return Victim(leader=by(pki.leader), organisation=by(pki.organisation), stranger=by(stranger))


def judged(pdf: bytes, trust: Trust, policy: Policy) -> Report:
    return verify(pdf, policy=policy, trust=trust, at=NOW)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda one: one.id)
def test_document_that_nobody_attacked_passes(policy: Policy, victim: Victim, trust: Trust) -> None:
    report = judged(victim.sealed, trust, policy)

    assert report.indication is Indication.TOTAL_PASSED, report
    assert report.completeness is Completeness.BOTH


@pytest.mark.parametrize("name", sorted(attacks.ATTACKS))
@pytest.mark.parametrize("policy", POLICIES, ids=lambda one: one.id)
def test_attack_is_refused_for_its_reason(
    policy: Policy, name: str, victim: Victim, trust: Trust
) -> None:
    report = judged(attacks.ATTACKS[name](victim), trust, policy)

    attacked = [one for one in report.signatures if one.field == "docsvc.leader"]
    verdicts = {report.indication, *(one.indication for one in attacked)}
    reasons = {*report.reasons, *(code for one in attacked for code in one.reasons)}
    assert verdicts <= {Indication.TOTAL_FAILED, Indication.INDETERMINATE}
    assert attacks.manifest()[name] in reasons


def test_manifest_names_every_attack() -> None:
    assert attacks.manifest().keys() == attacks.ATTACKS.keys()
