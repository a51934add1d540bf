"""Reports made by hand: what no file of ours would show all at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from verification_pki import DAY, NOW

from verification.model import (
    CertificateClass,
    Completeness,
    Entitlement,
    Finding,
    Indication,
    Level,
    MandateHeld,
    Modification,
    Report,
    Role,
    SignatureReport,
    SubIndication,
    TimestampReport,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

LEADER = SignatureReport(
    field="docsvc.leader",
    role=Role.LEADER,
    signer="Nguyễn Văn An",
    organisation="UBND xã Suối Trúc",
    issuer="CA thử nghiệm",
    serial="0A",
    certificate_sha256="ab" * 32,
    valid_from=NOW - DAY,
    valid_to=NOW + DAY,
    signing_time=NOW,
    timestamp_time=NOW,
    level=Level.B_LTA,
    indication=Indication.TOTAL_PASSED,
)
SEAL = replace(
    LEADER, field="docsvc.organisation", role=Role.ORGANISATION, signer="UBND xã Suối Trúc"
)
STAMP = TimestampReport(
    field="stamp", authority="TSA", time=NOW, indication=Indication.TOTAL_PASSED
)
HELD = Entitlement(
    unit="UBND xã Suối Trúc",
    officer="Nguyễn Văn An",
    mandate=MandateHeld.HELD,
    certificate_class=CertificateClass.OFFICIAL_DUTY,
)
BOTH_HELD = {"docsvc.leader": HELD, "docsvc.organisation": HELD}


def found(check: str, code: str = "no-chain", level: str = "", **facts: str) -> Finding:
    """Make a finding: ``level`` is ``failed``, ``unsure`` or empty for a remark."""
    indication = {"failed": Indication.TOTAL_FAILED, "unsure": Indication.INDETERMINATE}.get(level)
    sub = SubIndication.GENERIC if indication else None
    return Finding(
        check=check,
        code=f"verification.{code}",
        indication=indication,
        sub_indication=sub,
        facts=facts,
    )


def with_findings(one: SignatureReport, *findings: Finding) -> SignatureReport:
    """Return a signature with findings, and the indication that they make."""
    indications = {each.indication for each in findings}
    worst = Indication.TOTAL_PASSED
    if Indication.INDETERMINATE in indications:
        worst = Indication.INDETERMINATE
    if Indication.TOTAL_FAILED in indications:
        worst = Indication.TOTAL_FAILED
    return replace(one, indication=worst, findings=findings)


def report(
    *signatures: SignatureReport,
    stamps: tuple[TimestampReport, ...] = (),
    findings: tuple[Finding, ...] = (),
    completeness: Completeness = Completeness.BOTH,
    file: str = "cong-van.pdf",
) -> Report:
    """Make a report; its indication is the worst of its parts, None for no signature."""
    indications = {one.indication for one in signatures}
    indications |= {each.indication for each in findings if each.indication}
    order = (Indication.TOTAL_FAILED, Indication.INDETERMINATE, Indication.TOTAL_PASSED)
    worst = next((each for each in order if each in indications), None)
    return Report(
        file=file,
        sha256="cd" * 32,
        indication=worst,
        sub_indication=None,
        completeness=completeness,
        signatures=signatures,
        document_timestamps=stamps,
        findings=findings,
        policy="docsvc-general-1",
        verified_at=NOW,
    )


FILLED = replace(
    with_findings(
        LEADER,
        found("V-05", "field-filled", field="docsvc.number"),
        found("V-05", "field-filled", field="docsvc.day"),
        found("V-05", "signature-added", field="docsvc.organisation"),
        found("V-05", "signature-added", field="stamp"),
    ),
    modification=Modification.FORM_FILLING,
)


class Plain:
    """Phrases that repeat the code, so that a test sees which one was asked for."""

    def sentence(self, code: str, facts: Mapping[str, str]) -> str:
        """Say code and facts."""
        return f"<{code}{''.join(facts.values())}>"

    def reason(self, code: str) -> str:
        """Say why."""
        return f"because of {code}"

    def action(self, code: str) -> str:
        """Say what to do, but for remarks."""
        return "" if code.endswith("no-action") else "act"
