"""Reports for people: what a file is, in words, in the form that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docsvc.steps.verify.forms import Form
from docsvc.steps.verify.service import Verifier

if TYPE_CHECKING:
    from docsvc.catalog.messages import Lang

_EXAMINE = "docsvc.steps.verify.report_tasks:examine"
_DESCRIBE = "docsvc.steps.verify.report_tasks:describe"
_DRAW = "docsvc.steps.verify.report_tasks:draw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was found about a file: for programs, in words, and as TS 119 102-2."""

    verdict: dict[str, Any]
    sheet: dict[str, Any]
    xml: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Examines files and draws reports, each in a child process."""

    verifier: Verifier
    demonstration: bool

    def examine(self, pdf: bytes, *, file: str, lang: Lang) -> Examination:
        """Return what is found about a file; nothing is kept.

        Raises:
            CodedError: the file cannot be read as a PDF.
        """
        answer = self.verifier.ask(_EXAMINE, pdf, file=file)
        report, xml = answer.frames
        sheet = self.verifier.sandbox.run(
            _DESCRIBE, report, self.verifier.entitlements(answer.facts), lang, self.demonstration
        )
        return Examination(verdict=answer.facts, sheet=sheet.facts, xml=xml)

    def draw(self, examined: Examination, form: Form, *, sealed_by: str | None = None) -> bytes:
        """Draw a report.

        Args:
            examined: what was found.
            form: how to draw it.
            sealed_by: whose certificate will sign it, which the report says; None: nobody's.
        """
        if form is Form.XML:
            return examined.xml
        at = examined.verdict["verified_at"]
        return self.verifier.sandbox.run(_DRAW, examined.sheet, at, form, sealed_by).frames[0]
