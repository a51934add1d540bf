"""Lists of devices come in whole or not at all; devices are lost, given back or revoked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from docsvc.audit import service as audit
from docsvc.organisations import service as organisations
from docsvc.organisations.errors import (
    DeviceEndedError,
    DeviceTakenError,
    DeviceUnknownError,
)
from docsvc.organisations.inventory import rules, sheets
from docsvc.organisations.inventory.rules import Column, DeviceEntry, Fault, Owner
from docsvc.organisations.tables import Certificate, Mandate, Officer, SigningDevice, Unit
from verification.model import Role

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from docsvc.db.transactions import Tx
    from docsvc.organisations.service import CertificateEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a list; with any fault nothing was entered."""

    rows: int
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    faults: tuple[Fault, ...] = ()

    @property
    def accepted(self) -> bool:
        """Say whether the list was entered."""
        return not self.faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A device is lost or given back, or revoked by its issuer, from a day on."""

    number: int
    on: date
    revoked: bool


def import_list(
    tx: Tx, data: bytes, *, units: Collection[str] | None, at: datetime, actor: str
) -> Imported:
    """Enter a list of devices (XLSX or CSV); the same list again changes nothing.

    Args:
        tx: the transaction to write in.
        data: the file.
        units: bodies whose devices may be entered; None: all.
        at: when.
        actor: by whom.

    Raises:
        SheetUnreadableError: the file is no table.
    """
    found = rules.read_rows(sheets.read(data))
    faults = [*found.faults]
    for number, entry in found.entries:
        faults += _faults_of(tx, number, entry, units)
    rows = len(found.entries) + len({one.row for one in found.faults if one.row})
    if faults:
        return Imported(rows=rows, faults=tuple(sorted(faults, key=lambda one: one.row)))
    done = Counter(_put(tx, entry) for _, entry in found.entries)
    audit.append(tx, at=at, actor=actor, act="devices.import", subject="devices", **done)
    return Imported(
        rows=rows, added=done["added"], changed=done["changed"], unchanged=done["unchanged"]
    )


def add_with_certificate(
    tx: Tx, entry: CertificateEntry, *, serial: str, at: datetime, actor: str
) -> int:
    """Enter a device by its certificate; the certificate joins the inventory.

    Args:
        tx: the transaction to write in.
        entry: the certificate, its holder and its device.
        serial: of the device; empty: the certificate's stands in for it.
        at: when.
        actor: by whom.

    Returns:
        The number of the device.

    Raises:
        CertificateUnreadableError, CertificateHolderError, CertificateConflictError,
        UnitUnknownError, OfficerUnknownError: as `organisations.service.add_certificate`.
        DeviceTakenError: the device is another holder's.
    """
    fingerprint = organisations.add_certificate(tx, entry, at=at, actor=actor)
    certificate = tx.get_one(Certificate, fingerprint)
    wanted = DeviceEntry(
        unit=entry.unit, holder=_name_of(tx, entry),
        owner=Owner.PERSONAL if entry.role is Role.LEADER else Owner.ORGANISATION,
        kind=entry.device, serial=serial or certificate.serial,
        valid_from=certificate.valid_from, valid_to=certificate.valid_to,
        issued_on=entry.issued_on,
    )  # fmt: skip
    linked = tx.scalars(
        select(SigningDevice).where(SigningDevice.fingerprint == fingerprint)
    ).first()
    row = linked or _known(tx, wanted)
    if row is not None and not _is_same_holder(row, wanted):
        raise DeviceTakenError(serial=wanted.serial)
    _put(tx, wanted)
    row = _known(tx, wanted) or linked
    if row is None:  # pragma: no cover  # it was put in a line above
        raise DeviceUnknownError
    row.fingerprint, row.officer_id = fingerprint, entry.officer
    tx.flush()
    audit.append(tx, at=at, actor=actor, act="devices.add", subject=fingerprint, device=row.id)
    return row.id


def end(tx: Tx, ending: Ending, *, units: Collection[str] | None, at: datetime, actor: str) -> None:
    """Take a device out of use; its certificate can't be signed with from that day on either.

    Raises:
        DeviceUnknownError: there is none, or none of these bodies.
        DeviceEndedError: it has ended already, on another day.
    """
    row = tx.get(SigningDevice, ending.number)
    if row is None or (units is not None and row.unit_code not in units):
        raise DeviceUnknownError(device=ending.number)
    before = row.revoked_on if ending.revoked else row.lost_on
    if before is not None and before != ending.on:
        raise DeviceEndedError(device=ending.number, day=before.isoformat())
    if ending.revoked:
        row.revoked_on = ending.on
    else:
        row.lost_on = ending.on
    if row.fingerprint is not None:
        organisations.report_lost(tx, row.fingerprint, on=ending.on, at=at, actor=actor)
    audit.append(
        tx, at=at, actor=actor, act="devices.revoked" if ending.revoked else "devices.lost",
        subject=str(row.id), day=ending.on.isoformat(),
    )  # fmt: skip


def _faults_of(
    tx: Tx, number: int, entry: DeviceEntry, units: Collection[str] | None
) -> list[Fault]:
    if tx.get(Unit, entry.unit) is None:
        return [_fault(number, Column.UNIT, "devices.unit-unknown", entry.unit)]
    if units is not None and entry.unit not in units:
        return [_fault(number, Column.UNIT, "devices.unit-not-yours", entry.unit)]
    known = _known(tx, entry)
    if known is not None and not _is_same_holder(known, entry):
        return [_fault(number, Column.SERIAL, "devices.serial-taken", entry.serial)]
    return []


def _fault(row: int, column: Column, code: str, value: str) -> Fault:
    return Fault(row=row, column=column, code=code, value=value)


def _put(tx: Tx, entry: DeviceEntry) -> str:
    row = _known(tx, entry)
    if row is None:
        row = SigningDevice(kind=entry.kind, serial=entry.serial)
        tx.add(row)
        done = "added"
    else:
        done = "unchanged" if _says_the_same(row, entry) else "changed"
    row.unit_code, row.owner, row.holder = entry.unit, entry.owner, entry.holder
    row.officer_id = row.officer_id or _officer_of(tx, entry)
    # A list that leaves a day out does not take back what is known.
    row.valid_from = entry.valid_from or row.valid_from
    row.valid_to = entry.valid_to or row.valid_to
    row.issued_on = entry.issued_on or row.issued_on
    row.lost_on = entry.lost_on or row.lost_on
    row.revoked_on = entry.revoked_on or row.revoked_on
    tx.flush()
    return done


def _known(tx: Tx, entry: DeviceEntry) -> SigningDevice | None:
    return tx.scalars(
        select(SigningDevice).where(
            SigningDevice.kind == entry.kind, SigningDevice.serial == entry.serial
        )
    ).first()


def _is_same_holder(row: SigningDevice, entry: DeviceEntry) -> bool:
    return (row.unit_code, row.owner, rules.plain(row.holder)) == (
        entry.unit, entry.owner, rules.plain(entry.holder),
    )  # fmt: skip


def _says_the_same(row: SigningDevice, entry: DeviceEntry) -> bool:
    pairs = (
        (row.holder, entry.holder), (row.valid_from, entry.valid_from),
        (row.valid_to, entry.valid_to), (row.issued_on, entry.issued_on),
        (row.lost_on, entry.lost_on), (row.revoked_on, entry.revoked_on),
    )  # fmt: skip
    return all(said is None or said == held for held, said in pairs)


def _officer_of(tx: Tx, entry: DeviceEntry) -> int | None:
    """Return the officer whose device it is: the only one of that name who signs for the body."""
    if entry.owner is not Owner.PERSONAL:
        return None
    found = tx.scalars(
        select(Officer.id)
        .join(Mandate, Mandate.officer_id == Officer.id)
        .where(Officer.full_name == entry.holder, Mandate.unit_code == entry.unit)
        .distinct()
    ).all()
    return found[0] if len(found) == 1 else None


def _name_of(tx: Tx, entry: CertificateEntry) -> str:
    if entry.officer is not None:
        return tx.get_one(Officer, entry.officer).full_name
    return tx.get_one(Unit, entry.unit).name
