"""Both halves of a signature in one go, for a signer that answers at once.

Nothing waits between the halves and nothing is stored, so that a file that may be large is read
once, for its digest, and copied once, into the result.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from signing.complete import complete, signature_value
from signing.plainly import NotPlainError, prepare_tail
from signing.prepare import prepare

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from signing.model import Prepared, SignaturePlan


def sign_at_once(
    pdf: bytes,
    *,
    plan: SignaturePlan,
    at: datetime,
    sign: Callable[[bytes], bytes],
    stamp: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """Return the signed file.

    Args:
        pdf: a file whose places were reserved; the result begins with its bytes.
        plan: what to sign, fill and show.
        at: moment of signing for /M, with its zone.
        sign: gives the signature value over the signed attributes, as `complete` takes it.
        stamp: gives the TimeStampToken over a SHA-256 digest, for B-T; None for B-B.

    Raises:
        SigningError, ValueError: as `prepare` and `complete` do, and as the signer and the
            authority do.
    """
    kept, first = _first_half(pdf, plan, at)
    value = sign(first.to_be_signed)
    token = None
    if stamp is not None:
        stamped = signature_value(first, plan=plan, value=value)
        token = stamp(hashlib.sha256(stamped).digest())
    signed = complete(first, plan=plan, value=value, timestamp_token=token)
    return b"".join((kept, signed)) if kept else signed


def _first_half(pdf: bytes, plan: SignaturePlan, at: datetime) -> tuple[bytes, Prepared]:
    """Return what of the file is left as it is, and the first half of the rest."""
    try:
        return pdf, prepare_tail(pdf, plan=plan, at=at).alone(base=len(pdf))
    except NotPlainError:
        return b"", prepare(pdf, plan=plan, at=at)
