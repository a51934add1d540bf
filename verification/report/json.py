"""The report as the JSON object of ``docsvc verify --json``."""

from datetime import datetime

from verification.dates import VIETNAM
from verification.masking import masked
from verification.model import Report, SignatureReport, TimestampReport

JsonObject = dict[str, object]


def to_json(report: Report) -> JsonObject:
    """Return the report as plain JSON types, keys and order as published.

    Args:
        report: the verdict of one file.

    Returns:
        A dictionary that ``json.dumps`` takes as it is; times are ISO 8601 with ``+07:00``.
    """
    return {
        "file": report.file,
        "sha256": report.sha256,
        "indication": report.indication,
        "sub_indication": report.sub_indication,
        "completeness": report.completeness,
        "signatures": [_signature(one) for one in report.signatures],
        "document_timestamps": [_timestamp(one) for one in report.document_timestamps],
        "reasons": list(report.reasons),
        "policy": report.policy,
        "verified_at": moment(report.verified_at),
    }


def moment(at: datetime | None) -> str | None:
    """Return a time in Vietnam's offset, to the second, or None."""
    return None if at is None else at.astimezone(VIETNAM).isoformat(timespec="seconds")


def _name(name: str | None) -> str | None:
    return None if name is None else masked(name)


def _signature(one: SignatureReport) -> JsonObject:
    return {
        "field": one.field,
        "role": one.role,
        "signer": _name(one.signer),
        "organisation": _name(one.organisation),
        "serial": one.serial,
        "certificate_sha256": one.certificate_sha256,
        "anchor_kind": one.anchor_kind,
        "anchor_name": _name(one.anchor_name),
        "signing_time": moment(one.signing_time),
        "timestamp_time": moment(one.timestamp_time),
        "level": one.level,
        "indication": one.indication,
        "sub_indication": one.sub_indication,
        "coverage": one.coverage,
        "modification": one.modification,
        "reasons": list(one.reasons),
    }


def _timestamp(one: TimestampReport) -> JsonObject:
    return {
        "field": one.field,
        "authority": _name(one.authority),
        "time": moment(one.time),
        "indication": one.indication,
        "sub_indication": one.sub_indication,
        "coverage": one.coverage,
        "modification": one.modification,
        "reasons": list(one.reasons),
    }
