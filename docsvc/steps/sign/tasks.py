"""What a child process does to sign: the two halves round the token's work."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from docsvc.sandbox import Answer
from signing.appearance import picture_of
from signing.complete import complete as complete_signature
from signing.placing import around_image
from signing.prepare import prepare as prepare_signature
from signing.stamp import reserve

if TYPE_CHECKING:
    from signing.model import Prepared, ReservedPlaces, SignaturePlan


def prepare(pdf: bytes, plan: SignaturePlan, at: str, places: ReservedPlaces | None) -> Answer:
    """Return the first half: hole in the facts; file, digest and signed attributes as frames.

    Args:
        pdf: the last revision.
        plan: the signature.
        at: ISO 8601 moment of signing.
        places: to be reserved before, for the first signature; else None.
    """
    base = pdf if places is None else reserved(pdf, places, plan.image)
    prepared = prepare_signature(base, plan=plan, at=datetime.fromisoformat(at))
    return Answer(
        facts={"hole": prepared.hole},
        frames=(prepared.pdf, prepared.digest, prepared.to_be_signed),
    )


def reserved(pdf: bytes, places: ReservedPlaces, image: bytes | None) -> bytes:
    """Return the file with its places reserved, those of the signatures round the image.

    Args:
        pdf: an unsigned file.
        places: as they were computed from the page.
        image: PNG of the leader's signature, if it is shown.
    """
    if image is not None:
        picture = picture_of(image)
        places = around_image(places, (picture.width, picture.height))
    return reserve(pdf, places)


def complete(prepared: Prepared, plan: SignaturePlan, value: bytes, token: bytes | None) -> Answer:
    """Return the signed file."""
    return Answer(
        frames=(complete_signature(prepared, plan=plan, value=value, timestamp_token=token),)
    )
