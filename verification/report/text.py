"""The report as text for people, in Vietnamese or English."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from verification.dates import VIETNAM
from verification.model import Indication, Report, Role, SignatureReport, TimestampReport

Language = Literal["vi", "en"]

_WORDS: dict[Language, dict[str, str]] = {
    "vi": {
        "TOTAL-PASSED": "HỢP LỆ",
        "TOTAL-FAILED": "KHÔNG HỢP LỆ",
        "INDETERMINATE": "CHƯA XÁC ĐỊNH",
        "none": "KHÔNG CÓ CHỮ KÝ",
        "leader": "Chữ ký của người có thẩm quyền",
        "organisation": "Chữ ký số của cơ quan, tổ chức",
        "unknown": "Chữ ký",
        "signer": "Người ký",
        "organisation-name": "Cơ quan quản lý chứng thư",
        "issuer": "Tổ chức cấp chứng thư",
        "signed": "Thời gian ký",
        "stamped": "Dấu thời gian",
        "valid": "Hiệu lực chứng thư",
        "integrity": "Toàn vẹn nội dung",
        "intact": "không bị thay đổi",
        "validation-data": "chỉ bổ sung dữ liệu xác thực",
        "form-filling": "đã điền trường biểu mẫu hoặc thêm chữ ký",
        "other": "đã bị thay đổi sau khi ký",
        "timestamp": "Dấu thời gian tài liệu",
        "policy": "Chính sách",
        "at": "kiểm tra lúc",
    },
    "en": {
        "TOTAL-PASSED": "VALID",
        "TOTAL-FAILED": "NOT VALID",
        "INDETERMINATE": "NOT DETERMINED",
        "none": "NO SIGNATURE",
        "leader": "Signature of the authorised person",
        "organisation": "Signature of the organisation",
        "unknown": "Signature",
        "signer": "Signer",
        "organisation-name": "Unit of the certificate",
        "issuer": "Issued by",
        "signed": "Signing time",
        "stamped": "Timestamp",
        "valid": "Certificate valid",
        "integrity": "Integrity",
        "intact": "not changed",
        "validation-data": "validation data added only",
        "form-filling": "form fields filled in or signatures added",
        "other": "changed after signing",
        "timestamp": "Document timestamp",
        "policy": "Policy",
        "at": "verified at",
    },
}


def to_text(report: Report, lang: Language, messages: Mapping[str, str]) -> str:
    """Return the report as lines of text; the verdict comes first.

    Args:
        report: the verdict of one file.
        lang: the language of the labels.
        messages: reason code → sentence in that language; a code without one is shown as it is.

    Returns:
        Lines with the fields the circular asks for (issuer, signer, unit, time, integrity,
        validity, period of the certificate), without a line break at the end.
    """
    words = _WORDS[lang]
    lines = [f"{report.file}: {words[report.indication or 'none']}"]
    lines += [f"  - {messages.get(code, code)}" for code in report.reasons]
    for one in report.signatures:
        lines += _signature(one, words, messages)
    for stamp in report.document_timestamps:
        lines += _timestamp(stamp, words, messages)
    lines.append(f"  {words['policy']} {report.policy}, {words['at']} {_time(report.verified_at)}")
    return "\n".join(lines)


def _signature(
    one: SignatureReport, words: Mapping[str, str], messages: Mapping[str, str]
) -> list[str]:
    title = words["unknown" if one.role is None else Role(one.role)]
    facts = {
        "signer": one.signer,
        "organisation-name": one.organisation,
        "issuer": one.issuer,
        "signed": _time(one.signing_time),
        "stamped": _time(one.timestamp_time),
        "valid": _period(one.valid_from, one.valid_to),
        "integrity": _integrity(one, words),
    }
    level = "" if one.level is None else f" ({one.level})"
    return [
        f"  {title} [{one.field}]: {_verdict(one, words)}{level}",
        *(f"    {words[key]}: {value}" for key, value in facts.items() if value),
        *(f"    - {messages.get(code, code)}" for code in one.reasons),
    ]


def _timestamp(
    one: TimestampReport, words: Mapping[str, str], messages: Mapping[str, str]
) -> list[str]:
    by = "" if one.authority is None else f", {one.authority}"
    return [
        f"  {words['timestamp']} [{one.field}]: {_verdict(one, words)} {_time(one.time)}{by}",
        *(f"    - {messages.get(code, code)}" for code in one.reasons),
    ]


def _verdict(one: SignatureReport | TimestampReport, words: Mapping[str, str]) -> str:
    sub = "" if one.sub_indication is None else f" [{one.sub_indication}]"
    return words[one.indication] + sub


def _integrity(one: SignatureReport, words: Mapping[str, str]) -> str:
    broken = {found.check for found in one.findings if found.indication is Indication.TOTAL_FAILED}
    if broken & {"V-02", "V-03", "V-04", "V-05", "V-06", "V-07", "V-09"}:
        return words["other"]
    return words["intact" if one.modification == "none" else one.modification]


def _period(start: datetime | None, end: datetime | None) -> str:
    return f"{_time(start)} – {_time(end)}" if start or end else ""


def _time(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(VIETNAM).strftime("%d.%m.%Y %H:%M:%S +07:00")
