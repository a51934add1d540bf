from __future__ import annotations

from typing import TYPE_CHECKING

from verification_files import (
    CATALOG,
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
    SEAL,
    base_objects,
    check,
    refs,
    signature_field,
    stream,
    text_field,
)

from verification.model import Modification, SignatureReport

if TYPE_CHECKING:
    from verification.trust import Trust


FIELDS = refs(NUMBER, DAY, MONTH, LEADER, SEAL)


FORM_OBJECT = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]"


NEW_FIELDS = b"<</SigFlags 3/Fields[%s 40 0 R]>>" % FIELDS


def leader(pdf: bytes, trust: Trust) -> SignatureReport:
    """Return what is said of the leader's signature."""
    found = [one for one in check(pdf, trust).signatures if one.field == "docsvc.leader"]
    return found[0]


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
