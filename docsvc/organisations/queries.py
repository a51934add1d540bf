"""What is known about bodies, who signs for them, and the certificates they sign with."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, or_, select, true

from docsvc.organisations import rules
from docsvc.organisations.errors import SealMissingError, UnitUnknownError
from docsvc.organisations.mandates import Mandate
from docsvc.organisations.rules import DeviceHolder, HolderGroup, Link
from docsvc.organisations.tables import Certificate, Officer, Unit, UnitParent
from docsvc.organisations.tables import Mandate as MandateRow
from verification.model import Role

if TYPE_CHECKING:
    from docsvc.db.transactions import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRecord:
    """A body; its days are the first and the last on which it exists, None is open."""

    code: str
    name: str
    short_name: str
    symbol: str
    tier: str
    kind: str
    number_form: str
    term: str | None
    place: str
    seal_mm: float
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitNode:
    """A body and those that stand below it on a day, by their codes."""

    unit: UnitRecord
    children: tuple[UnitNode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRecord:
    """A certificate of the inventory and where its key is; officer, name, account: leaders only.

    ``chain`` holds DER: the certificate, then its issuers without the root.
    """

    fingerprint: str
    role: Role
    unit: str
    officer: int | None
    full_name: str | None
    account: str | None
    serial: str
    valid_from: date
    valid_to: date
    device: str
    token: str | None
    key_id: str | None
    image_digest: str | None
    lost_on: date | None
    issued_on: date | None
    chain: tuple[bytes, ...]


def units(tx: Tx) -> tuple[UnitRecord, ...]:
    """Return every body that is or was, by its code."""
    return tuple(_unit(row) for row in tx.scalars(select(Unit).order_by(Unit.code)))


def unit(tx: Tx, code: str) -> UnitRecord:
    """Return the body with this code.

    Raises:
        UnitUnknownError: there is none.
    """
    found = tx.get(Unit, code)
    if found is None:
        raise UnitUnknownError(unit=code)
    return _unit(found)


def links(tx: Tx) -> tuple[Link, ...]:
    """Return who stood above whom, and when."""
    return tuple(
        Link(
            unit=row.unit_code,
            parent=row.parent_code,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
        for row in tx.scalars(select(UnitParent).order_by(UnitParent.id))
    )


def path(tx: Tx, code: str, on: date) -> str:
    """Return the bodies from the highest down to ``code`` on a day: ``H99/H99.12/H99.12.05``."""
    return rules.path_on(links(tx), code, on)


def tree(tx: Tx, on: date) -> tuple[UnitNode, ...]:
    """Return the bodies of a day, the highest first, each with those below it."""
    there = {u.code: u for u in units(tx) if rules.covers(on, u.valid_from, u.valid_to)}
    parents = rules.parents_on(links(tx), on)
    below: dict[str | None, list[UnitRecord]] = {}
    for record in there.values():
        above = parents.get(record.code)
        # Below a body that has ended there is nothing: who is left there stands alone.
        below.setdefault(above if above in there else None, []).append(record)

    def grow(above: str | None) -> tuple[UnitNode, ...]:
        return tuple(UnitNode(unit=u, children=grow(u.code)) for u in below.get(above, ()))

    return grow(None)


def mandates(tx: Tx, unit_code: str) -> tuple[Mandate, ...]:
    """Return who may sign for a body, and when: what ``require_mandate`` decides by."""
    return tuple(
        mandate_of(row)
        for row in tx.scalars(
            select(MandateRow).where(MandateRow.unit_code == unit_code).order_by(MandateRow.id)
        )
    )


def mandate_of(row: MandateRow) -> Mandate:
    """Return a mandate as the rules take it."""
    return Mandate(
        officer=row.officer_id,
        unit=row.unit_code,
        authority=row.authority,
        title=row.title,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        kinds=frozenset(row.kinds.split()),
        basis=row.basis,
        delegated_by=row.delegated_by,
    )


def leader_certificates(tx: Tx, unit_code: str, on: date) -> tuple[CertificateRecord, ...]:
    """Return the certificates that officers of a body can sign with on a day, newest first."""
    return _certificates(tx, _usable(Role.LEADER, unit_code, on))


def seal_certificate(tx: Tx, unit_code: str, on: date) -> CertificateRecord:
    """Return the certificate that a body seals with on a day: the newest if there are more.

    Raises:
        SealMissingError: there is none.
    """
    found = seal_certificates(tx, unit_code, on)
    if not found:
        raise SealMissingError(unit=unit_code, day=on.isoformat())
    return found[0]


def seal_certificates(tx: Tx, unit_code: str, on: date) -> tuple[CertificateRecord, ...]:
    """Return the certificates that a body can seal with on a day, newest first."""
    return _certificates(tx, _usable(Role.ORGANISATION, unit_code, on))


def certificate(tx: Tx, fingerprint: str) -> CertificateRecord | None:
    """Return the certificate with this SHA-256 (hex); None if the inventory has none."""
    found = _certificates(tx, Certificate.fingerprint == fingerprint)
    return found[0] if found else None


def certificates(tx: Tx) -> tuple[CertificateRecord, ...]:
    """Return every certificate of the inventory, the newest first."""
    return _certificates(tx, true())


def certificates_of(tx: Tx, unit_code: str, role: Role) -> tuple[CertificateRecord, ...]:
    """Return every certificate of a body in a role, also those of no use any more, newest first."""
    return _certificates(tx, and_(Certificate.role == role, Certificate.unit_code == unit_code))


def chains_on(tx: Tx, token: str) -> dict[str, tuple[bytes, ...]]:
    """Return the chains (DER) of the certificates on a token or at a provider, by their key ids.

    Of two certificates of one key the one that begins later is meant.
    """
    found = _certificates(tx, Certificate.token == token)
    return {one.key_id: one.chain for one in reversed(found) if one.key_id is not None}


def roles(tx: Tx) -> dict[str, Role]:
    """Return the role of every certificate of the inventory, by its SHA-256 (hex)."""
    rows = tx.execute(select(Certificate.fingerprint, Certificate.role))
    return {fingerprint: Role(role) for fingerprint, role in rows}


def device_counts(tx: Tx, *, on: date, issued_from: date | None = None) -> dict[HolderGroup, int]:
    """Count the devices that are held on a day, by the group of their holders.

    Args:
        tx: the transaction to read in.
        on: devices handed out later, or lost by then, are left out.
        issued_from: count only those handed out since that day.
    """
    query = (
        select(
            Certificate.fingerprint,
            Certificate.token,
            Certificate.role,
            Unit.kind,
            Unit.symbol,
        )
        .join(Unit, Unit.code == Certificate.unit_code)
        .where(or_(Certificate.issued_on.is_(None), Certificate.issued_on <= on), _not_lost(on))
    )
    if issued_from is not None:
        query = query.where(Certificate.issued_on >= issued_from)
    return rules.count_devices(
        DeviceHolder(
            fingerprint=fingerprint,
            token=token,
            group=rules.group_of(role=Role(role), kind=kind, symbol=symbol),
        )
        for fingerprint, token, role, kind, symbol in tx.execute(query)
    )


def _not_lost(on: date) -> ColumnElement[bool]:
    return or_(Certificate.lost_on.is_(None), Certificate.lost_on > on)


def _usable(role: Role, unit_code: str, on: date) -> ColumnElement[bool]:
    return and_(
        Certificate.role == role,
        Certificate.unit_code == unit_code,
        Certificate.valid_from <= on,
        Certificate.valid_to >= on,
        _not_lost(on),
    )


def _certificates(tx: Tx, condition: ColumnElement[bool]) -> tuple[CertificateRecord, ...]:
    rows = tx.execute(
        select(Certificate, Officer.full_name, Officer.account)
        .outerjoin(Officer, Officer.id == Certificate.officer_id)
        .where(condition)
        .order_by(Certificate.valid_from.desc(), Certificate.fingerprint)
    )
    return tuple(
        CertificateRecord(
            fingerprint=row.fingerprint,
            role=Role(row.role),
            unit=row.unit_code,
            officer=row.officer_id,
            full_name=full_name,
            account=account,
            serial=row.serial,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            device=row.device,
            token=row.token,
            key_id=row.key_id,
            image_digest=row.image_digest,
            lost_on=row.lost_on,
            issued_on=row.issued_on,
            chain=_ders(row.chain_pem),
        )
        for row, full_name, account in rows
    )


def _ders(pem: str) -> tuple[bytes, ...]:
    """Split a bundle of PEM certificates."""
    end = ssl.PEM_FOOTER
    return tuple(ssl.PEM_cert_to_DER_cert(part.strip() + end) for part in pem.split(end)[:-1])


def _unit(row: Unit) -> UnitRecord:
    return UnitRecord(
        code=row.code,
        name=row.name,
        short_name=row.short_name,
        symbol=row.symbol,
        tier=row.tier,
        kind=row.kind,
        number_form=row.number_form,
        term=row.term,
        place=row.place,
        seal_mm=row.seal_mm,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )
