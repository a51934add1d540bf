"""Number line, date line, kind, subject, issuer, addressees, urgency."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pages import HEIGHT, LEFT, RIGHT, WIDTH, line, page, reading

from docsvc.steps.classify.model import Box, Classification, Field, Hints, Ink, Line, Shape, Stamp
from docsvc.steps.classify.places import FIELD_ASCENT, FIELD_DESCENT
from docsvc.steps.classify.rules import classify
from signing.font import Face, reserved_font

NUMBER_AT = HEIGHT - 110


def classified(*lines: Line, stamp: str = "", names: tuple[str, ...] = ()) -> Classification:
    box = Box(page=0, x0=100, y0=600, x1=160, y1=620)
    stamps = (Stamp(box=box, ink=Ink.RED, shape=Shape.FRAMED, text=stamp, confidence=0.9),)
    read = reading(page(*lines), stamps=stamps if stamp else ())
    return classify(read, hints=Hints(organisation_names=names))


def number(text: str) -> Line:
    return line(text, x=LEFT, y=NUMBER_AT, centred=True)


def title(text: str) -> Line:
    return line(text, x=WIDTH / 2, y=NUMBER_AT - 50, centred=True, bold=True)


def value(field: Field | None) -> str | None:
    return field.value if field else None


STATE = [
    ("15/QĐ-BNV", "quyet-dinh"),
    ("05/BNV-VP", "cong-van"),
    ("12/UBND-VX", "cong-van"),
    ("1492/UBND-TH", "cong-van"),
    ("07/SY-UBND", "ban-sao-y"),
    ("03/CTr-UBND", "chuong-trinh"),
    ("12/KH-MTTQ-BTT", "ke-hoach"),
    ("12/MTTQ-BTT", "cong-van"),
    ("01/HD-STC", "huong-dan"),
    ("01/HĐ-STC", "hop-dong"),
]
PARTY = [
    ("66-KH/HU", "party-ke-hoach"),
    ("17-NQ/HU", "party-nghi-quyet"),
    ("05-NQ/TU", "party-nghi-quyet"),
    ("213-KH/TU", "party-ke-hoach"),
    ("12-CV/BTGDVTU", "party-cong-van"),
    ("9-QĐ/UBKTTU", "party-quyet-dinh"),
]


@pytest.mark.parametrize(("text", "kind"), STATE)
def test_state_number_lines(text: str, kind: str) -> None:
    found = classified(number(f"Số: {text}"))
    digits, symbol = text.split("/", 1)
    assert (value(found.number), value(found.symbol)) == (digits, symbol)
    assert (found.number_form, value(found.kind)) == ("state", kind)
    assert found.places.number is None


@pytest.mark.parametrize(("text", "kind"), PARTY)
def test_party_number_lines(text: str, kind: str) -> None:
    found = classified(number(f"Số {text}"))
    digits, symbol = text.split("-", 1)
    assert (value(found.number), value(found.symbol)) == (digits, symbol)
    assert (found.number_form, value(found.kind)) == ("party", kind)


def test_a_normative_document_has_a_year_and_no_kind_of_the_29() -> None:
    found = classified(number("Số: 30/2020/NĐ-CP"))
    assert (value(found.number), value(found.year), value(found.symbol)) == ("30", "2020", "NĐ-CP")
    assert found.kind is None


def test_stray_spaces_are_read_and_left_out() -> None:
    assert value(classified(number("Số 05-NQ/ TU")).symbol) == "NQ/TU"


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("Số:________/QĐ-UBND", "QĐ-UBND"),
        ("Số________-KH/ĐU", "KH/ĐU"),
        ("Số:.....…/BC-SNV", "BC-SNV"),
    ],
)
def test_a_blank_number_has_a_place(text: str, symbol: str) -> None:
    found = classified(number(text))
    assert found.number is None
    assert value(found.symbol) == symbol
    place = found.places.number
    assert place
    assert place.width > 35
    assert place.y0 < NUMBER_AT < place.y1


def test_a_blank_too_narrow_for_two_digits_is_no_place() -> None:
    assert classified(number("Số: /QĐ-UBND")).places.number is None


def test_tcvn3_in_a_font_without_a_name_is_tried() -> None:
    found = classified(number("Sè: 12/Q§-UBND"))
    assert value(found.symbol) == "QĐ-UBND"
    assert found.symbol
    assert found.symbol.confidence < 0.9


def test_vni_in_a_font_without_a_name_is_tried() -> None:
    assert value(classified(number("Soá: 12/QÑ-UBND")).symbol) == "QĐ-UBND"


@pytest.mark.parametrize(
    "text", ["Số 12 đường Hùng Vương", "số: 12/QĐ-UBND", "Số: /", "Số: 12/qđ-x"]
)
def test_other_lines_are_no_number_lines(text: str) -> None:
    assert classified(number(text)).symbol is None


def test_a_number_line_in_the_right_half_belongs_to_something_else() -> None:
    assert classified(line("Số: 12/QĐ-UBND", x=400, y=NUMBER_AT)).symbol is None


@given(
    st.integers(1, 999999),
    st.text(alphabet="ABCDĐHKMNQTUX", min_size=1, max_size=5),
    st.text(alphabet="ABCDĐHKMNQTUX", min_size=1, max_size=5),
)
def test_every_number_comes_back(digits: int, first: str, second: str) -> None:
    found = classified(number(f"Số: {digits:02d}/{first}-{second}"))
    assert value(found.number) == f"{digits:02d}"
    assert value(found.symbol) == f"{first}-{second}"


@given(st.text(max_size=60))
def test_any_text_can_stand_in_the_head(text: str) -> None:
    if text.replace("_", "").strip():
        classified(number(text), title(text))


# --- date ---------------------------------------------------------------------------------


def date(text: str, *, y: float = NUMBER_AT, x: float = RIGHT) -> Line:
    return line(text, x=x, y=y, centred=True)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Hà Nội, ngày 05 tháng 01 năm 2020", "2020-01-05"),
        ("Thành phố Hồ Chí Minh, ngày 29 tháng 6 năm 2019", "2019-06-29"),
    ],
)
def test_a_printed_date(text: str, iso: str) -> None:
    found = classified(number("Số: 12/QĐ-UBND"), date(text))
    assert value(found.date) == iso
    assert found.partial_date is found.places.day is found.places.month is None


def test_blank_day_and_month_have_places_and_the_year_is_kept() -> None:
    found = classified(number("Số:______/QĐ-UBND"), date("Suối Trúc, ngày_____tháng_____năm 2026"))
    assert found.date is None
    assert value(found.partial_date) == "2026"
    day, month = found.places.day, found.places.month
    assert day
    assert month
    assert day.x1 < month.x0
    assert min(day.width, month.width) > 25


def test_a_blank_is_one_line_of_the_letters_beside_it_high() -> None:
    text = number("Số:______/QĐ-UBND")
    found = classified(text, date("Suối Trúc, ngày_____tháng_____năm 2026")).places
    for box, size in ((found.number, found.number_size), (found.day, found.date_size)):
        assert box
        assert size == text.size
        assert box.height == pytest.approx((FIELD_ASCENT + FIELD_DESCENT) * size)
    assert found.number
    assert found.number.y0 == pytest.approx(NUMBER_AT - FIELD_DESCENT * text.size)


@pytest.mark.parametrize("face", Face)
def test_the_line_of_a_blank_is_that_of_the_face_it_is_filled_in_with(face: Face) -> None:
    font = reserved_font(face)
    assert (font.ascent, -font.descent) == (FIELD_ASCENT * 1000, FIELD_DESCENT * 1000)


def test_a_printed_month_leaves_the_day_to_fill() -> None:
    found = classified(number("Số:______/QĐ-UBND"), date("Suối Trúc, ngày_____tháng 6 năm 2026"))
    assert value(found.partial_date) == "2026-06"
    assert found.places.day
    assert found.places.month is None


@pytest.mark.parametrize("text", ["Xã, ngày 05 tháng 13 năm 2026", "Xã, ngày 45 tháng 12 năm 2026"])
def test_an_impossible_date_is_not_one(text: str) -> None:
    assert classified(number("Số: 12/QĐ-UBND"), date(text)).date is None


def test_a_date_without_a_year_is_none() -> None:
    found = classified(number("Số: 12/QĐ-UBND"), date("Xã, ngày 05 tháng 12 năm_____"))
    assert found.date is found.partial_date is None


def test_the_date_of_a_law_is_not_the_date_of_the_document() -> None:
    law = line("Căn cứ Luật số 72, ngày 16 tháng 6 năm 2025", x=250, y=NUMBER_AT - 90)
    assert classified(number("Số: 12/QĐ-UBND"), law).date is None
    assert classified(law).date is None


def test_minutes_have_a_date_without_a_number_line() -> None:
    found = classified(date("Suối Trúc, ngày 05 tháng 12 năm 2026"))
    assert value(found.date) == "2026-12-05"


def test_a_date_in_the_left_half_is_not_the_date_line() -> None:
    text = date("ngày 05 tháng 12 năm 2026", x=150)
    assert classified(text).date is None


# --- kind and subject ---------------------------------------------------------------------


def test_title_and_symbol_confirm_each_other() -> None:
    both = classified(number("Số: 12/QĐ-UBND"), title("QUYẾT ĐỊNH"))
    alone = classified(title("QUYẾT ĐỊNH"))
    against = classified(number("Số: 12/QĐ-UBND"), title("KẾ HOẠCH"))
    assert [value(found.kind) for found in (both, alone, against)] == ["quyet-dinh"] * 3
    sure = [found.kind.confidence for found in (both, alone, against) if found.kind]
    assert sure == sorted(sure, reverse=True)
    assert len(set(sure)) == 3


def test_the_title_tells_the_partys_decision_from_its_regulation() -> None:
    found = classified(number("Số 12-QĐ/TU"), title("QUY ĐỊNH"))
    assert value(found.kind) == "party-quy-dinh"
    unsure = classified(number("Số 12-QĐ/TU")).kind
    assert unsure
    assert unsure.confidence < 0.7


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Q U Y Ế T   Đ Ị N H", "quyet-dinh"),
        ("BẢN THOẢ THUẬN", "ban-thoa-thuan"),
        ("BIÊN BẢN", "bien-ban"),
    ],
)
def test_titles_are_read_as_they_are_written(text: str, kind: str) -> None:
    assert value(classified(title(text)).kind) == kind


def test_a_party_title_needs_a_party_number() -> None:
    assert classified(number("Số: 12/XX-UBND"), title("KẾT LUẬN")).kind


def test_the_subject_stands_under_the_title() -> None:
    first = line("Về việc thành lập Tổ công nghệ", x=WIDTH / 2, y=675, centred=True, bold=True)
    second = line("số cộng đồng", x=WIDTH / 2, y=658, centred=True, bold=True)
    head = line("CHỦ TỊCH ỦY BAN NHÂN DÂN XÃ", x=WIDTH / 2, y=600, centred=True, bold=True)
    found = classified(number("Số: 12/QĐ-UBND"), title("QUYẾT ĐỊNH"), first, second, head)
    assert value(found.subject) == "Về việc thành lập Tổ công nghệ số cộng đồng"


@pytest.mark.parametrize("text", ["Căn cứ Luật", "-----"])
def test_a_title_without_subject_has_none(text: str) -> None:
    below = line(text, x=WIDTH / 2, y=675, centred=True, bold=True)
    assert classified(title("QUYẾT ĐỊNH"), below).subject is None


def test_the_subject_of_a_letter_stands_under_its_number() -> None:
    lines = (
        line("V/v rà soát hộ nghèo,", x=LEFT, y=NUMBER_AT - 20, centred=True),
        line("hộ cận nghèo năm 2026", x=LEFT, y=NUMBER_AT - 35, centred=True),
        line("KHẨN", x=LEFT, y=NUMBER_AT - 55, centred=True),
    )
    found = classified(number("Số: 12/UBND-VX"), *lines)
    assert value(found.subject) == "rà soát hộ nghèo, hộ cận nghèo năm 2026"
    assert value(found.urgency) == "urgent"


def test_the_partys_letter_has_its_subject_without_the_words() -> None:
    subject = line("sinh hoạt chi bộ chuyên đề", x=LEFT, y=NUMBER_AT - 20, centred=True)
    assert value(classified(number("Số 12-CV/ĐU"), subject).subject) == subject.text
    assert classified(number("Số: 12/UBND-VX"), subject).subject is None


def test_without_number_and_title_there_is_no_subject() -> None:
    assert classified(line("Một trang bất kỳ", x=90, y=700)).subject is None


# --- issuer, addressees, urgency ----------------------------------------------------------


def left(text: str, row: int, *, bold: bool = False) -> Line:
    return line(text, x=LEFT, y=HEIGHT - 60 - 15 * row, centred=True, bold=bold)


def test_weight_tells_the_body_from_the_one_above_it() -> None:
    found = classified(left("UBND TỈNH LÂM AN", 0), left("SỞ NỘI VỤ", 1, bold=True))
    assert (value(found.issuer), value(found.parent)) == ("SỞ NỘI VỤ", "UBND TỈNH LÂM AN")


def test_two_lines_of_one_weight_are_one_body() -> None:
    found = classified(left("ỦY BAN NHÂN DÂN", 0), left("XÃ SUỐI TRÚC", 1))
    assert (value(found.issuer), found.parent) == ("ỦY BAN NHÂN DÂN XÃ SUỐI TRÚC", None)


def test_of_three_lines_of_one_weight_the_first_is_above() -> None:
    lines = left("HUYỆN ỦY", 0), left("ĐẢNG ỦY", 1), left("XÃ SUỐI TRÚC", 2)
    found = classified(*lines)
    assert (value(found.issuer), value(found.parent)) == ("ĐẢNG ỦY XÃ SUỐI TRÚC", "HUYỆN ỦY")


def test_a_known_name_decides() -> None:
    lines = left("UBND TỈNH LÂM AN", 0), left("SỞ NỘI VỤ", 1)
    found = classified(*lines, names=("Sở Nội vụ",))
    assert (value(found.issuer), value(found.parent)) == ("SỞ NỘI VỤ", "UBND TỈNH LÂM AN")


def test_without_a_head_there_is_no_issuer() -> None:
    found = classified(line("*", x=150, y=HEIGHT - 60), line("một dòng", x=100, y=HEIGHT - 75))
    assert found.issuer is found.parent is None


def test_one_addressee_stands_after_the_words() -> None:
    text = line("Kính gửi: Ủy ban nhân dân tỉnh Lâm An.", x=150, y=600)
    assert value(classified(text).addressees) == "Ủy ban nhân dân tỉnh Lâm An"


def test_several_addressees_stand_below_and_may_take_two_lines() -> None:
    lines = (
        line("Kính gửi:", x=150, y=600),
        line("- Các phòng chuyên môn", x=220, y=583),
        line("thuộc Ủy ban;", x=225, y=566),
        line("- Công an xã.", x=220, y=549),
        line("Thực hiện kế hoạch của tỉnh", x=90, y=530),
    )
    found = classified(*lines)
    assert value(found.addressees) == "Các phòng chuyên môn thuộc Ủy ban; Công an xã"


def test_the_text_after_the_addressees_is_not_one() -> None:
    lines = line("Kính gửi: Sở Nội vụ", x=150, y=600), line("- Một ý của bài", x=90, y=400)
    assert value(classified(*lines).addressees) == "Sở Nội vụ"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("KHẨN", "urgent"),
        ("THƯỢNG KHẨN", "very-urgent"),
        ("HỎA TỐC", "express"),
        ("HOẢ TỐC", "express"),
        ("HỎA TỐC HẸN GIỜ", "express-timed"),
        ("HỎA TỐC 16 GIỜ 30", "express"),
    ],
)
def test_urgency_in_a_line_or_a_stamp(text: str, code: str) -> None:
    assert value(classified(left(text, 5)).urgency) == code
    assert value(classified(left("UBND", 0), stamp=text).urgency) == code


@pytest.mark.parametrize("text", ["Khẩn", "khẩn trương", "KHẨN TRƯƠNG", "TRIỂN KHAI " * 8])
def test_other_words_are_not_urgent(text: str) -> None:
    assert classified(left(text, 5)).urgency is None
