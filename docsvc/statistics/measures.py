"""The eight measures of signing: numerator *a*, denominator *b*, and nothing averaged. Pure.

A document of D(u, p) is one that body *u* issued in period *p*: it has its number, it is not
secret, void or recalled. Sums of parents are sums of *a* and of *b*.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from docsvc.organisations.rules import Device
from verification.model import Completeness, Indication

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

# What is shown where there was nothing to count: neither 0 % nor 100 % would be true.
NO_RATE = "–"
DEFAULT_PLACES = 1


class Measure(StrEnum):
    """The measures, by the code under which reports name them."""

    COMPLETE = "TL_KS_DAY_DU"
    LEADER = "TL_KS_LD"
    ORGANISATION = "TL_KS_CQ"
    ANY = "TL_KS_BAT_KY"
    ELECTRONIC = "TL_PH_DT"
    ARCHIVED = "TL_LT"
    UNITS = "TL_DON_VI_KS"
    CHANNEL = "TL_KS_KENH"


class Denominator(StrEnum):
    """Which documents are divided by; a report always says which."""

    ALL = "b1"
    ELECTRONIC = "b2"
    EXCHANGE = "b3"


class Standing(StrEnum):
    """Whether a document belongs to D, or what it is counted as apart from it."""

    COUNTED = "counted"
    VOID = "void"
    RECALLED = "recalled"
    SECRET = "secret"  # noqa: S105  # a standing, not a password


class Reason(StrEnum):
    """Why a document of D is not signed completely."""

    PAPER_ONLY = "paper-only"
    SIGNATURE_FAILED = "signature-failed"
    UNDETERMINED = "undetermined"
    IN_PROGRESS = "in-progress"
    STOPPED = "stopped"
    NO_LEADER = "no-leader"
    NO_ORGANISATION = "no-organisation"
    NO_SIGNATURE = "no-signature"


class Rounding(StrEnum):
    """What becomes of the digits that are not shown."""

    HALF_UP = "half-up"
    TRUNCATE = "truncate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Exact numerator and denominator; what is shown is derived from them, never stored."""

    a: int
    b: int

    def __post_init__(self) -> None:
        """Refuse what no count can give."""
        if not 0 <= self.a <= self.b:
            msg = f"a rate needs 0 <= a <= b, not {self.a}/{self.b}"
            raise ValueError(msg)

    def __add__(self, other: Rate) -> Rate:
        """Add numerators and denominators."""
        return Rate(a=self.a + other.a, b=self.b + other.b)

    def percent(
        self, places: int = DEFAULT_PLACES, rounding: Rounding = Rounding.HALF_UP
    ) -> Decimal | None:
        """Return the rate in percent with ``places`` decimals; None where *b* is 0."""
        if self.b == 0:
            return None
        scaled = self.a * 100 * 10**places
        half_up = rounding is Rounding.HALF_UP
        digits = (2 * scaled + self.b) // (2 * self.b) if half_up else scaled // self.b
        return Decimal(digits).scaleb(-places)


class _Sums:
    """Records of numbers that add field by field."""

    __slots__: tuple[str, ...] = ()

    def __add__(self, other: Self) -> Self:
        # The slots of a dataclass are its fields.
        names = type(self).__slots__
        return type(self)(**{name: getattr(self, name) + getattr(other, name) for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts(_Sums):
    """Documents under one denominator, and what they bear."""

    documents: int = 0
    complete: int = 0
    leader: int = 0
    organisation: int = 0
    signed: int = 0
    electronic: int = 0
    archived: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices(_Sums):
    """Signed documents by the device that signed them; ``other`` was not recorded."""

    usb_token: int = 0
    sim_pki: int = 0
    hsm: int = 0
    remote: int = 0
    other: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally(_Sums):
    """What was counted of one body, month or kind.

    ``issued``, ``electronic`` and ``exchanged`` are the denominators b1, b2 and b3. From
    ``paper_only`` to ``stopped`` are parts of ``issued``; ``void``, ``recalled`` and ``secret``
    stand outside of it.
    """

    issued: Counts = field(default_factory=Counts)
    electronic: Counts = field(default_factory=Counts)
    exchanged: Counts = field(default_factory=Counts)
    devices: Devices = field(default_factory=Devices)
    paper_only: int = 0
    undetermined: int = 0
    failed: int = 0
    pending: int = 0
    stopped: int = 0
    void: int = 0
    recalled: int = 0
    secret: int = 0

    def under(self, denominator: Denominator) -> Counts:
        """Return the documents that ``denominator`` leaves in."""
        match denominator:
            case Denominator.ALL:
                return self.issued
            case Denominator.ELECTRONIC:
                return self.electronic
            case Denominator.EXCHANGE:  # pragma: no branch  # the last of a closed set
                return self.exchanged


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Codes of the bodies that were there in the period, and of those that signed in it."""

    active: frozenset[str] = frozenset()
    signing: frozenset[str] = frozenset()

    def __or__(self, other: Use) -> Use:
        """Join two sets of bodies; one that is in both counts once."""
        return Use(active=self.active | other.active, signing=self.signing | other.signing)

    def rate(self) -> Rate:
        """Return signing bodies over active ones; who signed was there."""
        return Rate(a=len(self.signing), b=len(self.active | self.signing))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What must be known of a document to count it.

    ``completeness`` and ``indication`` are those of its verdict, None before it; ``electronic``
    says issued through any channel, ``exchanged`` through the exchange axis; ``stopped`` that its
    road ended before its end.
    """

    standing: Standing = Standing.COUNTED
    completeness: Completeness | None = None
    indication: Indication | None = None
    device: Device | None = None
    paper_only: bool = False
    electronic: bool = False
    exchanged: bool = False
    archived: bool = False
    stopped: bool = False


# A document with both signatures and no bad verdict is complete, and never looked up here.
_LACKS = {
    None: Reason.IN_PROGRESS,
    Completeness.NONE: Reason.NO_SIGNATURE,
    Completeness.LEADER_ONLY: Reason.NO_ORGANISATION,
    Completeness.ORGANISATION_ONLY: Reason.NO_LEADER,
}


def is_complete(case: Case) -> bool:
    """Say whether both signatures count for the headline: grey is never green, nor is red."""
    doubtful = case.indication in {Indication.INDETERMINATE, Indication.TOTAL_FAILED}
    return case.completeness is Completeness.BOTH and not doubtful


def reason_of(case: Case) -> Reason | None:
    """Say why a document is not signed completely; None if it is."""
    if is_complete(case):
        return None
    if case.paper_only:
        return Reason.PAPER_ONLY
    match case.indication:
        case Indication.TOTAL_FAILED:
            return Reason.SIGNATURE_FAILED
        case Indication.INDETERMINATE:
            return Reason.UNDETERMINED
        case Indication.TOTAL_PASSED | None:  # pragma: no branch  # the last of a closed set
            pass
    reason = _LACKS[case.completeness]
    return Reason.STOPPED if case.stopped and reason is Reason.IN_PROGRESS else reason


def tally_of(case: Case, count: int = 1) -> Tally:
    """Count ``count`` documents of the same kind."""
    match case.standing:
        case Standing.COUNTED:
            return _counted(case, count)
        case Standing.VOID:
            return Tally(void=count)
        case Standing.RECALLED:
            return Tally(recalled=count)
        case Standing.SECRET:  # pragma: no branch  # the last of a closed set
            return Tally(secret=count)


def total(tallies: Iterable[Tally]) -> Tally:
    """Add tallies up."""
    return sum(tallies, start=Tally())


def rates(
    tally: Tally, use: Use, denominator: Denominator = Denominator.ALL
) -> dict[Measure, Rate]:
    """Return every measure but the split by device, which is :func:`channels`."""
    counts = tally.under(denominator)
    b = counts.documents
    return {
        Measure.COMPLETE: Rate(a=counts.complete, b=b),
        Measure.LEADER: Rate(a=counts.leader, b=b),
        Measure.ORGANISATION: Rate(a=counts.organisation, b=b),
        Measure.ANY: Rate(a=counts.signed, b=b),
        Measure.ELECTRONIC: Rate(a=counts.electronic, b=b),
        Measure.ARCHIVED: Rate(a=counts.archived, b=b),
        Measure.UNITS: use.rate(),
    }


def channels(tally: Tally) -> dict[Device | None, Rate]:
    """Split the signed documents by device (``TL_KS_KENH``); None: not recorded."""
    found, b = tally.devices, tally.issued.signed
    return {
        Device.USB_TOKEN: Rate(a=found.usb_token, b=b),
        Device.SIM_PKI: Rate(a=found.sim_pki, b=b),
        Device.HSM: Rate(a=found.hsm, b=b),
        Device.REMOTE: Rate(a=found.remote, b=b),
        None: Rate(a=found.other, b=b),
    }


def points(rate: Rate, maximum: Decimal) -> Decimal | None:
    """Return the score of an index sheet: rate times the most points; None where *b* is 0."""
    return None if rate.b == 0 else Decimal(rate.a) * maximum / Decimal(rate.b)


def format_count(number: int, lang: str) -> str:
    """Write a number with its thousands: ``10.370`` in Vietnamese, ``10,370`` in English."""
    return f"{number:,}".replace(",", ".") if lang == "vi" else f"{number:,}"


def format_rate(
    rate: Rate,
    lang: str,
    *,
    places: int = DEFAULT_PLACES,
    rounding: Rounding = Rounding.HALF_UP,
) -> str:
    """Write a rate: ``90,2%`` in Vietnamese, ``90.2%`` in English, ``–`` where *b* is 0."""
    percent = rate.percent(places, rounding)
    if percent is None:
        return NO_RATE
    text = f"{percent:f}%"
    return text.replace(".", ",") if lang == "vi" else text


def _counted(case: Case, count: int) -> Tally:
    held = case.completeness or Completeness.NONE
    signed = held is not Completeness.NONE
    reason = reason_of(case)
    counts = Counts(
        documents=count,
        complete=count * is_complete(case),
        leader=count * (held in {Completeness.BOTH, Completeness.LEADER_ONLY}),
        organisation=count * (held in {Completeness.BOTH, Completeness.ORGANISATION_ONLY}),
        signed=count * signed,
        electronic=count * case.electronic,
        archived=count * case.archived,
    )
    nothing = Counts()
    return Tally(
        issued=counts,
        electronic=counts if case.electronic else nothing,
        exchanged=counts if case.exchanged else nothing,
        devices=_device(case.device, count * signed),
        paper_only=count * case.paper_only,
        undetermined=count * (case.indication is Indication.INDETERMINATE),
        failed=count * (case.indication is Indication.TOTAL_FAILED),
        pending=count * (reason is Reason.IN_PROGRESS),
        stopped=count * (reason is Reason.STOPPED),
    )


def _device(device: Device | None, count: int) -> Devices:
    match device:
        case Device.USB_TOKEN:
            return Devices(usb_token=count)
        case Device.SIM_PKI:
            return Devices(sim_pki=count)
        case Device.HSM:
            return Devices(hsm=count)
        case Device.REMOTE:
            return Devices(remote=count)
        case None:  # pragma: no branch  # the last of a closed set
            return Devices(other=count)
