"""What devices there are, when they run out, and how many each group of holders has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from docsvc.organisations import queries as organisations
from docsvc.organisations.inventory import rules
from docsvc.organisations.inventory.rules import Lifetime, Owner, State
from docsvc.organisations.rules import Device, DeviceHolder, HolderGroup, count_devices, group_of
from docsvc.organisations.tables import SigningDevice
from verification.model import Role

if TYPE_CHECKING:
    from collections.abc import Collection

    from docsvc.db.transactions import Tx
    from docsvc.organisations.queries import CertificateRecord, UnitRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRecord:
    """A device of the inventory, or a certificate whose device nobody has entered.

    Attributes:
        number: of the device; None where only its certificate is known.
        state: on the day that was asked for; ``notice`` the days of the notice that is due, 0
            once it is over.
        token: label of the token on which the key of its certificate is.
    """

    number: int | None
    unit: str
    owner: Owner
    holder: str
    officer: int | None
    kind: Device
    serial: str
    life: Lifetime
    issued_on: date | None
    fingerprint: str | None
    token: str | None
    state: State
    notice: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderReport:
    """How many devices each group holds: ``57 = 11 + 17 + 6 + 23`` (NORMS 8.4)."""

    on: date
    issued_from: date | None
    groups: Mapping[HolderGroup, int]

    @property
    def total(self) -> int:
        """Return the sum of the groups."""
        return sum(self.groups.values())

    @property
    def sum_text(self) -> str:
        """Write the sum and what it is made of, without groups that have none."""
        parts = " + ".join(str(number) for number in self.groups.values() if number)
        return f"{self.total} = {parts}" if parts else "0"


def devices(tx: Tx, *, on: date, units: Collection[str] | None = None) -> tuple[DeviceRecord, ...]:
    """Return every device, by body and holder; those of certificates alone are among them.

    Args:
        tx: the transaction to read in.
        on: the day that states and notices are told for.
        units: only those of these bodies; None: of all.
    """
    certificates = {one.fingerprint: one for one in organisations.certificates(tx)}
    rows = list(tx.scalars(select(SigningDevice).order_by(SigningDevice.id)))
    linked = {row.fingerprint for row in rows}
    names = {one.code: one.name for one in organisations.units(tx)}
    found = [_of_row(row, certificates.get(row.fingerprint or ""), on) for row in rows]
    found += [
        _of_certificate(one, names[one.unit], on)
        for one in certificates.values()
        if one.fingerprint not in linked
    ]
    kept = [one for one in found if units is None or one.unit in units]
    return tuple(sorted(kept, key=lambda one: (one.unit, one.holder, one.kind, one.serial)))


def expiring(
    tx: Tx, *, on: date, within_days: int = max(rules.NOTICES), units: Collection[str] | None = None
) -> tuple[DeviceRecord, ...]:
    """Return the devices that run out within some days, the next one first.

    What is over already, lost or revoked is not among them.
    """
    found = [
        one
        for one in devices(tx, on=on, units=units)
        if one.state in {State.VALID, State.NOT_YET}
        and one.life.valid_to is not None
        and (one.life.valid_to - on).days <= within_days
    ]
    return tuple(sorted(found, key=lambda one: (one.life.valid_to or on, one.unit, one.holder)))


def report(
    tx: Tx, *, on: date, issued_from: date | None = None, units: Collection[str] | None = None
) -> HolderReport:
    """Count the devices that are held on a day, by the group of their holders.

    Those that were handed out later, or lost or revoked by then, are left out; with
    ``issued_from`` those too that were handed out before it, or nobody knows when.
    """
    bodies = {one.code: one for one in organisations.units(tx)}
    held = [one for one in devices(tx, on=on, units=units) if _is_held(one, on, issued_from)]
    groups = count_devices(_holder(one, bodies[one.unit]) for one in held)
    return HolderReport(on=on, issued_from=issued_from, groups=groups)


def _is_held(one: DeviceRecord, on: date, issued_from: date | None) -> bool:
    if one.state in {State.LOST, State.REVOKED}:
        return False
    if one.issued_on is None:
        return issued_from is None
    return one.issued_on <= on and (issued_from is None or issued_from <= one.issued_on)


def _holder(one: DeviceRecord, unit: UnitRecord) -> DeviceHolder:
    role = Role.LEADER if one.owner is Owner.PERSONAL else Role.ORGANISATION
    return DeviceHolder(
        fingerprint=f"{one.kind}:{one.serial}" if one.number else str(one.fingerprint),
        token=None if one.number else one.token,
        group=group_of(role=role, kind=unit.kind, symbol=unit.symbol),
    )


def _of_row(row: SigningDevice, certificate: CertificateRecord | None, on: date) -> DeviceRecord:
    life = Lifetime(
        valid_from=certificate.valid_from if certificate else row.valid_from,
        valid_to=certificate.valid_to if certificate else row.valid_to,
        lost_on=row.lost_on or (certificate.lost_on if certificate else None),
        revoked_on=row.revoked_on,
    )
    return DeviceRecord(
        number=row.id, unit=row.unit_code, owner=Owner(row.owner), holder=row.holder,
        officer=row.officer_id, kind=Device(row.kind), serial=row.serial, life=life,
        issued_on=row.issued_on, fingerprint=row.fingerprint,
        token=certificate.token if certificate else None,
        state=rules.state_on(life, on), notice=rules.notice_on(life, on),
    )  # fmt: skip


def _of_certificate(one: CertificateRecord, unit_name: str, on: date) -> DeviceRecord:
    life = Lifetime(
        valid_from=one.valid_from, valid_to=one.valid_to, lost_on=one.lost_on, revoked_on=None
    )
    return DeviceRecord(
        number=None, unit=one.unit,
        owner=Owner.PERSONAL if one.role is Role.LEADER else Owner.ORGANISATION,
        holder=one.full_name or unit_name, officer=one.officer, kind=Device(one.device),
        serial=one.serial, life=life, issued_on=one.issued_on, fingerprint=one.fingerprint,
        token=one.token, state=rules.state_on(life, on), notice=rules.notice_on(life, on),
    )  # fmt: skip
