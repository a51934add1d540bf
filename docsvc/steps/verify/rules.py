"""What the signatures of a document mean for it: who signed for whom, and whether it is complete.

Pure. A signature counts if it is TOTAL-PASSED and its signer was entitled on the day that is
proven: the body's own seal, or an officer with a mandate of the body. What counts makes the
completeness, and that is what statistics add up (NĐ 30/2020 Đ5, Đ13). A signature of another
body, or of somebody the inventory does not know, is told and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from docsvc.clock import VIETNAM
from docsvc.organisations.errors import (
    MandateAuthorityError,
    MandateDatesError,
    MandateKindError,
    NoMandateError,
)
from docsvc.organisations.mandates import Mandate, require_mandate
from verification.model import (
    CertificateClass,
    Completeness,
    Entitlement,
    Indication,
    MandateHeld,
    Role,
)

SCHEMA = "docsvc.document-verdict/1"

_CLASSES = {
    "state": CertificateClass.OFFICIAL_DUTY,
    "party": CertificateClass.OFFICIAL_DUTY,
    "public": CertificateClass.PUBLIC,
    "eu": CertificateClass.EU_QUALIFIED,
    "demo": CertificateClass.DEMONSTRATION,
}
_NO_ANCHORS = "verification.no-trust-anchors"
_MANDATE_CODES = {
    NoMandateError: "verify.no-mandate",
    MandateDatesError: "verify.mandate-not-that-day",
    MandateAuthorityError: "verify.mandate-other-authority",
    MandateKindError: "verify.mandate-other-kind",
}


class Needs(StrEnum):
    """Whose signatures make a document complete: a copy needs that of the body that copies."""

    BOTH = "both"
    ORGANISATION = "organisation"


class Order(StrEnum):
    """Whether the leader signed before the body sealed, by the revisions in the bytes."""

    KEPT = "kept"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose certificate it is, by the inventory; officer and name: of leaders only."""

    role: Role
    unit: str
    officer: int | None = None
    full_name: str | None = None
    lost_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What the inventory knew: holders by the SHA-256 of their certificates, and mandates.

    The mandates are those of the holders' bodies. ``kind`` is the code of the document's kind; None
    where it is not known: any mandate covers it.
    """

    holders: Mapping[str, Holder]
    mandates: Sequence[Mandate]
    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What the report says about one signature; ``day`` is the proven one, else the claimed."""

    field: str
    indication: Indication
    certificate: str | None
    day: date | None
    anchor_kind: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureVerdict:
    """One signature: who stands behind it, whether it counts, and the codes of why."""

    field: str
    entitlement: Entitlement
    counts: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentVerdict:
    """A document of a body: which of its two signatures count, and in which order."""

    unit: str
    completeness: Completeness
    order: Order
    signatures: tuple[SignatureVerdict, ...]
    reasons: tuple[str, ...]
    needs: Needs = Needs.BOTH

    @property
    def complete(self) -> bool:
        """Tell whether what is needed counts: both signatures in order, or the body's alone."""
        if self.needs is Needs.ORGANISATION:
            counting = Completeness.BOTH, Completeness.ORGANISATION_ONLY
            return self.completeness in counting and self.order is not Order.BROKEN
        return self.completeness is Completeness.BOTH and self.order is Order.KEPT


def judge(
    unit: str,
    signed: Sequence[Signed],
    inventory: Inventory,
    *,
    authority: str | None,
    needs: Needs = Needs.BOTH,
) -> DocumentVerdict:
    """Judge a document by its signatures.

    Args:
        unit: the body that issues it.
        signed: its signatures in the order of the revisions.
        inventory: certificates and the mandates of that body.
        authority: the prefixes before the signer's title on the page; None if they were not read.
        needs: whose signatures make it complete.
    """
    found = tuple(_signature(unit, one, inventory, authority) for one in signed)
    counting = [one.entitlement.role for one in found if one.counts]
    completeness, order = _completeness(counting), _order(counting)
    reasons = {
        "verify.no-leader": needs is Needs.BOTH and Role.LEADER not in counting,
        "verify.no-organisation": Role.ORGANISATION not in counting,
        "verify.order-broken": order is Order.BROKEN,
    }
    return DocumentVerdict(
        unit=unit,
        completeness=completeness,
        order=order,
        signatures=found,
        reasons=tuple(code for code, applies in reasons.items() if applies),
        needs=needs,
    )


def entitlements(signed: Sequence[Signed], inventory: Inventory) -> dict[str, Entitlement]:
    """Tell what is known about the signers of any file, by signature field.

    Whose file it is, it does not say: each signer is asked whether they may sign for the body
    that the inventory knows them by.
    """
    units = {certificate: holder.unit for certificate, holder in inventory.holders.items()}
    return {
        one.field: _signature(
            units.get(one.certificate or "", ""), one, inventory, authority=None
        ).entitlement
        for one in signed
    }


def _signature(
    unit: str, one: Signed, inventory: Inventory, authority: str | None
) -> SignatureVerdict:
    holder = inventory.holders.get(one.certificate or "")
    mandate, code = MandateHeld.UNKNOWN, "verify.signer-unknown"
    if holder is not None:
        mandate, code = _mandate(unit, one, holder, inventory, authority)
    passed = one.indication is Indication.TOTAL_PASSED
    reasons = (code, "" if passed else "verify.signature-not-passed")
    return SignatureVerdict(
        field=one.field,
        entitlement=Entitlement(
            role=None if holder is None else holder.role,
            unit=None if holder is None else holder.unit,
            officer=None if holder is None else holder.full_name,
            mandate=mandate,
            certificate_class=_CLASSES.get(one.anchor_kind or "", CertificateClass.UNKNOWN),
        ),
        counts=passed and mandate is MandateHeld.HELD,
        reasons=tuple(reason for reason in reasons if reason),
    )


def _mandate(
    unit: str, one: Signed, holder: Holder, inventory: Inventory, authority: str | None
) -> tuple[MandateHeld, str]:
    """Say whether a holder was allowed to sign for a body that day, or the code of why not."""
    if holder.unit != unit:
        return MandateHeld.NOT_HELD, "verify.signer-of-other-unit"
    if one.day is None:
        return MandateHeld.UNKNOWN, "verify.signing-day-unknown"
    if holder.lost_on is not None and one.day >= holder.lost_on:
        return MandateHeld.NOT_HELD, "verify.device-lost"
    if holder.role is Role.ORGANISATION:
        return MandateHeld.HELD, ""
    try:
        require_mandate(
            inventory.mandates,
            officer=holder.officer or 0,
            unit=unit,
            on=one.day,
            authority=authority,
            kind=inventory.kind,
        )
    except tuple(_MANDATE_CODES) as e:
        return MandateHeld.NOT_HELD, _MANDATE_CODES[type(e)]
    return MandateHeld.HELD, ""


def _completeness(counting: Sequence[Role | None]) -> Completeness:
    if {Role.LEADER, Role.ORGANISATION} <= set(counting):
        return Completeness.BOTH
    if Role.LEADER in counting:
        return Completeness.LEADER_ONLY
    return Completeness.ORGANISATION_ONLY if counting else Completeness.NONE


def _order(counting: Sequence[Role | None]) -> Order:
    """NĐ 30/2020 Đ32: the body seals only what the competent person has signed."""
    if not {Role.LEADER, Role.ORGANISATION} <= set(counting):
        return Order.UNKNOWN
    leads = counting.index(Role.LEADER) < counting.index(Role.ORGANISATION)
    return Order.KEPT if leads else Order.BROKEN


def signed_of(report: Mapping[str, Any]) -> tuple[Signed, ...]:
    """Read the signatures of a report in its JSON form."""
    return tuple(
        Signed(
            field=str(one["field"]),
            indication=Indication(one["indication"]),
            certificate=one["certificate_sha256"],
            day=_day(one["timestamp_time"] or one["signing_time"]),
            anchor_kind=one["anchor_kind"],
        )
        for one in report["signatures"]
    )


def _day(moment: str | None) -> date | None:
    if moment is None:
        return None
    return datetime.fromisoformat(moment).astimezone(VIETNAM).date()


def values_of(verdict: DocumentVerdict) -> dict[str, Any]:
    """Return a verdict as JSON has it."""
    return {"schema": SCHEMA, "complete": verdict.complete} | asdict(verdict)


def lacks_anchors(verdict: Mapping[str, Any]) -> bool:
    """Tell whether a verdict says nothing because no trust anchor is installed here.

    Args:
        verdict: as ``docsvc verify --json`` has it; without signatures nothing is lacking.
    """
    return any(_NO_ANCHORS in one["reasons"] for one in verdict.get("signatures", ()))
