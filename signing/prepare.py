"""The first half of a signature: the new revision with a hole, and the bytes to be signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signing._pades.cms import template_of
from signing._pades.leader import require_leader_signature
from signing._pades.revision import Revision
from signing.appearance import image_mark, text_mark
from signing.model import Prepared, Role
from signing.plainly import NotPlainError, prepare_tail

if TYPE_CHECKING:
    from datetime import datetime

    from signing._pades.revision import Field
    from signing.model import SignaturePlan


def prepare(pdf: bytes, *, plan: SignaturePlan, at: datetime) -> Prepared:
    """Add the revision of one signature, its value missing.

    Args:
        pdf: a file whose places were reserved; the result begins with its bytes.
        plan: what to sign, fill and show.
        at: moment of signing for /M, with its zone.

    Raises:
        UnreadablePdfError: the file can't be read strictly.
        UnusableCertificateError: the chain does not begin with a certificate we sign with.
        LeaderSignatureMissingError: the seal comes before the leader's signature.
        FieldMissingError: a field of the plan was not reserved.
        FieldFilledError: a field of the plan is filled.
        AlreadySignedError: a later signature can't certify the file.
        CharacterNotInFontError: a value can't be drawn.
        UnusableImageError: the image can't be drawn.
        ValueError: ``at`` has no zone.
    """
    if at.tzinfo is None:
        msg = "the moment of signing needs its zone"
        raise ValueError(msg)
    template = template_of(plan.chain)
    try:
        return prepare_tail(pdf, plan=plan, at=at).after(pdf)
    except NotPlainError:
        revision = Revision(pdf)
    if plan.role is Role.ORGANISATION and plan.requires_leader:
        require_leader_signature(revision)
    hollow = revision.sign(
        _drawn(revision, plan), at=at, reserved_bytes=template.reserved_bytes, certify=plan.certify
    )
    return Prepared.fresh(
        pdf=hollow.pdf,
        digest=hollow.digest,
        hole=hollow.hole,
        to_be_signed=template.signed_attributes(hollow.digest),
    )


def _drawn(revision: Revision, plan: SignaturePlan) -> Field:
    """Fill and show what the plan says, and return its signature field."""
    for name, value in plan.fills.items():
        place = revision.field(name, "/Tx")
        mark = text_mark(value, place.frame, font=place.font, size=place.size)
        revision.fill(place, value, mark)
    field = revision.field(plan.field_name, "/Sig")
    if plan.image is not None and field.frame.width and field.frame.height:
        revision.show(field, image_mark(plan.image, field.frame))
    return field
