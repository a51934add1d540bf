from __future__ import annotations

import io
from dataclasses import replace

import pikepdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_timestamp
from pyhanko.sign.validation.status import SignatureCoverageLevel
from signing_stand_ins import Pki, Tsa, blank_pdf
from signing_steps import context

from signing.augment import add_validation_data, complete_timestamp, prepare_timestamp
from signing.errors import PreparedMismatchError, TimestampInvalidError, UnreadablePdfError
from signing.model import ValidationData
from signing.timestamp import Timestamper


def stored(pdf: bytes, key: str) -> list[bytes]:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return [stream.read_bytes() for stream in document.Root.DSS.get(key, [])]


def stamped(pdf: bytes, tsa: Tsa) -> bytes:
    prepared = prepare_timestamp(pdf)
    return complete_timestamp(prepared, Timestamper("", tsa.transport).stamp(prepared.digest))


def changed(pdf: bytes, change: object) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        change(document)
        stream = io.BytesIO()
        document.save(stream, min_version="1.7")
        return stream.getvalue()


def claiming(part: int) -> bytes:
    """Return a file that says it is PDF/A."""
    with pikepdf.open(io.BytesIO(blank_pdf())) as document:
        claimed = b"<pdfaid:part>%d</pdfaid:part>" % part
        document.Root.Metadata = document.make_stream(claimed)
        stream = io.BytesIO()
        document.save(stream, fix_metadata_version=False)
        return stream.getvalue()


def test_a_document_timestamp_has_an_appearance_where_pdfa_1_wants_one_of_every_field(
    tsa: Tsa,
) -> None:
    with pikepdf.open(io.BytesIO(stamped(claiming(1), tsa))) as document:
        field = document.Root.AcroForm.Fields[0]
        assert (field.T, list(field.Rect)) == ("docsvc-timestamp-1", [0, 0, 0, 0])
        assert (field.AP.N.Subtype, list(field.AP.N.BBox)) == ("/Form", [0, 0, 0, 0])
        assert field.AP.N.read_bytes() == b""


def test_a_document_timestamp_has_no_appearance_in_any_other_file(tsa: Tsa) -> None:
    """Readers take one for more than a timestamp brings along."""
    for pdf in (blank_pdf(), claiming(2)):
        with pikepdf.open(io.BytesIO(stamped(pdf, tsa))) as document:
            assert "/AP" not in document.Root.AcroForm.Fields[0]


def test_the_store_holds_what_it_was_given(sealed: bytes, pki: Pki) -> None:
    data = ValidationData(certificates=(pki.ca.der, pki.root.der), crls=pki.crls, ocsps=(b"0",))
    added = add_validation_data(sealed, data)
    assert stored(added, "/Certs") == [pki.ca.der, pki.root.der]
    assert stored(added, "/CRLs") == list(pki.crls)
    assert stored(added, "/OCSPs") == [b"0"]


def test_the_store_grows_without_repeating_itself(sealed: bytes, pki: Pki) -> None:
    first = add_validation_data(sealed, ValidationData(certificates=(pki.ca.der, pki.ca.der)))
    both = ValidationData(certificates=(pki.root.der, pki.ca.der))
    second = add_validation_data(first, both)
    assert second.startswith(first)
    assert stored(second, "/Certs") == [pki.ca.der, pki.root.der]


@pytest.mark.parametrize("known", [(), ("ca",)])
def test_nothing_new_changes_nothing(sealed: bytes, pki: Pki, known: tuple[str, ...]) -> None:
    data = ValidationData(certificates=tuple(getattr(pki, name).der for name in known))
    once = add_validation_data(sealed, data)
    assert add_validation_data(once, data) == once


def test_a_file_without_a_form_can_be_stamped(pki: Pki, tsa: Tsa) -> None:
    pdf = stamped(blank_pdf(min_version="1.7"), tsa)
    (found,) = PdfFileReader(io.BytesIO(pdf)).embedded_timestamp_signatures
    status = validate_pdf_timestamp(found, context(pki))
    assert status.valid
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE


def test_a_file_whose_pages_keep_their_annotations_apart_can_be_stamped(tsa: Tsa) -> None:
    def apart(document: pikepdf.Pdf) -> None:
        document.pages[0].obj.Annots = document.make_indirect(pikepdf.Array([]))

    pdf = stamped(changed(blank_pdf(), apart), tsa)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        (widget,) = document.pages[0].obj.Annots
        assert str(widget.T) == "docsvc-timestamp-1"


def test_a_form_without_signatures_learns_of_the_timestamp(tsa: Tsa) -> None:
    def form(document: pikepdf.Pdf) -> None:
        document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([]))

    with pikepdf.open(io.BytesIO(stamped(changed(blank_pdf(), form), tsa))) as document:
        assert document.Root.AcroForm.SigFlags == 3


def test_a_token_over_something_else_is_refused(sealed: bytes, tsa: Tsa) -> None:
    prepared = prepare_timestamp(sealed)
    token = Timestamper("", tsa.transport).stamp(bytes(32))
    with pytest.raises(TimestampInvalidError):
        complete_timestamp(prepared, token)


def test_a_prepared_timestamp_of_another_file_is_refused(sealed: bytes, tsa: Tsa) -> None:
    prepared = prepare_timestamp(sealed)
    token = Timestamper("", tsa.transport).stamp(prepared.digest)
    with pytest.raises(PreparedMismatchError):
        complete_timestamp(replace(prepared, pdf=sealed), token)


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.4"])
def test_what_cannot_be_read_is_not_augmented(pdf: bytes) -> None:
    with pytest.raises(UnreadablePdfError):
        prepare_timestamp(pdf)
    with pytest.raises(UnreadablePdfError):
        add_validation_data(pdf, ValidationData(crls=(b"0",)))
