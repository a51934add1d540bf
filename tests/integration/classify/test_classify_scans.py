"""Scans with rubber stamps, made on the spot, through Tesseract and the rules."""

from __future__ import annotations

import os

import pytest
from support.pages import Letter, Rubber, scan

from docsvc.steps.classify.marks import Meaning, meaning
from docsvc.steps.classify.model import Classification, Hints, Ink, SecrecyVerdict, Shape
from docsvc.steps.classify.reading import read
from docsvc.steps.classify.rules import classify

NAMED = Hints(signer_names=("Nguyễn Văn An",), seal_mm=36)


def classified(pdf: bytes) -> Classification:
    return classify(read(pdf), hints=NAMED)


@pytest.mark.parametrize("harsh", [False, True])
@pytest.mark.parametrize("angle", [0.0, -8.0])
@pytest.mark.parametrize(("text", "width"), [("MẬT", 20), ("TỐI MẬT", 30), ("TUYỆT MẬT", 40)])
def test_no_secrecy_stamp_on_a_scan_is_taken_for_a_harmless_one(
    text: str, width: float, angle: float, *, harsh: bool
) -> None:
    rubber = Rubber(text=text, size_mm=(width, 8), angle=angle)
    (stamp,) = read(scan(rubbers=(rubber,), harsh=harsh)).stamps
    assert stamp.shape is not Shape.ROUND
    assert meaning(stamp.text).meaning is not Meaning.HARMLESS


def test_a_secrecy_stamp_on_a_scanned_document_is_secret() -> None:
    rubber = Rubber(text="TỐI MẬT", size_mm=(30, 8))
    assert classified(scan(Letter(), rubbers=(rubber,))).secrecy.level == "secret"


@pytest.mark.parametrize(
    "rubber",
    [
        Rubber(text="KHẨN", size_mm=(20, 8)),
        Rubber(text="SAO Y", size_mm=(30, 8)),
        Rubber(text="UBND\nXÃ", size_mm=(36, 36), at_mm=(80, 80), round=True),
        Rubber(text="ĐẾN\nSố: 12\nNgày: 1/2/2026\nChuyển: VP", size_mm=(50, 35), at_mm=(30, 60)),
    ],
    ids=["urgent", "copy", "seal", "arrived"],
)
def test_a_harmless_stamp_on_a_scan_is_clear(rubber: Rubber) -> None:
    assert classified(scan(Letter(), rubbers=(rubber,))).secrecy.verdict is SecrecyVerdict.CLEAR


def test_an_unknown_stamp_on_a_scan_goes_to_a_person() -> None:
    rubber = Rubber(text="CHÚC MỪNG", size_mm=(40, 8))
    found = classified(scan(Letter(), rubbers=(rubber,))).secrecy
    assert found.verdict is SecrecyVerdict.DOUBTFUL


def test_a_stamp_without_a_frame_is_read_too() -> None:
    rubber = Rubber(text="MẬT", size_mm=(20, 8), framed=False)
    assert classified(scan(Letter(), rubbers=(rubber,))).secrecy.level == "confidential"


def test_a_framed_mark_on_a_grey_scan_is_never_clear() -> None:
    rubber = Rubber(text="MẬT", size_mm=(20, 8))
    found = read(scan(Letter(), rubbers=(rubber,), grey=True))
    assert found.colour is False
    assert [stamp.ink for stamp in found.stamps] == [Ink.DARK]
    assert classify(found, hints=Hints()).secrecy.verdict is not SecrecyVerdict.CLEAR


def test_a_clean_scan_is_read_and_clear() -> None:
    letter = Letter(number="Số: 12/QĐ-UBND", date="Suối Trúc, ngày 05 tháng 01 năm 2026")
    found = classified(scan(letter))
    assert found.secrecy.verdict is SecrecyVerdict.CLEAR
    assert found.number
    assert (found.number.value, found.number.confidence < 0.98) == ("12", True)
    assert found.date
    assert found.date.value == "2026-01-05"


def test_an_empty_scan_goes_to_a_person() -> None:
    found = classified(scan()).secrecy
    assert [reason.code for reason in found.reasons] == ["classify.nothing-read"]


def test_tesseract_is_kept_to_one_thread() -> None:
    read(scan(Letter()))
    assert os.environ["OMP_THREAD_LIMIT"] == "1"
