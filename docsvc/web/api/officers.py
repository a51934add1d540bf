"""Officers and their mandates, kept by who administers the body."""

from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from docsvc.access import queries as accounts
from docsvc.access.rules import Action
from docsvc.bootstrap import Services
from docsvc.organisations import officers
from docsvc.organisations.errors import MandateUnknownError
from docsvc.organisations.mandates import Standing
from docsvc.organisations.officers import MandateRecord, NewMandate
from docsvc.web.api.devices import today
from docsvc.web.deps import ApiCallerDep, Caller, ServicesDep

router = APIRouter(prefix="/mandates", tags=["officers"])

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
_Number = Annotated[int, Field(ge=1, lt=2**31)]


class MandateOut(BaseModel):
    """A mandate, whose it is, and what it is today."""

    model_config = ConfigDict(frozen=True)

    mandate: int
    officer: int
    full_name: str
    account: str | None
    unit: str
    authority: str
    title: str
    valid_from: date | None
    valid_to: date | None
    kinds: list[str]
    basis: str
    delegated_by: int | None
    standing: Standing

    @classmethod
    def of(cls, one: MandateRecord) -> Self:
        """Say what is known of a mandate."""
        held = one.mandate
        return cls(
            mandate=one.number, officer=held.officer, full_name=one.full_name,
            account=one.account, unit=held.unit,
            authority=held.authority, title=held.title, valid_from=held.valid_from,
            valid_to=held.valid_to, kinds=sorted(held.kinds), basis=held.basis,
            delegated_by=held.delegated_by, standing=one.standing,
        )  # fmt: skip


class MandateIn(BaseModel):
    """A mandate to be kept: of a known ``officer``, or of somebody new by ``full_name``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: Annotated[str, Field(max_length=35)]
    authority: Annotated[str, Field(max_length=10, pattern=_PLAIN, description="TM., KT., TUQ.")]
    title: Annotated[str, Field(min_length=1, max_length=100, pattern=_PLAIN)]
    officer: _Number | None = None
    full_name: Annotated[str, Field(max_length=100, pattern=_PLAIN)] = ""
    account: Annotated[str | None, Field(max_length=80, pattern=_PLAIN)] = None
    valid_from: date | None = None
    valid_to: date | None = None
    kinds: Annotated[list[str], Field(max_length=60)] = []
    basis: Annotated[str, Field(max_length=200, pattern=_PLAIN)] = ""
    delegated_by: _Number | None = None


class GivenOut(BaseModel):
    """The number of a mandate."""

    model_config = ConfigDict(frozen=True)

    mandate: int


class LoginIn(BaseModel):
    """The login name of an officer; null: none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: Annotated[str | None, Field(max_length=80, min_length=1, pattern=_PLAIN)]


class LastDayIn(BaseModel):
    """The last day of a mandate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    last_day: date


@router.get("")
def listing(services: ServicesDep, caller: ApiCallerDep) -> list[MandateOut]:
    """List the mandates of the bodies that the caller administers."""
    return [MandateOut.of(one) for one in mandates_of(services, caller)]


@router.post("", status_code=201)
def add(new: MandateIn, services: ServicesDep, caller: ApiCallerDep) -> GivenOut:
    """Keep a mandate; the officer too, if it is somebody new."""
    given = new.model_dump() | {"kinds": frozenset(new.kinds)}
    return GivenOut(mandate=give(services, caller, NewMandate(**given)))


@router.post("/{mandate}/end")
def finish(
    mandate: int, ending: LastDayIn, services: ServicesDep, caller: ApiCallerDep
) -> GivenOut:
    """Let a mandate end on a day; what was signed under it stays as it is."""
    end(services, caller, mandate, ending.last_day)
    return GivenOut(mandate=mandate)


@router.put("/{mandate}/account")
def say_account(
    mandate: int, account: LoginIn, services: ServicesDep, caller: ApiCallerDep
) -> GivenOut:
    """Say which account is the officer's: with their certificates it alone may sign."""
    set_account(services, caller, mandate, account.account)
    return GivenOut(mandate=mandate)


def set_account(services: Services, caller: Caller, mandate: int, account: str | None) -> None:
    """Say which account is the officer's that has a mandate.

    Raises:
        MandateUnknownError: the caller's bodies have no such mandate.
        AccountMissingError: there is no such account.
        DocsvcError: as `organisations.officers.set_account`.
    """
    found = [one for one in mandates_of(services, caller) if one.number == mandate]
    if not found:
        raise MandateUnknownError(mandate=mandate)
    units = caller.units_for(Action.MANAGE_SIGNERS)
    with services.transactions() as tx:
        if account is not None:
            accounts.get(tx, account)
        officers.set_account(
            tx,
            found[0].mandate.officer,
            account,
            units=units,
            at=services.clock.now(),
            actor=caller.login,
        )


def mandates_of(services: Services, caller: Caller) -> tuple[MandateRecord, ...]:
    """Return the mandates of the bodies that a caller administers.

    Raises:
        NotAllowedError: the caller administers none.
    """
    caller.require_somewhere(Action.MANAGE_SIGNERS)
    units = caller.units_for(Action.MANAGE_SIGNERS)
    with services.transactions() as tx:
        return officers.mandates(tx, on=today(services), units=units)


def give(services: Services, caller: Caller, new: NewMandate) -> int:
    """Keep a mandate of a body that the caller administers; return its number.

    Raises:
        NotAllowedError: the caller does not administer the body.
        DocsvcError: as `organisations.officers.give`.
    """
    caller.require(Action.MANAGE_SIGNERS, new.unit)
    with services.transactions() as tx:
        return officers.give(tx, new, at=services.clock.now(), actor=caller.login)


def end(services: Services, caller: Caller, mandate: int, last_day: date) -> None:
    """Let a mandate end; raises as `organisations.officers.end`."""
    caller.require_somewhere(Action.MANAGE_SIGNERS)
    units = caller.units_for(Action.MANAGE_SIGNERS)
    with services.transactions() as tx:
        officers.end(
            tx, mandate, last_day=last_day, units=units, at=services.clock.now(),
            actor=caller.login,
        )  # fmt: skip
