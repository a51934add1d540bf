"""Is there an intact leader signature in this file? The bytes say so, not the database.

Whoever seals builds on it, so more is asked than that a digest fits:

- the field is a signature field, and its value an object of its own that says it is a signature
  of a document, not a timestamp;
- the object has one byte range, whose gap is the hex string after its own ``/Contents``;
- everything else in the file is signed, to its last byte: what was appended later, such as another
  page, was not seen by the leader;
- the digest and the signature value fit the certificate that the container carries;
- that certificate is another than the seal's, and one of those that the plan names.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Protocol

from signing._pades.check import (
    BrokenCmsError,
    require_intact,
    signed_data,
    signer_certificate,
)
from signing.errors import LeaderSignatureMissingError
from signing.model import LEADER_FIELD

if TYPE_CHECKING:
    from signing._pades.plain_syntax import Buffer
    from signing._pades.revision import Revision
    from signing.model import SignaturePlan

_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")
_HEX = re.compile(rb"<[0-9A-Fa-f]+>")
# What may stand before the gap, and what a signature of a document calls its form.
_CONTENTS = re.compile(rb"/Contents\s*\Z")
_SUB_FILTER = re.compile(rb"/SubFilter\s*/(ETSI\.CAdES\.detached|adbe\.pkcs7\.detached)\b")
_WHITE = b" \t\r\n\x00\x0c"


class Opened(Protocol):
    """A file that is open for another revision."""

    @property
    def pdf(self) -> Buffer:
        """Return its bytes."""
        ...

    def filled_value(self, name: str) -> int | None:
        """Return the offset of the object that a field has as its value, or None."""
        ...

    def hashed(self, name: str, length: int) -> Any:
        """Return the state of a hash over so many first bytes of the file."""
        ...


def require_leader_signature(revision: Opened, plan: SignaturePlan) -> None:
    """Check that the leader's field holds a signature that a seal may be built upon.

    Args:
        revision: the file as it is.
        plan: the seal's; its certificate is not the leader's, and ``leaders`` says whose may be.

    Raises:
        LeaderSignatureMissingError: it is empty, or wrong in the way that ``reason`` names.
    """
    offset = revision.filled_value(plan.leader_field)
    if offset is None:
        raise LeaderSignatureMissingError(reason="empty")
    covered, contents = _byte_range(revision.pdf, offset)
    # What a foreign tool has added after its own signature is for ``verification`` to judge.
    if plan.leader_field == LEADER_FIELD:
        _require_covered(revision.pdf, covered)
    try:
        data = signed_data(contents)
        require_intact(data, lambda name: _digest(revision, covered, name), may_be_bare=True)
        _require_entitled(signer_certificate(data), plan)
    except BrokenCmsError as error:
        raise LeaderSignatureMissingError(reason=error.reason) from error


def require_no_waiting_leader(revision: Revision) -> None:
    """Check that no leader is waited for: a copy or an appendix has no place for one.

    Raises:
        LeaderSignatureMissingError: the file is a main document whose leader has not signed.
    """
    if revision.has_field(LEADER_FIELD) and revision.filled_value(LEADER_FIELD) is None:
        raise LeaderSignatureMissingError(reason="empty")


def _require_covered(pdf: Buffer, covered: tuple[int, int, int, int]) -> None:
    if pdf[covered[2] + covered[3] :].strip(_WHITE):
        raise LeaderSignatureMissingError(reason="not-covered")


def _require_entitled(certificate: bytes, plan: SignaturePlan) -> None:
    if certificate == plan.chain[0]:
        raise LeaderSignatureMissingError(reason="own-certificate")
    if plan.leaders and hashlib.sha256(certificate).hexdigest() not in plan.leaders:
        raise LeaderSignatureMissingError(reason="not-entitled")


def _byte_range(pdf: Buffer, offset: int) -> tuple[tuple[int, int, int, int], bytes]:
    """Return the byte range of the signature object at an offset, and its CMS with its padding."""
    end = pdf.find(b"endobj", offset)
    found = list(_BYTE_RANGE.finditer(pdf, offset, end))
    if len(found) != 1:
        raise LeaderSignatureMissingError(reason="byte-range")
    start, length, resumed, rest = (int(number) for number in found[0].groups())
    gap = pdf[length:resumed]
    # ISO 32000-2 §12.8.1: all but the hex string is signed, and it lies in this very object.
    honest = start == 0 and offset < length < resumed < end
    if not honest or _HEX.fullmatch(gap) is None or not _CONTENTS.search(pdf, offset, length):
        raise LeaderSignatureMissingError(reason="byte-range")
    if not _SUB_FILTER.search(pdf[offset:length] + pdf[resumed:end]):
        raise LeaderSignatureMissingError(reason="no-document-signature")
    if resumed + rest > len(pdf):
        raise LeaderSignatureMissingError(reason="not-covered")
    return (start, length, resumed, rest), bytes.fromhex(gap[1:-1].decode("ascii"))


def _digest(revision: Opened, covered: tuple[int, int, int, int], name: str) -> bytes:
    _, length, resumed, rest = covered
    state = revision.hashed(name, length)
    with memoryview(revision.pdf) as pdf:
        state.update(pdf[resumed : resumed + rest])
    digest: bytes = state.digest()
    return digest
