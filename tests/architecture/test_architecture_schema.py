"""The published schema of ``verify --json`` knows what the records know."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from verification.model import (
    Completeness,
    Coverage,
    Finding,
    Indication,
    Level,
    Modification,
    Report,
    Role,
    SignatureReport,
    SubIndication,
    TimestampReport,
)
from verification.report import to_json

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs/reference/verify.schema.json").read_text("utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
AT = datetime(2026, 11, 22, 2, tzinfo=UTC)
FINDING = Finding(check="V-01", code="verification.byte-range-gap")


def report(**changes: Any) -> Report:
    known: dict[str, Any] = {
        "file": "a.pdf",
        "sha256": "0" * 64,
        "indication": Indication.TOTAL_PASSED,
        "sub_indication": None,
        "completeness": Completeness.BOTH,
        "signatures": (),
        "document_timestamps": (),
        "findings": (FINDING,),
        "policy": "docsvc-1",
        "verified_at": AT,
    }
    return Report(**(known | changes))


def require_valid(value: object) -> None:
    VALIDATOR.validate(json.loads(json.dumps(value)))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_an_empty_report_fits() -> None:
    require_valid(to_json(report(indication=None, completeness=Completeness.NONE)))


@pytest.mark.parametrize("role", [*Role, None])
@pytest.mark.parametrize("level", [*Level, None])
def test_every_signature_fits(role: Role | None, level: Level | None) -> None:
    signature = SignatureReport(
        field="f",
        role=role,
        level=level,
        indication=Indication.INDETERMINATE,
        serial="0A",
        signing_time=AT,
        findings=(FINDING,),
    )
    stamp = TimestampReport(field="t", time=AT, indication=Indication.TOTAL_PASSED)
    require_valid(to_json(report(signatures=(signature,), document_timestamps=(stamp,))))


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("indication", Indication),
        ("sub_indication", SubIndication),
        ("coverage", Coverage),
        ("modification", Modification),
    ],
)
def test_every_word_is_known(name: str, members: Any) -> None:
    assert set(SCHEMA["$defs"][name]["enum"]) - {None} == {str(member) for member in members}


def test_completeness_levels_and_roles_are_known() -> None:
    signature = SCHEMA["$defs"]["signature"]["properties"]
    whole = SCHEMA["$defs"]["report"]["properties"]
    assert set(whole["completeness"]["enum"]) == set(Completeness)
    assert set(signature["level"]["enum"]) - {None} == set(Level)
    assert set(signature["role"]["enum"]) - {None} == set(Role)


def test_a_file_that_cannot_be_read_fits() -> None:
    require_valid({"file": "a", "error": "inspect.not-a-pdf", "reason": "…"})


def test_a_report_with_a_key_too_few_does_not_fit() -> None:
    short = to_json(report())
    del short["policy"]
    with pytest.raises(jsonschema.ValidationError):
        require_valid(short)
