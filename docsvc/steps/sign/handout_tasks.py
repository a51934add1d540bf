"""What a child process does with a file that is signed elsewhere: make it ready, take it back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from docsvc.confined import Answer
from docsvc.errors import DocsvcError
from signing.augment import prepare_timestamp
from signing.errors import SigningError
from signing.fill import fill
from signing.stamp import reserve
from verification.extension import require_extension

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signing.model import ReservedPlaces
    from verification.extension import Expected


class HandOutUnfitError(DocsvcError):
    """The tool wrote a file that nobody can append to safely; the old state stays.

    Validation data and a document timestamp have to follow: without them the road would end.
    """

    code = "sign.handout-unfit"


def make(pdf: bytes, places: ReservedPlaces | None, values: Mapping[str, str]) -> Answer:
    """Return the file that is handed out: places reserved, number and date filled in.

    Args:
        pdf: the last revision.
        places: to be reserved, before the first signature; else None.
        values: of the reserved text fields.
    """
    base = pdf if places is None else reserve(pdf, places)
    return Answer(frames=(fill(base, values),))


def take_back(pdf: bytes, expected: Expected, at: str) -> Answer:
    """Return where the signature is and by which certificate.

    Args:
        pdf: the file that came back.
        expected: what was handed out and is wanted.
        at: ISO 8601, now.

    Raises:
        ExtensionError: it is not what was handed out and the one signature.
        HandOutUnfitError: it can't be stamped.
    """
    found = require_extension(pdf, expected, at=datetime.fromisoformat(at))
    try:
        prepare_timestamp(pdf)
    except SigningError as e:
        raise HandOutUnfitError(reason=e.code) from e
    return Answer(facts=asdict(found))
