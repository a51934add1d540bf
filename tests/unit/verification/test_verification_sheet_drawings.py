"""The report in words, and what is drawn from it."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import pikepdf
import pytest
from typing_extensions import override
from verification_hostile import SHOWN, hostile, pdf_text, sheet
from verification_pki import NOW
from verification_reports import (
    FILLED,
    LEADER,
    SEAL,
    STAMP,
    found,
    report,
)
from verification_reports import with_findings as on

from verification.report import to_text
from verification.report.html import POLICY, to_html
from verification.report.pdf import to_pdf
from verification.report.words import Language, word

# -- drawings


def test_text_tells_lamps_by_shape_and_word() -> None:
    text = to_text(sheet(report(on(LEADER, found("V-07", "content-changed", "failed")), SEAL)))

    assert text.startswith("[x] KHÔNG HỢP LỆ: Không tin được văn bản này")
    assert "[x] Nội dung có bị thay đổi không? KHÔNG ĐẠT:" in text
    assert "[?] Ai ký, có thẩm quyền không? CHƯA RÕ:" in text
    assert "<verification.content-changed> because of verification.content-changed" in text


def test_text_leaves_out_titles_over_nothing() -> None:
    text = to_text(sheet(report()))

    assert "LÝ DO" not in text
    assert "TỪNG CHỮ KÝ" not in text


class Tags(HTMLParser):
    """Collects elements, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}

    @override
    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_shows_hostile_text_as_text() -> None:
    seen = Tags(to_html(sheet(hostile())))

    assert SHOWN in seen.text
    assert not seen.names & {"script", "img", "iframe", "object", "a", "form", "link", "base"}
    assert not {
        name for name in seen.attributes if name.startswith("on") or name in {"href", "src"}
    }


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_html_stands_alone_and_names_its_language(lang: Language) -> None:
    html = to_html(sheet(report(FILLED, SEAL, stamps=(STAMP,)), lang))

    assert html.startswith(f'<!doctype html>\n<html lang="{lang}">')
    assert "url(" not in html
    assert POLICY in html.replace("&#x27;", "'")
    assert f"<h1>{word('title.report', lang)}</h1>" in html


def test_html_of_a_failed_file_gives_its_reasons() -> None:
    html = to_html(sheet(report(on(LEADER, found("V-07", "content-changed", "failed")))))

    assert "&lt;verification.content-changed&gt;" in html
    assert '<div class="verdict red">' in html


def test_pdf_claims_pdf_a_2b_and_is_tagged() -> None:
    made = to_pdf(sheet(report(FILLED, SEAL, stamps=(STAMP,))), at=NOW)

    with pikepdf.open(io.BytesIO(made)) as document, document.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "B")
        assert document.Root.MarkInfo.Marked
        assert str(document.Root.Lang) == "vi"


def test_pdf_is_the_same_for_the_same_report() -> None:
    one = sheet(report(LEADER))

    assert to_pdf(one, at=NOW) == to_pdf(one, at=NOW)


def test_pdf_shows_hostile_text_as_text() -> None:
    text = pdf_text(to_pdf(sheet(hostile()), at=NOW))

    assert "<script>alert(1)</script>" in re.sub(r"\s|\u200b", "", text)
    assert "#eval(1)" in text


def test_pdf_is_made_whatever_script_a_name_is_in() -> None:
    one = replace(LEADER, signer="中文 😀 ไทย عربي Nguyễn Ωμέγα Кириллица")

    text = pdf_text(to_pdf(sheet(report(one)), at=NOW))

    assert "Nguyễn Ωμέγα Кириллица" in text
