"""What a verdict is judged by, as data with an id: the files in ``policies``, or one's own."""

import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from verification.certificate_policies import PolicyInputs
from verification.errors import PolicyError

_FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
_FOREVER_WORD = "forever"
# What a public body may fill in after the leader has signed.
OWN_FIELDS = frozenset({"docsvc.number", "docsvc.day", "docsvc.month"})
# An id stands in reports, in a database column and in file names.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_LENGTH = re.compile(r"[0-9]{3,5}")
# A hundred years: more is a slip of the pen.
_MAX_SECONDS = 100 * 366 * 86_400
_MAX_BITS = 65_536


class FormFilling(StrEnum):
    """Which form fields may be filled in after a signature that does not forbid it."""

    ANY = "any"
    OWN_FIELDS = "own-fields"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Dates until which algorithms hold, and how much is tolerated.

    Attributes:
        id: the name that reports carry.
        hashes: digest → the moment until which it is accepted.
        min_rsa_bits: shortest RSA key accepted.
        min_ec_bits: shortest elliptic curve key accepted.
        old_rsa_bits: shorter RSA keys (bits, in decimal) → the moment until which they were.
        form_filling: which fields may be filled in after a signature.
        clock_grace: how far a claimed signing time may lie ahead of the proven one.
        local_time_offset: some tools write Vietnam's local time flagged UTC; ahead by this is a
            remark, not a fault.
        crl_max_age: how long a CRL or OCSP answer without nextUpdate is fresh.
        require_revocation: whether a chain without revocation data can pass.
        certificate_policies: what is asked of certificate policies along a chain.
        max_appearance_share: largest part of a page that a later signature may cover.
    """

    id: str
    hashes: Mapping[str, datetime]
    min_rsa_bits: int
    min_ec_bits: int
    old_rsa_bits: Mapping[str, datetime]
    form_filling: FormFilling
    clock_grace: timedelta
    local_time_offset: timedelta
    crl_max_age: timedelta
    require_revocation: bool
    certificate_policies: PolicyInputs
    max_appearance_share: float

    def accepts_rsa(self, bits: int, at: datetime) -> bool:
        """Tell whether an RSA key (or a DSA key, of like strength) was accepted at a moment."""
        return bits >= self.min_rsa_bits or any(
            bits >= int(length) and at <= until for length, until in self.old_rsa_bits.items()
        )


def issued(policy: Policy) -> Policy:
    """Return what a body's own issued documents are judged by: own fields alone are filled in."""
    return replace(policy, id=f"{policy.id}+issued", form_filling=FormFilling.OWN_FIELDS)


def load_policy(path: Path) -> Policy:
    """Read a policy from a TOML file; what it leaves out is that of ``docsvc-general-1``.

    Raises:
        PolicyError: the file is not there or no TOML, or a key or value is not known.
    """
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as e:
        raise PolicyError(policy=path.name, problem=str(e)) from e
    return policy_of(values, DEFAULT_POLICY, name=path.name)


def policy_of(values: Mapping[str, object], base: Policy | None = None, *, name: str) -> Policy:
    """Make a policy of plain values, as TOML or JSON has them.

    Args:
        values: by the names of the attributes; spans of time are seconds, dates may be text.
        base: what the values leave out; None: they have to name everything.
        name: of the source, for the error.

    Raises:
        PolicyError: a name or value is not known, or one is missing.
    """
    known = {each.name: each.type for each in fields(Policy)}
    needed = {"id"} if base is not None else set(known)
    if odd := sorted((values.keys() - known.keys()) | (needed - values.keys())):
        raise PolicyError(policy=name, problem=", ".join(odd))
    read: dict[str, Any] = {}
    for key, value in values.items():
        try:
            read[key] = _READERS[known[key]](value)
        except (TypeError, ValueError) as e:
            raise PolicyError(policy=name, problem=key) from e
    if not _ID.fullmatch(read["id"]):
        raise PolicyError(policy=name, problem="id")
    if not all(_LENGTH.fullmatch(each) for each in read.get("old_rsa_bits", ())):
        raise PolicyError(policy=name, problem="old_rsa_bits")
    return Policy(**read) if base is None else replace(base, **read)


def policy_values(policy: Policy) -> dict[str, object]:
    """Return all values of a policy as JSON has them; `policy_of` takes them back."""
    return {each.name: _plain(getattr(policy, each.name)) for each in fields(Policy)}


def _plain(value: object) -> object:
    match value:
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case datetime():
            return _FOREVER_WORD if value == _FOREVER else value.astimezone(UTC).isoformat()
        case timedelta():
            return value.total_seconds()
        case PolicyInputs():
            return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
        case frozenset():
            return sorted(value)
        case _:
            return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _number(value: object, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    if not (math.isfinite(value) and 0 <= value <= most):
        raise ValueError
    return value


def _bits(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError
    return int(_number(value, _MAX_BITS))


def _share(value: object) -> float:
    return float(_number(value, 1))


def _span(value: object) -> timedelta:
    return timedelta(seconds=_number(value, _MAX_SECONDS))


def _filling(value: object) -> FormFilling:
    return FormFilling(_text(value))


def _moment(value: object) -> datetime:
    if value == _FOREVER_WORD:
        return _FOREVER
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(read, datetime):
        return read if read.tzinfo else read.replace(tzinfo=UTC)
    if isinstance(read, date):
        return datetime(read.year, read.month, read.day, tzinfo=UTC)
    raise TypeError


def _dates(value: object) -> Mapping[str, datetime]:
    if not isinstance(value, dict):
        raise TypeError
    return MappingProxyType({_text(key): _moment(each) for key, each in value.items()})


def _inputs(value: object) -> PolicyInputs:
    if not isinstance(value, dict) or value.keys() - {each.name for each in fields(PolicyInputs)}:
        raise TypeError
    accepted = value.get("accepted")
    if accepted is not None and not isinstance(accepted, list):
        raise TypeError
    flags = {key: _flag(each) for key, each in value.items() if key != "accepted"}
    policies = None if accepted is None else frozenset(_text(each) for each in accepted)
    return PolicyInputs(accepted=policies, **flags)


_READERS: dict[Any, Callable[[object], Any]] = {
    str: _text,
    int: _bits,
    float: _share,
    bool: _flag,
    timedelta: _span,
    FormFilling: _filling,
    PolicyInputs: _inputs,
    Mapping[str, datetime]: _dates,
}


def _bundled(name: str, base: Policy | None = None) -> Policy:
    text = resources.files("verification").joinpath(f"policies/{name}.toml").read_text("utf-8")
    return policy_of(tomllib.loads(text), base, name=name)


DEFAULT_POLICY = _bundled("docsvc-general-1")
ISSUED_POLICY = _bundled("docsvc-issued-1", DEFAULT_POLICY)
