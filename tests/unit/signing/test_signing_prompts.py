"""What a phone shows: plain letters, short, and a code that desk and phone share."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.signers.prompts import MAX_PROMPT, control_code, plain, prompt_of

SHOWN = re.compile(r"[A-Za-z0-9,.:; -]*")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ký QĐ 123/QĐ-UBND ngày 12/03/2024", "Ky QD 123-QD-UBND ngay 12-03-2024"),
        ("đường Đồng Đăng", "duong Dong Dang"),
        ("ằẵặữỵỷ ƯƠ", "aaauyy UO"),
        ("Ky\u0301 so\u0302\u0301", "Ky so"),
        ("a\tb\n  c", "a b c"),
        ("<b>&\"'\x00", "b"),
        ("１２", ""),
        ("", ""),
    ],
    ids=ascii,
)
def test_vietnamese_becomes_plain_letters(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_prompt_ends_with_its_code() -> None:
    text = "Ký QĐ 123/QĐ-UBND ngày 12/03/2024"
    assert prompt_of(text, code="4F7K") == "Ky QD 123-QD-UBND ngay 12-03-2024 ma 4F7K"


def test_a_prompt_without_words_still_says_what_it_is() -> None:
    assert prompt_of("？", code="4F7K") == "Ky so ma 4F7K"


@given(text=st.text(max_size=400), digest=st.binary(min_size=32, max_size=32))
def test_every_prompt_is_short_and_plain_and_keeps_its_code(text: str, digest: bytes) -> None:
    code = control_code([digest])
    shown = prompt_of(text, code=code)
    assert len(shown) <= MAX_PROMPT
    assert SHOWN.fullmatch(shown)
    assert shown.endswith(f" ma {code}")


def test_a_code_is_four_signs_that_nobody_confuses() -> None:
    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{4}", control_code([bytes(32)]))


def test_a_code_follows_from_all_digests_and_their_order() -> None:
    one, other = bytes(32), bytes(31) + b"\x01"
    codes = [control_code(digests) for digests in ([one], [other], [one, other], [other, one])]
    assert len(set(codes)) == 4
    assert control_code([one, other]) == codes[2]
