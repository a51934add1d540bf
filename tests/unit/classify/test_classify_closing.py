"""Authority block, signer, recipients, and the places of signature and seal."""

from __future__ import annotations

import pytest
from support.pages import HEIGHT, WIDTH, line, page, reading

from docsvc.steps.classify.model import Classification, Field, Hints, Line, Page
from docsvc.steps.classify.rules import classify

COLUMN = 425.0
HEAD = page(line("ỦY BAN NHÂN DÂN", x=90, y=HEIGHT - 60))


def block(*texts: str, name: str = "Nguyễn Văn An", drop: float = 90, y: float = 400) -> list[Line]:
    lines = [line(t, x=COLUMN, y=y - 17 * i, centred=True, size=14) for i, t in enumerate(texts)]
    low = y - 17 * (len(texts) - 1) - drop
    if name:
        lines.append(line(name, x=COLUMN, y=low, centred=True, size=14))
    return lines


def closing(*lines: Line, index: int = 1) -> Page:
    at = [line("Nơi nhận:", x=85, y=400), line("- Như Điều 3;", x=85, y=386)]
    return page(*at, line("- Lưu: VT.", x=85, y=372), *lines, index=index)


def classified(*pages: Page, names: tuple[str, ...] = (), mm: float | None = 36) -> Classification:
    return classify(reading(HEAD, *pages), hints=Hints(signer_names=names, seal_mm=mm))


def value(field: Field | None) -> str | None:
    return field.value if field else None


@pytest.mark.parametrize(
    ("texts", "authority", "collective", "title"),
    [
        (("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"), "TM.", "ỦY BAN NHÂN DÂN", "CHỦ TỊCH"),
        (
            ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"),
            *("KT.", "ỦY BAN NHÂN DÂN", "PHÓ CHỦ TỊCH"),
        ),
        (
            ("TL. CHỦ TỊCH", "KT. CHÁNH VĂN PHÒNG", "PHÓ CHÁNH VĂN PHÒNG"),
            "KT.",
            None,
            "PHÓ CHÁNH VĂN PHÒNG",
        ),
        (("TUQ. CHỦ TỊCH", "TRƯỞNG PHÒNG NỘI VỤ"), "TUQ.", None, "TRƯỞNG PHÒNG NỘI VỤ"),
        (("Q. GIÁM ĐỐC",), "Q.", None, "GIÁM ĐỐC"),
        (("GIÁM ĐỐC",), None, None, "GIÁM ĐỐC"),
        (
            ("T/M BAN THƯỜNG VỤ", "PHÓ BÍ THƯ", "THƯỜNG TRỰC"),
            "T/M",
            "BAN THƯỜNG VỤ",
            "PHÓ BÍ THƯ THƯỜNG TRỰC",
        ),
        (("T/L BAN THƯỜNG VỤ", "CHÁNH VĂN PHÒNG"), "T/L", None, "CHÁNH VĂN PHÒNG"),
    ],
)
def test_authority_blocks(
    texts: tuple[str, ...], authority: str | None, collective: str | None, title: str
) -> None:
    found = classified(closing(*block(*texts)))
    assert value(found.signer) == "Nguyễn Văn An"
    assert (value(found.authority), value(found.collective), value(found.title)) == (
        authority,
        collective,
        title,
    )


def test_recipients_are_listed_without_their_marks() -> None:
    assert value(classified(closing()).recipients) == "Như Điều 3; Lưu: VT"


def test_a_recipient_may_take_two_lines_and_a_gap_ends_the_list() -> None:
    lines = [
        line("Nơi nhận:", x=85, y=400),
        line("- Chủ tịch, các Phó Chủ tịch", x=85, y=386),
        line("Ủy ban nhân dân;", x=85, y=372),
        line("- Phần khác", x=85, y=200),
    ]
    found = classified(page(*lines, index=1))
    assert value(found.recipients) == "Chủ tịch, các Phó Chủ tịch Ủy ban nhân dân"


def test_nothing_listed_is_no_recipient() -> None:
    assert classified(page(line("Nơi nhận:", x=85, y=400), index=1)).recipients is None
    assert classified().recipients is None


def test_the_leader_signs_between_title_and_name() -> None:
    found = classified(closing(*block("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH")))
    box = found.places.leader
    assert box
    assert box.page == 1
    assert 400 - 17 - 90 + 10 < box.y0 < box.y1 < 400 - 17
    assert box.centre_x == pytest.approx(COLUMN)


def test_the_seal_covers_a_third_of_the_signature_at_its_true_size() -> None:
    places = classified(closing(*block("CHỦ TỊCH")), mm=36).places
    assert places.leader
    assert places.organisation
    assert places.organisation.width == pytest.approx(102.05, abs=0.01)
    assert places.organisation.height == pytest.approx(102.05, abs=0.01)
    assert places.organisation.x1 == pytest.approx(places.leader.x0 + places.leader.width / 3)
    assert places.organisation.centre_y == pytest.approx(places.leader.centre_y)


def test_a_seal_stays_on_the_page() -> None:
    places = classified(closing(*block("CHỦ TỊCH", y=70, drop=66))).places
    assert places.organisation
    assert places.organisation.y0 == 0


def test_without_a_size_there_is_no_seal() -> None:
    assert classified(closing(*block("CHỦ TỊCH")), mm=None).places.organisation is None


def test_a_seal_larger_than_the_page_is_none() -> None:
    assert classified(closing(*block("CHỦ TỊCH")), mm=400).places.organisation is None


def test_no_room_between_title_and_name_is_no_place() -> None:
    places = classified(closing(*block("CHỦ TỊCH", drop=30))).places
    assert places.leader is places.organisation is None


def test_a_block_without_a_name_has_no_place() -> None:
    found = classified(closing(*block("CHỦ TỊCH", name="")))
    assert value(found.title) == "CHỦ TỊCH"
    assert found.signer is found.places.leader is None


@pytest.mark.parametrize("name", ["K' Brểu", "Lê Thị Thu Hà", "Trần Văn Bình"])
@pytest.mark.parametrize("before", ["", "ThS. ", "PGS.TS. ", "BS.CKII ", "Ông ", "Đại tướng "])
def test_names_are_known_by_their_form(name: str, before: str) -> None:
    found = classified(closing(*block("CHỦ TỊCH", name=before + name)))
    assert value(found.signer) == name


NAME = "Nguyễn Văn An"


def test_a_title_that_nobody_knows_is_found_above_the_name_of_an_officer() -> None:
    lines = block("TỔNG QUẢN TRỊ", "KIÊM THỦ KHO", y=400)
    assert classified(closing(*lines)).places.leader is None
    found = classified(closing(*lines), names=(NAME,))
    assert value(found.signer) == NAME
    assert value(found.title) == "TỔNG QUẢN TRỊ KIÊM THỦ KHO"
    assert found.places.leader
    assert found.places.leader.centre_x == pytest.approx(COLUMN)


def test_capitals_far_above_a_name_are_not_its_title() -> None:
    far = line("CỘNG HÒA", x=COLUMN, y=800, centred=True)
    high = line("TIÊU ĐỀ PHẦN", x=COLUMN, y=560, centred=True)
    lines = block("THỦ KHO", y=400)
    found = classified(closing(far, high, *lines), names=(NAME,))
    assert value(found.title) == "THỦ KHO"


def test_a_name_in_a_table_before_the_closing_signs_nothing() -> None:
    table = page(*block("CHỨC DANH KHÁC", y=400), index=1)
    assert classified(table, names=(NAME,)).signer is None


def test_a_name_of_an_officer_without_any_title_signs_nothing() -> None:
    alone = line(NAME, x=COLUMN, y=310, centred=True)
    assert classified(closing(alone), names=(NAME,)).signer is None


@pytest.mark.parametrize("text", ["(đã ký và đóng dấu)", "Đã ký điện tử", "Nguyễn 2", "An"])
def test_other_words_are_no_name(text: str) -> None:
    assert classified(closing(*block("CHỦ TỊCH", name=text))).signer is None


def test_a_known_officer_is_found_however_the_name_is_written() -> None:
    found = classified(closing(*block("CHỦ TỊCH", name="NGUYỄN VĂN AN")), names=("NGUYỄN VĂN AN",))
    assert found.signer
    assert found.signer.confidence > 0.9


def test_an_appendix_after_the_signature_does_not_fool_it() -> None:
    appendix = page(
        line("12", x=WIDTH / 2, y=800),
        line("PHỤ LỤC I", x=WIDTH / 2, y=770, centred=True),
        line("Nơi nhận:", x=85, y=420),
        *block("GIÁM ĐỐC", name="Họ Và Tên"),
        index=2,
    )
    found = classified(closing(*block("CHỦ TỊCH")), appendix)
    assert (value(found.signer), value(found.title)) == ("Nguyễn Văn An", "CHỦ TỊCH")


def test_an_enclosed_form_without_a_heading_does_not_fool_it() -> None:
    form = page(*block("GIÁM ĐỐC", name="Họ Và Tên"), index=2)
    assert value(classified(closing(*block("CHỦ TỊCH")), form).signer) == "Nguyễn Văn An"


def test_a_block_on_a_page_before_the_closing_is_not_the_one() -> None:
    early = page(*block("GIÁM ĐỐC", name="Lê Văn Bình"), index=1)
    found = classified(early, closing(*block("CHỦ TỊCH"), index=2))
    assert value(found.signer) == "Nguyễn Văn An"


def test_without_recipients_the_last_block_signs() -> None:
    pages = page(*block("CHỦ TỊCH"), index=1), page(*block("GIÁM ĐỐC", name="Lê Văn Bình"), index=2)
    assert value(classified(*pages).signer) == "Lê Văn Bình"


def test_a_second_block_above_is_passed_over() -> None:
    lines = block("TRƯỞNG PHÒNG", name="Lê Văn Bình", y=750), block("CHỦ TỊCH", y=400)
    assert value(classified(closing(*lines[0], *lines[1])).signer) == "Nguyễn Văn An"


def test_a_page_on_its_side_gives_boxes_in_user_space() -> None:
    turned = page(*closing(*block("CHỦ TỊCH")).lines, index=1, rotation=90)
    upright = classified(closing(*block("CHỦ TỊCH"))).places.leader
    box = classified(turned).places.leader
    assert upright
    assert box
    assert (box.width, box.height) == (pytest.approx(upright.height), pytest.approx(upright.width))
