"""The first half of a signature: the new revision with a hole, and the bytes to be signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signing._pades.cms import template_of
from signing._pades.leader import require_leader_signature, require_no_waiting_leader
from signing._pades.revision import Revision
from signing.appearance import composed_mark
from signing.fill import draw, write_values
from signing.model import Prepared, Role
from signing.plainly import NotPlainError, prepare_tail

if TYPE_CHECKING:
    from datetime import datetime

    from signing._pades.overlay import Overlay
    from signing._pades.revision import Field
    from signing.model import Appearance, SignaturePlan


def prepare(pdf: bytes, *, plan: SignaturePlan, at: datetime) -> Prepared:
    """Add the revision of one signature, its value missing.

    Args:
        pdf: a file whose places were reserved; the result begins with its bytes.
        plan: what to sign, fill and show.
        at: moment of signing for /M, with its zone.

    Raises:
        UnreadablePdfError: the file can't be read strictly.
        ViewsDifferError: the file shows different pages to different readers.
        UnusableCertificateError: the chain does not begin with a certificate we sign with.
        LeaderSignatureMissingError: no leader's signature that a seal may be built upon.
        FieldMissingError: a field of the plan was not reserved.
        FieldFilledError: a field of the plan is filled.
        ChangesForbiddenError: the file is certified, and so has all its fields.
        PageMissingError, BoxOutsidePageError: a new field would lie outside of the pages.
        AlreadySignedError: a later signature can't certify the file.
        CharacterNotInFontError: a value can't be drawn.
        UnusableImageError: the image can't be drawn.
        ValueError: ``at`` has no zone.
    """
    require_zone(at)
    try:
        return prepare_tail(pdf, plan=plan, at=at).after(pdf)
    except NotPlainError:
        return prepare_the_long_way(pdf, plan=plan, at=at)


def require_zone(at: datetime) -> None:
    """Refuse a moment that may be any of a day's.

    Raises:
        ValueError: ``at`` has no zone.
    """
    if at.tzinfo is None:
        msg = "the moment of signing needs its zone"
        raise ValueError(msg)


def prepare_the_long_way(pdf: bytes | Overlay, *, plan: SignaturePlan, at: datetime) -> Prepared:
    """Do it through pyHanko's reader and writer.

    Args:
        pdf: the file; of one on the disk the first half holds only what is appended.
        plan: as for `prepare`.
        at: as for `prepare`.

    Raises:
        SigningError: as `prepare` does.
    """
    template = template_of(plan.chain)
    revision = Revision(pdf)
    revision.require_one_view()
    if plan.role is Role.ORGANISATION:
        _require_order(revision, plan)
    hollow = revision.sign(
        _drawn(revision, plan), at=at, reserved_bytes=template.reserved_bytes, certify=plan.certify
    )
    return Prepared.fresh(
        pdf=hollow.pdf,
        digest=hollow.digest,
        hole=hollow.hole,
        to_be_signed=template.signed_attributes(hollow.digest),
    )


def _require_order(revision: Revision, plan: SignaturePlan) -> None:
    """Refuse the organisation before the leader, by the bytes of the file (NĐ 30 Đ33)."""
    if plan.requires_leader:
        require_leader_signature(revision, plan)
    elif plan.appearance is not None:
        require_no_waiting_leader(revision)


def _drawn(revision: Revision, plan: SignaturePlan) -> Field:
    """Fill and show what the plan says, and return its signature field."""
    if plan.appearance is None:
        return draw(revision, plan)
    write_values(revision, plan.fills)
    return _composed(revision, plan, plan.appearance)


def _composed(revision: Revision, plan: SignaturePlan, look: Appearance) -> Field:
    """Show an appearance in its field, which is made where it was not reserved."""
    if revision.has_field(plan.field_name):
        field = revision.field(plan.field_name, "/Sig")
    else:
        field = revision.add_signature_field(
            plan.field_name, look.box, after_certification=plan.after_certification
        )
    revision.show(field, composed_mark(look, field.frame))
    return field
