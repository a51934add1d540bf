from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from verification_files import (
    CATALOG,
    DAY,
    FORM,
    INFO,
    LEADER,
    LOOK,
    NUMBER,
    PAGE,
    PAGES,
    SEALED,
    base,
    base_objects,
    by,
    refs,
    road,
    sign,
    signature_field,
    stream,
    text_field,
    update,
)

from verification.model import Indication, Modification

if TYPE_CHECKING:
    from verification_pki import Pki

    from verification.trust import Trust

from verification_change_cases import ALLOWED, FIELDS, FORM_OBJECT, NEW_FIELDS, leader


def test_replaced_object_used_elsewhere_is_refused(pki: Pki, trust: Trust) -> None:
    objects = base_objects()
    objects[CATALOG] = b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Spare 5 0 R>>"
    pdf = sign(base(objects), by(pki.leader))

    one = leader(update(pdf, {FORM: b"<</Fields[%s]/SigFlags 1>>" % FIELDS}), trust)

    assert "verification.object-shared" in one.reasons


def test_information_used_elsewhere_is_refused(pki: Pki, trust: Trust) -> None:
    objects = base_objects()
    objects[CATALOG] = b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Spare 12 0 R>>"
    pdf = sign(base(objects), by(pki.leader))

    one = leader(update(pdf, {INFO: b"<</Producer(x)>>"}), trust)

    assert "verification.object-shared" in one.reasons


def test_appearance_shared_with_a_page_is_refused(pki: Pki, trust: Trust) -> None:
    objects = base_objects()
    objects[PAGE] = objects[PAGE].replace(b"/Font<<", b"/XObject<</X 11 0 R>>/Font<<")
    pdf = sign(base(objects), by(pki.leader))

    one = leader(update(pdf, {LOOK: stream(b"BT ET", FORM_OBJECT)}), trust)

    assert "verification.object-replaced" in one.reasons


def test_appearance_dictionary_shared_is_refused(pki: Pki, trust: Trust) -> None:
    objects = base_objects()
    objects[NUMBER] = text_field(b"docsvc.number", b"/AP 45 0 R")
    objects[DAY] = text_field(b"docsvc.day", b"/AP 45 0 R")
    objects[45] = b"<</N 11 0 R>>"
    pdf = sign(base(objects), by(pki.leader))
    fill = {NUMBER: text_field(b"docsvc.number", b"/V(1)/AP<</N 40 0 R>>"), 40: stream(b"")}

    assert "verification.object-shared" in leader(update(pdf, fill), trust).reasons


def arrays(*, annotations: bytes = b" 46 0 R") -> dict[int, bytes]:
    """Return a document whose lists are objects of their own."""
    objects = base_objects()
    objects[PAGE] = objects[PAGE].replace(b"[%s]" % FIELDS, annotations)
    objects[46] = b"[%s]" % FIELDS
    objects[47] = b"[%s]" % FIELDS
    objects[48] = b"<</Font<</A 49 0 R>>>>"
    objects[49] = b"<</Type/Font>>"
    objects[44] = b"<<>>"
    objects[43] = stream(b"<x/>", b"/Type/Metadata")
    objects[FORM] = b"<</Fields 47 0 R/DR 48 0 R>>"
    objects[CATALOG] = (
        b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Extensions 44 0 R/Metadata 43 0 R>>"
    )
    return objects


def test_lists_of_their_own_may_grow(pki: Pki, trust: Trust) -> None:
    pdf = sign(base(arrays()), by(pki.leader))
    more = {
        46: b"[%s 40 0 R]" % FIELDS,
        47: b"[40 0 R %s]" % FIELDS,
        48: b"<</Font<</A 49 0 R/B 41 0 R>>>>",
        44: b"<</ADBE<<>>>>",
        43: stream(b"<y/>", b"/Type/Metadata"),
        40: signature_field(b"more"),
        41: b"<</Type/Font>>",
    }

    one = leader(update(pdf, more), trust)

    assert one.indication is Indication.TOTAL_PASSED, one.findings
    assert one.modification is Modification.FORM_FILLING


@pytest.mark.parametrize(
    ("objects", "code"),
    [
        ({46: b"[6 0 R]"}, "annotations-changed"),
        ({47: b"[9 0 R]"}, "form-changed"),
        ({46: b"<<>>"}, "object-replaced"),
        ({48: b"<</Font<</A 41 0 R>>>>"}, "form-changed"),
        ({43: stream(b"<y/>", b"/Type/Other")}, "object-replaced"),
        ({49: b"<</Type/Font/New 1>>"}, "object-replaced"),
        ({49: b"<</Type/Font/ITXT 1>>"}, "object-replaced"),
    ],
)
def test_lists_of_their_own_may_not_change(
    objects: dict[int, bytes], code: str, pki: Pki, trust: Trust
) -> None:
    pdf = sign(base(arrays()), by(pki.leader))

    assert f"verification.{code}" in leader(update(pdf, objects), trust).reasons


def test_mark_of_an_old_tool_on_a_font_is_harmless(pki: Pki, trust: Trust) -> None:
    pdf = sign(base(arrays()), by(pki.leader))

    one = leader(update(pdf, {49: b"<</Type/Font/ITXT(5.0)>>"}), trust)

    assert one.indication is Indication.TOTAL_PASSED


def test_annotation_list_shared_with_contents_is_refused(pki: Pki, trust: Trust) -> None:
    objects = arrays()
    objects[PAGE] = objects[PAGE].replace(b"/Contents 4 0 R", b"/Contents 46 0 R")
    pdf = sign(base(objects), by(pki.leader))
    more = {46: b"[%s 40 0 R]" % FIELDS, 47: b"[%s 40 0 R]" % FIELDS, 40: signature_field(b"m")}

    assert "verification.object-replaced" in leader(update(pdf, more), trust).reasons


def test_stores_may_grow(pki: Pki, trust: Trust) -> None:
    objects = base_objects()
    objects[CATALOG] = b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/DSS 60 0 R>>"
    objects |= {
        60: b"<</Certs 61 0 R/VRI 62 0 R>>",
        61: b"[50 0 R]",
        62: b"<</AB 63 0 R>>",
        63: b"<</Cert[50 0 R]>>",
        50: stream(b"x"),
    }
    pdf = sign(base(objects), by(pki.leader))
    grown = {
        60: b"<</Certs 61 0 R/VRI 62 0 R/CRLs[51 0 R]>>",
        61: b"[50 0 R 51 0 R]",
        62: b"<</AB 63 0 R/CD 63 0 R>>",
        63: b"<</Cert[50 0 R 51 0 R]>>",
        51: stream(b"y"),
    }

    one = leader(update(pdf, grown), trust)

    assert one.indication is Indication.TOTAL_PASSED, one.findings
    assert one.modification is Modification.VALIDATION_DATA


@pytest.mark.parametrize("spare", [b"/Contents 61 0 R", b"/Contents[4 0 R]"])
def test_store_list_in_a_direct_store(spare: bytes, pki: Pki, trust: Trust) -> None:
    objects = base_objects()
    objects[CATALOG] = (
        b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R"
        b"/DSS<</Certs 61 0 R/VRI 62 0 R/CRLs 64 0 R/OCSPs 64 0 R>>>>"
    )
    objects[PAGE] = objects[PAGE].replace(b"/Contents 4 0 R", spare)
    objects |= {61: b"[]", 62: b"<<>>", 64: b"[]"}
    pdf = sign(base(objects), by(pki.leader))

    grown = leader(update(pdf, {61: b"[40 0 R]", 62: b"<<>> ", 40: stream(b"BT ET")}), trust)
    related = leader(update(pdf, {62: b"<</AB<<>>>>"}), trust)
    shared = leader(update(pdf, {64: b"[40 0 R]", 40: stream(b"x")}), trust)

    assert (grown.indication is Indication.TOTAL_PASSED) is (b"[" in spare)
    assert related.indication is Indication.TOTAL_PASSED
    assert "verification.object-replaced" in shared.reasons


def test_widgets_of_one_field_belong_to_it(pki: Pki, trust: Trust) -> None:
    objects = base_objects()
    objects[DAY] = b"<</T(docsvc.day)/FT/Tx/Kids[40 0 R]>>"
    objects[40] = b"<</Parent 7 0 R/Subtype/Widget/Rect[0 0 9 9]/AP<</N 11 0 R>>>>"
    objects[NUMBER] = text_field(b"docsvc.number")
    pdf = sign(base(objects), by(pki.leader))
    fill = {
        DAY: b"<</T(docsvc.day)/FT/Tx/V(07)/Kids[40 0 R]>>",
        LOOK: stream(b"BT ET", FORM_OBJECT),
    }

    one = leader(update(pdf, fill), trust)

    assert one.modification is Modification.FORM_FILLING
    assert one.indication is Indication.TOTAL_PASSED


def test_sealed_signature_lists_what_was_filled(pki: Pki, trust: Trust) -> None:
    one = leader(road(pki, 2), trust)

    filled = [found.facts["field"] for found in one.findings if found.code.endswith("filled")]
    assert filled == ["docsvc.day", "docsvc.month", "docsvc.number"]
    assert SEALED.name == b"docsvc.organisation"


def test_stream_that_nobody_names_may_not_change(pki: Pki, trust: Trust) -> None:
    pdf = sign(base(base_objects() | {45: stream(b"x")}), by(pki.leader))

    assert "verification.object-replaced" in leader(update(pdf, {45: stream(b"y")}), trust).reasons


def test_form_inside_of_the_catalog_is_compared(pki: Pki, trust: Trust) -> None:
    catalog = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[%s]>>>>"
    pdf = sign(base(base_objects() | {CATALOG: catalog % FIELDS}), by(pki.leader))

    more = {CATALOG: catalog % (FIELDS + b" 40 0 R"), 40: signature_field(b"more")}
    less = {CATALOG: catalog % refs(LEADER)}

    assert leader(update(pdf, more), trust).modification is Modification.FORM_FILLING
    assert "verification.form-changed" in leader(update(pdf, less), trust).reasons


def test_fields_and_widgets_written_in_place_are_walked(pki: Pki, trust: Trust) -> None:
    objects = base_objects()
    objects[FORM] = b"<</Fields[%s<</T(d)/FT/Tx/Kids[<</Subtype/Widget>>]>>]>>" % FIELDS
    pdf = sign(base(objects), by(pki.leader))

    one = leader(update(pdf, ALLOWED["number filled in"][0]), trust)

    assert one.indication is Indication.TOTAL_PASSED


def test_endless_page_tree_ends(pki: Pki, trust: Trust) -> None:
    objects = base_objects()
    objects[PAGES] = b"<</Type/Pages/Kids[3 0 R]/Count 1/Parent 2 0 R>>"
    objects[PAGE] = objects[PAGE].replace(b"/MediaBox[0 0 595 842]", b"")
    pdf = sign(base(objects), by(pki.leader))

    one = leader(update(pdf, {FORM: NEW_FIELDS, 40: signature_field(b"more")}), trust)

    assert one.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"/V(1.000)", b"/V(9.000)", "value-replaced"),
        (b"/V(1.000)", b"/V(1.000)/AP<</N 41 0 R>>", "value-replaced"),
        (b"/FT/Ch/Opt[(choose)(a)]/V(a)", b"/FT/Ch/Opt[(choose)(a)]/V(choose)", "value-replaced"),
        (b"/FT/Ch/Opt[]/V(a)", b"/FT/Ch/Opt[]/V(b)", "value-replaced"),
        (b"/FT/Btn/Ff 65536", b"/FT/Btn/Ff 65536/AP<</N 41 0 R>>", "field-changed"),
        (b"/FT/Ch/Opt[(choose)(a)]/V(choose)", b"/FT/Ch/Opt[(choose)(a)]/V(a)", ""),
        (b"/FT/Ch/Opt[[(x)(choose)](a)]/V(choose)", b"/FT/Ch/Opt[[(x)(choose)](a)]/V(a)", ""),
        (b"/FT/Btn/V/Off", b"/FT/Btn/V/On", ""),
        (b"/V()", b"/V(05)", ""),
    ],
)
def test_field_is_filled_once(old: bytes, new: bytes, code: str, pki: Pki, trust: Trust) -> None:
    def with_(entries: bytes) -> bytes:
        plain = text_field(b"docsvc.day", entries)
        return plain.replace(b"/FT/Tx", b"", 1) if b"/FT/" in entries else plain

    pdf = sign(base(base_objects() | {DAY: with_(old)}), by(pki.leader))

    one = leader(update(pdf, {DAY: with_(new), 41: stream(b"", FORM_OBJECT)}), trust)

    assert (f"verification.{code}" in one.reasons) is bool(code)
    assert (one.indication is Indication.TOTAL_FAILED) is bool(code)


@pytest.mark.parametrize("indirect", [True, False])
def test_field_that_is_a_picture_of_the_page_too_is_refused(
    *, indirect: bool, pki: Pki, trust: Trust
) -> None:
    objects = base_objects()
    held = b"/XObject 46 0 R" if indirect else b"/XObject<</X 6 0 R>>"
    objects[PAGE] = objects[PAGE].replace(b"/Resources<<", b"/Resources<<%s" % held)
    objects[46] = b"[6 0 R]"
    pdf = sign(base(objects), by(pki.leader))
    fill = {NUMBER: text_field(b"docsvc.number", b"/V(5)/AP<</N 11 0 R>>")}

    assert "verification.object-shared" in leader(update(pdf, fill), trust).reasons


def test_fonts_of_fields_that_readers_draw_may_not_grow(pki: Pki, trust: Trust) -> None:
    objects = arrays()
    objects[FORM] = b"<</Fields 47 0 R/DR 48 0 R/NeedAppearances true>>"
    pdf = sign(base(objects), by(pki.leader))
    more = {48: b"<</Font<</A 49 0 R/B 41 0 R>>>>", 41: b"<</Type/Font>>"}

    assert "verification.form-changed" in leader(update(pdf, more), trust).reasons
