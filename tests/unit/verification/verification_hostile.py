"""The report in words, and what is drawn from it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from verification_reports import (
    LEADER,
    STAMP,
    Plain,
    found,
    report,
)
from verification_reports import with_findings as on

from verification.report import to_sheet

if TYPE_CHECKING:
    from verification.model import Report
    from verification.report.sheet import Sheet
    from verification.report.words import Language


HOSTILE = '</p><script>alert(1)</script>"\'&#[read("/etc/passwd")]\u202e\x00$ #eval(1)'


SHOWN = '</p><script>alert(1)</script>"\'&#[read("/etc/passwd")]\ufffd\ufffd$ #eval(1)'


def sheet(made: Report, lang: Language = "vi", **more: object) -> Sheet:
    return to_sheet(made, lang, Plain(), **more)  # type: ignore[arg-type]


def hostile() -> Report:
    one = replace(
        on(LEADER, found("V-05", "field-filled", field=HOSTILE, other=HOSTILE)),
        field=HOSTILE,
        signer=HOSTILE,
        organisation=HOSTILE,
        issuer=HOSTILE,
    )
    stamp = replace(STAMP, field=HOSTILE, authority=HOSTILE, findings=one.findings)
    return report(one, stamps=(stamp,), file=HOSTILE)


def pdf_text(pdf: bytes) -> str:
    import pypdfium2  # noqa: PLC0415  of this helper only

    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()
