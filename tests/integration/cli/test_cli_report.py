"""``docsvc verify FILE --report FORM --out PATH``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = Path(__file__).parents[3] / "sample_docs"
FOREIGN = SAMPLES / "signed/37-quyet-dinh-ky-bang-phan-mem-khac.pdf"
TRUNCATED = SAMPLES / "broken/45-hong-bi-cat-cut.pdf"
TRUST = ("--trust", SAMPLES / "pki")


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("text", "[?] CHƯA XÁC ĐỊNH".encode()),
        ("html", b"<!doctype html>"),
        ("xml", b"<?xml"),
        ("pdf", b"%PDF-"),
    ],
)
def test_a_report_is_written_and_the_exit_code_is_that_of_the_verdict(
    form: str, start: bytes, docsvc: Callable[..., Any], tmp_path: Path
) -> None:
    out = tmp_path / "report"

    ended = docsvc("verify", FOREIGN, *TRUST, "--report", form, "--out", out)

    assert (ended.code, ended.out) == (2, "")
    assert out.read_bytes().startswith(start)


def test_a_report_without_a_file_is_printed(docsvc: Callable[..., Any]) -> None:
    ended = docsvc("verify", FOREIGN, *TRUST, "--report", "text", "--lang", "en")

    assert ended.code == 2
    assert "This report is not signed" in ended.out


def test_a_file_name_alone_asks_for_text(docsvc: Callable[..., Any], tmp_path: Path) -> None:
    docsvc("verify", FOREIGN, *TRUST, "--out", tmp_path / "report.txt")

    assert (tmp_path / "report.txt").read_text("utf-8").startswith("[?]")


def test_a_file_that_cannot_be_read_has_no_report(
    docsvc: Callable[..., Any], tmp_path: Path
) -> None:
    ended = docsvc("verify", TRUNCATED, *TRUST, "--report", "pdf", "--out", tmp_path / "report")

    assert ended.code == 4
    assert str(TRUNCATED) in ended.out
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        (FOREIGN, TRUNCATED, "--report", "text"),
        (SAMPLES / "signed", "--report", "text"),
        (FOREIGN, "--report", "pdf"),
        (FOREIGN, "--report", "docx"),
    ],
)
def test_a_report_is_about_one_file_and_a_pdf_goes_into_one(
    arguments: tuple[Any, ...], docsvc: Callable[..., Any]
) -> None:
    assert docsvc("verify", *arguments, *TRUST).code == 64
