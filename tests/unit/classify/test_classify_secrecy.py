"""The secrecy gate and the meaning of marks."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pages import HEIGHT, LEFT, line, page, reading

from docsvc.steps.classify.marks import Meaning, meaning
from docsvc.steps.classify.model import (
    Box,
    Hints,
    Ink,
    Line,
    Secrecy,
    SecrecyVerdict,
    Shape,
    Stamp,
)
from docsvc.steps.classify.rules import classify

TOP = HEIGHT - 150
ISSUER = line("ỦY BAN NHÂN DÂN", x=LEFT, y=HEIGHT - 60, centred=True)


def judged(*lines: Line, index: int = 0) -> Secrecy:
    pages = [page(ISSUER, *lines)] if index == 0 else [page(ISSUER), page(*lines, index=index)]
    return classify(reading(*pages), hints=Hints()).secrecy


def stamped(text: str, *, shape: Shape = Shape.FRAMED, ink: Ink = Ink.RED) -> Secrecy:
    box = Box(page=0, x0=100, y0=600, x1=160, y1=620)
    stamp = Stamp(box=box, ink=ink, shape=shape, text=text, confidence=0.9)
    return classify(reading(page(ISSUER), stamps=(stamp,)), hints=Hints()).secrecy


@pytest.mark.parametrize(
    ("text", "level", "code"),
    [
        ("MẬT", "confidential", "mark-in-text"),
        ("TỐI MẬT", "secret", "mark-in-text"),
        ("TUYỆT MẬT", "top-secret", "mark-in-text"),
        ("[ MẬT ]", "confidential", "mark-in-text"),
        ("Độ mật: Tối mật", "secret", "mark-in-text"),
        ("ĐỘ MẬT: TUYỆT MẬT", "top-secret", "mark-in-text"),
        ("M Ậ T", "confidential", "mark-spaced"),
        ("T U Y Ệ T   M Ậ T", "top-secret", "mark-spaced"),
        ("MËT", "confidential", "mark-legacy-encoding"),
        ("TèI MËT", "secret", "mark-legacy-encoding"),
        ("TUYÖT MËT", "top-secret", "mark-legacy-encoding"),
        ("MAÄT", "confidential", "mark-legacy-encoding"),
        ("TOÁI MAÄT", "secret", "mark-legacy-encoding"),
        (unicodedata.normalize("NFD", "MẬT"), "confidential", "mark-in-text"),
        ("M\u200bẬ\u00adT", "confidential", "mark-in-text"),
    ],
)
def test_a_mark_of_its_own_in_the_head_is_secret(text: str, level: str, code: str) -> None:
    found = judged(line(text, x=LEFT, y=TOP, centred=True))
    assert (found.verdict, found.level) == (SecrecyVerdict.SECRET, level)
    assert found.reasons[0].code == f"classify.{code}"


@pytest.mark.parametrize(
    "text",
    [
        "ỦY BAN MẶT TRẬN TỔ QUỐC VIỆT NAM",
        "trừ văn bản mật",
        "TRỪ VĂN BẢN MẬT",
        "bảo mật thông tin",
        "VỀ BẢO MẬT THÔNG TIN",
        "MẬT ĐỘ DÂN CƯ",
        "MẬT KHẨU",
        "BẢO VỆ BÍ MẬT NHÀ NƯỚC",
        "MẶT",
        "MẶT TRẬN",
        "LƯU HÀNH NỘI BỘ",
        "XEM XONG TRẢ LẠI",
        "mật",
        "Độ mật: Không",
        "MẠT",
        "ĐẬP MẠNH",
    ],
)
def test_everyday_words_are_clear(text: str) -> None:
    assert judged(line(text, x=LEFT, y=TOP, centred=True)).verdict is SecrecyVerdict.CLEAR


@pytest.mark.parametrize("text", ["Mật", "DANH MỤC MẬT", "Số 12 T U Y Ệ T M Ậ T A", "HỒ SƠ MËT"])
def test_a_level_among_other_words_in_the_head_goes_to_a_person(text: str) -> None:
    found = judged(line(text, x=LEFT, y=TOP, centred=True))
    assert found.verdict is SecrecyVerdict.DOUBTFUL
    assert found.reasons[0].code == "classify.word-in-header"
    assert found.reasons[0].word


def test_a_mark_beside_the_other_column_is_secret() -> None:
    other = line("Suối Trúc, ngày 05 tháng 01 năm 2026", x=300, y=TOP)
    assert judged(line("MẬT", x=90, y=TOP), other).level == "confidential"


def test_letters_drawn_apart_are_one_mark() -> None:
    letters = [line(letter, x=90 + 30 * i, y=TOP) for i, letter in enumerate("MẬT")]
    assert judged(*letters).level == "confidential"


def test_a_mark_that_touches_its_neighbours_goes_to_a_person() -> None:
    words = line("GỬI KÈM", x=60, y=TOP), line("MẬT", x=120, y=TOP), line("SỐ 2", x=155, y=TOP)
    assert judged(*words).verdict is SecrecyVerdict.DOUBTFUL


def test_a_mark_lower_on_page_1_goes_to_a_person() -> None:
    found = judged(line("TỐI MẬT", x=300, y=200))
    assert (found.verdict, found.level) == (SecrecyVerdict.DOUBTFUL, None)
    assert found.reasons[0].code == "classify.mark-elsewhere"


def test_a_sentence_lower_on_page_1_is_clear() -> None:
    text = "Các văn bản có độ TUYỆT MẬT, TỐI MẬT, MẬT không gửi qua mạng"
    assert judged(line(text, x=90, y=300)).verdict is SecrecyVerdict.CLEAR


def test_an_enclosed_secret_document_is_secret() -> None:
    assert judged(line("MẬT", x=90, y=TOP), index=4).level == "confidential"


def test_a_table_cell_on_a_later_page_goes_to_a_person() -> None:
    found = judged(line("MẬT", x=400, y=TOP), index=2)
    assert found.reasons[0].code == "classify.mark-elsewhere"


def test_the_gravest_level_is_named() -> None:
    marks = line("MẬT", x=90, y=TOP), line("TUYỆT MẬT", x=90, y=TOP - 30)
    assert judged(*marks).level == "top-secret"


def test_secret_beats_doubt() -> None:
    found = judged(line("MẬT", x=90, y=TOP), line("TỐI MẬT", x=300, y=200))
    assert found.verdict is SecrecyVerdict.SECRET
    assert [reason.code for reason in found.reasons] == ["classify.mark-in-text"]


@pytest.mark.parametrize("text", ["MẠT", "TOI MAT", "MÂT"])
def test_what_ocr_misread_goes_to_a_person(text: str) -> None:
    assert judged(line(text, x=90, y=TOP, confidence=0.6)).verdict is SecrecyVerdict.DOUBTFUL


def test_an_unexamined_page_goes_to_a_person() -> None:
    found = classify(reading(page(ISSUER), examined=False), hints=Hints()).secrecy
    assert [reason.code for reason in found.reasons] == ["classify.page-not-examined"]


def test_a_page_without_any_text_goes_to_a_person() -> None:
    found = classify(reading(page()), hints=Hints()).secrecy
    assert [reason.code for reason in found.reasons] == ["classify.nothing-read"]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("MẬT", "confidential"),
        ("_ MẬT |", "confidential"),
        ("TỐI MẬT", "secret"),
        ("TÔI MẬT", "secret"),
        ("TUYÊT MÂT", "top-secret"),
        ("L TUYỆTMẬT _", "top-secret"),
        ("Mật.", "confidential"),
    ],
)
def test_a_stamp_that_reads_as_a_level_is_secret(text: str, level: str) -> None:
    found = stamped(text)
    assert (found.level, found.reasons[0].code) == (level, "classify.mark-in-stamp")


@pytest.mark.parametrize(
    "text",
    [
        *("HỎA TỐC", "HOẢ TỐC", "HÓA TỐC _", "KHẨN", "KHÂN", "THƯỢNG KHẨN", "THƯỢNG KHN."),
        *("SAO Y", "SAO Y; UBND xã A; 12.03.2024", "ĐẾN", "UBND XÃ\nĐẾN\nSố: 12 Ngày: 1/2"),
    ],
)
def test_a_known_stamp_is_clear(text: str) -> None:
    assert stamped(text).verdict is SecrecyVerdict.CLEAR


@pytest.mark.parametrize(
    ("text", "ink", "code"),
    [
        ("MẶT", Ink.RED, "stamp-near-level"),
        ("MÂT", Ink.RED, "stamp-near-level"),
        ("TUYẾT MẮN", Ink.RED, "stamp-near-level"),
        ("CHÚC MỪNG", Ink.RED, "stamp-unknown"),
        ("", Ink.RED, "stamp-unread"),
        ("_ |", Ink.RED, "stamp-unread"),
        ("CHÚC MỪNG", Ink.DARK, "grey-scan"),
        ("", Ink.DARK, "grey-scan"),
    ],
)
def test_any_other_stamp_goes_to_a_person(text: str, ink: Ink, code: str) -> None:
    found = stamped(text, ink=ink)
    assert found.verdict is SecrecyVerdict.DOUBTFUL
    assert [reason.code for reason in found.reasons] == [f"classify.{code}"]


def test_a_round_seal_is_clear_whatever_its_rim_says() -> None:
    assert stamped("UBND XÃ", shape=Shape.ROUND).verdict is SecrecyVerdict.CLEAR
    assert stamped("", shape=Shape.ROUND).verdict is SecrecyVerdict.CLEAR


def test_nothing_of_a_secret_document_leaves_but_the_verdict() -> None:
    mark = line("MẬT", x=90, y=TOP)
    number = line("Số: 12/QĐ-UBND", x=90, y=TOP + 30)
    found = classify(reading(page(ISSUER, number, mark)), hints=Hints(seal_mm=36))
    assert found.secrecy.verdict is SecrecyVerdict.SECRET
    assert found.number is found.issuer is found.places.number is None
    assert all(reason.box is None and not reason.word for reason in found.secrecy.reasons)


@given(st.text(max_size=200))
def test_any_text_of_a_stamp_has_a_meaning(text: str) -> None:
    found = meaning(text)
    assert (found.level is not None) == (found.meaning is Meaning.LEVEL)
