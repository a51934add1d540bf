"""The 246 tests of NIST's Public Key Interoperability Test Suite, each judged as a signer's chain.

The verdict is that of ``validity.judge``, by the certificates and CRLs that a test hands out.
Whether the last certificate may sign documents (V-13) is no matter of PKITS, and left out.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from verification import certificates, context
from verification.certificate_policies import PolicyInputs
from verification.context import Store, conclude
from verification.model import Indication
from verification.policy import DEFAULT_POLICY, Policy
from verification.trust import Anchor, AnchorKind, Trust
from verification.validity import Moment, judge

PKITS = Path(__file__).parents[3].parent / "shared" / "corpora" / "pkits"
# Within the validity of the suite, 2010 to 2030; its CRLs run as long.
NOW = Moment(proof=datetime(2026, 11, 20, tzinfo=UTC), is_trusted=False)
pytestmark = pytest.mark.skipif(
    not PKITS.is_dir(), reason="the corpora lie beside the checkout on development machines only"
)

# test → why it is right to differ. A deviation that is gone fails the test.
DEVIATIONS = {
    "valid_dsa_parameter_inheritance_test5": (
        "a DSA key without parameters of its own (RFC 3279 §2.3.2) is not read by cryptography;"
        " nobody issues such keys, and not reading one never makes a signature pass"
    ),
}


def definitions() -> list[dict[str, Any]]:
    if not PKITS.is_dir():
        return []
    found: list[dict[str, Any]] = json.loads((PKITS / "pkits.json").read_text(encoding="utf-8"))
    return found


def read(folder: str, names: list[str]) -> tuple[bytes, ...]:
    return tuple((PKITS / folder / name).read_bytes() for name in names)


def policy(params: dict[str, Any]) -> Policy:
    accepted = params.get("user_initial_policy_set")
    inputs = PolicyInputs(
        accepted=None if accepted is None else frozenset(accepted),
        require_explicit=params.get("initial_explicit_policy", False),
        inhibit_mapping=params.get("initial_policy_mapping_inhibit", False),
        inhibit_any=params.get("initial_any_policy_inhibit", False),
    )
    return replace(
        DEFAULT_POLICY,
        id="pkits",
        # Keys of 1024 bits and SHA-1 are a policy's matter, and in order for PKITS.
        min_rsa_bits=1024,
        hashes=dict.fromkeys(("sha1", "sha256"), NOW.proof),
        certificate_policies=inputs,
    )


def passes(test: dict[str, Any]) -> bool:
    """Tell whether a chain of the test's certificate holds."""
    (root,) = read("certs", ["TrustAnchorRootCertificate.crt"])
    trust = Trust(
        anchors=(Anchor(certificate=root, name="PKITS", kind=AnchorKind.PUBLIC),),
        intermediates=read("certs", test.get("other_certs", [])),
        crls=read("crls", ["TrustAnchorRootCRL.crl", *test.get("crls", [])]),
    )
    (der,) = read("certs", [test["cert"]])
    try:
        leaf = certificates.load(der)
    except certificates.CertificateError:
        return False
    known = context.build(policy(test.get("params", {})), trust, NOW.proof, Store(), ())
    findings = [one for one in judge(leaf, NOW, known).findings if one.check != "V-13"]
    return conclude(findings)[0] is Indication.TOTAL_PASSED


@pytest.mark.parametrize("test", definitions(), ids=lambda test: f"{test['id']}-{test['name']}")
def test_verdict_is_that_of_the_suite(test: dict[str, Any]) -> None:
    expected = "error" not in test

    assert passes(test) is (expected if test["name"] not in DEVIATIONS else not expected)


def test_suite_is_whole() -> None:
    assert len(definitions()) == 246
