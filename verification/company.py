"""What a later signature means for the earlier ones: a mark is as good as who signs for it."""

from collections.abc import Iterable
from dataclasses import replace

from verification.context import conclude, failed, unsure
from verification.model import Finding, Indication, SignatureReport, SubIndication

_ADDED = "verification.signature-added"
_BROKEN = frozenset(
    {
        SubIndication.FORMAT_FAILURE,
        SubIndication.HASH_FAILURE,
        SubIndication.SIG_CRYPTO_FAILURE,
        SubIndication.REVOKED,
    }
)
_UNKNOWN = frozenset(
    {SubIndication.NO_CERTIFICATE_CHAIN_FOUND, SubIndication.NO_SIGNING_CERTIFICATE_FOUND}
)


def consider(
    signatures: tuple[SignatureReport, ...], about_pages: Iterable[Finding]
) -> tuple[SignatureReport, ...]:
    """Name who signed later, and judge the marks of signatures that do not hold (V-05).

    Args:
        signatures: the reports on all signatures of a file, each by itself.
        about_pages: what was found about how the file is read (V-18): pages that not everybody
            sees are signed by nobody.

    Returns:
        The same, with the signers in the facts and with findings about their marks.
    """
    by_field = {one.field: one for one in signatures}
    doubts = [found for found in about_pages if found.indication is not None]
    return tuple(_considered(one, by_field, doubts) for one in signatures)


def _considered(
    one: SignatureReport, by_field: dict[str, SignatureReport], doubts: list[Finding]
) -> SignatureReport:
    findings: list[Finding] = []
    for found in one.findings:
        later = by_field.get(found.facts.get("field", "")) if found.code == _ADDED else None
        if later is None:
            findings.append(found)
            continue
        facts = {**found.facts, **({"signer": later.signer} if later.signer else {})}
        findings.append(replace(found, facts=facts))
        findings += _about_mark(later, facts)
    findings += doubts
    indication, sub = conclude(findings)
    return replace(one, findings=tuple(findings), indication=indication, sub_indication=sub)


def _about_mark(later: SignatureReport, facts: dict[str, str]) -> list[Finding]:
    """Judge a mark: drawn without a signature that holds, it is no more than a drawing."""
    if "page" not in facts:
        return []
    if any(map(_breaks, later.findings)):
        code = "verification.mark-without-signature"
        return [failed("V-05", code, SubIndication.FORMAT_FAILURE, **facts)]
    if later.sub_indication in _UNKNOWN and facts.get("place") == "new":
        return [unsure("V-05", "verification.mark-by-unknown", later.sub_indication, **facts)]
    return []


def _breaks(found: Finding) -> bool:
    """Tell whether a finding is about the signature itself, not about what came after it."""
    failed_itself = found.indication is Indication.TOTAL_FAILED and found.check != "V-05"
    return failed_itself and found.sub_indication in _BROKEN
