import csv
import io
import json
from datetime import UTC, datetime

import openpyxl
import pytest

from docsvc.catalog.messages import sentence
from docsvc.organisations.rules import Device
from docsvc.statistics import periods
from docsvc.statistics.export import write_csv, write_xlsx
from docsvc.statistics.measures import Case, Denominator, Measure, Reason, Standing
from docsvc.statistics.rendering import render_measures, render_rows, to_json
from docsvc.statistics.report import By, Group, Scope, StatisticsReport, build
from verification.model import Completeness, Indication

AT = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
SIGNED = Case(completeness=Completeness.BOTH, device=Device.USB_TOKEN, electronic=True)
MIX = (
    (SIGNED, 9350),
    (Case(completeness=Completeness.LEADER_ONLY), 1000),
    (Case(paper_only=True), 10),
    (Case(completeness=Completeness.BOTH, indication=Indication.INDETERMINATE), 8),
    (Case(completeness=Completeness.BOTH, indication=Indication.TOTAL_FAILED), 1),
    (Case(), 1),
    (Case(standing=Standing.VOID), 4),
    (Case(standing=Standing.RECALLED), 3),
    (Case(standing=Standing.SECRET), 2),
)


def made(
    by: By | None = None, *, key: str = "", name: str = "UBND xã Suối Trúc", unit: str | None = None
) -> StatisticsReport:
    scope = Scope(
        period=periods.parse("2026"),
        unit=unit,
        by=by,
        denominator=Denominator.ALL,
        bodies=frozenset({("H99",), ("A99",)}),
        names={"H99": name},
    )
    return build(
        scope, [Group(path=("H99",), unit="H99", key=key, case=c, count=n) for c, n in MIX]
    )


def test_the_form_by_body_has_its_columns_in_order() -> None:
    assert render_rows(made(), "vi").headings == (
        "STT",
        "Đơn vị",
        "Tổng VB đi",
        "Trong đó VB mật (không tính)",
        "VB đi tính tỷ lệ (b)",
        "KS lãnh đạo",
        "KS cơ quan",
        "KS đầy đủ (a)",
        "Chưa xác định",
        "Tỷ lệ (%)",
        "Xếp hạng",
        "Ghi chú",
    )


def test_a_row_shows_a_and_b_beside_the_rate() -> None:
    table = render_rows(made(), "vi")
    assert table.rows[1] == (
        "2",
        "UBND xã Suối Trúc",
        "10.372",
        "2",
        "10.370",
        "10.359",
        "9.359",
        "9.350",
        "8",
        "90,2%",
        "1",
        "chỉ bản giấy: 10; đang xử lý: 1; chữ ký lỗi: 1; số hủy: 4; thu hồi: 3",
    )
    assert table.rows[-1][1] == "Tổng cộng"


def test_a_body_without_documents_shows_a_dash_and_its_code_if_it_has_no_name() -> None:
    row = render_rows(made(), "vi").rows[0]
    assert (row[1], row[9], row[10]) == ("A99", "–", "")


def test_the_table_speaks_english_too() -> None:
    table = render_rows(made(unit="H99"), "en")
    assert table.title == "Signed outgoing documents"
    assert table.subtitle == "2026 · H99 · b1: all outgoing documents but secret ones"
    assert table.rows[1][9] == "90.2%"
    assert table.numeric[:3] == (False, False, True)


@pytest.mark.parametrize(
    ("by", "key", "heading", "label"),
    [
        (By.MONTH, "2026-03", "Tháng", "03/2026"),
        (By.KIND, "quyet-dinh", "Loại văn bản", "Quyết định"),
        (By.KIND, "", "Loại văn bản", "Chưa rõ loại"),
        (By.KIND, "XY", "Loại văn bản", "XY"),
        (By.DEVICE, "usb-token", "Thiết bị ký", "USB token"),
        (By.DEVICE, "", "Thiết bị ký", "Không rõ thiết bị"),
    ],
)
def test_breakdowns_are_named(by: By, key: str, heading: str, label: str) -> None:
    table = render_rows(made(by, key=key), "vi")
    assert table.headings[1] == heading
    assert label in [row[1] for row in table.rows]
    assert "Xếp hạng" not in table.headings


def test_kinds_have_english_names() -> None:
    assert render_rows(made(By.KIND, key="quyet-dinh"), "en").rows[0][1] == "Decision"


def test_all_eight_measures_are_shown_with_a_and_b() -> None:
    rows = render_measures(made(), "vi").rows
    assert {row[0] for row in rows} == set(Measure)
    assert rows[0] == (
        "TL_KS_DAY_DU",
        "Tỷ lệ văn bản đi được ký số đầy đủ (lãnh đạo và cơ quan)",
        "9.350",
        "10.370",
        "90,2%",
    )
    assert rows[-5][1] == "Văn bản ký số theo thiết bị: USB token"


def test_json_holds_every_measure_of_every_row() -> None:
    data = json.loads(json.dumps(to_json(made())))
    assert data["period"] == {"text": "2026", "first": "2026-01-01", "last": "2026-12-31"}
    row = data["rows"][1]
    assert (row["key"], row["a"], row["b"], row["percent"]) == ("H99", 9350, 10370, 90.2)
    assert row["measures"]["TL_KS_DAY_DU"] == {"a": 9350, "b": 10370, "percent": 90.2}
    assert row["devices"]["usb-token"] == {"a": 9350, "b": 10359, "percent": 90.3}
    assert row["apart"]["secret"] == 2
    assert data["rows"][0]["percent"] is None


def test_every_reason_has_a_sentence() -> None:
    for lang in ("vi", "en"):
        assert all(sentence(f"statistics.reason.{reason}", lang) for reason in Reason)


def test_the_workbook_holds_numbers_as_numbers() -> None:
    file = io.BytesIO()
    write_xlsx(made(), file, lang="vi", at=AT, notice="BẢN TRÌNH DIỄN")
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    assert [sheet.cell(n, 1).value for n in (1, 2, 3)] == [
        "Thống kê ký số văn bản đi",
        "Năm 2026 · b1: mọi văn bản đi, trừ văn bản mật",
        "BẢN TRÌNH DIỄN",
    ]
    assert [c.value for c in sheet[5]][:2] == ["STT", "Đơn vị"]
    assert [c.value for c in sheet[7]][2:10] == [10372, 2, 10370, 10359, 9359, 9350, 8, 90.2]
    assert sheet.cell(6, 10).value == "–"
    assert book.worksheets[1].cell(6, 1).value == "TL_KS_DAY_DU"
    assert book.properties.created == AT.replace(tzinfo=None)


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_text_that_looks_like_a_formula_stays_a_text(start: str) -> None:
    name = f'{start}HYPERLINK("http://example.org")'
    file = io.BytesIO()
    write_xlsx(made(name=name), file, lang="vi", at=AT)
    cell = openpyxl.load_workbook(file).worksheets[0].cell(7, 2)
    assert (cell.value, cell.data_type) == (name, "s")
    text = io.StringIO()
    write_csv(made(name=name), text, lang="vi")
    assert list(csv.reader(io.StringIO(text.getvalue())))[2][1] == f"'{name}"


def test_csv_holds_bare_numbers() -> None:
    file = io.StringIO()
    write_csv(made(), file, lang="en")
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert rows[1]["Counted (b)"] == "10370"
    assert rows[1]["Rate (%)"] == "90.2"
    assert rows[0]["Rate (%)"] == "–"
    assert rows[-1]["Body"] == "Total"
