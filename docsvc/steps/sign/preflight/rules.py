"""What must be right before a signature is made. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from docsvc.errors import DocsvcError
from docsvc.organisations.mandates import Mandate, Standing, require_mandate, standing_on
from docsvc.organisations.rules import covers
from signing.model import Role

if TYPE_CHECKING:
    from collections.abc import Iterable


class Check(StrEnum):
    """What is looked at before a PIN is asked for, in this order."""

    PERSON = "person"
    KEY = "key"
    MANDATE = "mandate"
    CERTIFICATE = "certificate"
    REVOCATION = "revocation"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Something that is not right; ``blocks``: nothing may be signed before it is."""

    check: Check
    code: str
    blocks: bool = True
    facts: Mapping[str, object] = field(default_factory=dict)


# What is refused at the door, before anybody is asked for a PIN, where it blocks. A key that is not
# within reach from here may be so by another way; the step itself takes such a yes back.
AT_THE_DOOR = frozenset(Check) - {Check.KEY}

# What is said and does not keep anybody from signing: it ends by itself, or nobody can know it now.
WARNINGS = frozenset(
    {
        "sign.officer-without-account",
        "sign.mandate-ending",
        # Nobody could say whether it is revoked; what is revoked is signed with by nobody.
        "verification.revocation-unknown",
        "verification.revocation-stale",
        # The signature waits for its time and loses nothing; who refuses would do so again.
        "signing.timestamp-unreachable",
        "timestamps.none-ready",
        # The certificate could not be looked at: every child is at work, or has died.
        "sandbox.unavailable",
        "sandbox.timeout",
        "sandbox.died",
        "sandbox.failed",
    }
)


def point(check: Check, code: str, /, **facts: object) -> Point:
    """Return a finding; whether it blocks is the table's to say."""
    return Point(check=check, code=code, blocks=code not in WARNINGS, facts=facts)


def refused(points: Iterable[Point]) -> Point | None:
    """Return what a yes is refused for at the door; None: it is taken."""
    found = (one for one in points if one.blocks and one.check in AT_THE_DOOR)
    return min(found, key=lambda one: list(Check).index(one.check), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A certificate of the inventory, as far as choosing needs to know it."""

    fingerprint: str
    officer: int | None
    full_name: str | None
    account: str | None
    valid_from: date
    valid_to: date
    lost_on: date | None
    device: str
    token: str | None
    serial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """A signature that somebody is about to ask for.

    Attributes:
        account: who asks.
        signer: the name that stands on the page.
        candidates: certificates of the body in this role, the newest first, of no use or not.
        tokens: labels of the tokens of this machine.
        providers: names of the services that reach a key, such as phones.
        devices: kinds of device that are reached otherwise: in a person's own PC.
        wanted: fingerprint of the certificate that was chosen by hand; empty: the newest.
        personal_keys: whether the settings let personal keys be used on the server.
    """

    role: Role
    account: str
    unit: str
    signer: str | None
    kind: str | None
    authority: str | None
    on: date
    candidates: Sequence[Candidate]
    mandates: Sequence[Mandate]
    tokens: frozenset[str]
    personal_keys: bool
    providers: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    wanted: str = ""


def choices(asked: Signing) -> tuple[Candidate, ...]:
    """Return the certificates that the person may choose between today, the newest first."""
    own = [one for one in asked.candidates if _is_holders(one, asked)]
    return tuple(
        one
        for one in own
        if not _why_not(one, asked.on)
        and (asked.role is Role.ORGANISATION or one.account == asked.account)
    )


def choose(asked: Signing) -> tuple[Candidate | None, tuple[Point, ...]]:
    """Choose the certificate to sign with, and say all that is wrong with this signature.

    Returns:
        None where there is no certificate to choose; what the certificate itself states, and
        what is known of its revocation, is not judged here.
    """
    own = [one for one in asked.candidates if _is_holders(one, asked)]
    usable = [one for one in own if not _why_not(one, asked.on)]
    if not usable:
        return None, (_no_certificate(own, asked),)
    if asked.wanted:
        usable = [one for one in usable if one.fingerprint == asked.wanted]
        if not usable:
            return None, (point(Check.CERTIFICATE, "sign.certificate-not-offered"),)
    chosen = usable[0]
    found = [*_person(chosen, asked), *_key(chosen, asked), *_mandate(chosen, asked)]
    return chosen, tuple(found)


def certificate_points(findings: Iterable[Mapping[str, Any]]) -> tuple[Point, ...]:
    """Return what verification finds about a certificate as points.

    Where nobody could say whether it is revoked, the signer is warned and may go on (NORMS 3.3);
    a certificate that is revoked is signed with by nobody.
    """
    found: dict[str, Point] = {}
    for one in findings:
        code = str(one["code"])
        about_revocation = str(one["check"]) == "V-14"
        check = Check.REVOCATION if about_revocation else Check.CERTIFICATE
        found[code] = point(check, code, **one.get("facts", {}))
    return tuple(found.values())


def timestamp_points(code: str | None) -> tuple[Point, ...]:
    """Return what an attempt at a timestamp met; None: it went well.

    An authority that is slow or away keeps a signature waiting, and loses none; one that refuses
    or answers wrongly would do so again.
    """
    if code is None:
        return ()
    return (point(Check.TIMESTAMP, code),)


def _is_holders(one: Candidate, asked: Signing) -> bool:
    if asked.role is Role.ORGANISATION:
        return one.officer is None
    return one.officer is not None and one.full_name == asked.signer


def _why_not(one: Candidate, day: date) -> str:
    """Return the code of what keeps a certificate from being used on a day; empty: nothing."""
    if one.lost_on is not None and one.lost_on <= day:
        return "sign.device-lost"
    return "" if covers(day, one.valid_from, one.valid_to) else "sign.certificate-not-valid"


def _no_certificate(own: Sequence[Candidate], asked: Signing) -> Point:
    facts = {"unit": asked.unit, "day": asked.on.isoformat()}
    if own:
        newest = own[0]
        facts["until"] = newest.valid_to.isoformat()
        code = _why_not(newest, asked.on)
        return point(Check.CERTIFICATE, code, **facts)
    seal = asked.role is Role.ORGANISATION
    code = "organisations.seal-missing" if seal else "sign.no-certificate"
    return point(Check.PERSON, code, **facts)


def _person(chosen: Candidate, asked: Signing) -> tuple[Point, ...]:
    if asked.role is Role.ORGANISATION or chosen.account == asked.account:
        return ()
    if chosen.account is None:
        return (point(Check.PERSON, "sign.officer-without-account"),)
    return (point(Check.PERSON, "sign.not-this-person"),)


def _key(chosen: Candidate, asked: Signing) -> tuple[Point, ...]:
    if chosen.token in asked.providers:
        return ()
    if chosen.token is None:
        if chosen.device in asked.devices:
            return ()
        return (point(Check.KEY, "sign.no-server-key"),)
    if asked.role is Role.LEADER and not asked.personal_keys:
        return (point(Check.KEY, "sign.personal-key-on-server"),)
    if chosen.token not in asked.tokens:
        return (point(Check.KEY, "sign.token-unknown", token=chosen.token),)
    return ()


def _mandate(chosen: Candidate, asked: Signing) -> tuple[Point, ...]:
    if chosen.officer is None:
        return ()
    try:
        held = require_mandate(
            asked.mandates,
            officer=chosen.officer,
            unit=asked.unit,
            on=asked.on,
            authority=asked.authority,
            kind=asked.kind,
        )
    except DocsvcError as e:
        return (point(Check.MANDATE, e.code, **e.facts),)
    if standing_on(held, asked.on) is not Standing.ENDING or held.valid_to is None:
        return ()
    return (point(Check.MANDATE, "sign.mandate-ending", day=held.valid_to.isoformat()),)
