"""The committed samples are what their sources say, and each is what the manifest says of it."""

import io
import sys
import tomllib
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from asn1crypto import pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

FOLDER = Path(__file__).resolve().parents[3] / "sample_docs"
DOCUMENTS: list[dict[str, Any]] = tomllib.loads(
    (FOLDER / "MANIFEST.toml").read_text(encoding="utf-8")
)["document"]
WITH_PAGES = [d for d in DOCUMENTS if d["pages"] > 0]
ARCHIVED = [d for d in DOCUMENTS if d["expect"] == "archived"]
TEXT = [d for d in WITH_PAGES if d["text_layer"] and d["make"] not in {"bomb", "truncated"}]
UNICODE = [d for d in ARCHIVED if d["text_layer"] and d["make"] != "legacy"]
BLANK = [d for d in UNICODE if not d["number"]]
SIGNED = datetime(2026, 12, 1, tzinfo=UTC)  # any time after the signature, within ten years
NOTICE = "VĂN BẢN MẪU – DỮ LIỆU THỬ NGHIỆM"


def of_make(make: str) -> list[dict[str, Any]]:
    return [d for d in DOCUMENTS if d["make"] == make]


def name(document: Mapping[str, Any]) -> str:
    return str(document["name"])


def data(document: Mapping[str, Any]) -> bytes:
    return Path(FOLDER, document["file"]).read_bytes()


def texts(document: Mapping[str, Any]) -> list[str]:
    return list(read(str(document["file"])))


@cache
def read(file: str) -> tuple[str, ...]:
    pdf = pypdfium2.PdfDocument(FOLDER / file)
    try:
        return tuple(page.get_textpage().get_text_range() for page in pdf)
    finally:
        pdf.close()


@pytest.fixture(scope="module")
def build() -> Iterator[Any]:
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        yield import_module("build")  # the script's folder is on the path only here
    for added in set(sys.modules) - before:
        if str(FOLDER) in str(getattr(sys.modules[added], "__file__", "")):
            del sys.modules[added]


def test_rebuild_gives_the_committed_bytes(build: Any) -> None:
    assert build.differences(build.build(), FOLDER) == []


def test_missing_changed_and_unwanted_files_are_named(build: Any, tmp_path: Path) -> None:
    (tmp_path / "changed.pdf").write_bytes(b"one")
    (tmp_path / "unwanted.pdf").write_bytes(b"one")
    found = build.differences({"changed.pdf": b"two", "missing.pdf": b"two"}, tmp_path)
    assert found == ["changed.pdf", "missing.pdf", "unwanted.pdf"]


def test_manifest_and_folder_name_the_same_files() -> None:
    listed = [d["file"] for d in DOCUMENTS if d["file"]]
    present = [p.relative_to(FOLDER).as_posix() for p in FOLDER.rglob("*.pdf")]
    assert sorted(listed) == sorted(present)


def test_there_are_at_least_forty_files_and_all_weigh_under_eight_megabytes() -> None:
    sizes = [p.stat().st_size for p in FOLDER.rglob("*.pdf")]
    assert len(sizes) >= 40
    assert sum(sizes) < 8 << 20


def test_every_frequent_kind_occurs_several_times_among_the_archived() -> None:
    kinds = [d["kind"] for d in ARCHIVED]
    assert {kind for kind in kinds if kinds.count(kind) >= 3} >= {
        "CV", "QĐ", "KH", "BC", "TTr", "TB", "GM",
    }  # fmt: skip


def test_every_form_and_unit_that_issues_occurs_among_the_archived() -> None:
    assert {d["form"] for d in ARCHIVED} == {"state", "party", "front"}
    assert {d["unit"] for d in ARCHIVED} == {
        "H99", "H99.05", "H99.12.05", "H99.12.06", "A99", "A99.12.05", "I99.12.05",
    }  # fmt: skip


def test_every_urgency_occurs() -> None:
    assert {d["urgency"] for d in ARCHIVED} == {"none", "urgent", "very-urgent", "express"}


def test_a_reason_is_given_exactly_where_a_file_is_not_archived() -> None:
    for document in DOCUMENTS:
        refused = document["expect"] in {"refused-secret", "quarantined", "rejected"}
        assert bool(document["reason"]) == refused, name(document)
        assert (document["secrecy"] != "none") == (document["expect"] == "refused-secret")


def test_every_reason_for_a_broken_file_is_covered() -> None:
    assert {d["reason"] for d in DOCUMENTS if d["expect"] == "quarantined"} == {
        "inspect.truncated",
        "inspect.encrypted",
        "inspect.empty",
        "inspect.not-a-pdf",
        "inspect.decompression-bomb",
        "inspect.active-content",
        "inspect.unreadable",
    }


def test_printed_numbers_are_unique_in_their_book() -> None:
    printed = [(d["unit"], d["date"][:4], d["number"]) for d in DOCUMENTS if d["number"]]
    assert len(printed) == len(set(printed))


def test_number_and_date_are_printed_together_or_not_at_all() -> None:
    assert all(bool(d["number"]) == bool(d["date"]) for d in DOCUMENTS)


@pytest.mark.parametrize("document", ARCHIVED, ids=name)
def test_archived_file_opens_clean_with_the_stated_pages(document: dict[str, Any]) -> None:
    with pikepdf.open(io.BytesIO(data(document))) as pdf:
        assert len(pdf.pages) == document["pages"]
        assert pdf.get_warnings() == []


@pytest.mark.parametrize("document", [d for d in TEXT if "legacy" not in d["make"]], ids=name)
def test_every_page_says_that_it_is_a_sample(document: dict[str, Any]) -> None:
    assert all(NOTICE in text for text in texts(document))


@pytest.mark.parametrize("document", [d for d in ARCHIVED if d["text_layer"]], ids=name)
def test_fonts_are_embedded_and_map_to_unicode(document: dict[str, Any]) -> None:
    with pikepdf.open(io.BytesIO(data(document))) as pdf:
        fonts = [font for page in pdf.pages for font in page.Resources.Font.as_dict().values()]
        assert all("/ToUnicode" in font for font in fonts)
        assert all("/FontFile2" in font.FontDescriptor for font in fonts)


@pytest.mark.parametrize("document", UNICODE, ids=name)
def test_first_page_reads_as_the_manifest_says(document: dict[str, Any]) -> None:
    text = " ".join(texts(document)[0].split())
    first_words = " ".join(document["subject"].split()[:5])
    assert first_words in text
    separator = "-" if document["form"] == "party" else "/"
    assert f"{separator}{document['symbol']}" in text
    if document["number"]:
        assert f"{document['number']:02d}{separator}{document['symbol']}" in text


@pytest.mark.parametrize("document", UNICODE, ids=name)
def test_signer_stands_alone_on_a_line_under_the_authority(document: dict[str, Any]) -> None:
    lines = [line.strip() for text in texts(document) for line in text.splitlines()]
    assert document["signer"] in lines
    for line in document["authority_lines"]:
        assert line in lines


def blank_width(document: Mapping[str, Any], before: str, after: str) -> float:
    """Measure the gap between two runs of the first page, in points."""
    pdf = pypdfium2.PdfDocument(data(document))
    try:
        page = pdf[0].get_textpage()
        whole = page.get_text_range()
        start = whole.index(before) + len(before) - 1
        end = whole.index(after, start)
        return float(page.get_charbox(end)[0] - page.get_charbox(start)[2])
    finally:
        pdf.close()


@pytest.mark.parametrize("document", BLANK, ids=name)
def test_blanks_hold_a_number_of_four_digits_and_a_day_and_month_of_two(
    document: dict[str, Any],
) -> None:
    party = document["form"] == "party"
    before, separator = ("Số", "-") if party else ("Số:", "/")
    assert blank_width(document, before, f"{separator}{document['symbol']}") >= 4 * 6.5
    assert blank_width(document, ", ngày", "tháng") >= 2 * 6.5
    assert blank_width(document, "tháng", "năm 2026") >= 2 * 6.5


@pytest.mark.parametrize("document", of_make("legacy") + of_make("legacy-caps"), ids=name)
def test_legacy_fonts_extract_as_tcvn3_codes(document: dict[str, Any]) -> None:
    text = texts(document)[0]
    assert "Sè:" in text
    assert "ỷ" not in text
    with pikepdf.open(io.BytesIO(data(document))) as pdf:
        names = {str(font.BaseFont) for font in pdf.pages[0].Resources.Font.as_dict().values()}
    assert {"/AAAAAA+.VnTime", "/AAAAAA+.VnTimeH"} <= names


def test_secret_mark_in_legacy_font_extracts_as_codes() -> None:
    (document,) = of_make("legacy-caps")
    assert "TèI MËT" in texts(document)[0]


def test_secret_marks_stand_on_their_pages_as_text() -> None:
    marks = {d["name"][:2]: texts(d)[0] for d in DOCUMENTS if d["expect"] == "refused-secret"}
    assert "MẬT" in marks["40"].splitlines()
    assert "TUYỆT MẬT" in marks["42"]
    assert "M Ậ T" in marks["44"]


@pytest.mark.parametrize("document", of_make("scan"), ids=name)
def test_scan_holds_an_image_of_200_dpi_and_no_text(document: dict[str, Any]) -> None:
    assert all(text == "" for text in texts(document))
    with pikepdf.open(io.BytesIO(data(document))) as pdf:
        for page in pdf.pages:
            (image,) = page.Resources.XObject.as_dict().values()
            width_inches = float(page.MediaBox[2]) / 72
            assert int(image.Width) / width_inches == pytest.approx(200, abs=1)


@pytest.mark.parametrize("document", of_make("hybrid"), ids=name)
def test_hybrid_file_hides_its_structure_from_the_classic_table(document: dict[str, Any]) -> None:
    whole = data(document)
    assert whole.count(b"\nxref\n0 ") == 2
    second = whole.rindex(b"\nxref\n0 0\n")
    assert b"/XRefStm" in whole[second:]
    with pikepdf.open(io.BytesIO(whole)) as pdf:
        hidden = pdf.Root.StructTreeRoot.objgen[0]
        assert str(pdf.Root.StructTreeRoot.K[0].S) == "/Document"
    assert f"\n{hidden} 0 obj".encode() not in whole
    table = whole[whole.index(b"\nxref\n0 ") + 1 :].split(b"\n")[2:]
    assert table[hidden].rstrip().endswith(b" 65535 f")


def test_compact_file_has_object_streams_and_no_table() -> None:
    (document,) = of_make("compact")
    assert b"/ObjStm" in data(document)
    assert b"\nxref\n" not in data(document)


def test_pdfa_file_claims_part_two() -> None:
    (document,) = of_make("pdfa")
    with pikepdf.open(io.BytesIO(data(document))) as pdf:
        assert b"<pdfaid:part>2</pdfaid:part>" in pdf.Root.Metadata.read_bytes()
        assert pdf.Root.OutputIntents[0].S == pikepdf.Name.GTS_PDFA1


def test_wide_table_lies_on_its_side_after_the_signatures() -> None:
    (document,) = [d for d in ARCHIVED if d["name"].startswith("14-")]
    with pikepdf.open(io.BytesIO(data(document))) as pdf:
        boxes = [[float(value) for value in page.MediaBox] for page in pdf.pages]
    assert [box[2] > box[3] for box in boxes] == [False, False, True][-len(boxes) :]


def test_encrypted_file_opens_only_with_its_password() -> None:
    (document,) = of_make("encrypted")
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(io.BytesIO(data(document)))
    with pikepdf.open(io.BytesIO(data(document)), password="mau-2026") as pdf:
        assert len(pdf.pages) == 1


def test_bomb_is_small_and_unfolds_past_every_limit(build: Any) -> None:
    (document,) = of_make("bomb")
    assert len(data(document)) < 150_000
    assert build.broken.BOMB_BLOCK * build.broken.BOMB_BLOCKS > 2 << 30
    with pikepdf.open(io.BytesIO(data(document))) as pdf:
        inner = zlib.decompress(pdf.pages[0].Contents.read_raw_bytes())
    opened = zlib.decompressobj()
    chunk = 16 << 20
    assert len(opened.decompress(inner, chunk)) == chunk
    for _ in range(11):  # 192 MiB are enough to believe the rest
        assert len(opened.decompress(opened.unconsumed_tail, chunk)) == chunk


def test_files_that_are_no_pdf_do_not_start_like_one() -> None:
    for make in ("word-file", "web-page"):
        (document,) = of_make(make)
        assert b"%PDF" not in data(document)[:1024]
    (nothing,) = of_make("empty")
    assert data(nothing) == b""


def test_garbage_starts_and_ends_like_a_pdf_and_no_reader_opens_it() -> None:
    (document,) = of_make("garbage")
    assert data(document).startswith(b"%PDF-1.7")
    assert b"%%EOF" in data(document)[-16:]
    with pytest.raises(pikepdf.PdfError):
        pikepdf.open(io.BytesIO(data(document)))


def test_truncated_file_has_no_end() -> None:
    (document,) = of_make("truncated")
    assert data(document).startswith(b"%PDF")
    assert b"%%EOF" not in data(document)


def test_active_files_hold_their_actions() -> None:
    (script,) = of_make("javascript")
    (starter,) = of_make("launch")
    with pikepdf.open(io.BytesIO(data(script))) as pdf:
        assert str(pdf.Root.OpenAction.S) == "/JavaScript"
    with pikepdf.open(io.BytesIO(data(starter))) as pdf:
        assert str(pdf.pages[0].Annots[0].A.S) == "/Launch"


def test_foreign_signature_holds_under_its_own_root_only() -> None:
    (document,) = of_make("foreign")
    (signature,) = PdfFileReader(io.BytesIO(data(document))).embedded_signatures
    root, signer = (
        x509.Certificate.load(pem.unarmor((FOLDER / "pki" / file).read_bytes())[2])
        for file in ("foreign-root.crt", "foreign-signer.crt")
    )
    trusted = validate_pdf_signature(
        signature, ValidationContext(trust_roots=[root], moment=SIGNED)
    )
    assert trusted.bottom_line
    assert trusted.signing_cert.sha256 == signer.sha256
    assert signer.subject.native["common_name"] == document["signer"]
    assert not validate_pdf_signature(
        signature, ValidationContext(trust_roots=[], moment=SIGNED)
    ).bottom_line


def test_no_private_key_lies_in_the_folder() -> None:
    kept = [p for p in (FOLDER / "pki").iterdir() if p.is_file()]
    assert {p.suffix for p in kept} == {".crt"}
    assert all(b"PRIVATE" not in p.read_bytes() for p in kept)
