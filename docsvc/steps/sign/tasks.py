"""What a child process does to sign: the two halves round the token's work."""

from __future__ import annotations

from datetime import datetime

from pydantic import TypeAdapter

from docsvc.sandbox import Answer
from signing.complete import complete as complete_signature
from signing.model import Prepared, ReservedPlaces, SignaturePlan
from signing.prepare import prepare as prepare_signature
from signing.stamp import reserve

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
