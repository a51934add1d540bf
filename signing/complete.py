"""The second half of a signature: check the answer, build the CMS, fill the hole."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from signing._pades.cms import template_of
from signing._pades.tsp import require_token
from signing.answers import read_answer
from signing.errors import ContainerTooSmallError, PreparedMismatchError

if TYPE_CHECKING:
    from signing.answers import Answer
    from signing.model import Prepared, SignaturePlan


def complete(
    prepared: Prepared, *, plan: SignaturePlan, value: bytes, timestamp_token: bytes | None
) -> bytes:
    """Return the signed file.

    Args:
        prepared: the first half.
        plan: the plan it was made with.
        value: what the signer answered: a signature over ``prepared.to_be_signed`` (PKCS #1 v1.5
            with SHA-256 for RSA, the DER of (r, s) over SHA-256 for ECDSA), or the DER of a CMS
            over it, or over signed attributes of the signer's own that name ``prepared.digest``
            and the plan's certificate.
        timestamp_token: TimeStampToken over the SHA-256 of `signature_value`, for B-T; None for
            B-B.

    Raises:
        PreparedMismatchError: the hole, the digest and the plan do not belong together.
        ValueDoesNotVerifyError: the value is not by the key of the plan's certificate.
        AnswerUnreadableError: a CMS that is not strictly what it has to be.
        AnswerAlgorithmError: a CMS with an algorithm that we do not accept.
        TimestampInvalidError: the token does not stamp this value.
        ContainerTooSmallError: the CMS is larger than the hole.
    """
    require_whole(prepared)
    answer = _answer(prepared, plan, value)
    if timestamp_token is not None:
        require_token(timestamp_token, digest=hashlib.sha256(answer.value).digest())
    cms = answer.cms(
        chain=plan.chain, content_digest=prepared.digest, timestamp_token=timestamp_token
    )
    return filled(prepared, cms)


def signature_value(prepared: Prepared, *, plan: SignaturePlan, value: bytes) -> bytes:
    """Return the raw signature value of an answer: its SHA-256 is what is timestamped.

    The answer is checked; an authority's time is not spent on one that `complete` would refuse.

    Args:
        prepared: the first half.
        plan: the plan it was made with.
        value: what the signer answered, as `complete` takes it.

    Raises:
        SigningError: as `complete` does.
    """
    return _answer(prepared, plan, value).value


def _answer(prepared: Prepared, plan: SignaturePlan, value: bytes) -> Answer:
    if template_of(plan.chain).signed_attributes(prepared.digest) != prepared.to_be_signed:
        raise PreparedMismatchError(reason="signed-attributes")
    return read_answer(
        value,
        chain=plan.chain,
        attributes_digest=hashlib.sha256(prepared.to_be_signed).digest(),
        content_digest=prepared.digest,
    )


def require_whole(prepared: Prepared) -> None:
    """Check that the hole is an empty one of this very file, and the digest is of the rest.

    A record that never left the process since its digest was taken is not hashed again: it can't
    have changed. All others are, however long or short they waited.

    Raises:
        PreparedMismatchError: it is not.
    """
    start, end = prepared.hole
    pdf = memoryview(prepared.pdf)
    if not 0 < start < end - 1 < len(pdf) or end - start < len("<00>"):
        raise PreparedMismatchError(reason="hole")
    if prepared.pdf[start:end] != b"<" + b"0" * (end - start - 2) + b">":
        raise PreparedMismatchError(reason="hole")
    if prepared.is_fresh:
        return
    digest = hashlib.sha256(pdf[:start])
    digest.update(pdf[end:])
    if digest.digest() != prepared.digest:
        raise PreparedMismatchError(reason="digest")


def filled(prepared: Prepared, content: bytes) -> bytes:
    """Return the file with its hole filled; zeros stay behind the content.

    Raises:
        ContainerTooSmallError: the content is larger than the hole.
    """
    start, end = prepared.hole
    digits = content.hex().encode("ascii")
    room = end - start - 2
    if len(digits) > room:
        raise ContainerTooSmallError(needed=len(digits) // 2, kept=room // 2)
    # One copy of a file that may be large, instead of one for each piece.
    pdf = memoryview(prepared.pdf)
    return b"".join((pdf[: start + 1], digits, pdf[start + 1 + len(digits) :]))
