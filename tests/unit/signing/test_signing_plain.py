"""The quick way writes what the long way writes, and leaves to it what is out of the ordinary."""

from __future__ import annotations

import hashlib
import io
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pikepdf
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from signing_plain import (
    ID,
    appended,
    is_plain,
    outcome,
    outcome_of_the_long_way,
    plain_pdf,
    reason_of,
    the_long_way,
    with_metadata,
)
from signing_stand_ins import NOW, Pki, blank_pdf, places
from signing_steps import leader_plan, organisation_plan, sign, statuses

from signing._pades.plain import PlainRevision
from signing.errors import LeaderSignatureMissingError, SigningError
from signing.model import NUMBER_FIELD, Prepared, ReservedPlaces
from signing.plainly import prepare_tail
from signing.prepare import prepare
from signing.stamp import reserve

if TYPE_CHECKING:
    from collections.abc import Callable

    from signing.model import SignaturePlan

CLAIMS_PDFA = b"<rdf:RDF><pdfaid:part>2</pdfaid:part></rdf:RDF>"
CLAIMS_NOTHING = b"<rdf:RDF></rdf:RDF>"


@pytest.fixture(scope="module")
def plain() -> bytes:
    return plain_pdf()


def changed(pdf: bytes, change: Callable[[pikepdf.Pdf], object], **save: object) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        change(document)
        stream = io.BytesIO()
        document.save(stream, static_id=True, **save)
        return stream.getvalue()


def swapped(pdf: bytes, old: bytes, new: bytes) -> bytes:
    """Change the first occurrence without moving what follows."""
    assert old in pdf
    assert len(new) <= len(old)
    return pdf.replace(old, new.ljust(len(old)), 1)


def test_both_ways_write_the_same_objects(reserved: bytes, led: bytes, pki: Pki) -> None:
    for pdf, plan in ((reserved, leader_plan(pki)), (led, organisation_plan(pki))):
        assert is_plain(pdf, plan)
        assert outcome(pdf, plan) == outcome_of_the_long_way(pdf, plan)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_both_ways_write_the_same_on_turned_pages(pki: Pki, rotate: int) -> None:
    plan = replace(leader_plan(pki), fills={NUMBER_FIELD: "05/QĐ"})
    pdf = reserve(blank_pdf(rotate=rotate), places())
    assert is_plain(pdf, plan)
    assert outcome(pdf, plan) == outcome_of_the_long_way(pdf, plan)


def test_both_ways_write_the_same_over_revisions_of_the_other(reserved: bytes, pki: Pki) -> None:
    prepared = the_long_way(reserved, leader_plan(pki))
    plan = replace(organisation_plan(pki), requires_leader=False)
    assert is_plain(prepared.pdf, plan)
    assert outcome(prepared.pdf, plan) == outcome_of_the_long_way(prepared.pdf, plan)


def test_both_ways_give_a_file_the_same_id(plain: bytes, pki: Pki) -> None:
    nameless = swapped(plain, b"/ID [", b"/Id [")
    plan = leader_plan(pki)
    assert is_plain(nameless, plan)
    assert outcome(nameless, plan) == outcome_of_the_long_way(nameless, plan)


def test_an_invisible_signature_needs_no_look(pki: Pki) -> None:
    pdf = reserve(blank_pdf(), ReservedPlaces())
    assert is_plain(pdf, leader_plan(pki))
    assert outcome(pdf, leader_plan(pki)) == outcome_of_the_long_way(pdf, leader_plan(pki))


def test_a_form_within_the_catalogue_is_plain(plain: bytes, pki: Pki) -> None:
    def embed(document: pikepdf.Pdf) -> None:
        document.Root.AcroForm = pikepdf.Dictionary(document.Root.AcroForm)
        document.trailer.Info = document.make_indirect(pikepdf.Dictionary(Title="A"))

    pdf = changed(plain, embed)
    assert is_plain(pdf, leader_plan(pki))
    assert outcome(pdf, leader_plan(pki)) == outcome_of_the_long_way(pdf, leader_plan(pki))


@pytest.mark.parametrize(
    ("text", "entries"),
    [(CLAIMS_NOTHING, b""), (zlib.compress(CLAIMS_NOTHING), b"/Filter /FlateDecode")],
)
def test_metadata_without_a_claim_is_plain(
    plain: bytes, pki: Pki, text: bytes, entries: bytes
) -> None:
    pdf = with_metadata(plain, text, entries)
    assert is_plain(pdf, leader_plan(pki))
    assert outcome(pdf, leader_plan(pki)) == outcome_of_the_long_way(pdf, leader_plan(pki))


def test_objects_that_begin_at_number_one_share_the_part_of_the_first(
    plain: bytes, pki: Pki
) -> None:
    prepared = prepare(plain, plan=leader_plan(pki), at=NOW)
    assert b"xref\n0 2\n0000000000 65535 f \n" in prepared.pdf[len(plain) :]


def test_pyhanko_accepts_both_signatures(led: bytes, pki: Pki) -> None:
    assert is_plain(led, organisation_plan(pki))
    sealed = sign(led, organisation_plan(pki), pki.organisation, None)
    assert [status.bottom_line for status in statuses(sealed, pki)] == [True, True]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"%PDF-1.7", b"%PDF-1.6", "header"),
        (b"%%EOF\n", b"%%EO", "end"),
        (b"xref\n0 10\n", b"xref\r0 10\n", "xref"),
        (b"65535 f", b"00001 f", "free"),
        (b" 00000 n \n", b" 00000 f \n", "rows"),
        (b" 00000 n \n", b" 00001 n \n", "generation"),
        (b"0 10\n", b"1 10\n", "rows"),
        (b"0 10\n", b"0 11\n", "rows"),
        (b"0 10\n", b"0 09\n", "trailer"),
        (b"trailer << /Root", b"trailer [[ /Root", "trailer"),
        (b"/Size 10", b"/Size 9", "size"),
        (b"/Size 10", b"/Size -5", "whole-number"),
        (b"/Size 10", b"/Type 10", "trailer"),
        (b"/Root 1 0 R", b"/Root 1 1 R", "key"),
        (b"/Root 1 0 R", b"/Root 8 0 R", "endobj"),
        (b"/Root 1 0 R", b"/Root 99 0 R", "object"),
        (b"/Root 1 0 R", b"/Root 12", "reference"),
        (b"1 0 obj\n", b"8 0 obj\n", "object"),
        (b"/Type /Catalog", b"/Type /Page", "catalogue"),
        (b"/Type /Catalog", b"/Type #46", "dictionary"),
        (b"/Type /Catalog", b"/Type 12f", "dictionary"),
        (b"/Extensions <<", b"/AcroForm   <<", "key"),
        (b"/AcroForm 2 0 R", b"/AcroForm [ ]", "reference"),
        (b"/Fields [ 5 0 R ]", b"/Fields [ 55 0 R]", "object"),
        (b"/Fields [ 5 0 R ]", b"/Fields 5 0 R", "array"),
        (b"/Fields [ 5 0 R ]", b"/Fields [ ]", "field"),
        (b"/Fields [ 5 0 R ]", b"/Fields [[5 0 R]]", "array"),
        (b"/T (docsvc)", b"/T (docsvx)", "field"),
        (b"/T (docsvc)", b"/T <646f>", "string"),
        (b"/FT /Sig", b"/FT /Btn", "field"),
        (b"/Rect [ 350 150 470 210 ]", b"/Rect [ 350 150 470 ]", "rectangle"),
        (b"/Rect [ 350 150 470 210 ]", b"/Rect [ 350 150 470 /A ]", "number"),
        (b"/ID [<", b"/ID [(", "dictionary"),
    ],
)
def test_what_is_out_of_the_ordinary_goes_the_long_way(
    plain: bytes, pki: Pki, old: bytes, new: bytes, reason: str
) -> None:
    pdf = plain.replace(old, new.ljust(len(old)), 1)
    assert pdf != plain
    assert reason_of(pdf, leader_plan(pki)) == reason
    assert outcome(pdf, leader_plan(pki)) == outcome_of_the_long_way(pdf, leader_plan(pki))


def test_a_version_in_the_catalogue_goes_the_long_way(plain: bytes, pki: Pki) -> None:
    pdf = changed(plain, lambda document: document.Root.update({"/Version": pikepdf.Name("/2.0")}))
    assert reason_of(pdf, leader_plan(pki)) == "catalogue"


def test_deep_dictionaries_go_the_long_way(plain: bytes, pki: Pki) -> None:
    def nest(document: pikepdf.Pdf) -> None:
        inner = pikepdf.Dictionary(A=1)
        for _ in range(20):
            inner = pikepdf.Dictionary(A=pikepdf.Array([inner]))
        document.Root.Nested = inner

    assert reason_of(changed(plain, nest), leader_plan(pki)) == "depth"


def test_many_sections_go_the_long_way(plain: bytes, pki: Pki) -> None:
    pdf = plain
    for _ in range(32):
        pdf = with_section(pdf)
    assert reason_of(pdf, leader_plan(pki)) == "sections"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({b"/Size 10": b"/Size 9"}, "size"),
        ({b"/Prev ": b"/Prev 9"}, "order"),
        ({b"0 0\n": b"5 1\n0000000000 00000 n \n2 1\n0000000000 00000 n \n"}, "order"),
        ({b">>\nstartxref": b">>\n(more)\nstartxref"}, "end"),
        ({b"%%EOF\n": b"%%EOF\n" * 3}, "end"),
    ],
)
def test_a_chain_out_of_order_goes_the_long_way(
    plain: bytes, pki: Pki, change: dict[bytes, bytes], reason: str
) -> None:
    assert reason_of(with_section(plain), leader_plan(pki)) is None
    pdf = with_section(plain, change)
    assert reason_of(pdf, leader_plan(pki)) == reason
    assert outcome(pdf, leader_plan(pki)) == outcome_of_the_long_way(pdf, leader_plan(pki))


def with_section(pdf: bytes, change: dict[bytes, bytes] | None = None) -> bytes:
    """Append a revision that changes nothing."""
    added = appended(pdf, {})[len(pdf) :]
    for old, new in (change or {}).items():
        assert old in added
        added = added.replace(old, new)
    return pdf + added


@pytest.mark.parametrize(
    ("text", "entries", "reason"),
    [
        (CLAIMS_PDFA, b"", "pdfa"),
        (CLAIMS_NOTHING.decode().encode("utf-16"), b"", "pdfa"),
        (b"78>", b"/Filter /ASCIIHexDecode", "filter"),
        (CLAIMS_NOTHING, b"/DecodeParms << >>", "stream"),
        (b"not deflated", b"/Filter /FlateDecode", "deflate"),
        (zlib.compress(b"x" * (1 << 20) + b"x"), b"/Filter /FlateDecode", "deflate"),
    ],
)
def test_metadata_that_is_not_simple_goes_the_long_way(
    plain: bytes, pki: Pki, text: bytes, entries: bytes, reason: str
) -> None:
    assert reason_of(with_metadata(plain, text, entries), leader_plan(pki)) == reason


def test_metadata_in_a_filter_that_nobody_knows_is_refused(plain: bytes, pki: Pki) -> None:
    pdf = with_metadata(plain, b"x", b"/Filter /Odd")
    assert outcome(pdf, leader_plan(pki)) == (
        "signing.unreadable",
        {"reason": "NotImplementedError"},
    )


def test_metadata_that_does_not_end_where_it_says_goes_the_long_way(plain: bytes, pki: Pki) -> None:
    pdf = with_metadata(plain, CLAIMS_NOTHING)
    length = b"/Length %d" % len(CLAIMS_NOTHING)
    assert reason_of(swapped(pdf, length, b"/Length 1"), leader_plan(pki)) == "endstream"


def test_a_text_field_without_an_appearance_of_its_own_goes_the_long_way(
    plain: bytes, pki: Pki
) -> None:
    plan = replace(leader_plan(pki), fills={NUMBER_FIELD: "05"})
    assert reason_of(plain, plan) is None
    without = swapped(plain, b"/DA (/DocsvcTinos 13 Tf", b"/DA (/DocsvcTinos 13 Tg")
    assert reason_of(without, plan) == "default-appearance"


def test_an_alignment_that_there_is_none_of_goes_the_long_way(reserved: bytes, pki: Pki) -> None:
    plan = replace(leader_plan(pki), fills={NUMBER_FIELD: "05"})
    assert reason_of(reserved.replace(b"/Q 1", b"/Q 7"), plan) == "align"


def test_a_stranger_that_signed_before_goes_the_long_way(led: bytes, pki: Pki) -> None:
    plan = replace(organisation_plan(pki), certify=True)
    assert reason_of(led, plan) == "certified"


def test_a_value_beside_ours_goes_the_long_way(plain: bytes, pki: Pki) -> None:
    def value(document: pikepdf.Pdf) -> None:
        (parent,) = document.Root.AcroForm.Fields
        parent.Kids[1].FT = pikepdf.Name.Sig
        parent.Kids[1].V = pikepdf.Dictionary(Type=pikepdf.Name.Sig)

    assert reason_of(changed(plain, value), leader_plan(pki)) == "signed"


@pytest.mark.parametrize("count", [100, 300])
def test_a_large_form_goes_the_long_way(plain: bytes, pki: Pki, count: int) -> None:
    def fill(document: pikepdf.Pdf) -> None:
        for number in range(count):
            field = document.make_indirect(pikepdf.Dictionary(T=pikepdf.String(f"f{number}")))
            field.Kids = pikepdf.Array(
                document.make_indirect(pikepdf.Dictionary()) for _ in range(4)
            )
            document.Root.AcroForm.Fields.append(field)

    assert reason_of(changed(plain, fill), leader_plan(pki)) == "form"


def test_an_id_that_is_not_of_two_hex_strings_goes_the_long_way(plain: bytes, pki: Pki) -> None:
    pdf = swapped(plain, ID, b"/ID [(id) (id)]")
    assert reason_of(pdf, leader_plan(pki)) == "id"
    assert outcome(pdf, leader_plan(pki)) == outcome_of_the_long_way(pdf, leader_plan(pki))


def test_a_broken_leader_signature_is_refused_on_the_quick_way_too(led: bytes, pki: Pki) -> None:
    broken = led.replace(b"595.28", b"595.29")
    with pytest.raises(LeaderSignatureMissingError):
        prepare_tail(broken, plan=organisation_plan(pki), at=NOW)


def test_a_digest_goes_on_from_the_leaders_and_another_hash_begins_anew(plain: bytes) -> None:
    revision = PlainRevision(plain)
    for name, length in (("sha256", 90), ("sha512", 50), ("sha256", 200), ("sha256", 100)):
        found = revision.hashed(name, length).digest()
        assert found == hashlib.new(name, plain[:length]).digest()


# Where a file speaks of its structure: a change there is likelier to matter than one in a font.
def structure_of(pdf: bytes) -> list[int]:
    spans, at = [], 0
    while (start := pdf.find(b"stream\n", at)) >= 0:
        spans.append(range(at, start))
        at = pdf.index(b"endstream", start) + len(b"endstream")
    spans.append(range(at, len(pdf)))
    return [offset for span in spans for offset in span]


MUTATIONS = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 3),
        st.sampled_from([b"", b"0", b"9", b" ", b"/", b"(", b")", b"<", b">", b"[", b"]", b"R"])
        | st.sampled_from([b"<<", b">>", b"#20", b"%", b"\r", b"\x00", b"\xff", b"null", b"-1"])
        | st.sampled_from([b" 1 0 R", b" f ", b"/Prev 0", b"/V 1 0 R", b"endobj", b"stream\n"])
        | st.binary(max_size=3),
    ),
    min_size=1,
    max_size=3,
)


def mutated(pdf: bytes, mutations: list[tuple[float, int, bytes]]) -> bytes:
    offsets = structure_of(pdf)
    for where, removed, added in mutations:
        at = offsets[int(where * len(offsets))]
        pdf = pdf[:at] + added + pdf[at + removed :]
    return pdf


@given(MUTATIONS, st.booleans())
@example([(0.0, 0, b"")], False)  # noqa: FBT003  # by position, as the strategies are
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_mutation_is_accepted_that_pyhanko_refuses(
    reserved: bytes, led: bytes, pki: Pki, mutations: list[tuple[float, int, bytes]], of_led: object
) -> None:
    if of_led:
        require_no_laxity(mutated(led, mutations), organisation_plan(pki))
    else:
        require_no_laxity(mutated(reserved, mutations), leader_plan(pki))


def require_no_laxity(pdf: bytes, plan: SignaturePlan) -> None:
    try:
        prepared = prepare(pdf, plan=plan, at=NOW)
    except SigningError:
        return
    strictly = the_long_way(pdf, plan)
    assert isinstance(prepared, Prepared)
    assert prepared.pdf.startswith(pdf)
    assert abs(len(prepared.pdf) - len(strictly.pdf)) < len(pdf)
