"""Is there an intact leader signature in this file? The bytes say so, not the database."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from signing._pades.check import (
    BrokenCmsError,
    require_intact,
    signed_data,
    signer_certificate,
)
from signing.errors import LeaderSignatureMissingError
from signing.model import LEADER_FIELD

if TYPE_CHECKING:
    from signing._pades.revision import Revision

_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")
_HEX = re.compile(rb"<[0-9A-Fa-f]+>")


def require_leader_signature(revision: Revision, *, field: str, seal: bytes) -> None:
    """Check that the leader's field holds a signature whose bytes are as they were signed.

    Args:
        revision: the file.
        field: full name of the leader's field.
        seal: certificate of the organisation in DER; its own signature is not the leader's.

    Raises:
        LeaderSignatureMissingError: it is empty, or broken in the way that ``reason`` names.
    """
    offset = revision.filled_value(field)
    if offset is None:
        raise LeaderSignatureMissingError(reason="empty")
    pdf = memoryview(revision.pdf)
    covered, contents = _byte_range(revision.pdf, offset)
    try:
        data = signed_data(contents)
        require_intact(data, lambda name: _digest(pdf, covered, name), may_be_bare=True)
        signer = signer_certificate(data)
    except BrokenCmsError as error:
        raise LeaderSignatureMissingError(reason=error.reason) from error
    if signer == seal:
        raise LeaderSignatureMissingError(reason="same-certificate")


def require_no_waiting_leader(revision: Revision) -> None:
    """Check that no leader is waited for: a copy or an appendix has no place for one.

    Raises:
        LeaderSignatureMissingError: the file is a main document whose leader has not signed.
    """
    if revision.has_field(LEADER_FIELD) and revision.filled_value(LEADER_FIELD) is None:
        raise LeaderSignatureMissingError(reason="empty")


def _byte_range(pdf: bytes, offset: int) -> tuple[tuple[int, int, int, int], bytes]:
    """Return the byte range of the signature object at an offset, and its CMS with its padding."""
    found = _BYTE_RANGE.search(pdf, offset, pdf.find(b"endobj", offset))
    if found is None:
        raise LeaderSignatureMissingError(reason="byte-range")
    start, length, resumed, rest = (int(number) for number in found.groups())
    gap = pdf[length:resumed]
    # ISO 32000-2 §12.8.1: all but the hex string is signed, and it lies in this very object.
    honest = start == 0 and offset < length < resumed and resumed + rest <= len(pdf)
    if not honest or _HEX.fullmatch(gap) is None:
        raise LeaderSignatureMissingError(reason="byte-range")
    return (start, length, resumed, rest), bytes.fromhex(gap[1:-1].decode("ascii"))


def _digest(pdf: memoryview, covered: tuple[int, int, int, int], name: str) -> bytes:
    start, length, resumed, rest = covered
    state = hashlib.new(name, pdf[start : start + length])
    state.update(pdf[resumed : resumed + rest])
    return state.digest()
