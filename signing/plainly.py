"""The quick way of a signature's first half, for files that are plainly simple.

It gives the incremental update alone, so that a file need not be copied, nor lie in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from signing._pades.cms import template_of
from signing._pades.leader import require_leader_signature
from signing._pades.plain import PlainRevision
from signing._pades.plain_syntax import NotPlainError
from signing._pades.plain_tail import Tail
from signing.fill import draw
from signing.model import Prepared, Role

if TYPE_CHECKING:
    from datetime import datetime

    from signing._pades.plain import Feed
    from signing._pades.plain_syntax import Buffer
    from signing.model import SignaturePlan

__all__ = ["NotPlainError", "PreparedTail", "prepare_tail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedTail:
    """What is to be appended to a file, its signature missing, and what is to be signed."""

    tail: Tail
    to_be_signed: bytes

    def alone(self, *, base: int) -> Prepared:
        """Return it as the first half of a file that is all but those first bytes.

        To `complete` the update is the file then; its digest is of both all the same.
        """
        start, end = self.tail.span
        return Prepared.fresh(
            pdf=self.tail.whole,
            digest=self.tail.digest,
            hole=(start - base, end - base),
            to_be_signed=self.to_be_signed,
        )

    def after(self, pdf: bytes) -> Prepared:
        """Return it as the first half of the whole file that begins with those bytes."""
        return Prepared.fresh(
            pdf=b"".join((pdf, self.tail.before, self.tail.hole, self.tail.after)),
            digest=self.tail.digest,
            hole=self.tail.span,
            to_be_signed=self.to_be_signed,
        )


def prepare_tail(
    pdf: Buffer, *, plan: SignaturePlan, at: datetime, feed: Feed | None = None
) -> PreparedTail:
    """Make the update of one signature.

    Args:
        pdf: the file, in memory or mapped; its places were reserved.
        plan: what to sign, fill and show.
        at: moment of signing for /M, with its zone.
        feed: gives a span of the file to a hash, where that is not to be read by way of ``pdf``.

    Raises:
        NotPlainError: only `prepare` can tell; the file may be sound.
        SigningError: as `prepare` does.
    """
    if plan.appearance is not None:
        raise NotPlainError(reason="appearance")
    template = template_of(plan.chain)
    revision = PlainRevision(pdf, feed=feed)
    if plan.role is Role.ORGANISATION and plan.requires_leader:
        require_leader_signature(revision, plan)
    tail = revision.sign(
        draw(revision, plan), at=at, reserved_bytes=template.reserved_bytes, certify=plan.certify
    )
    return PreparedTail(tail=tail, to_be_signed=template.signed_attributes(tail.digest))
