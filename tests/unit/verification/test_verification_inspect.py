from __future__ import annotations

import zlib
from io import BytesIO
from typing import TYPE_CHECKING

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream, String
from verification_files import CATALOG, base, base_objects, by, road, sign, stream, update

from verification.errors import (
    DecompressionBombError,
    EmptyFileError,
    EncryptedFileError,
    NotAPdfError,
    TooLargeError,
    TooManyPagesError,
    TruncatedFileError,
    UnreadableFileError,
    VerificationError,
)
from verification.inspect import Limits, inspect

if TYPE_CHECKING:
    from collections.abc import Callable

    from verification_pki import Pki


def written(change: Callable[[pikepdf.Pdf], None] | None = None, **how: object) -> bytes:
    """Write a page by pikepdf after a change."""
    out = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        if change is not None:
            change(pdf)
        pdf.save(out, **how)  # type: ignore[arg-type]
    return out.getvalue()


def test_facts_of_a_document_in_order() -> None:
    facts = inspect(base())

    assert (facts.pages, facts.version, facts.page_sizes) == (1, "1.7", ((595.0, 842.0),))
    assert facts.fonts == ("Times-Roman",)
    assert facts.has_text_layer
    assert not (facts.encrypted)
    assert not (facts.hybrid_reference)
    assert not (facts.repaired)
    assert facts.active_content == facts.embedded_files == ()
    assert facts.pdfa is None


def test_signature_fields_are_counted(pki: Pki) -> None:
    unsigned = inspect(base()).signatures
    led = inspect(road(pki, 1)).signatures

    assert (unsigned.count, unsigned.left_over) == (0, 0)
    assert unsigned.empty_fields == ("docsvc.leader", "docsvc.organisation")
    assert (led.count, led.fields, led.left_over) == (1, ("docsvc.leader",), 0)


def test_left_over_signature_is_counted(pki: Pki) -> None:
    pdf = update(sign(base(), by(pki.leader)), {5: b"<</Fields[]>>"})

    assert inspect(pdf).signatures.left_over == 1


def test_field_trees_are_walked_and_circles_end() -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        kid = pdf.make_indirect(Dictionary(T=String("b"), FT=Name.Sig))
        top = pdf.make_indirect(Dictionary(T=String("a"), Kids=Array([kid])))
        top.Kids.append(top)
        pdf.Root.AcroForm = Dictionary(
            Fields=Array([top, Dictionary(T=String("t"), FT=Name.Tx), 7])
        )

    assert inspect(written(change)).signatures.empty_fields == ("a.b",)


@pytest.mark.parametrize(
    ("pdf", "error"),
    [
        (b"", EmptyFileError),
        (b" \r\n\x00", EmptyFileError),
        (b"hello", NotAPdfError),
        (base()[:-40], TruncatedFileError),
        (base()[:400], TruncatedFileError),
        (b"%PDF-1.7\n%%EOF", UnreadableFileError),
        (base(base_objects() | {2: b"<</Type/Pages/Kids[]/Count 0>>"}), UnreadableFileError),
        (written(encryption=pikepdf.Encryption(owner="a", user="b")), EncryptedFileError),
        (written(encryption=pikepdf.Encryption(owner="a", user="")), EncryptedFileError),
    ],
)
def test_refusals_have_names(pdf: bytes, error: type[VerificationError]) -> None:
    with pytest.raises(error) as raised:
        inspect(pdf)

    assert raised.type is error
    assert raised.value.code.startswith("inspect.")


def test_encrypted_file_with_an_empty_password_may_be_allowed() -> None:
    pdf = written(encryption=pikepdf.Encryption(owner="a", user=""))

    assert inspect(pdf, limits=Limits(allow_encrypted=True)).encrypted


def test_limits_hold() -> None:
    with pytest.raises(TooLargeError):
        inspect(base(), limits=Limits(max_bytes=100))
    with pytest.raises(TooManyPagesError):
        inspect(base(), limits=Limits(max_pages=0))


@pytest.mark.parametrize("filters", [b"/FlateDecode", b"[/FlateDecode/FlateDecode]"])
def test_bomb_is_stopped(filters: bytes) -> None:
    data = zlib.compress(bytes(4 << 20), 9)
    if b"[" in filters:
        data = zlib.compress(data, 9)
    pdf = update(base(), {40: stream(data, b"/Filter%s" % filters)})

    with pytest.raises(DecompressionBombError):
        inspect(pdf, limits=Limits(max_stream_bytes=1 << 20))
    with pytest.raises(DecompressionBombError):
        inspect(pdf, limits=Limits(max_unfolded_bytes=1 << 20))
    assert inspect(pdf).pages == 1


def test_stream_that_only_looks_deflated_is_no_bomb() -> None:
    pdf = update(base(), {40: stream(b"junk", b"/Filter/FlateDecode")})
    cut = pdf[:-200].replace(b"endstream", b"")

    assert inspect(pdf).pages == 1
    assert inspect(cut + b"%%EOF").repaired


def test_broken_sections_are_repaired_and_said() -> None:
    pdf = base().replace(b"startxref\n", b"startxref\n1")

    assert inspect(pdf).repaired


def test_active_content_is_named() -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
        pdf.Root.AA = Dictionary(WC=Dictionary(S=Name.Launch))
        pdf.attachments["a.txt"] = b"x"

    facts = inspect(written(change))

    assert facts.active_content == ("EmbeddedFile", "JavaScript", "Launch")
    assert facts.embedded_files == ("a.txt",)
    assert facts.acts == ("EmbeddedFile", "JavaScript", "Launch", "embedded-files")


@pytest.mark.parametrize(
    ("xmp", "claim"),
    [
        (b"<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>", "2b"),
        (b"<x pdfaid:part='4'/>", "4"),
        (b"<x/>", None),
    ],
)
def test_claims_are_read(xmp: bytes, claim: str | None) -> None:
    pdf = update(
        base(),
        {
            CATALOG: b"<</Type/Catalog/Pages 2 0 R/Metadata 40 0 R>>",
            40: stream(xmp, b"/Type/Metadata/Subtype/XML"),
        },
    )

    assert inspect(pdf).pdfa == claim


def test_scan_has_no_text_layer() -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        image = Stream(pdf, b"\x00", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1)
        font = Dictionary(Type=Name.Font)
        form = Stream(pdf, b"q Q", Subtype=Name.Form, Resources=Dictionary(Font=Dictionary(F=font)))
        pdf.pages[0].Resources = Dictionary(XObject=Dictionary(I=image, F=form))
        pdf.pages[0].Contents = Array([Stream(pdf, b"/I Do")])
        pdf.pages[0].Rotate = 90

    facts = inspect(written(change))

    assert not facts.has_text_layer
    assert facts.fonts == ()
    assert facts.page_sizes == ((842.0, 595.0),)


def test_fonts_of_forms_count() -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        font = Dictionary(Type=Name.Font, BaseFont=Name("/ABCDEF+Tinos"))
        inner = Dictionary(Font=Dictionary(F=font))
        form = Stream(pdf, b"BT (x) Tj ET", Subtype=Name.Form, Resources=inner)
        pdf.pages[0].Resources = Dictionary(XObject=Dictionary(F=form))

    facts = inspect(written(change))

    assert facts.fonts == ("ABCDEF+Tinos",)
    assert facts.has_text_layer


def test_page_without_resources_has_no_fonts() -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        del pdf.pages[0].obj["/Resources"]

    assert inspect(written(change)).fonts == ()


def test_forms_in_forms_are_not_followed_for_ever() -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        form = Stream(pdf, b"", Subtype=Name.Form)
        form.Resources = Dictionary(XObject=Dictionary(F=form))
        bare = Stream(pdf, b"", Subtype=Name.Form)
        pdf.pages[0].Resources = Dictionary(XObject=Dictionary(F=form, G=bare))

    assert inspect(written(change)).fonts == ()
