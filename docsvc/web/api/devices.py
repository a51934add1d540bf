"""Signing devices: lists come in, what there is, what runs out, how many each group has."""

from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import FormData

from docsvc.access.rules import Action
from docsvc.bootstrap import Services
from docsvc.clock import VIETNAM
from docsvc.organisations.inventory import certificates, queries, rules, service, sheets
from docsvc.organisations.inventory.queries import DeviceRecord, HolderReport
from docsvc.organisations.inventory.rules import Column, Owner, State
from docsvc.organisations.inventory.service import Ending, Imported
from docsvc.organisations.rules import Device, HolderGroup
from docsvc.web.api import uploads
from docsvc.web.deps import ApiCallerDep, Caller, ServicesDep, UploadDep, text_of
from docsvc.web.errors import FieldError

router = APIRouter(prefix="/devices", tags=["devices"])

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LIST = uploads.described(media_type=_XLSX)
_CERTIFICATE = uploads.described(
    media_type="application/pkix-cert",
    optional=("officer", "kind", "serial", "issued_on"),
    unit={"type": "string", "description": "Code of the body"},
    officer={"type": "string", "description": "Number of the officer; none: the body's own"},
    kind={"type": "string", "enum": [str(one) for one in Device]},
    serial={"type": "string", "description": "Of the device; none: that of the certificate"},
    issued_on={"type": "string", "description": "Day on which it was handed out, ISO 8601"},
)


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class DeviceOut(_Out):
    """A device; ``device`` is its number, null where only its certificate is known."""

    device: int | None
    unit: str
    owner: Owner
    holder: str
    officer: int | None
    kind: Device
    serial: str
    valid_from: date | None
    valid_to: date | None
    issued_on: date | None
    lost_on: date | None
    revoked_on: date | None
    certificate: str | None
    state: State
    notice_days: Annotated[
        int | None, Field(description="The notice that is due: 90, 60, 30, 7, 0 once it is over")
    ]

    @classmethod
    def of(cls, one: DeviceRecord) -> Self:
        """Say what is known of a device."""
        return cls(
            device=one.number, unit=one.unit, owner=one.owner, holder=one.holder,
            officer=one.officer, kind=one.kind, serial=one.serial,
            valid_from=one.life.valid_from, valid_to=one.life.valid_to,
            issued_on=one.issued_on, lost_on=one.life.lost_on, revoked_on=one.life.revoked_on,
            certificate=one.fingerprint, state=one.state, notice_days=one.notice,
        )  # fmt: skip


class FaultOut(_Out):
    """What is wrong with a row of a list; row 0 is the list as a whole."""

    row: int
    column: Column | None
    code: str
    value: str


class ImportOut(_Out):
    """What became of a list: with any fault nothing was entered."""

    accepted: bool
    rows: int
    added: int
    changed: int
    unchanged: int
    faults: list[FaultOut]


class HolderReportOut(_Out):
    """How many devices each group holds; ``sum`` reads like ``57 = 11 + 17 + 6 + 23``."""

    on: date
    issued_from: date | None
    total: int
    groups: dict[HolderGroup, int]
    sum: str


class AddedOut(_Out):
    """The number of a device."""

    device: int


class EndingIn(BaseModel):
    """A device is lost or given back, or revoked by its issuer, from a day on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: date
    revoked: bool = False


@router.get("")
def listing(services: ServicesDep, caller: ApiCallerDep) -> list[DeviceOut]:
    """List the devices of the bodies that the caller administers."""
    return [DeviceOut.of(one) for one in devices_of(services, caller)]


@router.get("/expiring")
def expiring(
    services: ServicesDep,
    caller: ApiCallerDep,
    days: Annotated[int, Query(ge=0, le=3650)] = max(rules.NOTICES),
) -> list[DeviceOut]:
    """List the devices that run out within some days, the next one first."""
    units = _units(caller)
    with services.transactions() as tx:
        found = queries.expiring(tx, on=today(services), within_days=days, units=units)
    return [DeviceOut.of(one) for one in found]


@router.get("/report")
def report(
    services: ServicesDep, caller: ApiCallerDep, issued_from: date | None = None
) -> HolderReportOut:
    """Count the devices by the group of their holders."""
    made = report_of(services, caller, issued_from)
    return HolderReportOut(
        on=made.on, issued_from=made.issued_from, total=made.total, groups=dict(made.groups),
        sum=made.sum_text,
    )  # fmt: skip


@router.post("/import", openapi_extra=_LIST)
def import_list(services: ServicesDep, caller: ApiCallerDep, form: UploadDep) -> ImportOut:
    """Enter a list (XLSX or CSV) whole, or say of each row what is wrong with it."""
    done = imported(services, caller, form)
    faults = [
        FaultOut(row=one.row, column=one.column, code=one.code, value=one.value)
        for one in done.faults
    ]
    return ImportOut(
        accepted=done.accepted, rows=done.rows, added=done.added, changed=done.changed,
        unchanged=done.unchanged, faults=faults,
    )  # fmt: skip


@router.post("/certificates", status_code=201, openapi_extra=_CERTIFICATE)
def add(services: ServicesDep, caller: ApiCallerDep, form: UploadDep) -> AddedOut:
    """Enter a device by its certificate (PEM or DER), with its issuers after it."""
    return AddedOut(device=added(services, caller, form))


@router.post("/{device}/end")
def end(device: int, ending: EndingIn, services: ServicesDep, caller: ApiCallerDep) -> AddedOut:
    """Take a device out of use; its certificate can't be signed with from that day on."""
    ended(services, caller, Ending(number=device, on=ending.on, revoked=ending.revoked))
    return AddedOut(device=device)


def today(services: Services) -> date:
    """Return the day, in Vietnam."""
    return services.clock.now().astimezone(VIETNAM).date()


def devices_of(services: Services, caller: Caller) -> tuple[DeviceRecord, ...]:
    """Return the devices that a caller administers.

    Raises:
        NotAllowedError: the caller administers none.
    """
    units = _units(caller)
    with services.transactions() as tx:
        return queries.devices(tx, on=today(services), units=units)


def report_of(services: Services, caller: Caller, issued_from: date | None) -> HolderReport:
    """Return the count of the devices that a caller administers; raises as `devices_of`."""
    units = _units(caller)
    with services.transactions() as tx:
        return queries.report(tx, on=today(services), issued_from=issued_from, units=units)


def imported(services: Services, caller: Caller, form: FormData) -> Imported:
    """Enter a list that was uploaded; raises as `devices_of`.

    Raises:
        FieldError: there is no file.
        SheetUnreadableError: it is no table.
    """
    units = _units(caller)
    data = uploads.file_of(form).file.read(sheets.MAX_BYTES + 1)
    with services.transactions() as tx:
        return service.import_list(
            tx, data, units=units, at=services.clock.now(), actor=caller.login
        )


def added(services: Services, caller: Caller, form: FormData) -> int:
    """Enter a device by a certificate that was uploaded; return its number.

    Raises:
        FieldError: a field is missing or can't be read.
        NotAllowedError: the caller does not administer the body.
        DocsvcError: as `inventory.service.add_with_certificate`.
    """
    unit = text_of(form, "unit")
    if unit not in caller.units.paths:
        raise FieldError(field="unit")
    caller.require(Action.MANAGE_SIGNERS, unit)
    entry = certificates.entry_of(
        uploads.file_of(form).file.read(certificates.MAX_BYTES + 1),
        unit=unit,
        officer=_number(text_of(form, "officer"), "officer"),
        device=_kind(text_of(form, "kind")),
        issued_on=_day(text_of(form, "issued_on")),
    )
    serial = text_of(form, "serial")
    if len(serial) > _MAX_SERIAL or not serial.isprintable():
        raise FieldError(field="serial")
    with services.transactions() as tx:
        return service.add_with_certificate(
            tx, entry, serial=serial, at=services.clock.now(), actor=caller.login
        )


def ended(services: Services, caller: Caller, ending: Ending) -> None:
    """Take a device of the caller's bodies out of use.

    Raises:
        DeviceUnknownError: there is none.
        DeviceEndedError: it has ended already, on another day.
    """
    units = _units(caller)
    with services.transactions() as tx:
        service.end(tx, ending, units=units, at=services.clock.now(), actor=caller.login)


_MAX_SERIAL = 80


def _units(caller: Caller) -> frozenset[str]:
    caller.require_somewhere(Action.MANAGE_SIGNERS)
    return caller.units_for(Action.MANAGE_SIGNERS)


def _kind(text: str) -> Device:
    if not text:
        return Device.USB_TOKEN
    if text not in set(Device):
        raise FieldError(field="kind")
    return Device(text)


def _number(text: str, field: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < len("1000000000")):
        raise FieldError(field=field)
    return int(text)


def _day(text: str) -> date | None:
    try:
        return rules.day_in(text)
    except ValueError as e:
        raise FieldError(field="issued_on") from e
