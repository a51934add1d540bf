"""From B-T to B-LT and B-LTA: validation data, then a document timestamp; and its renewal.

Renewal is the same again: data for the last timestamp, then a new timestamp over everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signing._pades.revision import Revision
from signing._pades.tsp import require_token
from signing.complete import filled, require_whole
from signing.model import Prepared

if TYPE_CHECKING:
    from signing.model import ValidationData

TOKEN_BYTES = 16 * 1024  # as for a signature timestamp


def add_validation_data(pdf: bytes, data: ValidationData) -> bytes:
    """Append a document security store that holds everything the signatures need.

    Args:
        pdf: the signed file; the result begins with its bytes.
        data: certificates, CRLs and OCSP answers of all signatures and timestamps.

    Returns:
        The file with one more revision, or as it was when its store holds everything.

    Raises:
        UnreadablePdfError: the file can't be read strictly.
    """
    return Revision(pdf).store(
        Certs=data.certificates,
        CRLs=data.crls,
        OCSPs=data.ocsps,
    )


def prepare_timestamp(pdf: bytes) -> Prepared:
    """Append a revision with an empty document timestamp; its digest goes to the authority.

    Raises:
        UnreadablePdfError: the file can't be read strictly.
    """
    hollow = Revision(pdf).timestamp(reserved_bytes=TOKEN_BYTES)
    return Prepared(pdf=hollow.pdf, digest=hollow.digest, hole=hollow.hole, to_be_signed=b"")


def complete_timestamp(prepared: Prepared, token: bytes) -> bytes:
    """Return the file with its document timestamp.

    Args:
        prepared: what `prepare_timestamp` returned.
        token: TimeStampToken over ``prepared.digest``.

    Raises:
        PreparedMismatchError: the hole and the digest do not belong to the file.
        TimestampInvalidError: the token does not stamp this digest.
        ContainerTooSmallError: the token is larger than the hole.
    """
    require_whole(prepared)
    require_token(token, digest=prepared.digest)
    return filled(prepared, token)
