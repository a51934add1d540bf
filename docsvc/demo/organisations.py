"""The demonstration province: units, officers and seals, read from ``data/organisations.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from docsvc.demo.errors import UnknownKeyError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(StrEnum):
    """The system a unit belongs to."""

    STATE = "state"
    PARTY = "party"
    FRONT = "front"


class Tier(StrEnum):
    """The level of administration; districts ended on 2025-06-30."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


class NumberForm(StrEnum):
    """How the unit writes the number of a document: ``12/UBND-VP`` or ``12-CV/TU``."""

    STATE = "state"
    PARTY = "party"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """The unit above, from ``valid_from`` to ``valid_to``, both days included; None is open."""

    code: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A body that issues documents."""

    code: str
    name: str
    short_name: str
    symbol: str
    tier: Tier
    kind: Kind
    number_form: NumberForm
    term: str
    place: str
    seal_mm: int
    valid_to: date | None
    parents: tuple[Parent, ...]

    @property
    def current_parent(self) -> str | None:
        """Return the code of the unit above that has no last day."""
        return next((p.code for p in self.parents if p.valid_to is None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """A person who signs; ``key`` names the key pair on the demonstration token."""

    key: str
    unit: str
    full_name: str
    title: str
    authority: str
    collective: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The seal of a unit; ``key`` names the key pair on the demonstration token."""

    key: str
    unit: str


@dataclass(frozen=True, kw_only=True)
class Organisations:
    """The whole demonstration province."""

    units: tuple[Unit, ...]
    officers: tuple[Officer, ...]
    seals: tuple[Seal, ...]

    @cached_property
    def unit_by_code(self) -> Mapping[str, Unit]:
        """Return the units by their code."""
        return {unit.code: unit for unit in self.units}

    @property
    def holders(self) -> tuple[Officer | Seal, ...]:
        """Return everything that has a key: the officers, then the seals."""
        return (*self.officers, *self.seals)

    def unit_of(self, key: str) -> Unit:
        """Return the unit whose officer or seal has this key name.

        Raises:
            UnknownKeyError: neither an officer nor a seal has it.
        """
        for holder in self.holders:
            if holder.key == key:
                return self.unit_by_code[holder.unit]
        raise UnknownKeyError(key=key)

    def superior_of(self, unit: Unit) -> Unit:
        """Return the unit above today, or the unit itself where there is none."""
        parent = unit.current_parent
        return unit if parent is None else self.unit_by_code[parent]


def load() -> Organisations:
    """Read the demonstration province that comes with the package."""
    text = files("docsvc.demo").joinpath("data/organisations.toml").read_text(encoding="utf-8")
    return parse(text)


def parse(text: str) -> Organisations:
    """Read units, officers and seals from TOML with the tables ``unit``, ``officer``, ``seal``."""
    data = tomllib.loads(text)
    return Organisations(
        units=tuple(_unit(entry) for entry in data["unit"]),
        officers=tuple(Officer(**entry) for entry in data["officer"]),
        seals=tuple(Seal(**entry) for entry in data["seal"]),
    )


def _unit(entry: dict[str, Any]) -> Unit:
    known = {
        "tier": Tier(entry["tier"]),
        "kind": Kind(entry["kind"]),
        "number_form": NumberForm(entry["number_form"]),
        "parents": tuple(
            Parent(code=link["code"], valid_from=link.get("from"), valid_to=link.get("to"))
            for link in entry.get("parents", ())
        ),
    }
    return Unit(**({"term": "", "valid_to": None} | entry | known))
