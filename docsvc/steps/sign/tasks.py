"""What a child process does to sign: the two halves round the token's work."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from docsvc.revocation.asking import Asking, Known
from docsvc.sandbox import Answer
from signing.complete import complete as complete_signature
from signing.model import Prepared, ReservedPlaces, SignaturePlan
from signing.prepare import prepare as prepare_signature
from signing.stamp import reserve
from verification.holders import examine
from verification.policy import DEFAULT_POLICY, load_policy
from verification.revocation import collect
from verification.trust import load_directory

_PLACES = TypeAdapter(ReservedPlaces)


def prepare(pdf: bytes, plan: SignaturePlan, at: str, places: ReservedPlaces | None) -> Answer:
    """Return the first half: hole in the facts; file, digest and signed attributes as frames.

    Args:
        pdf: the last revision.
        plan: the signature.
        at: ISO 8601 moment of signing.
        places: to be reserved before, for the first signature; else None.
    """
    base = pdf if places is None else reserve(pdf, places)
    prepared = prepare_signature(base, plan=plan, at=datetime.fromisoformat(at))
    return Answer(
        facts={"hole": prepared.hole},
        frames=(prepared.pdf, prepared.digest, prepared.to_be_signed),
    )


def complete(prepared: Prepared, plan: SignaturePlan, value: bytes, token: bytes | None) -> Answer:
    """Return the signed file."""
    return Answer(
        frames=(complete_signature(prepared, plan=plan, value=value, timestamp_token=token),)
    )


def judge(
    chain: tuple[bytes, ...], trust_dir: str, policy_file: str, at: str, known: Known | None
) -> Answer:
    """Judge the certificate that somebody is about to sign with.

    Args:
        chain: it and its issuers, DER.
        trust_dir: folder of anchors, intermediates and revocation lists.
        policy_file: path of a policy; empty: the built-in one.
        at: ISO 8601 moment.
        known: answers of revocation services that were got before; None: none are asked for.

    Returns:
        ``wanted`` requests as long as some are not known; else the ``findings``.
    """
    trust, asking = load_directory(Path(trust_dir)), Asking(known)
    data = collect(chain, trust, asking.fetch)
    if asking.wanted:
        return asking.wanted
    found = examine(
        chain,
        policy=load_policy(Path(policy_file)) if policy_file else DEFAULT_POLICY,
        trust=replace(trust, crls=(*trust.crls, *data.crls), ocsps=(*trust.ocsps, *data.ocsps)),
        at=datetime.fromisoformat(at),
    )
    findings = [{"check": one.check, "code": one.code, "facts": dict(one.facts)} for one in found]
    return Answer(facts={"findings": findings})
