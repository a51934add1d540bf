from __future__ import annotations

import io

import pikepdf
import pytest
from signing_stand_ins import Pki, Tsa, blank_pdf, places
from signing_steps import leader_plan, organisation_plan, sign, statuses

from signing.stamp import reserve
from signing.xmp import in_order

RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"><pdfaid:part>2</pdfaid:part>'
    "</rdf:Description></rdf:RDF>"
)
GOOD = f'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/">{RDF}</x:xmpmeta>'


@pytest.mark.parametrize("text", [GOOD, f"\ufeff{GOOD}", f"<!-- a remark -->{GOOD}"])
def test_good_metadata_is_kept_to_the_byte(text: str) -> None:
    assert in_order(text.encode()) == text.encode()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_wide_metadata_becomes_narrow(encoding: str) -> None:
    ordered = in_order(f'<?xml version="1.0" encoding="{encoding}"?>{GOOD}'.encode(encoding))
    assert ordered is not None
    assert RDF.encode() in ordered


def test_metadata_without_its_envelope_gets_one() -> None:
    ordered = in_order(RDF.encode())
    assert ordered is not None
    assert b"<x:xmpmeta" in ordered


def test_a_document_type_is_left_out() -> None:
    ordered = in_order(f'<!DOCTYPE x [<!ENTITY a "b">]>{GOOD}'.encode())
    assert ordered is not None
    assert b"DOCTYPE" not in ordered


@pytest.mark.parametrize(
    "metadata",
    [
        b"",
        b"\xff",
        b"no XML",
        b"<other/>",
        GOOD.replace("rdf:about", "dc:about").encode(),
        f'<!DOCTYPE x [<!ENTITY a "b">]>{GOOD}'.replace(">2<", ">&a;<").encode(),
    ],
)
def test_what_cannot_be_saved_is_dropped(metadata: bytes) -> None:
    assert in_order(metadata) is None


@pytest.mark.parametrize(
    "metadata", [GOOD.encode(), GOOD.encode("utf-16"), RDF.encode(), b"no XML"]
)
def test_files_with_odd_metadata_get_valid_signatures(pki: Pki, tsa: Tsa, metadata: bytes) -> None:
    with pikepdf.open(io.BytesIO(blank_pdf())) as document:
        stream = document.make_stream(metadata)
        stream.Type, stream.Subtype = pikepdf.Name.Metadata, pikepdf.Name.XML
        document.Root.Metadata = stream
        output = io.BytesIO()
        document.save(output, fix_metadata_version=False)
    led = sign(reserve(output.getvalue(), places()), leader_plan(pki), pki.leader, tsa)
    sealed = sign(led, organisation_plan(pki), pki.organisation, tsa)
    assert [status.bottom_line for status in statuses(sealed, pki)] == [True, True]
