"""Foreign text is masked and made harmless in one place."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verification_reports import LEADER, STAMP, Plain, report

from verification.masking import masked, shown
from verification.report import to_json, to_sheet, to_text
from verification.report.html import to_html
from verification.report.xml import to_xml

CCCD = "001099012345"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"CCCD:{CCCD}", "CCCD:*********345"),
        ("CMND 012345678", "CMND ******678"),
        ("CMND012345678", "CMND******678"),
        ("Nguyễn Văn An, 001 099 012 345", "Nguyễn Văn An, *********345"),
        ("IDCVN-001.099.012.345.", "IDCVN-*********345."),
        ("٠٠١٠٩٩٠١٢٣٤٥", "*********٣٤٥"),
        ("MST:0101234567", "MST:0101234567"),
        ("MST:0101234567-001", "MST:0101234567-001"),
        ("MST:0101234567001", "MST:0101234567001"),
        ("MST:001099012345", "MST:*********345"),
        (f"{CCCD} 01/01/1990", "*********345 01/01/1990"),
        (f"CCCD:{CCCD}-01", "CCCD:*********345-01"),
        ("CMND:12345678", "CMND:*****678"),
        ("cccd 1 099 012 345", "cccd *******345"),
        ("CCCD: 12 345 678", "CCCD: *****678"),
        ("CMND:123", "CMND:123"),
        ("012345678 012345", "************345"),
        ("ĐĂCMND:12345678", "ĐĂCMND:12345678"),
        ("Số 15, đường 3/2", "Số 15, đường 3/2"),
        ("", ""),
    ],
)
def test_only_national_id_numbers_are_masked(text: str, left: str) -> None:
    assert masked(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("An\x00\x1b[31m\u202eAn\ufeff", "An\ufffd\ufffd[31m\ufffdAn\ufffd"),
        ("a\nb", "a\ufffdb"),
        ("\udc80", "\ufffd"),
        ("a\U000e0041\ue000\u0378", "a\ufffd\ufffd\ufffd"),
        ("Ă" * 301, "Ă" * 299 + "…"),
        ("Ă" * 300, "Ă" * 300),
    ],
)
def test_what_cannot_be_seen_or_never_ends_is_not_shown(text: str, left: str) -> None:
    assert shown(text) == left


@given(st.text())
def test_nothing_that_is_shown_needs_to_be_masked_again(text: str) -> None:
    assert masked(shown(text)) == shown(text)


def test_no_rendering_holds_an_id_number_of_a_certificate() -> None:
    name = f"Nguyễn Văn An {CCCD}"
    one = replace(LEADER, signer=name, organisation=name, issuer=name)
    made = report(one, stamps=(replace(STAMP, authority=name),))
    sheet = to_sheet(made, "vi", Plain())

    drawn = (json.dumps(to_json(made)), to_text(sheet), to_html(sheet), to_xml(made).decode())

    assert [CCCD in each for each in drawn] == [False] * 4
    assert ["*********345" in each for each in drawn] == [True] * 4
