from __future__ import annotations

import io
import os
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
import pytest
from signing_foreign import changed
from signing_stand_ins import Pki, Tsa, blank_pdf, places
from signing_steps import archived, leader_plan, organisation_plan, sign, statuses

from signing.errors import (
    AlreadyReservedError,
    AlreadySignedError,
    BoxOutsidePageError,
    EncryptedPdfError,
    PageMissingError,
    UnreadablePdfError,
)
from signing.model import Box, ReservedPlaces, TextPlace
from signing.stamp import reserve, reserve_file

if TYPE_CHECKING:
    from collections.abc import Iterator

PDFA = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">'
    "<pdfaid:part>{part}</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>"
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


def with_claim(part: int, *, components: int | None = None) -> bytes:
    """Return a file that claims PDF/A, with a colour profile of so many components."""

    def claim(document: pikepdf.Pdf) -> None:
        if components is not None:
            # Another intent beside it, such as PDF/X has one, says nothing.
            other = pikepdf.Dictionary(Type=pikepdf.Name.OutputIntent, S=pikepdf.Name.GTS_PDFX)
            intent = pikepdf.Dictionary(
                Type=pikepdf.Name.OutputIntent,
                S=pikepdf.Name.GTS_PDFA1,
                DestOutputProfile=document.make_stream(b"", N=components),
            )
            both = [document.make_indirect(one) for one in (other, intent)]
            document.Root.OutputIntents = pikepdf.Array(both)
        metadata = document.make_stream(PDFA.format(part=part).encode())
        metadata.Type, metadata.Subtype = pikepdf.Name.Metadata, pikepdf.Name.XML
        document.Root.Metadata = metadata

    return changed(blank_pdf(), claim)


@contextmanager
def form_of(pdf: bytes) -> Iterator[pikepdf.Object]:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        yield document.Root.AcroForm


def test_reserved_fields_are_empty_and_unlocked(reserved: bytes) -> None:
    with form_of(reserved) as form:
        (parent,) = form.Fields
        kids = {str(kid.T): kid for kid in parent.Kids}
        assert set(kids) == {"number", "day", "month", "leader", "organisation"}
        assert not any("/V" in kid or "/Ff" in kid for kid in kids.values())
        assert pikepdf.Name.Sig == kids["leader"].FT
        assert pikepdf.Name.Tx == kids["number"].FT


def test_no_reader_is_told_to_make_the_appearances() -> None:
    def ask(document: pikepdf.Pdf) -> None:
        document.Root.AcroForm = pikepdf.Dictionary(Fields=[], NeedAppearances=True)

    with form_of(reserve(changed(blank_pdf(), ask), places())) as form:
        assert "/NeedAppearances" not in form


def test_widgets_hang_on_the_pages_that_were_asked_for(reserved: bytes) -> None:
    with pikepdf.open(io.BytesIO(reserved)) as document:
        first, second = ({str(widget.T) for widget in page.obj.Annots} for page in document.pages)
    assert first == {"number", "day", "month"}
    assert second == {"leader", "organisation"}


def test_annotations_and_fields_of_the_author_are_kept() -> None:
    def author(document: pikepdf.Pdf) -> None:
        field = document.make_indirect(
            pikepdf.Dictionary(
                FT=pikepdf.Name.Tx, T=pikepdf.String("own"), Subtype=pikepdf.Name.Widget,
                Rect=[10, 10, 20, 20],
            )
        )  # fmt: skip
        document.pages[0].obj.Annots = pikepdf.Array([field])
        document.Root.AcroForm = pikepdf.Dictionary(Fields=[field], DA=pikepdf.String("/F 9 Tf"))

    kept = reserve(changed(blank_pdf(), author), places())
    with form_of(kept) as form:
        assert [str(field.T) for field in form.Fields] == ["own", "docsvc"]
        assert str(form.DA) == "/F 9 Tf"


def test_a_broken_form_of_the_author_is_replaced() -> None:
    def author(document: pikepdf.Pdf) -> None:
        document.Root.AcroForm = pikepdf.Array([])

    with form_of(reserve(changed(blank_pdf(), author), places())) as form:
        assert len(form.Fields) == 1


def test_places_are_reserved_in_a_file_on_disk(tmp_path: Path) -> None:
    source, target = tmp_path / "source.pdf", tmp_path / "target.pdf"
    source.write_bytes(blank_pdf())
    reserve_file(source, target, places())
    assert target.read_bytes() == reserve(blank_pdf(), places())


@pytest.mark.parametrize("filler", [0, 1 << 20], ids=["at-the-end", "on-the-way"])
def test_a_disk_that_is_full_is_an_error_and_no_crash(tmp_path: Path, filler: int) -> None:
    source = tmp_path / "source.pdf"
    source.write_bytes(changed(blank_pdf(), lambda pdf: pdf.Root.update(_filled(pdf, filler))))
    with pytest.raises(OSError, match="No space left"):
        reserve_file(source, Path("/dev/full"), places())


def _filled(document: pikepdf.Pdf, size: int) -> dict[str, object]:
    return {"/Filler": document.make_stream(os.urandom(size))}


def test_reserving_is_deterministic(reserved: bytes) -> None:
    assert reserve(blank_pdf(), places()) == reserved


@pytest.mark.parametrize("packing", ["[ ]", "/FlateDecode", "[ /FlateDecode ]", "/LZWDecode"])
def test_the_streams_of_the_author_stay_as_they_were_packed(packing: str) -> None:
    raw = pikepdf.StreamDecodeLevel.none
    with pikepdf.open(io.BytesIO(blank_pdf())) as document:
        kept = document.make_indirect(pikepdf.Stream(document, b"no such packing"))
        kept.Filter = pikepdf.Object.parse(packing.encode())
        document.Root.Kept = kept
        stream = io.BytesIO()
        document.save(stream, stream_decode_level=raw, compress_streams=False)
    with pikepdf.open(io.BytesIO(reserve(stream.getvalue(), places()))) as document:
        assert document.Root.Kept.read_raw_bytes() == b"no such packing"
        assert document.Root.Kept.Filter == pikepdf.Object.parse(packing.encode())


def test_a_signature_field_without_a_place_is_invisible() -> None:
    with form_of(reserve(blank_pdf(), ReservedPlaces())) as form:
        (parent,) = form.Fields
        assert [list(map(int, kid.Rect)) for kid in parent.Kids] == [[0, 0, 0, 0]] * 2


def test_a_hybrid_reference_file_comes_out_clean_and_can_be_signed(pki: Pki, tsa: Tsa) -> None:
    hybrid = hybrid_pdf()
    with pikepdf.open(io.BytesIO(hybrid)) as document:
        assert len(document.pages) == 1
    reserved = reserve(hybrid, places(page=0))
    assert b"/XRefStm" not in reserved
    led = sign(reserved, leader_plan(pki), pki.leader, tsa)
    sealed = sign(led, organisation_plan(pki), pki.organisation, tsa)
    assert all(status.bottom_line for status in statuses(sealed, pki))


def hybrid_pdf() -> bytes:
    """Write a file as Word does: a table, and beside it a stream with the newest entries."""
    out = bytearray(b"%PDF-1.5\n")
    offsets = {}

    def add(number: int, body: bytes) -> None:
        offsets[number] = len(out)
        out.extend(b"%d 0 obj\n%s\nendobj\n" % (number, body))

    add(1, b"<< /Type /Catalog /Pages 2 0 R >>")
    add(2, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
    add(3, b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /PieceInfo 5 0 R >>")
    inner = b"5 0 << /Hidden true >>"
    stream = b"<< /Type /ObjStm /N 1 /First 4 /Length %d >>\nstream\n%s\nendstream"
    add(4, stream % (len(inner), inner))
    xref_stream = len(out)
    entry = b"\x02" + (4).to_bytes(4, "big") + b"\x00"
    out.extend(
        b"6 0 obj\n<< /Type /XRef /Size 7 /W [1 4 1] /Index [5 1] /Length 6 >>\nstream\n"
        + entry
        + b"\nendstream\nendobj\n"
    )
    start = len(out)
    out.extend(b"xref\n0 7\n0000000005 65535 f \n")
    for number in (1, 2, 3, 4):
        out.extend(b"%010d 00000 n \n" % offsets[number])
    out.extend(b"0000000000 65535 f \n%010d 00000 n \n" % xref_stream)
    out.extend(b"trailer\n<< /Size 7 /Root 1 0 R /XRefStm %d >>\n" % xref_stream)
    out.extend(b"startxref\n%d\n%%%%EOF\n" % start)
    return bytes(out)


@pytest.mark.parametrize("part", [1, 2])
def test_a_pdfa_claim_survives_all_steps(pki: Pki, tsa: Tsa, part: int) -> None:
    reserved = reserve(with_claim(part), places())
    led = sign(reserved, leader_plan(pki), pki.leader, tsa)
    with pikepdf.open(io.BytesIO(led)) as document:
        assert f"pdfaid:part>{part}<".encode() in document.Root.Metadata.read_bytes()


@pytest.mark.parametrize(
    ("part", "components", "mask", "space"),
    [
        (1, 3, "/Mask", None),
        (2, 3, "/SMask", None),
        (2, 4, "/SMask", "/CalRGB"),
        (2, None, "/Mask", "/CalRGB"),
    ],
)
def test_an_image_keeps_to_what_its_pdfa_part_allows(
    pki: Pki, tsa: Tsa, part: int, components: int | None, mask: str, space: str | None
) -> None:
    claiming = with_claim(part, components=components)
    led = sign(reserve(claiming, places()), leader_plan(pki), pki.leader, tsa)
    with pikepdf.open(io.BytesIO(led)) as document:
        (parent,) = document.Root.AcroForm.Fields
        leader = next(kid for kid in parent.Kids if str(kid.T) == "leader")
        resources = leader.AP.N.Resources
        image = resources.XObject.Im
        assert mask in image
        assert not {"/Mask", "/SMask"} - {mask} & set(image.keys())
        assert ("/ColorSpace" in resources) is (space is not None)
        if space:
            assert resources.ColorSpace.DefaultRGB[0] == space
            assert resources.ColorSpace.DefaultGray[0] == "/CalGray"


@pytest.mark.parametrize(("part", "wanted"), [(1, True), (2, False)])
def test_the_glyph_list_is_written_for_pdfa_1_only(part: int, wanted: object) -> None:
    with form_of(reserve(with_claim(part), places())) as form:
        font = form.DR.Font.DocsvcTinos
        assert ("/CIDSet" in font.DescendantFonts[0].FontDescriptor) is wanted


def test_a_file_with_a_signature_is_never_rewritten(led: bytes) -> None:
    with pytest.raises(AlreadySignedError):
        reserve(led, places())


def test_a_file_with_usage_rights_is_never_rewritten() -> None:
    def enable(document: pikepdf.Pdf) -> None:
        document.Root.Perms = pikepdf.Dictionary(UR3=pikepdf.Dictionary())

    with pytest.raises(AlreadySignedError):
        reserve(changed(blank_pdf(), enable), places())


def test_permissions_without_a_signature_do_no_harm() -> None:
    def leave(document: pikepdf.Pdf) -> None:
        document.Root.Perms = pikepdf.Dictionary()

    assert reserve(changed(blank_pdf(), leave), places())


def test_a_signature_on_a_page_alone_counts() -> None:
    def hide(document: pikepdf.Pdf) -> None:
        signature = pikepdf.Dictionary(FT=pikepdf.Name.Sig, V=pikepdf.Dictionary())
        document.pages[0].obj.Annots = pikepdf.Array([signature])

    with pytest.raises(AlreadySignedError):
        reserve(changed(blank_pdf(), hide), places())


def test_places_are_reserved_once(reserved: bytes) -> None:
    with pytest.raises(AlreadyReservedError):
        reserve(reserved, places())


@pytest.mark.parametrize("password", ["", "secret"])
def test_an_encrypted_file_is_refused(password: str) -> None:
    encrypted = blank_pdf(encryption=pikepdf.Encryption(owner="owner", user=password))
    with pytest.raises(EncryptedPdfError):
        reserve(encrypted, places())


@pytest.mark.parametrize("pdf", [b"", b"no PDF at all", blank_pdf()[:120]])
def test_what_is_no_pdf_is_refused(pdf: bytes) -> None:
    with pytest.raises(UnreadablePdfError):
        reserve(pdf, places())


@pytest.mark.parametrize("page", [-1, 2])
def test_a_page_that_is_missing_is_named(page: int) -> None:
    box = Box(page=page, x0=1, y0=1, x1=9, y1=9)
    with pytest.raises(PageMissingError) as caught:
        reserve(blank_pdf(), ReservedPlaces(leader=box))
    assert caught.value.facts == {"page": page + 1, "pages": 2}


@pytest.mark.parametrize(
    ("x0", "y0", "x1", "y1"), [(-9, 1, 9, 9), (1, 1, 1, 9), (1, 9, 9, 1), (1, 1, 9, 900)]
)
def test_a_box_beyond_its_page_is_refused(x0: float, y0: float, x1: float, y1: float) -> None:
    box = Box(page=0, x0=x0, y0=y0, x1=x1, y1=y1)
    with pytest.raises(BoxOutsidePageError):
        reserve(blank_pdf(), ReservedPlaces(organisation=box))


@pytest.mark.parametrize("name", ["number", "docsvc.a.b", "docsvc.", "other.number"])
def test_a_text_place_needs_a_name_below_ours(name: str) -> None:
    with pytest.raises(ValueError, match="docsvc"):
        TextPlace(name=name, box=Box(page=0, x0=1, y0=1, x1=9, y1=9), font_size=13)


def test_a_form_that_is_its_own_descendant_is_walked_once() -> None:
    def loop(document: pikepdf.Pdf) -> None:
        field = document.make_indirect(pikepdf.Dictionary(T=pikepdf.String("own")))
        field.Kids = pikepdf.Array([field, field, pikepdf.Dictionary(T=pikepdf.String("kid"))])
        document.Root.AcroForm = pikepdf.Dictionary(Fields=[field])

    with form_of(reserve(changed(blank_pdf(), loop), places())) as form:
        assert len(form.Fields) == 2


def test_widgets_outside_the_form_raise_no_alarm() -> None:
    def forget(document: pikepdf.Pdf) -> None:
        widget = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx,
            T=pikepdf.String("lost"), Rect=[1, 1, 9, 9],
        )  # fmt: skip
        document.pages[0].obj.Annots = pikepdf.Array([document.make_indirect(widget)])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pdf = changed(blank_pdf(), forget)
    assert reserve(pdf, places())


def test_annotations_written_into_their_page_keep_the_signatures_valid(pki: Pki, tsa: Tsa) -> None:
    def annotate(document: pikepdf.Pdf) -> None:
        link = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[1, 1, 9, 9]
        )
        document.pages[0].obj.Annots = pikepdf.Array([link, 7])

    led = sign(reserve(changed(blank_pdf(), annotate), places()), leader_plan(pki), pki.leader, tsa)
    sealed = sign(led, organisation_plan(pki), pki.organisation, tsa)
    finished = archived(sealed, pki, tsa)
    assert [status.bottom_line for status in statuses(finished, pki)] == [True, True]
