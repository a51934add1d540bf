"""What a child does for a report, done here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from docsvc.steps.verify import report_tasks
from docsvc.steps.verify.forms import Form
from docsvc.steps.verify.question import Question
from verification.model import Entitlement, MandateHeld, Role

SAMPLES = Path(__file__).parents[3] / "sample_docs"
FOREIGN = SAMPLES / "signed/37-quyet-dinh-ky-bang-phan-mem-khac.pdf"
AT = "2026-11-25T09:00:00+07:00"
STARTS = {
    Form.TEXT: "[?] CHƯA XÁC ĐỊNH".encode(),
    Form.HTML: b"<!doctype html>",
    Form.PDF: b"%PDF-",
}


@pytest.fixture(scope="module")
def question() -> Question:
    return Question(file="a.pdf", at=AT, trust=(str(SAMPLES / "pki"),))


@pytest.fixture(scope="module")
def sheet(question: Question) -> dict[str, Any]:
    report, _ = report_tasks.examine(FOREIGN.read_bytes(), question).frames
    return report_tasks.describe(report, {}, "vi", demonstration=True).facts


def test_a_file_is_examined_for_programs_and_for_people(question: Question) -> None:
    answer = report_tasks.examine(FOREIGN.read_bytes(), question)
    report, xml = answer.frames
    sheet = report_tasks.describe(report, {}, "en", demonstration=False).facts

    assert answer.facts["file"] == "a.pdf"
    assert sheet["verdict"] == "NOT DETERMINED"
    assert xml.startswith(b"<?xml")


def test_what_is_known_of_a_signer_is_told(question: Question) -> None:
    answer = report_tasks.examine(FOREIGN.read_bytes(), question)
    fields = [one["field"] for one in answer.facts["signatures"]]
    known = Entitlement(role=Role.LEADER, officer="Nguyễn Văn A", mandate=MandateHeld.HELD)

    sheet = report_tasks.describe(
        answer.frames[0], dict.fromkeys(fields, known), "vi", demonstration=False
    ).facts

    assert fields
    assert "Nguyễn Văn A" in str(sheet)


@pytest.mark.parametrize("form", list(STARTS))
def test_a_sheet_that_has_travelled_is_drawn(form: Form, sheet: dict[str, Any]) -> None:
    answer = report_tasks.draw(sheet, AT, form, None)

    assert answer.frames[0].startswith(STARTS[form])


def test_a_drawing_says_who_seals_it(sheet: dict[str, Any]) -> None:
    text = report_tasks.draw(sheet, AT, Form.TEXT, "UBND xã Suối Trúc").frames[0].decode()

    assert text.endswith("chứng thư của: UBND xã Suối Trúc.\n")


def test_a_sheet_is_no_etsi_report(sheet: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="xml"):
        report_tasks.draw(sheet, AT, Form.XML, None)


@pytest.mark.parametrize("form", list(Form))
def test_a_file_on_disk_has_a_report_in_every_form(form: Form, question: Question) -> None:
    answer = report_tasks.report_path(str(FOREIGN), question, form, "vi")

    assert answer.facts["indication"] == "INDETERMINATE"
    assert answer.frames[0].startswith(STARTS.get(form, b"<?xml"))
