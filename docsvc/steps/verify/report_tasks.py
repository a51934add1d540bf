"""What a child process does for a report: verify, put into words, draw.

Who may sign for whom is in the database, which a child does not see: between verifying and
putting into words its parent looks the signers up.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from docsvc.catalog.messages import Lang, Spoken
from docsvc.confined import Answer
from docsvc.steps.verify.forms import Form
from docsvc.steps.verify.question import answer, whole
from verification.model import Entitlement, Report
from verification.report import to_json, to_sheet, to_text
from verification.report.html import to_html
from verification.report.pdf import to_pdf
from verification.report.sheet import Sheet
from verification.report.writer import with_seal
from verification.report.xml import to_xml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docsvc.steps.verify.question import Judged, Question

_SHEET = TypeAdapter(Sheet)
_REPORT = TypeAdapter(Report)


def examine(pdf: bytes, question: Question) -> Answer:
    """Return the verdict as facts, and as frames what `describe` wants and the TS 119 102-2 report.

    Args:
        pdf: the file.
        question: what it is judged by.
    """

    def tell(found: Judged) -> Answer:
        report = found.report
        return Answer(facts=to_json(report), frames=(whole_report(report), to_xml(report)))

    return answer(pdf, question, tell)


def whole_report(report: Report) -> bytes:
    """Return a report with all its findings, as `describe` and `sheets` take it."""
    return _REPORT.dump_json(report)


def describe(
    report: bytes,
    entitlements: Mapping[str, Entitlement],
    lang: str,
    demonstration: bool,  # noqa: FBT001  # what a parent sends has no names
) -> Answer:
    """Return the sheet of a report as facts.

    Args:
        report: as `examine` gave it.
        entitlements: what is known about the signers, by signature field.
        lang: language of the sheet.
        demonstration: whether the service runs on a demonstration authority.
    """
    sheet = to_sheet(
        _REPORT.validate_json(report),
        Lang(lang).value,
        Spoken(Lang(lang)),
        entitlements=entitlements,
        demonstration=demonstration,
    )
    return Answer(facts=asdict(sheet))


def sheets(report: bytes, entitlements: Mapping[str, Entitlement]) -> Answer:
    """Return the sheet of a report in every language as facts, by language.

    That the service is a demonstration, the pages that show a kept sheet say themselves.

    Args:
        report: as `whole_report` gave it.
        entitlements: what is known about the signers, by signature field.
    """
    each = {lang: describe(report, entitlements, lang, False) for lang in Lang}  # noqa: FBT003
    return Answer(facts={lang.value: told.facts for lang, told in each.items()})


def draw(sheet: dict[str, Any], at: str, form: str, sealed_by: str | None) -> Answer:
    """Return a drawn sheet as a frame.

    Args:
        sheet: the fields of a `Sheet`.
        at: ISO 8601 moment of the verdict.
        form: ``text``, ``html`` or ``pdf``.
        sealed_by: whose certificate will sign the report.
    """
    words = with_seal(_SHEET.validate_python(sheet), by=sealed_by)
    return Answer(frames=(_drawn(words, datetime.fromisoformat(at), Form(form)),))


def report_path(path: str, question: Question, form: str, lang: str) -> Answer:
    """Return the verdict of a file on disk as facts, and its report as a frame.

    Raises:
        UnreadableFileError: it cannot be read as a PDF.
        FileChangedError: it changed meanwhile.
    """

    def tell(found: Judged) -> Answer:
        report = found.report
        if Form(form) is Form.XML:
            return Answer(facts=to_json(report), frames=(to_xml(report),))
        sheet = with_seal(to_sheet(report, Lang(lang).value, Spoken(Lang(lang))), by=None)
        frame = _drawn(sheet, report.verified_at, Form(form))
        return Answer(facts=to_json(report), frames=(frame,))

    with whole(path) as pdf:
        return answer(pdf, replace(question, file=path), tell)


def _drawn(sheet: Sheet, at: datetime, form: Form) -> bytes:
    match form:
        case Form.TEXT:
            return f"{to_text(sheet)}\n".encode()
        case Form.HTML:
            return to_html(sheet).encode()
        case Form.PDF:
            return to_pdf(sheet, at=at)
        case Form.XML:
            raise ValueError(form)
