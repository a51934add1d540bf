"""What was done to a file after a signature, as steps that an office knows."""

from dataclasses import dataclass

from verification.masking import shown
from verification.model import Indication, Report, Role, SignatureReport

_NUMBER = "docsvc.number"
_DATE = frozenset({"docsvc.day", "docsvc.month"})
_FILLED = "verification.field-filled"
_SIGNED = "verification.signature-added"
_REFUSED = "V-05"
_BY_ROLE = {Role.LEADER: "leader-signed", Role.ORGANISATION: "sealed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """One step after a signature: the key of its words, and the field where words need it."""

    key: str
    field: str = ""


def steps_after(one: SignatureReport, report: Report) -> tuple[Later, ...]:
    """Return what was done after a signature, in the order of the work; nothing twice.

    What was not allowed is left to the findings, which say more.
    """
    filled = [each.facts.get("field", "") for each in one.findings if each.code == _FILLED]
    signed = [each.facts.get("field", "") for each in one.findings if each.code == _SIGNED]
    steps = [*_filled(filled), *(_signed(name, report) for name in signed)]
    if not steps and one.modification == "validation-data":
        steps.append(Later(key="validation-data"))
    if any(
        each.check == _REFUSED and each.indication is Indication.TOTAL_FAILED
        for each in one.findings
    ):
        steps.append(Later(key="not-allowed"))
    return tuple(dict.fromkeys(steps))


def _filled(names: list[str]) -> list[Later]:
    number, date = _NUMBER in names, bool(_DATE & set(names))
    own = {(True, True): "number-and-date", (True, False): "number", (False, True): "date"}
    steps = [Later(key=own[number, date])] if number or date else []
    others = [name for name in names if name != _NUMBER and name not in _DATE]
    return steps + [Later(key="field", field=shown(name)) for name in others]


def _signed(name: str, report: Report) -> Later:
    if any(stamp.field == name for stamp in report.document_timestamps):
        return Later(key="stamped")
    roles = {each.field: each.role for each in report.signatures}
    role = roles.get(name)
    return Later(key=_BY_ROLE[role]) if role else Later(key="signed", field=shown(name))
