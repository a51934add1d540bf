"""A PDF/A stays one: what ISO 19005-2 asks of all that signing adds.

The rules are those that our own objects could break; veraPDF, which knows all of them, is asked in
tests/conformance/pdfa and by ``make oracle``.
"""

from __future__ import annotations

import io
import zlib
from functools import cache
from typing import TYPE_CHECKING

import pikepdf
import pytest
from appearance_pdfa import stages
from fontTools.ttLib import TTFont
from signing_stand_ins import Pki

if TYPE_CHECKING:
    from collections.abc import Iterator

# ISO 32000-1 table 165.
_INVISIBLE, _HIDDEN, _PRINT, _NO_VIEW, _TOGGLE = 1, 2, 4, 32, 256
NAMES = [
    "letter",
    "reserved",
    "led",
    "sealed",
    "archived",
    "renewed",
    "appendix",
    "caption",
    "incoming",
    "without-intent",
    "without-intent-appendix",
    "without-intent-caption",
    "without-intent-incoming",
]


@cache
def made() -> dict[str, bytes]:
    return dict(stages(Pki()))


@pytest.fixture(params=NAMES)
def document(request: pytest.FixtureRequest) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(io.BytesIO(made()[request.param])) as opened:
        yield opened


def widgets(document: pikepdf.Pdf) -> list[pikepdf.Object]:
    return [one for page in document.pages for one in page.obj.get("/Annots", ())]


def streams(document: pikepdf.Pdf, kind: str) -> list[pikepdf.Stream]:
    found = [one for one in document.objects if isinstance(one, pikepdf.Stream)]
    return [one for one in found if one.get("/Subtype") == kind]


def advances(listed: pikepdf.Object) -> Iterator[tuple[int, int]]:
    """Yield code and advance of each character of /W (ISO 32000-1 §9.7.4.3)."""
    parts = list(listed)
    for first, stretch in zip(parts[::2], parts[1::2], strict=True):
        for offset, advance in enumerate(stretch):
            yield int(first) + offset, int(advance)


def test_every_stage_is_looked_at() -> None:
    assert list(made()) == NAMES


def test_the_claim_is_kept(document: pikepdf.Pdf) -> None:
    text = document.Root.Metadata.read_bytes()
    assert b"<pdfaid:part>2</pdfaid:part>" in text
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in text


def test_the_file_has_an_id_and_is_not_encrypted(document: pikepdf.Pdf) -> None:
    assert len(document.trailer.ID) == 2
    assert not document.is_encrypted


def test_annotations_are_printed_and_never_hidden(document: pikepdf.Pdf) -> None:
    for widget in widgets(document):  # ISO 19005-2 §6.3.2
        flags = int(widget.F)
        assert flags & _PRINT
        assert not flags & (_INVISIBLE | _HIDDEN | _NO_VIEW | _TOGGLE)


def test_what_has_an_area_has_an_appearance(document: pikepdf.Pdf) -> None:
    for widget in widgets(document):  # ISO 19005-2 §6.3.3
        left, bottom, right, top = (float(edge) for edge in widget.Rect)
        if left == right or bottom == top:
            continue
        assert set(widget.AP.keys()) == {"/N"}
        assert isinstance(widget.AP.N, pikepdf.Stream)
        width, height = (float(edge) for edge in list(widget.AP.N.BBox)[2:])
        assert (width, height) == pytest.approx((right - left, top - bottom), abs=0.01)


def test_no_reader_is_told_to_draw_or_to_act(document: pikepdf.Pdf) -> None:
    form = document.Root.get("/AcroForm", {})  # ISO 19005-2 §6.4.1, §6.5
    assert "/NeedAppearances" not in form
    assert "/XFA" not in form
    for holder in (document.Root, *widgets(document)):
        assert not {"/A", "/AA"} & set(holder.keys())


def test_fonts_are_embedded_with_the_widths_they_tell(document: pikepdf.Pdf) -> None:
    ours = [
        one
        for one in document.objects
        if isinstance(one, pikepdf.Dictionary)
        and one.get("/Subtype") == "/CIDFontType2"
        and str(one.BaseFont).startswith("/DOCSVC+")
    ]
    for font in ours:  # ISO 19005-2 §6.2.11
        program = TTFont(io.BytesIO(font.FontDescriptor.FontFile2.read_bytes()))
        glyphs = font.CIDToGIDMap.read_bytes()
        scale = 1000 / program["head"].unitsPerEm
        for code, advance in advances(font.W):
            glyph = int.from_bytes(glyphs[2 * code : 2 * code + 2])
            assert glyph
            told = program["hmtx"][program.getGlyphOrder()[glyph]][0] * scale
            assert abs(advance - told) <= 1


def test_images_are_plain_and_shine_through_only_where_colours_are_told(
    document: pikepdf.Pdf,
) -> None:
    is_told = "/OutputIntents" in document.Root
    for image in streams(document, "/Image"):  # ISO 19005-2 §6.2.8, §6.2.10
        assert not {"/Interpolate", "/Alternates", "/OPI"} & set(image.keys())
        assert is_told or "/SMask" not in image


def test_device_colours_stand_for_something(document: pikepdf.Pdf) -> None:
    if "/OutputIntents" in document.Root:
        return
    for form in streams(document, "/Form"):  # ISO 19005-2 §6.2.4.3
        if form.read_bytes():
            assert {"/DefaultGray", "/DefaultRGB"} <= set(form.Resources.ColorSpace.keys())


def test_streams_are_deflated_and_within_the_file(document: pikepdf.Pdf) -> None:
    for one in document.objects:
        if isinstance(one, pikepdf.Stream):
            assert "/F" not in one
            assert one.get("/Filter") != "/LZWDecode"


def test_the_reserved_fonts_are_packed_as_they_were_cut() -> None:
    with pikepdf.open(io.BytesIO(made()["reserved"])) as document:
        for name in ("DocsvcTinos", "DocsvcTinosItalic"):
            font = document.Root.AcroForm.DR.Font[f"/{name}"].DescendantFonts[0]
            raw = font.FontDescriptor.FontFile2.read_raw_bytes()
            assert len(zlib.decompress(raw)) == int(font.FontDescriptor.FontFile2.Length1)
