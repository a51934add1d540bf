from __future__ import annotations

import json
import pickle
import re
import tomllib
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from verification_files import check
from verification_pki import NOW

import verification
from verification.dates import pdf_date
from verification.errors import VerificationError
from verification.report import to_json

if TYPE_CHECKING:
    from verification.model import Report
    from verification.trust import Trust

CATALOGUE = Path(verification.__file__).parents[1] / "docsvc" / "catalog" / "data"
MESSAGES = {
    code: message
    for area in ("attacks", "extension", "inspect", "verification")
    for code, message in tomllib.loads(
        (CATALOGUE / f"messages_{area}.toml").read_text(encoding="utf-8")
    ).items()
}


@pytest.fixture
def report(finished: bytes, trust: Trust) -> Report:
    return check(finished, trust)


def test_json_has_the_published_keys(report: Report) -> None:
    found = json.loads(json.dumps(to_json(report)))

    assert list(found) == [
        "file",
        "sha256",
        "indication",
        "sub_indication",
        "completeness",
        "signatures",
        "document_timestamps",
        "reasons",
        "policy",
        "verified_at",
    ]
    assert list(found["signatures"][0]) == [
        "field",
        "role",
        "signer",
        "organisation",
        "serial",
        "certificate_sha256",
        "anchor_kind",
        "anchor_name",
        "signing_time",
        "timestamp_time",
        "level",
        "indication",
        "sub_indication",
        "coverage",
        "modification",
        "reasons",
    ]
    assert found["indication"] == "TOTAL-PASSED"
    assert found["signatures"][0]["signing_time"] == "2026-11-20T09:30:00+07:00"
    assert found["document_timestamps"][0]["time"] == "2026-11-20T09:30:00+07:00"


def test_reports_have_no_truth_value(report: Report) -> None:
    for each in (report, report.signatures[0], report.document_timestamps[0]):
        with pytest.raises(TypeError):
            bool(each)


def test_reports_travel_between_processes(report: Report) -> None:
    assert pickle.loads(pickle.dumps(report)) == report  # noqa: S301 -- our own bytes


def test_every_code_has_its_sentences() -> None:
    source = "".join(
        file.read_text(encoding="utf-8")
        for file in Path(verification.__file__).parent.rglob("*.py")
    )
    codes = set(re.findall(r'"((?:verification|inspect)\.[a-z-]+)"', source))

    assert codes == set(MESSAGES)
    for message in MESSAGES.values():
        assert all(message[key] for key in ("vi", "en", "action_vi", "action_en"))


def test_every_error_has_a_status() -> None:
    def below(error: type[VerificationError]) -> list[type[VerificationError]]:
        return [error, *(each for child in error.__subclasses__() for each in below(child))]

    for error in below(VerificationError):
        assert "status" in MESSAGES[error.code], error


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (b"D:20261120093000+07'00'", NOW),
        (b"D:20261120093000", NOW),
        (b"D:20261120023000Z", NOW),
        (b"20261119213000-05'00", NOW),
        (b"D:2026", datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=7)))),
        (b"D:20269999", None),
        (b"yesterday", None),
        ("D:2026", None),
    ],
)
def test_dates_are_read(text: object, moment: datetime | None) -> None:
    assert pdf_date(text) == moment
