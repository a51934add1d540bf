"""Whether somebody could sign with a certificate now: a signature's checks, before there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verification import certificates, context, validity
from verification.certificates import CertificateError
from verification.context import Store, failed
from verification.model import SubIndication
from verification.validity import Moment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from verification.model import Finding
    from verification.policy import Policy
    from verification.trust import Trust


def examine(
    chain: Sequence[bytes], *, policy: Policy, trust: Trust, at: datetime
) -> tuple[Finding, ...]:
    """Judge a certificate as a signature made with it at ``at`` would be judged (V-11 to V-15).

    Args:
        chain: the holder's certificate in DER, then what issuers' certificates are at hand.
        policy: dates of algorithms, and whether revocation data is required.
        trust: anchors, further certificates and revocation data; nothing is fetched.
        at: the moment in question.

    Returns:
        What would keep the signature from passing; empty if nothing would.
    """
    leaf, *others = chain
    try:
        loaded = certificates.load(leaf)
    except CertificateError:
        return (
            failed(
                "V-11", "verification.no-signing-certificate",
                SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
            ),
        )  # fmt: skip
    moment = Moment(proof=at, is_trusted=False, claimed=at)
    verdict = validity.judge(loaded, moment, context.build(policy, trust, at, Store(), others))
    return tuple(one for one in verdict.findings if one.indication is not None)
