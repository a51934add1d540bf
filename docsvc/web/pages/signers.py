"""The administrator's pages of what signs: devices and what runs out, officers and mandates."""

from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from docsvc.access.rules import Action
from docsvc.bootstrap import Services
from docsvc.catalog import kinds
from docsvc.errors import DocsvcError
from docsvc.organisations.inventory.queries import DeviceRecord, HolderReport
from docsvc.organisations.inventory.rules import State, day_in
from docsvc.organisations.inventory.service import Ending, Imported
from docsvc.organisations.officers import MandateRecord, NewMandate
from docsvc.organisations.rules import Device
from docsvc.web.api import devices as api
from docsvc.web.api import officers
from docsvc.web.deps import Caller, CallerDep, FormDep, ServicesDep, text_of, texts_of
from docsvc.web.errors import FieldError
from docsvc.web.pages.receive import open_units
from docsvc.web.pages.rendering import language_of, render
from docsvc.web.problems import Problem, problem_of

router = APIRouter()

_SEE_OTHER = 303


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicesPage:
    """The inventory; ``imported`` is what became of a list that was just sent."""

    devices: tuple[DeviceRecord, ...]
    due: tuple[DeviceRecord, ...]
    report: HolderReport
    units: tuple[tuple[str, str], ...]
    names: dict[str, str]
    kinds: tuple[Device, ...]
    officers: tuple[tuple[int, str], ...]
    today: date
    imported: Imported | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MandatesPage:
    """Who may sign what for whom."""

    mandates: tuple[MandateRecord, ...]
    units: tuple[tuple[str, str], ...]
    names: dict[str, str]
    officers: tuple[tuple[int, str], ...]
    kinds: tuple[tuple[str, str], ...]
    today: date
    problem: Problem | None = None


@router.get("/devices")
def devices(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """Show the inventory, what runs out, and the count by groups of holders."""
    return _devices(request, services, caller)


@router.post("/devices/import")
def import_list(
    request: Request, services: ServicesDep, caller: CallerDep, form: FormDep
) -> Response:
    """Enter a list whole, or show what is wrong with each row."""
    try:
        done = api.imported(services, caller, form)
    except DocsvcError as e:
        return _devices(request, services, caller, problem=problem_of(e, language_of(request)))
    return _devices(request, services, caller, imported=done)


@router.post("/devices/certificates")
def add(request: Request, services: ServicesDep, caller: CallerDep, form: FormDep) -> Response:
    """Enter a device by its certificate."""
    try:
        api.added(services, caller, form)
    except DocsvcError as e:
        return _devices(request, services, caller, problem=problem_of(e, language_of(request)))
    return RedirectResponse("/devices", _SEE_OTHER)


@router.post("/devices/{device}/end")
def end(
    request: Request, device: int, services: ServicesDep, caller: CallerDep, form: FormDep
) -> Response:
    """Take a device out of use."""
    try:
        day = _required_day(form, "on")
        revoked = text_of(form, "how") == "revoked"
        api.ended(services, caller, Ending(number=device, on=day, revoked=revoked))
    except DocsvcError as e:
        return _devices(request, services, caller, problem=problem_of(e, language_of(request)))
    return RedirectResponse("/devices", _SEE_OTHER)


@router.get("/mandates")
def mandates(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """Show officers and mandates."""
    return _mandates(request, services, caller)


@router.post("/mandates")
def give(request: Request, services: ServicesDep, caller: CallerDep, form: FormDep) -> Response:
    """Keep a mandate."""
    try:
        officers.give(services, caller, _new_mandate(caller, form))
    except DocsvcError as e:
        return _mandates(request, services, caller, problem=problem_of(e, language_of(request)))
    return RedirectResponse("/mandates", _SEE_OTHER)


@router.post("/mandates/{mandate}/end")
def finish(
    request: Request, mandate: int, services: ServicesDep, caller: CallerDep, form: FormDep
) -> Response:
    """Let a mandate end."""
    try:
        day = _required_day(form, "last_day")
        officers.end(services, caller, mandate, day)
    except DocsvcError as e:
        return _mandates(request, services, caller, problem=problem_of(e, language_of(request)))
    return RedirectResponse("/mandates", _SEE_OTHER)


@router.post("/mandates/{mandate}/account")
def say_account(
    request: Request, mandate: int, services: ServicesDep, caller: CallerDep, form: FormDep
) -> Response:
    """Say which account is the officer's."""
    try:
        officers.set_account(services, caller, mandate, text_of(form, "account") or None)
    except DocsvcError as e:
        return _mandates(request, services, caller, problem=problem_of(e, language_of(request)))
    return RedirectResponse("/mandates", _SEE_OTHER)


def _devices(
    request: Request,
    services: Services,
    caller: Caller,
    *,
    imported: Imported | None = None,
    problem: Problem | None = None,
) -> Response:
    found = api.devices_of(services, caller)
    good = {State.VALID, State.NOT_YET, State.EXPIRED}
    page = DevicesPage(
        devices=found,
        due=tuple(one for one in found if one.notice is not None and one.state in good),
        report=api.report_of(services, caller, None),
        units=open_units(caller, Action.MANAGE_SIGNERS),
        names=dict(caller.units.names),
        kinds=tuple(Device),
        officers=_officers(officers.mandates_of(services, caller)),
        today=api.today(services),
        imported=imported,
        problem=problem,
    )
    status = problem.status if problem else 200
    return render(request, "signers/devices.html", page, caller=caller, status=status)


def _mandates(
    request: Request, services: Services, caller: Caller, *, problem: Problem | None = None
) -> Response:
    found = officers.mandates_of(services, caller)
    lang = language_of(request)
    page = MandatesPage(
        mandates=found,
        units=open_units(caller, Action.MANAGE_SIGNERS),
        names=dict(caller.units.names),
        officers=_officers(found),
        kinds=tuple((kind.code, str(getattr(kind, lang))) for kind in kinds.all_kinds()),
        today=api.today(services),
        problem=problem,
    )
    status = problem.status if problem else 200
    return render(request, "signers/mandates.html", page, caller=caller, status=status)


def _officers(found: tuple[MandateRecord, ...]) -> tuple[tuple[int, str], ...]:
    """Return each officer once, by name."""
    return tuple(
        sorted({(one.mandate.officer, one.full_name) for one in found}, key=lambda one: one[1])
    )


def _new_mandate(caller: Caller, form: FormData) -> NewMandate:
    unit = text_of(form, "unit")
    if unit not in caller.units.paths:
        raise FieldError(field="unit")
    return NewMandate(
        unit=unit,
        officer=_number(form, "officer"),
        full_name=text_of(form, "full_name"),
        account=text_of(form, "account")[:80] or None,
        title=text_of(form, "title"),
        authority=_authority(form),
        valid_from=_day(form, "valid_from"),
        valid_to=_day(form, "valid_to"),
        kinds=frozenset(texts_of(form, "kind")),
        basis=text_of(form, "basis"),
        delegated_by=_number(form, "delegated_by"),
    )


_MAX_AUTHORITY = 10


def _authority(form: FormData) -> str:
    text = text_of(form, "authority")
    if len(text) > _MAX_AUTHORITY:
        raise FieldError(field="authority")
    return text


def _number(form: FormData, field: str) -> int | None:
    text = text_of(form, field)
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < len("1000000000")):
        raise FieldError(field=field)
    return int(text)


def _day(form: FormData, field: str) -> date | None:
    try:
        return day_in(text_of(form, field))
    except ValueError as e:
        raise FieldError(field=field) from e


def _required_day(form: FormData, field: str) -> date:
    day = _day(form, field)
    if day is None:
        raise FieldError(field=field)
    return day
