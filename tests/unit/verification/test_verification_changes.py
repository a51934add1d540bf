from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from verification_files import (
    CATALOG,
    CERTIFIED,
    CONTENTS,
    DAY,
    FORM,
    INFO,
    LEADER,
    LOOK,
    MONTH,
    NUMBER,
    PAGE,
    PAGE_BODY,
    PAGES,
    SEAL,
    SEALED,
    Plan,
    base,
    base_objects,
    by,
    check,
    refs,
    road,
    sign,
    signature_field,
    store,
    stream,
    text_field,
    update,
    update_by_stream,
)

from verification import changes
from verification._pdf.document import open_document
from verification._pdf.objects import PdfSyntaxError, Stream
from verification._pdf.xref import Entry
from verification.model import Indication, Modification, SignatureReport
from verification.policy import DEFAULT_POLICY, ISSUED_POLICY
from verification.steps import Forms

if TYPE_CHECKING:
    from verification_pki import Pki

    from verification.trust import Trust

FIELDS = refs(NUMBER, DAY, MONTH, LEADER, SEAL)
FORM_OBJECT = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]"
NEW_FIELDS = b"<</SigFlags 3/Fields[%s 40 0 R]>>" % FIELDS
LED_FIELD = signature_field(b"docsvc.leader", b"/V 20 0 R", b"300 100 400 150")


def leader(pdf: bytes, trust: Trust) -> SignatureReport:
    """Return what is said of the leader's signature."""
    found = [one for one in check(pdf, trust).signatures if one.field == "docsvc.leader"]
    return found[0]


REFUSED = {
    "content replaced": ({CONTENTS: stream(b"BT ET")}, "object-replaced"),
    "content of another type": ({CONTENTS: b"<<>>"}, "object-replaced"),
    "font taken away": ({PAGE: b"<</Type/Page/Parent 2 0 R>>"}, "page-changed"),
    "page no page any more": ({PAGE: b"<</Type/Foo>>"}, "object-replaced"),
    "page tree": ({PAGES: b"<</Type/Pages/Kids[3 0 R 41 0 R]/Count 2>>"}, "object-replaced"),
    "annotation dropped": ({PAGE: PAGE_BODY % refs(NUMBER)}, "annotations-changed"),
    "annotation added": (
        {PAGE: PAGE_BODY % (FIELDS + b" 40 0 R"), 40: b"<</Subtype/FreeText/Rect[0 0 9 9]>>"},
        "annotation-added",
    ),
    "annotation added directly": (
        {PAGE: PAGE_BODY % (FIELDS + b"<</Subtype/FreeText>>")},
        "annotation-added",
    ),
    "annotation list of another kind": (
        {PAGE: (PAGE_BODY % FIELDS).replace(b"[%s]" % FIELDS, b"(x)")},
        "page-changed",
    ),
    "catalog entry": (
        {CATALOG: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/OpenAction 40 0 R>>"},
        "catalog-changed",
    ),
    "metadata that is none": (
        {CATALOG: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Metadata 40 0 R>>", 40: b"<<>>"},
        "catalog-changed",
    ),
    "form entry": ({FORM: b"<</SigFlags 3/XFA 40 0 R/Fields[%s]>>" % FIELDS}, "form-changed"),
    "fields dropped": ({FORM: b"<</SigFlags 3/Fields[9 0 R]>>"}, "form-changed"),
    "text field added": (
        {FORM: NEW_FIELDS, 40: text_field(b"more")},
        "field-added",
    ),
    "field added that is no field": ({FORM: NEW_FIELDS, 40: b"[]"}, "field-added"),
    "signature field with foreign entry": (
        {FORM: NEW_FIELDS, 40: signature_field(b"s", b"/Foo 1")},
        "field-added",
    ),
    "mark without signature": (
        {
            FORM: NEW_FIELDS,
            40: signature_field(b"s", b"/AP<</N 41 0 R>>", b"0 0 90 90"),
            41: stream(b"", FORM_OBJECT),
        },
        "mark-without-signature",
    ),
    "mark on a broken rectangle": (
        {FORM: NEW_FIELDS, 40: signature_field(b"s", b"/AP<</N 11 0 R>>", b"0 0 90")},
        "mark-without-signature",
    ),
    "signature that is none": (
        {FORM: NEW_FIELDS, 40: signature_field(b"s", b"/V 41 0 R"), 41: b"<<>>"},
        "mark-without-signature",
    ),
    "signature of another used again": (
        {FORM: NEW_FIELDS, 40: signature_field(b"s", b"/V 20 0 R")},
        "signature-value-reused",
    ),
    "seal field filled without signature": (
        {SEAL: signature_field(b"docsvc.organisation", b"/M(x)", b"250 100 350 200")},
        "mark-without-signature",
    ),
    "seal field moved": (
        {SEAL: signature_field(b"docsvc.organisation", b"", b"0 0 600 900")},
        "field-changed",
    ),
    "signed field given another look": (
        {LEADER: LED_FIELD[:-2] + b"/AP<</N 11 0 R>>>>"},
        "field-changed",
    ),
    "field moved": (
        {NUMBER: text_field(b"docsvc.number").replace(b"70 700", b"10 100")},
        "field-changed",
    ),
    "field value that draws": (
        {NUMBER: text_field(b"docsvc.number", b"/AP<</N 11 0 R>>/V<</A 1>>")},
        "field-changed",
    ),
    "field value list that draws": (
        {NUMBER: text_field(b"docsvc.number", b"/AP<</N 11 0 R>>/V[<<>>]")},
        "field-changed",
    ),
    "appearance that was there": (
        {NUMBER: text_field(b"docsvc.number", b"/V(1)/AP<</N 4 0 R>>")},
        "appearance-reused",
    ),
    "appearance dictionary that was there": (
        {NUMBER: text_field(b"docsvc.number", b"/V(1)/AP 2 0 R")},
        "appearance-reused",
    ),
    "appearance that is none": (
        {NUMBER: text_field(b"docsvc.number", b"/V(1)/AP<</N 7>>")},
        "appearance-reused",
    ),
    "states of an appearance that was there": (
        {NUMBER: text_field(b"docsvc.number", b"/V(1)/AP<</N<</On 4 0 R>>>>")},
        "appearance-reused",
    ),
    "store with a foreign entry": (
        {CATALOG: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/DSS<</Foo 1>>>>"},
        "store-changed",
    ),
    "store of no streams": (
        {CATALOG: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/DSS<</Certs[3 0 R]>>>>"},
        "store-changed",
    ),
    "related data with a foreign entry": (
        {CATALOG: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/DSS<</VRI<</A<</X 1>>>>>>>>"},
        "store-changed",
    ),
    "information that refers": ({INFO: b"<</Producer 4 0 R>>"}, "object-replaced"),
    "page that is a number": ({PAGE: b"7"}, "object-replaced"),
    "entry twice": ({FORM: b"<</SigFlags 3/SigFlags 3/Fields[%s]>>" % FIELDS}, "duplicate-key"),
    "object that cannot be read": ({CONTENTS: b"<</Length (x>>"}, "update-unreadable"),
    "fonts of fields that readers draw": (
        {FORM: b"<</SigFlags 3/NeedAppearances true/DA(/F 0 Tf)/Fields[%s]>>" % FIELDS},
        "form-changed",
    ),
    "field that readers paint": (
        {FORM: NEW_FIELDS, 40: signature_field(b"s", b"/MK<</BG[1]>>", b"0 0 90 90")},
        "mark-without-signature",
    ),
    "metadata that are a picture": (
        {
            CATALOG: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Metadata 40 0 R>>",
            40: stream(b"", b"/Type/Metadata/Subtype/Form"),
        },
        "catalog-changed",
    ),
    "field that is a word": ({NUMBER: b"/Tx"}, "object-replaced"),
    "appearance of the wrong kind": ({LOOK: stream(b"x", b"/Subtype/Image")}, "object-replaced"),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_change_is_refused(name: str, led: bytes, trust: Trust) -> None:
    objects, code = REFUSED[name]

    one = leader(update(led, objects), trust)

    assert one.indication is Indication.TOTAL_FAILED
    assert one.modification is Modification.OTHER
    assert f"verification.{code}" in one.reasons


ALLOWED = {
    "nothing": ({}, Modification.NONE),
    "the same again": ({FORM: base_objects()[FORM]}, Modification.NONE),
    "the same stream again": ({CONTENTS: base_objects()[CONTENTS]}, Modification.NONE),
    "numbers spelt otherwise": (
        {PAGE: (PAGE_BODY % FIELDS).replace(b"842", b"842.0")},
        Modification.NONE,
    ),
    "a copy of the resources": (
        {
            PAGE: (PAGE_BODY % FIELDS).replace(
                b"<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>>>>>", b" 40 0 R"
            ),
            40: b"<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>>>>>",
        },
        Modification.NONE,
    ),
    "object that nobody knows": ({40: stream(b"evil")}, Modification.NONE),
    "information": ({INFO: b"<</Producer(other)/ModDate(D:2026)>>"}, Modification.VALIDATION_DATA),
    "version and extensions": (
        {CATALOG: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Version/2.0/Extensions<<>>>>"},
        Modification.VALIDATION_DATA,
    ),
    "metadata": (
        {
            CATALOG: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Metadata 40 0 R>>",
            40: stream(b"<x/>", b"/Type/Metadata/Subtype/XML"),
        },
        Modification.VALIDATION_DATA,
    ),
    "related validation data": (
        {
            CATALOG: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R"
            b"/DSS<</Certs[40 0 R]/VRI<</Type/VRI/AB<</Cert[40 0 R]>>>>>>>>",
            40: stream(b"x"),
        },
        Modification.VALIDATION_DATA,
    ),
    "number filled in": (
        {NUMBER: text_field(b"docsvc.number", b"/V(05)/AP<</N 40 0 R>>"), 40: stream(b"")},
        Modification.FORM_FILLING,
    ),
    "number filled in, look by another dictionary": (
        {
            NUMBER: text_field(b"docsvc.number", b"/V(05)/AP 41 0 R"),
            41: b"<</N 40 0 R>>",
            40: stream(b""),
        },
        Modification.FORM_FILLING,
    ),
    "look written in its place": ({LOOK: stream(b"BT ET", FORM_OBJECT)}, Modification.FORM_FILLING),
    "states of a look, one of them kept": (
        {
            NUMBER: text_field(b"docsvc.number", b"/V(1)/AP<</N 11 0 R/D<</On 40 0 R>>>>"),
            40: stream(b""),
        },
        Modification.FORM_FILLING,
    ),
    "day chosen, without a look": (
        {DAY: text_field(b"docsvc.day", b"/V[(a)(b)]")},
        Modification.FORM_FILLING,
    ),
    "empty signature field added": (
        {FORM: NEW_FIELDS, 40: signature_field(b"more")},
        Modification.FORM_FILLING,
    ),
    "fonts for fields": (
        {FORM: b"<</SigFlags 3/DA(/F 0 Tf)/CO[]/DR<</Font<<>>>>/Fields[%s]>>" % FIELDS},
        Modification.NONE,
    ),
}


@pytest.mark.parametrize("name", list(ALLOWED))
def test_change_is_allowed(name: str, led: bytes, trust: Trust) -> None:
    objects, kind = ALLOWED[name]

    one = leader(update(led, objects), trust)

    assert one.indication is Indication.TOTAL_PASSED, one.findings
    assert one.modification is kind


def test_update_by_stream_is_read_the_same(led: bytes, trust: Trust) -> None:
    fill = {NUMBER: text_field(b"docsvc.number", b"/V(05)/AP<</N 11 0 R>>")}

    packed = leader(update_by_stream(led, {40: stream(b"")}, packed=fill), trust)
    replaced = leader(update_by_stream(led, {CONTENTS: stream(b"BT ET")}), trust)

    assert packed.modification is Modification.FORM_FILLING
    assert packed.indication is Indication.TOTAL_PASSED
    assert replaced.modification is Modification.OTHER


def test_section_that_takes_an_old_number_is_refused(led: bytes, trust: Trust) -> None:
    one = leader(update_by_stream(led, {}, number=CONTENTS), trust)

    assert "verification.object-replaced" in one.reasons


def test_object_freed_is_refused(led: bytes, trust: Trust) -> None:
    assert "verification.object-removed" in leader(update(led, {}, free=(4,)), trust).reasons


def test_reference_to_nowhere_may_not_be_filled_later(pki: Pki, trust: Trust) -> None:
    objects = base_objects()
    objects[PAGE] = objects[PAGE].replace(b"/F1<<", b"/F2 %x\r 77 0 R/F1<<")
    pdf = sign(base(objects), by(pki.leader))

    one = leader(update(pdf, {77: b"<</Type/Font>>"}), trust)

    assert one.reasons == ("verification.dangling-reference-filled",)


def test_reference_from_an_object_stream_counts(pki: Pki, trust: Trust) -> None:
    pdf = update_by_stream(base(), {}, packed={70: b"[77 0 R]"}, number=73)
    pdf = sign(pdf, by(pki.leader))

    one = leader(update(pdf, {77: b"<</Type/Font>>"}), trust)

    assert one.reasons == ("verification.dangling-reference-filled",)


@pytest.mark.parametrize("entry", [b"/Foo 1", b"/Foo[4 0 R]"])
def test_trailer_entry_is_refused(entry: bytes, led: bytes, trust: Trust) -> None:
    one = leader(update(led, {}, trailer=entry), trust)

    assert one.reasons == ("verification.trailer-changed",)


def test_counter_that_office_tools_leave_in_trailers_is_harmless(pki: Pki, trust: Trust) -> None:
    pdf = sign(
        update(base(), {}, trailer=b"/AdditionalStreams[/x 77 0 R]"),
        by(pki.leader),
        Plan(trailer=b"/AdditionalStreams[/x 78 0 R]"),
    )

    harmless = leader(update(pdf, {78: b"<<>>"}, trailer=b"/AdditionalStreams[/x 79 0 R]"), trust)
    filled = leader(update(pdf, {78: b"<<>>"}, trailer=b"/AdditionalStreams[/x 78 0 R]"), trust)

    assert harmless.indication is Indication.TOTAL_PASSED
    assert filled.modification is Modification.OTHER


def test_catalog_may_move_but_not_change(led: bytes, trust: Trust) -> None:
    same = b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>"
    other = b"<</Type/Catalog/Pages 40 0 R/AcroForm 5 0 R>>"

    moved = leader(update(led, {41: same}, root=41), trust)
    changed = leader(update(led, {41: other}, root=41), trust)

    assert moved.indication is Indication.TOTAL_PASSED
    assert "verification.catalog-changed" in changed.reasons


def test_catalog_may_not_be_an_object_that_was_there(pki: Pki, trust: Trust) -> None:
    objects = base_objects() | {41: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>"}
    pdf = sign(base(objects), by(pki.leader))

    assert "verification.trailer-changed" in leader(update(pdf, {}, root=41), trust).reasons


def test_signature_dictionary_written_again_is_no_signature(led: bytes, trust: Trust) -> None:
    one = leader(update(led, {20: b"<</Type/Sig/Reason(x)>>"}), trust)

    assert one.reasons == ("verification.no-contents",)


def test_bytes_hidden_in_an_update_are_refused(led: bytes, trust: Trust) -> None:
    one = leader(update(led + b"9 0 obj<<>>endobj\n", {40: b"<<>>"}), trust)

    assert one.reasons == ("verification.bytes-between-objects",)


def test_comment_in_an_update_is_harmless(led: bytes, trust: Trust) -> None:
    assert leader(update(led + b"% a comment\n", {40: b"<<>>"}), trust).reasons == ()


def test_update_that_points_back_into_signed_bytes_is_refused(led: bytes, trust: Trust) -> None:
    pdf = update(led, {4: b"<<>>"})
    at = pdf.rindex(b"4 0 obj")

    one = leader(
        pdf.replace(b"%010d 00000 n" % at, b"%010d 00000 n" % pdf.index(b"1 0 obj")), trust
    )

    assert "verification.update-out-of-order" in one.reasons


def test_update_that_names_unchanged_objects_again_is_harmless(led: bytes, trust: Trust) -> None:
    pdf = update(led, {40: b"<<>>"})
    at, old = pdf.rindex(b"40 0 obj"), pdf.index(b"4 0 obj")
    pdf = pdf.replace(b"40 1\n%010d" % at, b" 4 1\n%010d" % old).replace(b"40 0 obj", b"%0 0 obj")

    assert leader(pdf, trust).modification is Modification.OTHER  # left-over bytes of the object


def test_update_without_its_end_is_refused(led: bytes, trust: Trust) -> None:
    first = update(led, {40: b"<<>>"})
    pdf = update(
        first.replace(b"%%EOF", b"%%EOX").replace(b"%%EOX", b"%%EOF", led.count(b"%%EOF")),
        {41: b"<<>>"},
    )

    assert "verification.update-without-end" in leader(pdf, trust).reasons


def test_broken_update_is_refused(led: bytes, trust: Trust) -> None:
    pdf = update(led, {40: stream(b"xx")}).replace(b"/Length 2>>", b"/Length 9>>")

    assert "verification.update-unreadable" in leader(pdf, trust).reasons


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


def test_certification_without_changes_refuses_form_filling(pki: Pki, trust: Trust) -> None:
    strict = replace(CERTIFIED, value_more=CERTIFIED.value_more.replace(b"/P 2", b"/P 1"))
    pdf = sign(base(), by(pki.leader), strict)

    filled = leader(update(pdf, ALLOWED["number filled in"][0]), trust)
    stored = leader(store(pdf, pki), trust)

    assert "verification.certification-broken" in filled.reasons
    assert stored.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize(
    ("lock", "refused"),
    [
        (b"/Action/All", True),
        (b"/Action/Include/Fields[(docsvc.number)]", True),
        (b"/Action/Include/Fields[(docsvc.day)]", False),
        (b"/Action/Exclude/Fields[(docsvc)]", False),
        (b"/Action/Exclude/Fields[(docsvc.day)]", True),
        (b"/P 1", True),
        (b"", False),
    ],
)
def test_locks_hold(lock: bytes, *, refused: bool, pki: Pki, trust: Trust) -> None:
    pdf = sign(base(), by(pki.leader), Plan(field_more=b"/Lock<<%s>>" % lock))
    params = b"/Reference[<</TransformMethod/FieldMDP/TransformParams<<%s>>>>]" % lock
    by_reference = sign(base(), by(pki.leader), Plan(value_more=params))

    one = leader(update(pdf, ALLOWED["number filled in"][0]), trust)
    other = leader(update(by_reference, ALLOWED["number filled in"][0]), trust)

    assert (one.indication is Indication.TOTAL_FAILED) is refused
    if b"Action" in lock:
        assert (other.indication is Indication.TOTAL_FAILED) is refused


def test_policy_of_issued_documents_refuses_other_fields(pki: Pki, trust: Trust) -> None:
    objects = base_objects()
    objects[DAY] = text_field(b"amount")
    pdf = update(
        sign(base(objects), by(pki.leader)),
        {DAY: text_field(b"amount", b"/V(1)/AP<</N 40 0 R>>"), 40: stream(b"")},
    )

    assert check(pdf, trust, policy=DEFAULT_POLICY).indication is Indication.TOTAL_PASSED
    report = check(pdf, trust, policy=ISSUED_POLICY)
    assert "verification.other-field-filled" in report.signatures[0].reasons


@pytest.mark.parametrize(
    ("box", "page", "refused"),
    [
        (b"0 0 595 842", b"/MediaBox[0 0 595 842]", True),
        (b"0 0 100 100", b"/MediaBox[0 0 595 842]", False),
        (b"0 0 100 100", b"", False),
    ],
)
def test_later_signature_may_not_cover_the_page(
    box: bytes, page: bytes, *, refused: bool, pki: Pki, trust: Trust
) -> None:
    objects = base_objects()
    objects[PAGE] = objects[PAGE].replace(b"/MediaBox[0 0 595 842]", page)
    pdf = sign(base(objects), by(pki.leader))
    plan = Plan(
        field_number=40,
        value_number=41,
        name=b"more",
        box=box,
        objects={
            FORM: NEW_FIELDS,
            PAGE: objects[PAGE].replace(FIELDS, FIELDS + b" 40 0 R"),
            42: stream(b"0 0 9 9 re f", FORM_OBJECT),
        },
        field_more=b"/AP<</N 42 0 R>>",
    )

    one = leader(sign(pdf, by(pki.organisation), plan), trust)

    assert (one.indication is Indication.TOTAL_FAILED) is refused
    assert ("verification.appearance-too-large" in one.reasons) is refused


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


def test_hidden_objects_of_a_hybrid_update_are_compared(led: bytes, trust: Trust) -> None:
    fill = {NUMBER: text_field(b"docsvc.number", b"/V(05)/AP<</N 11 0 R>>")}
    packed = update_by_stream(led, {}, packed=fill)
    body = packed[: packed.rindex(b"startxref")]
    offset = int(packed[packed.rindex(b"startxref") :].split()[1])
    hybrid = update(body, {41: b"<<>>"}, trailer=b"/XRefStm %d" % offset)

    one = leader(hybrid, trust)

    assert one.modification is Modification.FORM_FILLING, one.findings
    # Allowed, but older programs show the field as it was.
    assert one.reasons == ("verification.field-filled", "verification.hidden-objects-shown")


def test_updates_in_another_order_than_their_bytes_are_refused(led: bytes, trust: Trust) -> None:
    first = update(led, {40: b"<<>>"})
    second = update(first, {41: b"<<>>"})
    old, middle, last = (int(part.split()[0]) for part in second.split(b"startxref\n")[-3:])
    turned = (
        second.replace(b"/Prev %d" % middle, b"/Prev @")
        .replace(b"/Prev %d" % old, b"/Prev %d" % last)
        .replace(b"/Prev @", b"/Prev %d" % old)
    )

    one = leader(turned + b"startxref\n%d\n%%%%EOF\n" % middle, trust)

    assert "verification.update-out-of-order" in one.reasons


def test_bytes_hidden_twice_are_said_once(led: bytes, trust: Trust) -> None:
    pdf = update(led + b"x\n", {40: b"<<>>\nendobj\ny"})

    assert leader(pdf, trust).reasons == ("verification.bytes-between-objects",)


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


def test_objects_that_overlap_are_refused(led: bytes, trust: Trust) -> None:
    inner = b"41 0 obj\n<<>>\nendobj\n"
    pdf = update(led, {40: stream(inner), 41: b"<<>>"})
    at = pdf.rindex(b"41 0 obj")
    inside = pdf.index(inner)
    hidden = pdf.replace(b"%010d 00000 n" % at, b"%010d 00000 n" % inside)

    assert "verification.objects-overlap" in leader(hidden, trust).reasons


def test_object_of_another_generation_is_refused(led: bytes, trust: Trust) -> None:
    pdf = update(led, {40: b"<<>>"}).replace(b"40 0 obj", b"40 1 obj")

    assert "verification.object-misnamed" in leader(pdf, trust).reasons


@pytest.mark.parametrize("size", [b"40", b"/x"])
def test_objects_beyond_the_stated_size_are_refused(size: bytes, led: bytes, trust: Trust) -> None:
    pdf = update(led, {40: b"<<>>"})
    at = pdf.rindex(b"/Size 90")

    one = leader(pdf[:at] + b"/Size " + size + pdf[at + 8 :], trust)

    assert one.reasons == ("verification.objects-beyond-size",)


def test_place_in_an_object_stream_has_to_be_the_stated_one(led: bytes) -> None:
    fill = {NUMBER: text_field(b"docsvc.number", b"/V(05)")}
    pdf = update_by_stream(led, {}, packed={40: b"<<>>", **fill})
    document = open_document(pdf)
    entry = document.locate(NUMBER, 2)

    assert entry is not None
    assert document.is_packed_at(NUMBER, entry, 2)
    assert not document.is_packed_at(NUMBER, entry._replace(offset=0), 2)
    assert not document.is_packed_at(NUMBER, entry._replace(offset=9), 2)
    assert not document.is_packed_at(NUMBER, entry._replace(container=None), 2)
    document.history[2].entries[NUMBER] = entry._replace(offset=0)
    step = changes.analyse(document, 2, Forms(document, 1))
    assert step.reasons == [("verification.object-misnamed", NUMBER)]


def test_object_twice_in_a_stream_is_no_structure(led: bytes, trust: Trust) -> None:
    fill = {NUMBER: text_field(b"docsvc.number", b"/V(05)"), 40: b"<<>>"}
    document = open_document(update_by_stream(led, {}, packed=fill))
    box = document.locate(NUMBER, 2)
    assert box is not None
    raw = document.get(box.container or 0, 2)
    assert isinstance(raw, Stream)
    plain = document.plain(raw, 2).replace(b" 40 ", b" %02d " % NUMBER, 1)
    packed = zlib.compress(plain)
    twice = stream(packed, b"/Type/ObjStm/N 2/First %d/Filter/FlateDecode" % plain.index(b"<<"))

    report = check(update(led, {79: twice}), trust)

    assert report.indication is Indication.TOTAL_PASSED
    with pytest.raises(PdfSyntaxError, match="twice"):
        open_document(update(led, {79: twice})).is_packed_at(6, Entry(0, 0, 79), 2)


def test_own_fields_are_filled_under_a_signature(led: bytes, trust: Trust) -> None:
    pdf = update(led, ALLOWED["number filled in"][0])

    report = check(pdf, trust, policy=ISSUED_POLICY)

    assert "verification.filled-without-signature" in report.signatures[0].reasons
    assert check(pdf, trust).indication is Indication.TOTAL_PASSED
