"""Bodies, officers and certificates come in; the same entries twice change nothing but the log."""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from cryptography import x509
from sqlalchemy import delete, select

from docsvc.audit import service as audit
from docsvc.clock import VIETNAM
from docsvc.organisations import queries, rules
from docsvc.organisations.errors import (
    CertificateConflictError,
    CertificateHolderError,
    CertificateUnknownError,
    CertificateUnreadableError,
    OfficerUnknownError,
    UnitUnknownError,
)
from docsvc.organisations.rules import Device, Link
from docsvc.organisations.tables import Certificate, Mandate, Officer, Unit, UnitParent
from verification.model import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docsvc.db.transactions import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentEntry:
    """The body above, from a day to a day, both included; None is open."""

    code: str
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitEntry:
    """A body to be known; ``tier``, ``kind`` and ``number_form`` as in the table of units."""

    code: str
    name: str
    short_name: str
    symbol: str
    tier: str
    kind: str
    number_form: str
    place: str
    seal_mm: float
    term: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    parents: tuple[ParentEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerEntry:
    """A person and the mandate to sign; ``key`` is the caller's own name for the entry."""

    key: str
    unit: str
    full_name: str
    title: str
    authority: str
    account: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateEntry:
    """A certificate to be known, and the device that holds its key.

    Attributes:
        der: the certificate.
        issuers: DER of its issuers, the nearest first, without the root.
        officer: number of the officer, as :func:`load` returned it; None for an organisation.
        token: label of the token, ``key_id`` the CKA_ID (hex) of the key on it.
        issued_on: the day the device was handed out.
        image_digest: SHA-256 (hex) of the signature or seal image among the blobs.
    """

    der: bytes
    role: Role
    unit: str
    officer: int | None = None
    device: Device = Device.USB_TOKEN
    token: str | None = None
    key_id: str | None = None
    issued_on: date | None = None
    image_digest: str | None = None
    issuers: tuple[bytes, ...] = ()


def load(
    tx: Tx,
    units: Iterable[UnitEntry],
    officers: Iterable[OfficerEntry],
    *,
    at: datetime,
    actor: str,
) -> dict[str, int]:
    """Make the bodies and officers known as the entries say; who is not named stays as is.

    Returns:
        The number of each officer, by the key of the entry.

    Raises:
        UnitCodeError: a body's code is not one of QĐ 20/2020/QĐ-TTg.
        UnitUnknownError: a parent, or the body of an officer, is not known.
        TwoParentsError: on some day a body would have two parents.
        ParentCycleError: on some day a body would stand above itself.
    """
    entries = tuple(units)
    for entry in entries:
        _put_unit(tx, entry)
    tx.flush()
    for entry in entries:
        _put_parents(tx, entry)
    tx.flush()
    rules.check_links(queries.links(tx))
    numbers = {entry.key: _put_officer(tx, entry) for entry in officers}
    audit.append(
        tx, at=at, actor=actor, act="organisations.load", subject="organisations",
        units=[entry.code for entry in entries], officers=sorted(numbers.values()),
    )  # fmt: skip
    return numbers


def add_certificate(tx: Tx, entry: CertificateEntry, *, at: datetime, actor: str) -> str:
    """Add a certificate to the inventory; the same entry again changes nothing.

    Returns:
        Its fingerprint: SHA-256 of the DER bytes, hex.

    Raises:
        CertificateUnreadableError: the bytes are not a certificate.
        CertificateHolderError: a leader's without an officer, or an organisation's with one.
        UnitUnknownError: no body has this code.
        OfficerUnknownError: no officer has this number.
        CertificateConflictError: it is in the inventory, for another holder.
    """
    _check_holder(tx, entry)
    fingerprint = hashlib.sha256(entry.der).hexdigest()
    known = tx.get(Certificate, fingerprint)
    if known is None:
        tx.add(_certificate(entry, fingerprint))
        tx.flush()
        audit.append(
            tx, at=at, actor=actor, act="certificate.add", subject=fingerprint,
            role=entry.role, unit=entry.unit, officer=entry.officer, device=entry.device,
        )  # fmt: skip
        return fingerprint
    if (known.role, known.unit_code, known.officer_id) != (entry.role, entry.unit, entry.officer):
        raise CertificateConflictError(cert=fingerprint, unit=known.unit_code)
    known.device, known.token, known.key_id = entry.device, entry.token, entry.key_id
    known.issued_on, known.image_digest = entry.issued_on, entry.image_digest
    return fingerprint


def report_lost(tx: Tx, fingerprint: str, *, on: date, at: datetime, actor: str) -> None:
    """Take a certificate out of use from a day on: the device is lost, or given back.

    Raises:
        CertificateUnknownError: the inventory has no such certificate.
    """
    known = tx.get(Certificate, fingerprint)
    if known is None:
        raise CertificateUnknownError(cert=fingerprint)
    known.lost_on = on
    audit.append(
        tx, at=at, actor=actor, act="certificate.lost", subject=fingerprint, day=on.isoformat()
    )


def _put_unit(tx: Tx, entry: UnitEntry) -> None:
    code = rules.check_code(entry.code)
    row = tx.get(Unit, code)
    if row is None:
        row = Unit(code=code)
        tx.add(row)
    row.name, row.short_name, row.symbol = entry.name, entry.short_name, entry.symbol
    row.tier, row.kind, row.number_form = entry.tier, entry.kind, entry.number_form
    row.term, row.place, row.seal_mm = entry.term or None, entry.place, entry.seal_mm
    row.valid_from, row.valid_to = entry.valid_from, entry.valid_to


def _put_parents(tx: Tx, entry: UnitEntry) -> None:
    wanted = {
        Link(unit=entry.code, parent=p.code, valid_from=p.valid_from, valid_to=p.valid_to)
        for p in entry.parents
    }
    for link in wanted:
        if tx.get(Unit, link.parent) is None:
            raise UnitUnknownError(unit=link.parent)
    if {link for link in queries.links(tx) if link.unit == entry.code} == wanted:
        return
    tx.execute(delete(UnitParent).where(UnitParent.unit_code == entry.code))
    for link in sorted(wanted, key=lambda link: link.valid_from or date.min):
        tx.add(
            UnitParent(
                unit_code=link.unit,
                parent_code=link.parent,
                valid_from=link.valid_from,
                valid_to=link.valid_to,
            )
        )


def _put_officer(tx: Tx, entry: OfficerEntry) -> int:
    if tx.get(Unit, entry.unit) is None:
        raise UnitUnknownError(unit=entry.unit)
    officer = _known_officer(tx, entry)
    if officer is None:
        officer = Officer(full_name=entry.full_name)
        tx.add(officer)
    officer.full_name = entry.full_name
    officer.account = entry.account or officer.account
    tx.flush()
    mandate = tx.scalars(
        select(Mandate).where(
            Mandate.officer_id == officer.id,
            Mandate.unit_code == entry.unit,
            Mandate.authority == entry.authority,
            Mandate.title == entry.title,
        )
    ).first()
    if mandate is None:
        mandate = Mandate(
            officer_id=officer.id,
            unit_code=entry.unit,
            authority=entry.authority,
            title=entry.title,
        )
        tx.add(mandate)
    mandate.valid_from, mandate.valid_to = entry.valid_from, entry.valid_to
    tx.flush()
    return officer.id


def _known_officer(tx: Tx, entry: OfficerEntry) -> Officer | None:
    """Find the person: by the account where there is one, else by name within the body."""
    same_name = (
        select(Officer)
        .join(Mandate, Mandate.officer_id == Officer.id)
        .where(Officer.full_name == entry.full_name, Mandate.unit_code == entry.unit)
        .order_by(Officer.id)
    )
    if entry.account is None:
        return tx.scalars(same_name).first()
    found = tx.scalars(select(Officer).where(Officer.account == entry.account)).first()
    # A namesake with an account of his own is somebody else.
    return found or tx.scalars(same_name.where(Officer.account.is_(None))).first()


def _check_holder(tx: Tx, entry: CertificateEntry) -> None:
    if (entry.role is Role.LEADER) != (entry.officer is not None):
        raise CertificateHolderError(role=entry.role, unit=entry.unit)
    if tx.get(Unit, entry.unit) is None:
        raise UnitUnknownError(unit=entry.unit)
    if entry.officer is not None and tx.get(Officer, entry.officer) is None:
        raise OfficerUnknownError(officer=entry.officer)


def _certificate(entry: CertificateEntry, fingerprint: str) -> Certificate:
    try:
        parsed = x509.load_der_x509_certificate(entry.der)
    except ValueError as e:
        raise CertificateUnreadableError(cert=fingerprint) from e
    return Certificate(
        fingerprint=fingerprint,
        role=entry.role,
        unit_code=entry.unit,
        officer_id=entry.officer,
        serial=f"{parsed.serial_number:X}",
        valid_from=parsed.not_valid_before_utc.astimezone(VIETNAM).date(),
        valid_to=parsed.not_valid_after_utc.astimezone(VIETNAM).date(),
        device=entry.device,
        token=entry.token,
        key_id=entry.key_id,
        issued_on=entry.issued_on,
        lost_on=None,
        image_digest=entry.image_digest,
        chain_pem="".join(map(ssl.DER_cert_to_PEM_cert, (entry.der, *entry.issuers))),
    )
