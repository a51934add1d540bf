"""What a report means, before it is put into words: one saying, three lamps, and why.

Grey is neither green nor red: it says that something was not checked, or could not be. A lamp is
green only when everything it stands for was checked and held, for every signature of the file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from verification.model import (
    CertificateClass,
    Completeness,
    Entitlement,
    Finding,
    Indication,
    MandateHeld,
    Report,
    SignatureReport,
)

_CONTENT = frozenset(
    {"V-01", "V-02", "V-03", "V-04", "V-05", "V-06", "V-07", "V-09", "V-16", "V-18"}
)
_SIGNER = frozenset({"V-08", "V-11", "V-12", "V-13", "V-14", "V-15"})
_TIME = frozenset({"V-10", "V-17"})
# Without the certificate no value was checked; a broken digest proves nothing.
_BEHIND_CONTENT = frozenset({"V-08", "V-15"})
_DESTROYED = "verification.signature-destroyed"


# Field of the signature → its signer's entitlement.
Entitlements = Mapping[str, Entitlement]
NOT_CHECKED: Entitlements = MappingProxyType({})
_UNKNOWN = Entitlement()


class Colour(StrEnum):
    """The colour of a lamp."""

    GREEN = "green"
    GREY = "grey"
    RED = "red"


class LampName(StrEnum):
    """What a lamp stands for."""

    CONTENT = "content"
    SIGNER = "signer"
    TIME = "time"


class Saying(StrEnum):
    """The one sentence about the file."""

    GENUINE = "genuine"
    ONE_OF_TWO = "one-of-two"
    SIGNATURES_HOLD = "signatures-hold"
    DEMONSTRATION = "demonstration"
    NOT_ENTITLED = "not-entitled"
    BROKEN = "broken"
    DESTROYED = "destroyed"
    NOT_VALID = "not-valid"
    UNDETERMINED = "undetermined"
    UNSIGNED = "unsigned"


_COLOURS = {
    Saying.GENUINE: Colour.GREEN,
    Saying.ONE_OF_TWO: Colour.GREEN,
    Saying.SIGNATURES_HOLD: Colour.GREEN,
    Saying.DEMONSTRATION: Colour.GREY,
    Saying.NOT_ENTITLED: Colour.RED,
    Saying.BROKEN: Colour.RED,
    Saying.DESTROYED: Colour.RED,
    Saying.NOT_VALID: Colour.RED,
    Saying.UNDETERMINED: Colour.GREY,
    Saying.UNSIGNED: Colour.GREY,
}


_NOT_ENTITLED = {
    "signer.not-entitled": Saying.NOT_ENTITLED,
    "signer.demonstration": Saying.DEMONSTRATION,
}
_NOT_PASSED = {
    None: Saying.UNSIGNED,
    Indication.TOTAL_FAILED: Saying.NOT_VALID,
    Indication.INDETERMINATE: Saying.UNDETERMINED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """One of the three lamps; ``says`` is the key of its words."""

    name: LampName
    colour: Colour
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a report means; ``findings`` are the reasons, the worst first, each code once."""

    saying: Saying
    colour: Colour
    lamps: tuple[Lamp, ...]
    findings: tuple[Finding, ...]


def summarise(report: Report, entitlements: Entitlements = NOT_CHECKED) -> Summary:
    """Say what a report means.

    Args:
        report: the verdict of one file.
        entitlements: what is known about the signers, by signature field; those that are missing
            were not checked.
    """
    content = _content(report)
    signer = _signer(report, entitlements)
    time = _time(report)
    saying = _saying(report, content, signer)
    return Summary(
        saying=saying,
        colour=_COLOURS[saying],
        lamps=(content, signer, time),
        findings=_reasons(report, with_stamps=time.colour is not Colour.GREEN),
    )


def content_colour(findings: Iterable[Finding]) -> Colour:
    """Say whether content was found to be as it was signed, by the findings of a signature."""
    found = list(findings)
    if _any(found, _CONTENT, Indication.TOTAL_FAILED):
        return Colour.RED
    doubtful = _any(found, _CONTENT | _BEHIND_CONTENT, *Indication)
    return Colour.GREY if doubtful else Colour.GREEN


def _content(report: Report) -> Lamp:
    colour = content_colour([*report.findings, *_of(report.signatures)])
    completed = any(one.modification == "form-filling" for one in report.signatures)
    return _first(
        LampName.CONTENT,
        (colour is Colour.RED, Colour.RED, "changed"),
        (not report.signatures, Colour.GREY, "absent"),
        (colour is Colour.GREY, Colour.GREY, "unchecked"),
        (completed, Colour.GREEN, "completed"),
        (True, Colour.GREEN, "unchanged"),
    )


def _signer(report: Report, entitlements: Entitlements) -> Lamp:
    findings = list(_of(report.signatures))
    known = [entitlements.get(one.field, _UNKNOWN) for one in report.signatures]
    mandates = {each.mandate for each in known}
    classes = {each.certificate_class for each in known}
    passed = all(one.indication is Indication.TOTAL_PASSED for one in report.signatures)
    return _first(
        LampName.SIGNER,
        (not report.signatures, Colour.GREY, "absent"),
        (_any(findings, _SIGNER, Indication.TOTAL_FAILED), Colour.RED, "not-valid"),
        (not passed, Colour.GREY, "unconfirmed"),
        (MandateHeld.NOT_HELD in mandates, Colour.RED, "not-entitled"),
        (CertificateClass.DEMONSTRATION in classes, Colour.GREY, "demonstration"),
        (MandateHeld.UNKNOWN in mandates, Colour.GREY, "entitlement-not-checked"),
        (True, Colour.GREEN, "entitled"),
    )


def _time(report: Report) -> Lamp:
    findings = list(_of(report.signatures))
    stamps = {one.indication for one in report.document_timestamps}
    false = _any(findings, _TIME, Indication.TOTAL_FAILED) or Indication.TOTAL_FAILED in stamps
    failed = any(one.indication is Indication.TOTAL_FAILED for one in report.signatures)
    return _first(
        LampName.TIME,
        (not report.signatures, Colour.GREY, "absent"),
        (false, Colour.RED, "false"),
        (failed, Colour.GREY, "of-no-use"),
        (_any(findings, _TIME, Indication.INDETERMINATE), Colour.GREY, "contradicts"),
        (not all(map(proven_time, report.signatures)), Colour.GREY, "claimed"),
        (True, Colour.GREEN, "proven"),
    )


def proven_time(one: SignatureReport) -> datetime | None:
    """Return when a timestamp that holds, the document's too, proves that the signature existed."""
    return one.proven_time or one.timestamp_time


def _saying(report: Report, content: Lamp, signer: Lamp) -> Saying:
    if content.colour is Colour.RED:
        destroyed = _DESTROYED in report.reasons
        return Saying.DESTROYED if destroyed else Saying.BROKEN
    if report.indication is Indication.TOTAL_PASSED:
        return _passed(report, signer)
    return _NOT_PASSED[report.indication]


def _passed(report: Report, signer: Lamp) -> Saying:
    if signer.says == "signer.entitled":
        complete = report.completeness is Completeness.BOTH
        return Saying.GENUINE if complete else Saying.ONE_OF_TWO
    return _NOT_ENTITLED.get(signer.says, Saying.SIGNATURES_HOLD)


def _reasons(report: Report, *, with_stamps: bool) -> tuple[Finding, ...]:
    findings = [*report.findings, *_of(report.signatures)]
    if with_stamps:
        findings += [each for one in report.document_timestamps for each in one.findings]
    by_code: dict[str, Finding] = {}
    for wanted in (Indication.TOTAL_FAILED, Indication.INDETERMINATE):
        for each in findings:
            if each.indication is wanted:
                by_code.setdefault(each.code, each)
    return tuple(by_code.values())


def _of(signatures: Iterable[SignatureReport]) -> Iterable[Finding]:
    return (each for one in signatures for each in one.findings)


def _any(findings: Iterable[Finding], checks: frozenset[str], *wanted: Indication) -> bool:
    return any(each.check in checks and each.indication in wanted for each in findings)


def _first(name: LampName, *cases: tuple[bool, Colour, str]) -> Lamp:
    """Light a lamp by the first case that applies; the last one always does."""
    colour, says = next((colour, says) for applies, colour, says in cases if applies)
    return Lamp(name=name, colour=colour, says=f"{name}.{says}")
