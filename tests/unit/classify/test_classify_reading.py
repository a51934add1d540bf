"""Real PDFs, drawn or scanned on the spot, through the reader and the rules."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.pages import HEIGHT, LEFT, WIDTH, Letter, draw, scan

from docsvc.steps.classify import inventory, ocr, textlayer
from docsvc.steps.classify.errors import (
    ClassifyError,
    LanguageDataMissingError,
    UnreadablePageError,
)
from docsvc.steps.classify.model import (
    Box,
    Classification,
    Encoding,
    Hints,
    Ink,
    Reading,
    SecrecyVerdict,
    Shape,
)
from docsvc.steps.classify.reading import read
from docsvc.steps.classify.rules import classify

if TYPE_CHECKING:
    from collections.abc import Callable

NAMED = Hints(signer_names=("Nguyễn Văn An",), seal_mm=36)


def classified(pdf: bytes) -> Classification:
    return classify(read(pdf), hints=NAMED)


def test_a_drawn_document_is_read_whole() -> None:
    found = classified(draw(Letter(body_pages=2)))
    values = {
        name: getattr(found, name).value
        for name in ("kind", "symbol", "partial_date", "subject", "issuer", "signer", "authority")
    }
    assert values == {
        "kind": "quyet-dinh",
        "symbol": "QĐ-UBND",
        "partial_date": "2026",
        "subject": "Về việc thành lập Tổ công nghệ số cộng đồng",
        "issuer": "ỦY BAN NHÂN DÂN XÃ SUỐI TRÚC",
        "signer": "Nguyễn Văn An",
        "authority": "TM.",
    }
    assert found.secrecy.verdict is SecrecyVerdict.CLEAR
    places = found.places
    assert places.number
    assert places.day
    assert places.month
    assert places.leader
    assert places.organisation
    assert (places.number.page, places.leader.page) == (0, 1)
    assert places.number.width > 30
    assert places.day.width > 20


def test_a_signature_deep_in_the_document_is_found_before_its_appendix() -> None:
    found = classified(draw(Letter(body_pages=6, appendix=True)))
    assert found.places.leader
    assert found.places.leader.page == 5


def test_a_long_document_is_not_read_whole() -> None:
    read_pages = [page.index for page in read(draw(Letter(body_pages=12))).pages]
    assert read_pages == [0, 1, 2, 10, 11]


def test_a_plain_page_is_never_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("the page was drawn")

    monkeypatch.setattr("docsvc.steps.classify.ocr.render", refuse)
    assert read(draw(Letter())).colour is None


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_places_of_a_turned_page_are_in_its_user_space(rotate: int) -> None:
    """The page is drawn turned back, so that what is seen is upright again."""
    upright = draw(Letter())
    plain = classified(upright).places.number
    assert plain
    with pikepdf.open(io.BytesIO(upright)) as pdf:
        _turn(pdf, rotate)
        out = io.BytesIO()
        pdf.save(out)
    place = classified(out.getvalue()).places.number
    assert place
    expected = {
        90: (HEIGHT - plain.y1, plain.x0),
        180: (WIDTH - plain.x1, HEIGHT - plain.y1),
        270: (plain.y0, WIDTH - plain.x1),
    }[rotate]
    assert (place.x0, place.y0) == pytest.approx(expected, abs=0.5)


def _turn(pdf: pikepdf.Pdf, rotate: int) -> None:
    matrix = {
        90: (0, 1, -1, 0, HEIGHT, 0),
        180: (-1, 0, 0, -1, WIDTH, HEIGHT),
        270: (0, -1, 1, 0, 0, WIDTH),
    }[rotate]
    page = pdf.pages[0]
    before = " ".join(f"{value:.4f}" for value in matrix)
    page.contents_add(pdf.make_stream(f"q {before} cm\n".encode()), prepend=True)
    page.contents_add(pdf.make_stream(b"\nQ"))
    page.Rotate = rotate
    size = (WIDTH, HEIGHT) if rotate == 180 else (HEIGHT, WIDTH)
    page.MediaBox = [0, 0, *size]


def test_places_of_a_cropped_page_are_in_user_space() -> None:
    upright = draw(Letter())
    plain = classified(upright).places.number
    with pikepdf.open(io.BytesIO(upright)) as pdf:
        pdf.pages[0].CropBox = [20, 30, WIDTH - 10, HEIGHT - 5]
        out = io.BytesIO()
        pdf.save(out)
    place = classified(out.getvalue()).places.number
    assert plain
    assert place
    assert (place.x0, place.y0) == pytest.approx((plain.x0, plain.y0), abs=0.01)


def _legacy(font: str, text: bytes) -> bytes:
    """A page in a simple font that is not embedded, as old programs write it."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    widths = [420] * 224
    face = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.TrueType,
        BaseFont=pikepdf.Name("/" + font),
        Encoding=pikepdf.Name.WinAnsiEncoding,
        FirstChar=32,
        LastChar=255,
        Widths=widths,
    )
    page = pdf.pages[0]
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=pdf.make_indirect(face)))
    lines = b" ".join(
        b"1 0 0 1 60 %d Tm <%s> Tj" % (780 - 20 * i, line.hex().encode())
        for i, line in enumerate(text.split(b"\n"))
    )
    page.Contents = pdf.make_stream(b"BT /F1 13 Tf " + lines + b" ET")
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def test_a_tcvn3_font_is_decoded_and_the_raw_text_kept() -> None:
    text = "ñy ban nh©n d©n\nSè: 12/Q§-UBND\nQuyÕt ®Þnh".encode("cp1252")
    lines = read(_legacy(".VnTime", text)).pages[0].lines
    assert [line.text for line in lines] == ["ủy ban nhân dân", "Số: 12/QĐ-UBND", "Quyết định"]
    assert lines[2].raw == "QuyÕt ®Þnh"
    assert {line.encoding for line in lines} == {Encoding.TCVN3}
    assert all(len(line.spans) == len(line.text) for line in lines)


def test_a_vni_font_is_decoded() -> None:
    text = "UÛY BAN NHAÂN DAÂN\nSoá: 12/QÑ-UBND".encode("cp1252")
    found = classified(_legacy("VNI-Times", text))
    assert found.symbol
    assert found.symbol.value == "QĐ-UBND"
    assert found.issuer
    assert found.issuer.value == "ỦY BAN NHÂN DÂN"


@pytest.mark.parametrize(
    ("font", "mark"), [(".VnTime", "TèI MËT"), ("VNI-Times", "TOÁI MAÄT"), ("Garbled", "TèI MËT")]
)
def test_a_mark_in_a_legacy_font_is_secret(font: str, mark: str) -> None:
    found = classified(
        _legacy(font, f"UBND\nvan ban ban hanh theo quy dinh\n{mark}".encode("cp1252"))
    )
    assert found.secrecy.level == "secret"


# --- marks ---------------------------------------------------------------------------------


def test_a_drawn_frame_takes_its_words_from_the_text_layer() -> None:
    found = read(draw(Letter(stamps=("HOẢ TỐC",)))).stamps
    assert [(s.text, s.shape, s.ink) for s in found] == [("HOẢ TỐC", Shape.FRAMED, Ink.RED)]


def test_a_drawn_mark_is_secret() -> None:
    codes = {r.code for r in classified(draw(Letter(stamps=("TUYỆT MẬT",)))).secrecy.reasons}
    assert codes == {"classify.mark-in-text", "classify.mark-in-stamp"}


# --- hostile input -------------------------------------------------------------------------


@pytest.mark.parametrize("pdf", [b"", b"not a pdf", b"%PDF-1.7\n%%EOF", draw(Letter())[:900]])
def test_what_pdfium_cannot_open_is_named(pdf: bytes) -> None:
    with pytest.raises(UnreadablePageError):
        read(pdf)


def test_too_many_characters_go_to_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textlayer, "MAX_CHARACTERS", 200)
    assert read(draw(Letter())).examined is False


def test_too_many_lines_go_to_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textlayer, "MAX_LINES", 5)
    assert read(draw(Letter())).examined is False


def test_too_many_objects_make_the_page_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "MAX_OBJECTS", 3)
    assert read(draw(Letter())).colour is False


def test_a_huge_page_is_drawn_small() -> None:
    big = draw(Letter(size=(14400, 14400), stamps=("KHẨN",)))
    assert isinstance(read(big), Reading)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=8))
def test_a_damaged_file_is_read_or_refused_by_name(at: int, noise: bytes) -> None:
    pdf = bytearray(DRAWN)
    place = at % len(pdf)
    pdf[place : place + len(noise)] = noise
    try:
        found = classify(read(bytes(pdf)), hints=NAMED)
    except ClassifyError:
        return
    assert isinstance(found, Classification)


DRAWN = draw(Letter())


def test_a_mark_under_the_stamp_zone_is_still_text() -> None:
    low = draw(Letter(extra=((LEFT, 200.0, "MẬT"),)))
    assert classified(low).secrecy.verdict is SecrecyVerdict.DOUBTFUL


def test_boxes_measure_themselves() -> None:
    box = Box(page=0, x0=10, y0=20, x1=30, y1=60)
    assert (box.width, box.height, box.centre_x, box.centre_y) == (20, 40, 20, 40)


def _edited(edit: Callable[[pikepdf.Pdf], None]) -> bytes:
    with pikepdf.open(io.BytesIO(DRAWN)) as pdf:
        edit(pdf)
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def _annotate(pdf: pikepdf.Pdf, subtype: str) -> None:
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name("/" + subtype), Rect=[50, 700, 90, 720]
    )
    pdf.pages[0].Annots = pdf.make_indirect(pikepdf.Array([note]))


@pytest.mark.parametrize(("subtype", "drawn"), [("Stamp", True), ("Link", False)])
def test_only_an_annotation_that_shows_something_makes_the_page_be_drawn(
    subtype: str, *, drawn: bool
) -> None:
    pdf = _edited(lambda pdf: _annotate(pdf, subtype))
    assert (read(pdf).colour is not None) is drawn


def test_red_ink_inside_a_form_is_found() -> None:
    def wrap(pdf: pikepdf.Pdf) -> None:
        form = pdf.make_stream(b"1 0 0 rg 100 600 80 23 re f")
        form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        form.BBox = [0, 0, 595, 842]
        page = pdf.pages[0]
        name = page.add_resource(form, pikepdf.Name.XObject)
        page.contents_add(pdf.make_stream(f"q {name} Do Q".encode()))

    found = classified(_edited(wrap)).secrecy
    assert found.verdict is SecrecyVerdict.DOUBTFUL


def test_a_file_without_pages_is_refused_by_name() -> None:
    pdf = pikepdf.new()
    out = io.BytesIO()
    pdf.save(out)
    with pytest.raises(UnreadablePageError):
        read(out.getvalue())


def test_pages_far_in_the_middle_are_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docsvc.steps.classify.reading.MAX_SEARCHED_PAGES", 3)
    assert [p.index for p in read(draw(Letter(body_pages=6, appendix=True))).pages] == [
        0,
        1,
        2,
        5,
        6,
    ]


def test_without_language_data_a_scan_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    ocr._engine.cache_clear()
    monkeypatch.setattr(ocr, "_DATA_GLOB", "/nowhere/*/tessdata/vie.traineddata")
    with pytest.raises(LanguageDataMissingError):
        read(scan())
